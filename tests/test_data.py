"""The embedded data are what data/README.md says, and the loaders keep their promises."""

import gzip
import hashlib
import os
import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets import FashionMNIST

from dlcourse import datasets

ROOT = Path(__file__).resolve().parent.parent
HASHES = re.findall(r"^\| `([^`]+)` \| ([\d,]+) \| `([0-9a-f]{64})` \|$", (ROOT / "data/README.md").read_text(), re.M)


def test_readme_lists_every_data_file():
    listed = {name for name, _, _ in HASHES}
    there = {path.relative_to(ROOT / "data").as_posix() for path in (ROOT / "data").rglob("*-ubyte")}
    there |= {path.name for path in (ROOT / "data").glob("*.csv")}
    assert listed == there


@pytest.mark.parametrize(("name", "size", "sha256"), HASHES, ids=[name for name, _, _ in HASHES])
def test_data_file_has_the_published_hash(name, size, sha256):
    content = (ROOT / "data" / name).read_bytes()
    assert len(content) == int(size.replace(",", ""))
    assert hashlib.sha256(content).hexdigest() == sha256


def test_script_makes_the_same_fashion_subset_from_a_larger_set(tmp_path):
    sys.path.insert(0, str(ROOT / "data"))
    try:
        import make_embedded
    finally:
        sys.path.pop(0)
    rng = np.random.default_rng(0)
    for part, count in (("train", 10_050), ("t10k", 2_010)):
        make_embedded.write_idx(tmp_path / "src" / f"{part}-images-idx3-ubyte", rng.integers(0, 256, (count, 2, 2)))
        make_embedded.write_idx(tmp_path / "src" / f"{part}-labels-idx1-ubyte", rng.integers(0, 10, count))
    make_embedded.make_fashion(tmp_path / "src", tmp_path / "out")
    made = make_embedded.read_idx(tmp_path / "out/FashionMNIST/raw/train-images-idx3-ubyte")
    source = make_embedded.read_idx(tmp_path / "src/train-images-idx3-ubyte")
    assert made.shape == (10_000, 2, 2)
    assert (made == source[:10_000]).all()


@pytest.mark.parametrize(
    ("load", "train", "test"),
    [(datasets.fashion_mnist, 10_000, 2_000), (datasets.mnist, 4_000, 1_000)],
    ids=["Fashion-MNIST", "MNIST"],
)
def test_image_sets_have_the_promised_form(load, train, test):
    data = load()
    assert data.tier == "embedded"
    assert data.X_train.shape == (train, 1, 28, 28) and data.X_test.shape == (test, 1, 28, 28)
    assert data.X_train.dtype == torch.float32 and data.y_train.dtype == torch.int64
    assert data.X_train.min() == 0 and data.X_train.max() == 1
    assert sorted(set(data.y_test.tolist())) == list(range(10))
    assert len(data.classes) == 10


def test_torchvision_reads_the_embedded_tier():
    root, _ = datasets.locate("Fashion-MNIST")
    ours, theirs = datasets.fashion_mnist(), FashionMNIST(root, train=False, download=False)
    assert torch.equal((ours.X_test[:, 0] * 255).round().to(torch.uint8), theirs.data)
    assert torch.equal(ours.y_test, theirs.targets)
    assert list(ours.classes) == theirs.classes


def test_tables_are_complete():
    nyse, hitters = datasets.nyse(), datasets.hitters()
    assert len(nyse) == 6051 and nyse.train.sum() == 4281
    assert hitters.shape == (322, 20) and hitters.Salary.isna().sum() == 59


# ------------------------------------------------------------------ the full tier, on files of our own


@pytest.fixture
def small_full_tier(tmp_path, monkeypatch):
    """A full tier in a temporary folder whose pinned files are a few bytes long."""
    monkeypatch.setenv("DLCOURSE_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("DLCOURSE_TIER")
    files = {}
    for path in datasets.FULL_FILES["MNIST"]:
        content = f"the bytes of {path} ".encode() * 20_000
        files[path] = content
    pins = {path: (len(content), hashlib.sha256(content).hexdigest()) for path, content in files.items()}
    monkeypatch.setitem(datasets.FULL_FILES, "MNIST", pins)
    return tmp_path / "cache", files


def write(root, files):
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def test_full_tier_is_preferred_when_it_is_whole(small_full_tier):
    root, files = small_full_tier
    assert datasets.locate("MNIST")[1] == "embedded"
    write(root, files)
    assert datasets.locate("MNIST") == (root, "full")


@pytest.mark.parametrize("harm", ["missing", "truncated", "altered"])
def test_damaged_file_is_named_with_what_to_run(small_full_tier, harm):
    root, files = small_full_tier
    write(root, files)
    victim = root / "MNIST/raw/t10k-images-idx3-ubyte"
    content = victim.read_bytes()
    victim.unlink()
    if harm != "missing":
        victim.write_bytes(content[:100] if harm == "truncated" else b"x" + content[1:])
    with pytest.raises(datasets.DataError, match=r"MNIST: .*t10k-images-idx3-ubyte.*make data") as error:
        datasets.locate("MNIST")
    assert {"missing": "is missing", "truncated": "100 bytes", "altered": "SHA-256"}[harm] in str(error.value)


def test_missing_embedded_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "EMBEDDED", tmp_path)
    with pytest.raises(datasets.DataError, match=r"Hitters.*git checkout"):
        datasets.hitters()
    with pytest.raises(datasets.DataError, match=r"Fashion-MNIST.*git checkout"):
        datasets.locate("Fashion-MNIST")


def test_unknown_set_lists_those_there_are():
    with pytest.raises(KeyError, match="Fashion-MNIST"):
        datasets.locate("CIFAR-1000")


class Ranges(SimpleHTTPRequestHandler):
    """A file server that understands ``Range: bytes=N-`` and notes what was asked for."""

    asked: list = []  # noqa: RUF012 (shared on purpose)

    def do_GET(self):
        content = Path(self.translate_path(self.path)).read_bytes()
        start = int(self.headers["Range"][6:-1]) if "Range" in self.headers else 0
        self.asked.append((self.path, start))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:])

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(tmp_path, small_full_tier, monkeypatch):
    """A mirror on this machine that serves the packed files, after one that refuses to connect."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    md5 = {}
    for path, content in small_full_tier[1].items():
        packed = folder / (Path(path).name + ".gz")
        packed.write_bytes(gzip.compress(content, 0))
        md5[packed.name] = hashlib.md5(packed.read_bytes()).hexdigest()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Ranges.asked.clear()
    live = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(
        datasets, "_source", lambda name, file: (["http://127.0.0.1:9/" + file, live + file], md5[file])
    )
    yield folder
    server.shutdown()


def test_download_falls_through_to_the_next_mirror_and_verifies(small_full_tier, mirror):
    root, files = small_full_tier
    assert datasets.download(["MNIST"]) == ["MNIST: downloaded and verified"]
    assert datasets.locate("MNIST") == (root, "full")
    assert sorted(p.name for p in (root / "MNIST/raw").iterdir()) == sorted(Path(path).name for path in files)
    asked = len(Ranges.asked)
    assert datasets.download(["MNIST"]) == ["MNIST: already there, verified"]
    assert len(Ranges.asked) == asked


def test_interrupted_download_is_resumed(small_full_tier, mirror):
    root, _ = small_full_tier
    name = "train-images-idx3-ubyte.gz"
    whole = (mirror / name).read_bytes()
    (root / "MNIST/raw").mkdir(parents=True)
    (root / f"MNIST/raw/{name}.part").write_bytes(whole[:5000])
    datasets.download(["MNIST"])
    assert ("/" + name, 5000) in Ranges.asked
    assert datasets.locate("MNIST")[1] == "full"


def test_altered_download_leaves_no_file(small_full_tier, mirror):
    root, _ = small_full_tier
    packed = mirror / "train-images-idx3-ubyte.gz"
    packed.write_bytes(b"not the file" + packed.read_bytes()[12:])
    (line,) = datasets.download(["MNIST"])
    assert "not downloaded" in line and "hash" in line and "embedded" in line
    assert list((root / "MNIST/raw").iterdir()) == []


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere; Windows has other permissions"
)
def test_unwritable_cache_is_reported(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    monkeypatch.setenv("DLCOURSE_DATA", str(tmp_path / "cache"))
    (line,) = datasets.download(["MNIST"])
    assert "not downloaded" in line and "embedded" in line


def test_cache_that_is_a_file_is_reported_and_the_embedded_tier_used(tmp_path, monkeypatch):
    blocked = tmp_path / "cache"
    blocked.write_text("not a folder")
    monkeypatch.setenv("DLCOURSE_DATA", str(blocked))
    monkeypatch.delenv("DLCOURSE_TIER")
    (line,) = datasets.download(["MNIST"])
    assert "not downloaded" in line and "embedded" in line
    assert datasets.locate("MNIST")[1] == "embedded"


def test_data_verb_fails_for_an_unknown_set():
    done = subprocess.run(
        [sys.executable, "-m", "dlcourse", "data", "Imagenet"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1 and "Fashion-MNIST" in done.stdout
