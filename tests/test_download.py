"""`dlcourse data` against a server on this machine that does everything wrong.

``python tests/test_download.py`` plays all faults and writes what came of them to pages/_faults.md, which the
data page shows; each test below plays one of them again and compares.
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import random
import re
import signal
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from dlcourse import datasets, download
from dlcourse.__main__ import main
from dlcourse.files import DOWNLOADS, EMBEDDED_FILES, FULL_FILES, Download

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "pages" / "_faults.md"

# ------------------------------------------------------------------------------- the server


class Server(socketserver.ThreadingTCPServer):
    """Answers each request with the bytes that ``answer(request)`` yields, and notes what was asked."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer, tls=False):
        super().__init__(("127.0.0.1", 0), Connection)
        self.answer, self.asked, self.closing = answer, [], threading.Event()
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(ROOT / "tests/localhost.pem")
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"http{'s' * tls}://127.0.0.1:{self.server_address[1]}/"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        pass  # a client that hangs up


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        lines = list(iter(lambda: self.rfile.readline().strip(), b""))
        path = lines[0].split()[1].decode()
        ranges = [int(line.split(b"=")[1].rstrip(b"-")) for line in lines if line.lower().startswith(b"range:")]
        request = SimpleNamespace(
            path=path, start=ranges[0] if ranges else 0, server=self.server, connection=self.connection
        )
        self.server.asked.append((path, request.start))
        request.number = len(self.server.asked)
        # Waiting for a client that gave up, or for the end of the test: what a stalled server looks like.
        request.hang = lambda: self.connection.recv(1)
        for data in self.server.answer(request):
            self.wfile.write(data)


def head(status, length=None, *lines):
    lines = [f"HTTP/1.1 {status}", *lines, *([f"Content-Length: {length}"] if length is not None else [])]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def healthy(files):
    """An answer that serves ``files`` (name -> bytes), with ranges."""

    def answer(request):
        content = files[request.path.rsplit("/", 1)[-1]]
        if not request.start:
            yield head("200 OK", len(content)) + content
        else:
            span = f"Content-Range: bytes {request.start}-{len(content) - 1}/{len(content)}"
            yield head("206 Partial Content", len(content) - request.start, span) + content[request.start :]

    return answer


# ------------------------------------------------------------------------------- a data set of our own

CONTENT = random.Random(0).randbytes(30_000)


def gzip_of(content):
    """A .gz of one stored block: the same bytes with every version of zlib."""
    size = len(content).to_bytes(2, "little")
    block = b"\x01" + size + bytes(255 - byte for byte in size) + content
    end = zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + block + end


PACKED = gzip_of(CONTENT)
NAME = "t10k-labels-idx1-ubyte"
TARGET = f"MNIST/raw/{NAME}"
PINS = {TARGET: (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())}


@contextlib.contextmanager
def one_small_set(folder, *urls):
    """MNIST is one file of 30 kB at ``urls``; plain HTTP is allowed, nothing waits long. Yields the pauses made."""
    pauses = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FULL_FILES, "MNIST", PINS)
        addresses = tuple(f"{url}{NAME}.gz" for url in urls)
        patch.setitem(DOWNLOADS, "MNIST", [Download(addresses, len(PACKED), None, {NAME: TARGET})])
        patch.setattr(download, "SCHEMES", ("http",))
        patch.setattr(download, "TIMEOUT", 0.2)
        patch.setattr(download, "_sleep", pauses.append)
        patch.setenv("DLCOURSE_DATA", str(folder))
        patch.delenv("DLCOURSE_TIER", raising=False)
        for proxy in ("http_proxy", "https_proxy", "all_proxy"):
            patch.delenv(proxy, raising=False)
            patch.delenv(proxy.upper(), raising=False)
        yield pauses


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "Däta, with spaces"


def files_in(folder):
    """Every file in a folder but the lock, and every empty folder."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.name != ".incoming.lock" and (path.is_file() or not any(path.iterdir()))
    )


def fetch(names=("MNIST",)):
    """Exit status and what was printed."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = download.fetch(list(names))
    return status, said.getvalue()


# ------------------------------------------------------------------------------- the faults


def stall(*data):
    def answer(request):
        yield b"".join(data)
        request.hang()

    return answer


def trickle(request):
    yield head("200 OK", len(PACKED))
    for byte in PACKED:
        yield bytes([byte])
        request.server.closing.wait(0.02)


def reset(request):
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.close()
    return iter([])


def says(*data):
    return lambda request: iter(data)


HTML = b"<html><title>Welcome to our Wi-Fi</title></html>"
OTHER = gzip_of(random.Random(1).randbytes(30_000))
FLIPPED = PACKED[:9_000] + bytes([PACKED[9_000] ^ 1]) + PACKED[9_001:]
BOMB = gzip.compress(bytes(25_000_000), mtime=0)
BOMB += bytes(len(PACKED) - len(BOMB))
OK = head("200 OK", len(PACKED))
FAULTS = {
    "it ends after half of the file": says(OK, PACKED[:15_000]),
    "it ends after the headers": says(OK),
    "it ends within the headers": says(OK[:20]),
    "it closes the connection at once": says(),
    "it resets the connection": reset,
    "it never answers": stall(),
    "it stops in the middle of the file": stall(OK, PACKED[:15_000]),
    "it sends 50 bytes a second": trickle,
    "it sends more than the file": says(head("200 OK"), PACKED, bytes(100)),
    "it sends less, and calls that all": says(head("200 OK", 15_000), PACKED[:15_000]),
    "it sends less, without saying how much": says(head("200 OK"), PACKED[:15_000]),
    "it sends another file of the right length": says(OK, OTHER),
    "one bit of the file is flipped": says(OK, FLIPPED),
    "random bytes of the right length": says(OK, random.Random(2).randbytes(len(PACKED))),
    "zeros that unpack to 25 MB": says(OK, BOMB),
    "a web page, HTTP 200": says(head("200 OK", len(HTML), "Content-Type: text/html"), HTML),
    "a web page without a type, HTTP 200": says(head("200 OK", len(HTML)), HTML),
    "HTTP 204": says(head("204 No Content")),
    "HTTP 206 that nobody asked for": says(head("206 Partial Content", len(PACKED)), PACKED),
    "HTTP 401": says(head("401 Unauthorized", 0)),
    "HTTP 403": says(head("403 Forbidden", 0)),
    "HTTP 404": says(head("404 Not Found", len(HTML), "Content-Type: text/html"), HTML),
    "HTTP 416": says(head("416 Range Not Satisfiable", 0)),
    "HTTP 429": says(head("429 Too Many Requests", 0)),
    "HTTP 429, come back in 7 seconds": says(head("429 Too Many Requests", 0, "Retry-After: 7")),
    "HTTP 429, come back in an hour": says(head("429 Too Many Requests", 0, "Retry-After: 3600")),
    "HTTP 500": says(head("500 Internal Server Error", 0)),
    "HTTP 503, come back at no known time": says(head("503 Service Unavailable", 0, "Retry-After: soon")),
    "a redirect to itself": says(head("302 Found", 0, f"Location: /{NAME}.gz")),
    "a redirect to nowhere": says(head("302 Found", 0)),
    "a redirect to a file of this machine": says(head("302 Found", 0, "Location: file:///etc/passwd")),
    "a redirect to FTP": says(head("302 Found", 0, "Location: ftp://127.0.0.1/x")),
    "a redirect to no address": says(head("302 Found", 0, "Location: http://[")),
    "garbage instead of a status": says(b"\x00\xff\x13garbage\r\n\r\n" + PACKED),
    "a status that is no number": says(b"HTTP/1.1 OK fine\r\n\r\n" + PACKED),
    "a header line of 100 kB": says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n" + PACKED),
    "a thousand headers": says(b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n" + PACKED),
    "headers that are no headers": says(b"HTTP/1.1 200 OK\r\nno colon\r\n\xff\xfe\r\n\r\n" + PACKED),
    "a length that is no number, and half the file": says(head("200 OK", "many"), PACKED[:15_000]),
    "a negative length, and half the file": says(head("200 OK", -5), PACKED[:15_000]),
    "broken chunks": says(head("200 OK", None, "Transfer-Encoding: chunked"), b"zz\r\n" + PACKED),
    "chunks that end early": says(head("200 OK", None, "Transfer-Encoding: chunked"), b"ffff\r\n" + PACKED[:15_000]),
}


def play(fault, folder):
    """What `dlcourse data fetch` says about a mirror with this fault, without its address; and the server."""
    with Server(FAULTS[fault]) as server, one_small_set(folder, server.url) as pauses:
        status, said = fetch()
    address = re.escape(server.url.split("/")[2])
    if status == 0:
        return "downloaded and verified", server, pauses
    outcome = re.fullmatch(
        rf"MNIST: 30.0 kB to download, from {address}\nMNIST: not downloaded\. {address}: (.*)\. Run the command"
        r" again to go on; until then the notebooks use the embedded data\.\n", said)  # fmt: skip
    assert outcome, said
    return outcome[1], server, pauses


def row(fault, outcome):
    return f"| {fault} | {outcome} |"


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_ends_in_the_sentence_on_the_page_and_harms_nothing(fault, folder):
    outcome, server, _ = play(fault, folder)
    print(row(fault, outcome))
    assert row(fault, outcome) in TABLE.read_text(encoding="utf-8"), "run `python tests/test_download.py`"
    assert len(server.asked) <= 12, "a server in trouble is left alone"
    if outcome == "downloaded and verified":
        assert (folder / TARGET).read_bytes() == CONTENT
        return
    assert not (folder / TARGET).exists()
    with one_small_set(folder):
        assert datasets.mnist().tier == "embedded"
    with Server(healthy({f"{NAME}.gz": PACKED})) as server, one_small_set(folder, server.url):
        assert fetch()[0] == 0, "a later run starts clean"
    assert files_in(folder) == [TARGET] and (folder / TARGET).read_bytes() == CONTENT


@pytest.mark.parametrize("fault", FAULTS)
def test_with_a_second_mirror_the_file_arrives(fault, folder):
    with (
        Server(FAULTS[fault]) as broken,
        Server(healthy({f"{NAME}.gz": PACKED})) as whole,
        one_small_set(folder, broken.url, whole.url),
    ):
        assert fetch()[0] == 0
    assert files_in(folder) == [TARGET] and (folder / TARGET).read_bytes() == CONTENT


def test_the_page_shows_these_faults_and_no_others():
    assert re.findall(r"^\| (.+?) \|", TABLE.read_text(encoding="utf-8"), re.M)[1:] == list(FAULTS)


# ------------------------------------------------------------------------------- retries, pauses, resuming


def test_pauses_double_and_follow_the_server():
    with tempfile.TemporaryDirectory() as folder:
        assert play("HTTP 500", Path(folder))[2] == [1, 2]
        assert play("HTTP 429, come back in 7 seconds", Path(folder))[2] == [7, 7]
        assert play("HTTP 429, come back in an hour", Path(folder))[2] == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("soon", None), ("-1", None), ("", None), (None, None), ("٣", 3)],
)
def test_retry_after_is_a_number_a_date_or_ignored(value, seconds):
    assert download._retry_after(value) == seconds


def test_a_download_cut_at_any_byte_is_taken_up_there(folder):
    whole = head("200 OK", len(PACKED)) + PACKED
    serve = healthy({f"{NAME}.gz": PACKED})
    for cut in [*range(0, 90, 5), *range(90, len(whole), 1_500), len(whole) - 1]:

        def answer(request, cut=cut):
            return iter([whole[:cut]]) if request.number == 1 else serve(request)

        with Server(answer) as server, one_small_set(folder, server.url):
            assert fetch()[0] == 0
            arrived = max(0, cut - (len(whole) - len(PACKED)))
            assert server.asked == [(f"/{NAME}.gz", 0), (f"/{NAME}.gz", arrived)]
            assert download.remove(["MNIST"]) == 0
        assert files_in(folder) == []


@pytest.mark.parametrize("left", ["the beginning", "other bytes", "too many bytes", "other bytes, all of them", "all"])
def test_whatever_an_earlier_run_left_the_file_arrives(left, folder):
    partial = folder / ".incoming/MNIST" / f"{NAME}.gz"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(
        {
            "the beginning": PACKED[:1000],
            "other bytes": b"x" * 1000,
            "too many bytes": PACKED + b"x",
            "other bytes, all of them": b"x" * len(PACKED),
            "all": PACKED,
        }[left]
    )
    for leftover in ("MNIST/unpacked", "MNIST/of-an-older-version.part", "GloVe/unpacked"):
        (folder / ".incoming" / leftover).parent.mkdir(exist_ok=True)
        (folder / ".incoming" / leftover).write_bytes(b"of a run that was killed")
    with Server(healthy({f"{NAME}.gz": PACKED})) as server, one_small_set(folder, server.url):
        assert fetch()[0] == 0
    starts = [start for _, start in server.asked]
    assert starts == {"the beginning": [1000], "other bytes": [1000, 0], "all": []}.get(left, [0])
    assert files_in(folder) == [TARGET]


def test_a_server_without_ranges_sends_the_whole_file_again(folder):
    partial = folder / ".incoming/MNIST" / f"{NAME}.gz"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(PACKED[:1000])
    with Server(says(OK, PACKED)) as server, one_small_set(folder, server.url):
        assert fetch()[0] == 0
    assert server.asked == [(f"/{NAME}.gz", 1000)] and files_in(folder) == [TARGET]


def test_a_server_that_resumes_elsewhere_is_not_believed(folder):
    def answer(request):
        if request.start:
            yield head("206 Partial Content", 10, "Content-Range: bytes 0-9/10") + bytes(10)
        else:
            yield head("200 OK", len(PACKED)) + PACKED

    partial = folder / ".incoming/MNIST" / f"{NAME}.gz"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(PACKED[:1000])
    with Server(answer) as server, one_small_set(folder, server.url):
        assert fetch()[0] == 0
    assert [start for _, start in server.asked] == [1000, 0]


def test_what_is_there_and_whole_is_not_asked_for(folder):
    with Server(healthy({f"{NAME}.gz": PACKED})) as server, one_small_set(folder, server.url):
        fetch()
        status, said = fetch()
    assert (status, said, len(server.asked)) == (0, "MNIST: already there, verified\n", 1)


def test_unknown_names_are_refused_before_anything_is_downloaded(folder):
    refused = pytest.raises(datasets.DataError, match=r"no data set Imagenet, CIFAR; there are Fashion-MNIST")
    with Server(healthy({})) as server, one_small_set(folder, server.url), refused:
        fetch(["MNIST", "Imagenet", "CIFAR"])
    assert server.asked == [] and not folder.exists()


# ------------------------------------------------------------------------------- HTTPS


def test_only_https_is_asked(folder):
    with Server(healthy({f"{NAME}.gz": PACKED})) as server, one_small_set(folder, server.url):
        download.SCHEMES = ("https",)
        status, said = fetch()
    assert status == 1 and "its address isn't HTTPS" in said and server.asked == []
    assert all(url.startswith("https://") for some in DOWNLOADS.values() for one in some for url in one.urls)


def test_a_certificate_that_nobody_vouches_for_is_refused(folder):
    with Server(healthy({f"{NAME}.gz": PACKED}), tls=True) as server, one_small_set(folder, server.url):
        download.SCHEMES = ("https",)
        status, said = fetch()
    assert status == 1 and "its certificate can't be verified." in said


def test_a_redirect_from_https_to_plain_http_is_refused(folder, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(ROOT / "tests/localhost.pem"))
    serve = healthy({f"{NAME}.gz": PACKED})
    with Server(serve) as plain, Server(serve, tls=True) as safe, one_small_set(folder, safe.url):
        download.SCHEMES = ("https",)
        assert fetch()[0] == 0
        download.remove(["MNIST"])
        safe.answer = says(head("302 Found", 0, f"Location: {plain.url}{NAME}.gz"))
        status, said = fetch()
    assert status == 1 and "redirects to an address that isn't HTTPS" in said and plain.asked == []


# ------------------------------------------------------------------------------- folders and disks


def test_a_folder_that_is_a_file_is_said_and_left_alone(tmp_path):
    (tmp_path / "data").write_text("mine")
    with one_small_set(tmp_path / "data"):
        status, said = fetch()
    assert status == 1 and "can't be written to" in said and "Set DLCOURSE_DATA" in said
    assert (tmp_path / "data").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere; Windows differs")
def test_a_read_only_folder_is_said(tmp_path):
    tmp_path.chmod(0o500)
    with one_small_set(tmp_path / "data"):
        status, said = fetch()
    assert status == 1 and "can't be written to (Permission denied)" in said


def test_a_whole_set_in_a_folder_without_write_permission_needs_none(folder, monkeypatch):
    with Server(healthy({f"{NAME}.gz": PACKED})) as server, one_small_set(folder, server.url):
        fetch()
        for name in ("mkdir", "unlink", "touch"):
            monkeypatch.setattr(Path, name, lambda *_, **__: pytest.fail("the folder is read-only"))
        assert fetch()[0] == 0


def test_free_space_is_checked_first(folder, monkeypatch):
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: SimpleNamespace(free=50_000))
    with Server(healthy({})) as server, one_small_set(folder, server.url):
        status, said = fetch()
    assert status == 1 and "It needs 60.0 kB" in said and "50.0 kB free" in said and server.asked == []


def test_remove_deletes_the_set_and_nothing_else(folder, capsys):
    with Server(healthy({f"{NAME}.gz": PACKED})) as server, one_small_set(folder, server.url):
        fetch()
        mine = folder / "MNIST/notes.txt"
        mine.write_text("mine")
        assert download.remove(["MNIST"]) == 0
        assert files_in(folder) == ["MNIST/notes.txt"]
        assert download.remove(["MNIST", "NYSE"]) == 0
        assert (
            "MNIST: removed, 30.0 kB freed\nMNIST: nothing to remove\nNYSE: nothing to remove"
            in capsys.readouterr().out
        )
        with pytest.raises(datasets.DataError, match="name the sets"):
            download.remove([])


def test_verify_looks_at_every_byte(folder, capsys):
    with Server(healthy({f"{NAME}.gz": PACKED})) as server, one_small_set(folder, server.url):
        assert download.verify(["MNIST"]) == 1, "named, and not there"
        fetch()
        assert download.verify(["MNIST"]) == 0
        assert "MNIST, full: verified\nMNIST, embedded: verified" in capsys.readouterr().out
        (folder / TARGET).write_bytes(b"x" + CONTENT[1:])
        assert download.verify(["MNIST"]) == 1
        assert f"{TARGET} has the right size but other content" in capsys.readouterr().out


# ------------------------------------------------------------------------------- archives of the other sets


def tar_of(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zip_of(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["CIFAR-100", "IMDB", "ResNet-50", "GloVe"])
def test_archives_of_the_other_sets_are_fetched_unpacked_and_verified(name, folder, monkeypatch):
    (real,) = DOWNLOADS[name]
    files = {path: f"what is in {path}".encode() * 100 for path in FULL_FILES[name]}
    kind = {"CIFAR-100": tar_of, "GloVe": zip_of}.get(name, lambda files: next(iter(files.values())))
    packed = kind(files | {"another file": b"of no interest"})
    with Server(healthy({real.name: packed})) as server, one_small_set(folder):
        urls = (server.url + real.name,)
        sums = {path: (len(content), hashlib.sha256(content).hexdigest()) for path, content in files.items()}
        monkeypatch.setitem(FULL_FILES, name, sums)
        made = Download(urls, len(packed), hashlib.sha256(packed).hexdigest(), real.holds)
        monkeypatch.setitem(DOWNLOADS, name, [made])
        assert fetch([name])[0] == 0
        assert files_in(folder) == sorted(files)
        (folder / next(iter(files))).write_bytes(b"damaged")
        if name != "IMDB":
            assert fetch([name])[0] == 0, "a damaged set is fetched again"
            assert all((folder / path).read_bytes() == content for path, content in files.items())
        server.answer = healthy({real.name: b"x" * len(packed)})
        download.remove([name])
        status, said = fetch([name])
        otherwise = "use the embedded data" if name in EMBEDDED_FILES else "go without it"
        assert status == 1 and "SHA-256 differs" in said and f"the notebooks {otherwise}" in said
        assert files_in(folder) == []


def test_an_archive_that_lacks_a_file_of_the_set_is_refused(folder, monkeypatch):
    packed = tar_of({"cifar-100-python/train": b"train"})
    made = Download(
        ("",), len(packed), hashlib.sha256(packed).hexdigest(), {"cifar-100-python/test": "cifar-100-python/test"}
    )
    with Server(healthy({"x.tar.gz": packed})) as server, one_small_set(folder):
        made = Download((server.url + "x.tar.gz",), made.size, made.sha256, made.holds)
        monkeypatch.setitem(DOWNLOADS, "CIFAR-100", [made])
        status, said = fetch(["CIFAR-100"])
    assert status == 1 and "cifar-100-python/test is missing" in said and files_in(folder) == []


def test_every_download_makes_every_file_of_its_set():
    for name, files in FULL_FILES.items():
        assert sorted(path for one in DOWNLOADS[name] for path in one.holds.values()) == sorted(files)
        for one in DOWNLOADS[name]:
            assert one.size > 0 and (one.sha256 or one.name.endswith(".gz"))


# ------------------------------------------------------------------------------- other processes

CHILD = """
import json, sys
from dlcourse import download, files
spec = json.loads(sys.argv[1])
files.FULL_FILES["MNIST"] = {path: tuple(pin) for path, pin in spec["pins"].items()}
files.DOWNLOADS["MNIST"] = [files.Download(tuple(spec["urls"]), spec["size"], None, spec["holds"])]
download.SCHEMES = ("http",)
exec(spec["before"])
from dlcourse.__main__ import main
sys.exit(main(["data", "fetch", "MNIST"]))
"""


def start(folder, url, before=""):
    """`dlcourse data fetch MNIST` in a process of its own."""
    spec = {"pins": PINS, "urls": [f"{url}{NAME}.gz"], "size": len(PACKED), "holds": {NAME: TARGET}, "before": before}
    command = [sys.executable, "-u", "-c", CHILD, json.dumps(spec)]
    environment = os.environ | {"DLCOURSE_DATA": str(folder), "PYTHONPATH": str(ROOT), "no_proxy": "127.0.0.1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def half_then_hang(reached):
    serve = healthy({f"{NAME}.gz": PACKED})

    def answer(request):
        if request.number > 1:
            yield from serve(request)
        else:
            yield head("200 OK", len(PACKED)) + PACKED[:15_000]
            reached.set()
            request.hang()

    return answer


def wait_for(path, size):
    """Until a file has so many bytes: they have left the server, and now the other process has written them."""
    while not path.exists() or path.stat().st_size < size:
        threading.Event().wait(0.005)


def test_a_download_that_was_killed_goes_on_where_it_was(folder):
    reached = threading.Event()
    with Server(half_then_hang(reached)) as server:
        # Unbuffered, so that every byte that arrived is in the file when the process is killed.
        child = start(folder, server.url, "download.open = lambda path, mode: open(path, mode, 0)")
        assert reached.wait(60)
        wait_for(folder / ".incoming/MNIST" / f"{NAME}.gz", 15_000)
        child.kill()
        child.communicate()
        with one_small_set(folder, server.url):
            assert datasets.locate("MNIST")[1] == "embedded"
            assert fetch()[0] == 0
    assert [start for _, start in server.asked] == [0, 15_000]
    assert files_in(folder) == [TARGET]


def test_unpacking_that_was_killed_leaves_nothing_behind(folder):
    # os.replace is the last step; the process is killed in it.
    before = (
        "import os, signal; os.replace = lambda *_: os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))"
    )
    with Server(healthy({f"{NAME}.gz": PACKED})) as server:
        child = start(folder, server.url, before)
        child.communicate()
        assert child.returncode != 0
        assert ".incoming/MNIST/unpacked" in files_in(folder) and not (folder / TARGET).exists()
        with one_small_set(folder, server.url):
            assert datasets.locate("MNIST")[1] == "embedded"
            assert fetch()[0] == 0
        assert len(server.asked) == 1, "the download itself was whole"
    assert files_in(folder) == [TARGET]


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no interrupt to one process")
def test_ctrl_c_ends_with_a_sentence_and_keeps_what_there_is(folder):
    reached = threading.Event()
    with Server(half_then_hang(reached)) as server:
        child = start(folder, server.url)
        assert reached.wait(60)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate()
        assert child.returncode == 130
        assert "dlcourse data: stopped." in said and "Traceback" not in said
        with one_small_set(folder, server.url):
            assert fetch()[0] == 0
    assert files_in(folder) == [TARGET]


def test_of_two_downloads_at_once_the_second_waits_and_finds_the_file(folder):
    reached, go = threading.Event(), threading.Event()

    def answer(request):
        reached.set()
        go.wait(60)
        yield head("200 OK", len(PACKED)) + PACKED

    with Server(answer) as server:
        first = start(folder, server.url)
        assert reached.wait(60)
        second = start(folder, server.url)
        assert "waiting for it" in second.stdout.readline()
        go.set()
        assert "downloaded and verified" in first.communicate()[0]
        assert second.communicate()[0] == "MNIST: already there, verified\n"
        assert (first.returncode, second.returncode, len(server.asked)) == (0, 0, 1)
    assert files_in(folder) == [TARGET]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a file")
def test_a_disk_that_takes_no_more_is_said(folder):
    before = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))"
    with Server(healthy({f"{NAME}.gz": PACKED})) as server:
        child = start(folder, server.url, before)
        said = "".join(child.communicate())
        assert child.returncode == 1 and "MNIST: not downloaded. File too large." in said and "Traceback" not in said
        with one_small_set(folder, server.url):
            assert fetch()[0] == 0
    assert files_in(folder) == [TARGET]


# ------------------------------------------------------------------------------- the verb


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["fetch", "Imagenet"], {}, "there is no data set Imagenet; there are Fashion-MNIST"),
        (["remove"], {}, "name the sets to remove"),
        (["verify", "MNIST"], {"DLCOURSE_DATA": "~nobody-has-this-name/x"}, "a user who doesn't exist"),
        (["verify", "MNIST"], {"DLCOURSE_DATA": "/nowhere"}, "a folder that doesn't exist"),
        (["verify", "MNIST"], {"DLCOURSE_TIER": "ful"}, "DLCOURSE_TIER=ful is unknown; use embedded or full"),
    ],
)
def test_bad_values_get_one_sentence(arguments, environment, expected, monkeypatch, capsys):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["data", *arguments]) == 1
    said = capsys.readouterr()
    assert expected in said.out + said.err


def test_a_bad_action_is_refused_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["data", "delete", "MNIST"])
    assert "fetch" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no LC_ALL")
def test_a_terminal_without_unicode_and_a_user_without_home_get_words(folder):
    folder.mkdir()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C", "DLCOURSE_DATA": str(folder)}
    environment |= {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "dlcourse", "data", "verify"], cwd=ROOT, env=environment, capture_output=True
    )
    assert done.returncode == 0 and done.stderr == b"" and b"Hitters, embedded: verified" in done.stdout


def write_table():
    """Play every fault and write the table that the data page shows."""
    lines = ["| what the server does | what the command says, when there is no other mirror |", "|---|---|"]
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            lines.append(row(fault, play(fault, Path(folder))[0]))
            print(lines[-1])
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_table()
