"""Fetching, verifying and removing full data sets, for ``dlcourse data``.

Whatever a server answers, a set's folder ends with verified files or as it was: everything is written to
``.incoming`` beside the sets first, verified there, and moved into place. A download that was cut stays
in ``.incoming`` and is taken up again by the next run; other leftovers are swept.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import http.client
import os
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from dlcourse import archives, datasets
from dlcourse.files import DOWNLOADS, EMBEDDED_FILES, FULL_FILES, ON_REQUEST, Download

TRIES = 3  # at each mirror
TIMEOUT = 20  # seconds without a byte
SLOWEST = 1_000  # bytes a second, on average, once TIMEOUT has passed
LONGEST_PAUSE = 60  # seconds; a server that asks for more is left for the next mirror
SCHEMES = ("https",)
_sleep = time.sleep


class FetchError(Exception):
    """A mirror didn't deliver a file; the message says why. ``again``: whether another try may help, after ``pause`` s."""

    def __init__(self, message: str, *, again: bool = False, pause: float | None = None):
        super().__init__(message)
        self.again, self.pause = again, pause


# ------------------------------------------------------------------------------- the three verbs


def fetch(names: list[str]) -> int:
    """Download what is missing of the named sets, print a line for each, and return the exit status.

    Without names: the sets that notebooks use. Raises DataError for an unknown name, before anything is done.
    """
    check_names(names)
    wanted = [name for name in names or FULL_FILES if names or name not in ON_REQUEST]
    root, failed = datasets.cache_dir(), 0
    missing = [name for name in wanted if name in FULL_FILES and problem(name)]
    for name in wanted:
        if name not in missing:
            print(f"{name}: {'already there, verified' if name in FULL_FILES else 'complete in data/'}")
    if not missing:
        return 0
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _lock(root):
            _sweep(root)
            for name in missing:
                failed += not _fetch_set(root, name)
                _remove_empty(root / ".incoming" / name, root)
    except OSError as error:
        print(f"{', '.join(missing)}: not downloaded. {root} can't be written to ({error.strerror or error})."
              " Set DLCOURSE_DATA to a folder that you can write to.")  # fmt: skip
        return 1
    return int(failed > 0)


def verify(names: list[str]) -> int:
    """Check every byte of the named sets (of all without names), print a line for each; returns the exit status.

    A full set that isn't there is a failure only when it was named. Raises DataError for an unknown name.
    """
    check_names(names)
    status = 0
    for name in names or FULL_FILES | EMBEDDED_FILES:
        if name in FULL_FILES:
            wrong = problem(name)
            absent = not any((datasets.cache_dir() / path).exists() for path in FULL_FILES[name])
            print(f"{name}, full: {wrong or 'verified'}")
            status |= bool(wrong) and (not absent or bool(names))
        if name in EMBEDDED_FILES:
            wrong = datasets.embedded_problem(name)
            print(f"{name}, embedded: {wrong + '; ' + datasets.restore() if wrong else 'verified'}")
            status |= bool(wrong)
    return int(status)


def remove(names: list[str]) -> int:
    """Delete the full sets that are named, and nothing else; print a line for each and return the exit status.

    Raises DataError for an unknown name, and without names.
    """
    check_names(names)
    if not names:
        raise datasets.DataError(f"name the sets to remove; there are {', '.join(FULL_FILES)}")
    root, status = datasets.cache_dir(), 0
    for name in names:
        paths = [root / path for path in FULL_FILES.get(name, ())]
        paths += (root / ".incoming" / name).glob("*")
        paths += datasets.imdb_caches() if name == "IMDB" else []
        freed = 0
        try:
            for path in paths:
                if path.exists() or path.is_symlink():
                    freed += path.lstat().st_size
                    path.unlink()
                    _remove_empty(path.parent, root)
            print(f"{name}: {f'removed, {_size(freed)} freed' if freed else 'nothing to remove'}")
        except OSError as error:
            print(f"{name}: not removed ({error})")
            status = 1
    return status


def check_names(names: list[str]) -> None:
    """Raises DataError, with the names that there are, when one is unknown."""
    known = FULL_FILES | EMBEDDED_FILES
    if unknown := [name for name in names if name not in known]:
        raise datasets.DataError(f"there is no data set {', '.join(unknown)}; there are {', '.join(known)}")


def problem(name: str) -> str:
    """As ``datasets.full_problem``; and IMDB's archive, which that takes as it is, is read if its sum is unknown."""
    wrong = datasets.full_problem(name)
    if name == "IMDB" and not wrong:
        try:
            datasets.imdb_reviews(datasets.cache_dir())
        except datasets.DataError as error:
            return str(error)
    return wrong


# ------------------------------------------------------------------------------- one set, one file


def _fetch_set(root: Path, name: str) -> bool:
    """Fetch the files that a set lacks and print how it went; True when the set is whole."""
    if not problem(name):  # another run fetched it while this one waited
        print(f"{name}: already there, verified")
        return True
    lacking = [download for download in DOWNLOADS[name] if _lacks(root, name, download)]
    size = sum(download.size for download in lacking)
    print(f"{name}: {_size(size)} to download, from {urlsplit(lacking[0].urls[0]).netloc}", flush=True)
    start = time.perf_counter()
    try:
        _check_space(root, name, lacking)
        for download in lacking:
            _fetch_file(root, name, download)
    except (FetchError, OSError) as error:
        otherwise = "use the embedded data" if name in EMBEDDED_FILES else "go without it"
        print(f"{name}: not downloaded. {error.strerror or error if isinstance(error, OSError) else error}."
              f" Run the command again to go on; until then the notebooks {otherwise}.")  # fmt: skip
        return False
    seconds = time.perf_counter() - start
    print(f"{name}: downloaded and verified ({_size(size)} in {seconds:.0f} s, {_size(size / seconds)}/s)")
    return True


def _lacks(root: Path, name: str, download: Download) -> bool:
    """Whether a file that the download holds is missing or damaged."""
    return any(datasets.damage(root, path, *FULL_FILES[name][path]) for path in download.holds.values())


def _check_space(root: Path, name: str, lacking: list[Download]) -> None:
    unpacked = sum(FULL_FILES[name][path][0] for download in lacking for path in download.holds.values())
    needed, free = sum(download.size for download in lacking) + unpacked, shutil.disk_usage(root).free
    if needed > free:
        raise FetchError(f"It needs {_size(needed)} and {root} has {_size(free)} free")


def _fetch_file(root: Path, name: str, download: Download) -> None:
    """Get one download from the first mirror that delivers it, and move what it holds into place.

    Raises FetchError, with what each mirror did, when none delivers; OSError when the disk is the trouble.
    """
    partial = root / ".incoming" / name / download.name
    partial.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for url in download.urls:
        for number in range(1, TRIES + 1):
            resumed = partial.exists() and partial.stat().st_size > 0
            try:
                _transfer(url, partial, download.size)
                _install(root, name, download, partial)
                return
            except FetchError as error:
                failure = f"{urlsplit(url).netloc}: {error}" + (f" ({number} tries)" if number > 1 else "")
                if not error.again:
                    partial.unlink(missing_ok=True)
                    if not resumed:
                        break
                elif number < TRIES:
                    _sleep(2 ** (number - 1) if error.pause is None else error.pause)
        failures.append(failure)
    raise FetchError("; ".join(failures))


def _transfer(url: str, partial: Path, size: int) -> None:
    """Bring ``partial`` to exactly ``size`` bytes, from where it is. Raises FetchError, or OSError of the disk."""
    from tqdm import tqdm

    start = partial.stat().st_size if partial.exists() else 0
    if start == size:
        return
    if start > size:
        raise FetchError("an earlier download left too many bytes")
    with _answer(url, start, size) as (response, start):
        begun = time.monotonic()
        with (
            open(partial, "ab" if start else "wb") as out,
            tqdm(
                total=size, initial=start, unit="B", unit_scale=True, desc=partial.name, leave=False, disable=None
            ) as bar,
        ):
            done = start
            while done <= size and (chunk := _read(response)):
                done += len(chunk)
                out.write(chunk[: len(chunk) - max(0, done - size)])
                bar.update(len(chunk))
                waited = time.monotonic() - begun
                if waited > TIMEOUT and (done - start) / waited < SLOWEST:
                    raise FetchError("it sends too slowly", again=True)
    if done < size:
        raise FetchError(f"the connection ended after {done:,} of {size:,} bytes", again=True)
    if done > size:
        raise FetchError(f"it sent more than the {size:,} bytes that the file has")


@contextlib.contextmanager
def _answer(url: str, start: int, size: int) -> Iterator[tuple[http.client.HTTPResponse, int]]:
    """An answer that promises the file from byte ``start`` on, and the byte it really begins with (0 or ``start``)."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    response = _ask(request)
    with response:
        if start and response.status == 206:
            if response.headers.get("Content-Range", "").strip() != f"bytes {start}-{size - 1}/{size}":
                raise FetchError("it can't go on where the download stopped")
        elif response.status == 200:
            start = 0  # a server without ranges sends the whole file again
        else:
            raise FetchError(f"it answered HTTP {response.status}")
        if "html" in response.headers.get("Content-Type", "").lower():
            raise FetchError("it sent a web page instead of the file (does this network want you to log in?)")
        if response.length is not None and start + response.length != size:
            # Headers that were cut can say this too, so another try may help.
            raise FetchError(f"it offers {start + response.length:,} bytes where {size:,} are expected", again=True)
        yield response, start


def _ask(request: urllib.request.Request) -> http.client.HTTPResponse:
    if urlsplit(request.full_url).scheme not in SCHEMES:
        raise FetchError("its address isn't HTTPS")
    opener = urllib.request.build_opener(_SafeRedirects)  # verifies certificates, as Python does by default
    try:
        return opener.open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in (408, 429, 500, 502, 503, 504):
                pause = _retry_after(error.headers.get("Retry-After"))
                if pause is not None and pause > LONGEST_PAUSE:
                    raise FetchError(f"it answered HTTP {error.code} and wants {pause:,.0f} s of rest") from None
                raise FetchError(f"it answered HTTP {error.code}", again=True, pause=pause) from None
            raise FetchError(f"it answered HTTP {error.code}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise FetchError("its certificate can't be verified") from error
        raise FetchError(_in_words(reason), again=True) from error


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, answer, code, message, headers, url):
        if urlsplit(url).scheme not in SCHEMES:
            raise FetchError("it redirects to an address that isn't HTTPS")
        return super().redirect_request(request, answer, code, message, headers, url)


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(1 << 16)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(_in_words(error), again=True) from error


def _in_words(error: object) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT} s"
    if isinstance(error, ConnectionResetError):
        return "it hung up"
    if isinstance(error, OSError):
        return f"no connection ({error.strerror or error})"
    return f"it doesn't speak HTTP ({type(error).__name__})"


def _retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for (a number, or a date), or None when it makes no sense."""
    try:
        return max(0.0, float(value) if value.isdecimal() else email.utils.parsedate_to_datetime(value).timestamp() - time.time())  # fmt: skip
    except (AttributeError, ValueError, TypeError, OverflowError):
        return None


def _install(root: Path, name: str, download: Download, packed: Path) -> None:
    """Verify a complete download and move the files that it holds into place, each verified first."""
    if download.sha256 and datasets.digest(packed) != download.sha256:
        raise FetchError("what it sent is not the published file (its SHA-256 differs)")
    if download.name in download.holds:
        target = root / download.holds[download.name]
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(packed, target)
        return
    left = dict(download.holds)
    try:
        with archives.reading(packed):
            for member, stream in archives.members(packed):
                if member in left:
                    path = left.pop(member)
                    _write(stream, packed.with_name("unpacked"), root / path, *FULL_FILES[name][path])
                if not left:
                    break
    except archives.ArchiveError as error:
        raise FetchError("what it sent is not the published file") from error
    if left:
        raise FetchError(f"what it sent is not the published file ({', '.join(left)} is missing)")
    packed.unlink()


def _write(stream: BinaryIO, temporary: Path, target: Path, size: int, sha256: str) -> None:
    """Write a stream to ``target`` if it is exactly the pinned file; raises ArchiveError when it isn't."""
    digest, done = hashlib.sha256(), 0
    with open(temporary, "wb") as out:
        while done <= size and (chunk := stream.read(1 << 20)):
            done += len(chunk)
            digest.update(chunk)
            out.write(chunk)
    if done != size or digest.hexdigest() != sha256:
        raise archives.ArchiveError(f"{target.name} in it differs")
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(temporary, target)


# ------------------------------------------------------------------------------- the folder


@contextlib.contextmanager
def _lock(root: Path) -> Iterator[None]:
    """One download at a time in a folder. The system frees the lock of a process that was killed."""
    import filelock

    lock = filelock.FileLock(root / ".incoming.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        print("Another download is at work in this folder; waiting for it …", flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _sweep(root: Path) -> None:
    """Delete what killed runs left in ``.incoming``, except downloads that can be taken up again."""
    for folder in (root / ".incoming").glob("*"):
        keep = {download.name for download in DOWNLOADS.get(folder.name, ())}
        for path in folder.iterdir():
            if path.name not in keep:
                path.unlink()
        _remove_empty(folder, root)


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder inside ``root``, and those around it, as far as they are empty."""
    with contextlib.suppress(OSError):
        while root in folder.parents:
            folder.rmdir()
            folder = folder.parent


def _size(count: float) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e5 else f"{count / 1e3:,.1f} kB"
