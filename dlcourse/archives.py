"""Archives and pickles from elsewhere, read without trusting them.

Nothing is extracted to a path that an archive names, and nothing in a pickle is run. ``members`` hands
out the contents of regular files one by one; the caller decides where they go, if anywhere.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import pickle
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MAX_FILES = 150_000  # the archive of IMDB has about 100,000
MAX_BYTES = 3 << 30  # the archive of GloVe unpacks to 2.2 GB
_UNREADABLE = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, struct.error)
_UNREADABLE += (EOFError, ValueError, NotImplementedError, RuntimeError)  # zipfile's: odd, or encrypted


class ArchiveError(Exception):
    """An archive or pickle is damaged, or holds what no data set needs; the message says what."""


def members(path: Path, *, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES) -> Iterator[tuple[str, BinaryIO]]:
    """The regular files of a .tar.gz, .zip or .gz, as (name, stream); read a stream before asking for the next.

    Raises ArchiveError at an absolute path, a ``..``, a link, a device or a sparse file, at more than
    ``max_files`` members or ``max_bytes`` unpacked bytes, and at anything that can't be read. Wrap the
    reading of the streams into ``reading(path)`` to get the same error from damage further on.
    """
    with reading(path):
        if path.name.endswith(".tar.gz"):
            yield from _tar(path, max_files, max_bytes)
        elif path.name.endswith(".zip"):
            yield from _zip(path, max_files, max_bytes)
        else:
            with gzip.open(path) as stream:
                yield path.name.removesuffix(".gz"), _Bounded(stream, max_bytes, path.name)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns whatever a damaged archive raises into an ArchiveError that names the file."""
    try:
        yield
    except _UNREADABLE as error:
        raise ArchiveError(f"{path.name} can't be unpacked ({error or type(error).__name__})") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # zipfile seeks to where a damaged directory sends it
            raise
        raise ArchiveError(f"{path.name} can't be unpacked ({error.strerror})") from error


def _tar(path: Path, max_files: int, max_bytes: int) -> Iterator[tuple[str, BinaryIO]]:
    with gzip.open(path) as packed, tarfile.open(fileobj=_Bounded(packed, max_bytes, path.name), mode="r|") as archive:
        for number, member in enumerate(archive, 1):
            if number > max_files:
                raise ArchiveError(f"{path.name} holds more than {max_files:,} files")
            _refuse_odd_name(path, member.name)
            if member.issparse() or not (member.isfile() or member.isdir()):
                raise ArchiveError(
                    f"{path.name} holds {member.name[:80]!r}, which is a link, a device or a sparse file"
                )
            if member.isfile():
                yield member.name, archive.extractfile(member)


def _zip(path: Path, max_files: int, max_bytes: int) -> Iterator[tuple[str, BinaryIO]]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if len(infos) > max_files:
            raise ArchiveError(f"{path.name} holds more than {max_files:,} files")
        if sum(info.file_size for info in infos) > max_bytes:  # zipfile reads no more than a member declares
            raise ArchiveError(f"{path.name} unpacks to more than {max_bytes:,} bytes")
        for info in infos:
            _refuse_odd_name(path, info.filename)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise ArchiveError(f"{path.name} holds {info.filename[:80]!r}, which is a link or a device")
            if not info.is_dir():
                with archive.open(info) as stream:
                    yield info.filename, stream


def _refuse_odd_name(path: Path, name: str) -> None:
    if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or re.match(r"[A-Za-z]:", name):
        raise ArchiveError(f"{path.name} holds {name[:80]!r}, a path that leads out of its folder")


class _Bounded(io.RawIOBase):
    """A stream that stops with an ArchiveError after ``limit`` bytes, whatever the archive declares."""

    def __init__(self, stream: BinaryIO, limit: int, name: str):
        self.stream, self.left, self.limit, self.name = stream, limit, limit, name

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise ArchiveError(f"{self.name} unpacks to more than {self.limit:,} bytes")
        return data


def load_arrays(path: Path) -> object:
    """What a pickle of dicts, lists, text, numbers and uint8 arrays holds, such as the files of CIFAR-100.

    Pickles of Python 2 and 3 are read; byte strings of Python 2 become text (Latin-1). Arrays are rebuilt
    from their shape and bytes here, not by the pickle. Raises ArchiveError for anything else.
    """
    import numpy as np

    # Made anew for each file, so that a pickle that tampers with them changes nothing outside itself.
    class Dtype:
        def __init__(self, code: str, *_):
            if code not in ("u1", "|u1"):
                raise pickle.UnpicklingError(f"an array of type {code!r}, where only uint8 is expected")

        def __setstate__(self, state):
            pass

    class Array:
        def __setstate__(self, state):
            _, shape, _, fortran, raw = state
            raw = raw.encode("latin1") if isinstance(raw, str) else raw
            self.array = np.frombuffer(raw, np.uint8).reshape(shape, order="F" if fortran else "C")

    def encode(text: str, encoding: str) -> bytes:  # how Python 3 writes bytes into an old pickle
        return text.encode("latin1")

    allowed = {("_codecs", "encode"): encode, ("numpy", "dtype"): Dtype, ("numpy", "ndarray"): Array}
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        allowed[module, "_reconstruct"] = lambda *_: Array()

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) not in allowed:
                raise pickle.UnpicklingError(f"it asks for {module}.{name}, where only arrays are expected")
            return allowed[module, name]

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return value.array if isinstance(value, Array) else value

    with open(path, "rb") as file:
        try:
            return plain(Unpickler(file, encoding="latin1").load())
        except OSError:
            raise
        except Exception as error:  # a damaged pickle can raise anything
            raise ArchiveError(f"{path.name} is no pickle of arrays ({error or type(error).__name__})") from error
