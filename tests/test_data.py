"""The embedded data are what data/README.md says, and the loaders keep their promises whatever they find."""

import builtins
import gzip
import hashlib
import io
import json
import os
import pickle
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import warnings
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from nbclient import NotebookClient
from torchvision import datasets as tv

from dlcourse import archives, datasets
from dlcourse.files import EMBEDDED_FILES, FULL_FILES

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "data/README.md").read_text(encoding="utf-8")
HASHES = re.findall(r"^\| `([^`]+)` \| ([\d,]+) \| `([0-9a-f]{64})` \|$", README, re.M)

# ------------------------------------------------------------------------------- the embedded files


def test_readme_code_and_folder_agree_on_the_files():
    listed = {name: (int(size.replace(",", "")), sha256) for name, size, sha256 in HASHES}
    assert listed == {path: pin for files in EMBEDDED_FILES.values() for path, pin in files.items()}
    there = {path.relative_to(ROOT / "data").as_posix() for path in (ROOT / "data").rglob("*-ubyte")}
    there |= {path.name for kind in ("*.csv", "*.gz") for path in (ROOT / "data").glob(kind)}
    assert set(listed) == there


@pytest.mark.parametrize(("name", "size", "sha256"), HASHES, ids=[name for name, _, _ in HASHES])
def test_data_file_has_the_published_hash(name, size, sha256):
    content = (ROOT / "data" / name).read_bytes()
    assert len(content) == int(size.replace(",", ""))
    assert hashlib.sha256(content).hexdigest() == sha256


def test_script_makes_the_same_fashion_subset_from_a_larger_set(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "data")
    import make_embedded

    rng = np.random.default_rng(0)
    for part, count in (("train", 10_050), ("t10k", 2_010)):
        make_embedded.write_idx(tmp_path / "src" / f"{part}-images-idx3-ubyte", rng.integers(0, 256, (count, 2, 2)))
        make_embedded.write_idx(tmp_path / "src" / f"{part}-labels-idx1-ubyte", rng.integers(0, 10, count))
    make_embedded.make_fashion(tmp_path / "src", tmp_path / "out")
    made = make_embedded.read_idx(tmp_path / "out/FashionMNIST/raw/train-images-idx3-ubyte")
    source = make_embedded.read_idx(tmp_path / "src/train-images-idx3-ubyte")
    assert made.shape == (10_000, 2, 2)
    assert (made == source[:10_000]).all()


def test_script_makes_the_same_reviews(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "data")
    import make_reviews

    made = "".join(f"{rating}\t{review}\n" for rating, review in make_reviews.make_reviews())
    assert gzip.decompress(make_reviews.FILE.read_bytes()).decode() == made


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_a_clone_made_the_windows_way_has_the_same_bytes(tmp_path):
    """Git that turns line ends into CRLF must leave text and data alone, or no checksum holds."""
    windows = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf", "-c", "safe.directory=*"]
    subprocess.run(["git", *windows, "clone", "--quiet", "--no-hardlinks", str(ROOT), tmp_path / "c"], check=True)
    for name in ("data/NYSE.csv", "data/Hitters.csv", "data/MNIST/raw/t10k-labels-idx1-ubyte"):
        pin = next(files[name[5:]] for files in EMBEDDED_FILES.values() if name[5:] in files)
        assert hashlib.sha256((tmp_path / "c" / name).read_bytes()).hexdigest() == pin[1]
    for name in ("dlcourse/datasets.py", "README.md", "pages/data.qmd", "data/README.md"):
        assert b"\r" not in (tmp_path / "c" / name).read_bytes(), name


# ------------------------------------------------------------------------------- what loaders return


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
    ours, theirs = datasets.fashion_mnist(), tv.FashionMNIST(root, train=False, download=False)
    assert torch.equal((ours.X_test[:, 0] * 255).round().to(torch.uint8), theirs.data)
    assert torch.equal(ours.y_test, theirs.targets)
    assert list(ours.classes) == theirs.classes


def test_tables_are_complete():
    nyse, hitters = datasets.nyse(), datasets.hitters()
    assert len(nyse) == 6051 and nyse.train.sum() == 4281 and nyse.date.dtype.kind == "M"
    assert hitters.shape == (322, 20) and hitters.Salary.isna().sum() == 59


# ------------------------------------------------------------------------------- which tier


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder for full sets, with a space and an umlaut in its name; MNIST's full files are small ones."""
    folder = tmp_path / "my däta"
    folder.mkdir()
    monkeypatch.setenv("DLCOURSE_DATA", str(folder))
    monkeypatch.delenv("DLCOURSE_TIER")
    monkeypatch.setattr(datasets, "_said", set())
    files = small_mnist()
    pin(monkeypatch, FULL_FILES, "MNIST", files)
    return folder


def idx(array):
    array = np.asarray(array, dtype=np.uint8)
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def small_mnist(count=20):
    rng = np.random.default_rng(0)
    files = {}
    for part in ("train", "t10k"):
        files[f"MNIST/raw/{part}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (count, 28, 28)))
        files[f"MNIST/raw/{part}-labels-idx1-ubyte"] = idx(rng.integers(0, 10, count))
    return files


def pin(monkeypatch, table, name, files):
    pins = {path: (len(content), hashlib.sha256(content).hexdigest()) for path, content in files.items()}
    monkeypatch.setitem(table, name, pins)


def write(root, files):
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def test_full_tier_is_preferred_when_it_is_whole(cache, capsys):
    assert datasets.locate("MNIST")[1] == "embedded"
    write(cache, small_mnist())
    capsys.readouterr()
    assert datasets.locate("MNIST") == (cache, "full")
    assert datasets.mnist().X_train.shape == (20, 1, 28, 28)
    assert datasets.used()["MNIST"] == "full" and capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("missing", "t10k-images-idx3-ubyte is missing"),
        ("truncated", "t10k-images-idx3-ubyte has 100 bytes where 15,696 are expected"),
        ("altered", "t10k-images-idx3-ubyte has the right size but other content"),
        ("a folder", "t10k-images-idx3-ubyte has"),
    ],
)
def test_a_damaged_full_set_is_said_once_and_the_embedded_one_used(cache, capsys, monkeypatch, harm, said):
    write(cache, small_mnist())
    assert datasets.locate("MNIST")[1] == "full", "and its sum is known now"
    victim = cache / "MNIST/raw/t10k-images-idx3-ubyte"
    content = victim.read_bytes()
    victim.unlink()
    if harm == "a folder":
        victim.mkdir()
    elif harm != "missing":
        victim.write_bytes(content[:100] if harm == "truncated" else b"x" + content[1:])
    capsys.readouterr()
    assert datasets.mnist().tier == datasets.mnist().tier == "embedded"
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"MNIST: MNIST/raw/{said}") and str(cache) not in line
    assert line.endswith("Using the embedded data; `dlcourse data fetch MNIST` gets the full set.")
    monkeypatch.setenv("DLCOURSE_TIER", "full")
    with pytest.raises(datasets.DataError, match=re.escape(said)):
        datasets.mnist()


def test_empty_folders_of_a_download_that_failed_are_no_damage(cache):
    (cache / "MNIST/raw").mkdir(parents=True)
    assert datasets.mnist().tier == "embedded"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere", "DLCOURSE_DATA names a folder that doesn't exist"),
        ("file.txt", "DLCOURSE_DATA names a file, where a folder is expected"),
        ("file.txt/below", "DLCOURSE_DATA names a folder that doesn't exist"),
        ("empty", "DLCOURSE_DATA holds no MNIST/raw/train-images-idx3-ubyte"),
        ("sets/MNIST", "DLCOURSE_DATA is 1 level too deep: MNIST/raw/train-images-idx3-ubyte lies further up"),
        ("sets/MNIST/raw", "DLCOURSE_DATA is 2 levels too deep"),
        (".", "DLCOURSE_DATA is one level too high"),
        ("~nobody-has-this-name/x", "a user who doesn't exist"),
        ("x" * 300, "the folder of the full set can't be read"),
    ],
)
def test_a_wrong_data_folder_is_said_with_what_was_looked_for(cache, monkeypatch, capsys, place, said):
    write(cache / "sets", small_mnist())
    (cache / "empty").mkdir()
    (cache / "file.txt").write_text("no folder")
    monkeypatch.setenv("DLCOURSE_DATA", place if place.startswith("~") else str(cache / place))
    assert datasets.mnist().tier == "embedded"
    (line,) = capsys.readouterr().out.splitlines()
    assert said in line and str(cache) not in line


def test_without_a_home_the_embedded_tier_is_used_and_downloads_have_a_sentence(monkeypatch, capsys):
    monkeypatch.delenv("DLCOURSE_DATA", raising=False)
    monkeypatch.delenv("DLCOURSE_TIER")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: "~/.cache/dlcourse")
    assert datasets.mnist().tier == "embedded" and capsys.readouterr().out == ""
    with pytest.raises(datasets.DataError, match="no home folder to keep data in; set DLCOURSE_DATA"):
        datasets.cache_dir()


def test_an_unknown_tier_and_an_unknown_set_are_errors(monkeypatch):
    with pytest.raises(datasets.DataError, match=r"no data set 'CIFAR-1000'; there are Fashion-MNIST"):
        datasets.locate("CIFAR-1000")
    monkeypatch.setenv("DLCOURSE_TIER", "Embedded")
    with pytest.raises(datasets.DataError, match="DLCOURSE_TIER=Embedded is unknown; use embedded or full"):
        datasets.mnist()


@pytest.mark.parametrize("load", [datasets.cifar100, datasets.resnet50, datasets.glove])
def test_a_set_without_embedded_data_says_how_to_get_it(load, cache, monkeypatch):
    with pytest.raises(datasets.DataError, match=r"DLCOURSE_DATA holds no .*`dlcourse data fetch [\w-]+` downloads it"):
        load()
    monkeypatch.delenv("DLCOURSE_DATA")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(cache))
    with pytest.raises(datasets.DataError, match=r"the full set isn't here\. `dlcourse data fetch"):
        load()


def lines_that_load(notebook):
    """The lines of a notebook that ask ``datasets`` for something, in order; not those in a ``try``, which may fail."""
    cells = nbformat.read(notebook, as_version=4).cells
    source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return re.findall(r"^(?:\w[\w, ]* = )?datasets\.\w+\(.*\).*$", source, re.M)


@pytest.mark.parametrize(
    "state",
    ["no network", "empty cache", "no home", "read-only embedded folder", "corrupt full files", "no such folder"],
)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gets_its_data_says_the_tier_and_prints_no_path(notebook, state, cache, monkeypatch, capsys):
    if state == "no network":
        monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a loader asks the network"))
    elif state == "no home":
        monkeypatch.delenv("DLCOURSE_DATA")
        monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: "~/.cache/dlcourse")
    elif state == "read-only embedded folder":
        real = builtins.open
        monkeypatch.setattr(Path, "mkdir", lambda *_, **__: pytest.fail("a loader writes"))
        monkeypatch.setattr(
            builtins,
            "open",
            lambda file, mode="r", *a, **k: real(file, mode if "r" in mode else pytest.fail("writes"), *a, **k),
        )
    elif state == "corrupt full files":
        damaged = ("MNIST", "Fashion-MNIST", "IMDB")
        write(cache, {path: b"\0" * 100 for name in damaged for path in FULL_FILES[name]})
    elif state == "no such folder":
        monkeypatch.setenv("DLCOURSE_DATA", str(cache / "nowhere"))
    lines = lines_that_load(notebook)
    assert lines and any("describe(" in line for line in lines)
    exec("\n".join(lines), {"datasets": datasets})
    said = capsys.readouterr().out
    assert "(embedded: " in said and "(full: " not in said
    assert not re.search(r"[/\\](tmp|home|root|Users|private|var)\b|~", said) and str(cache) not in said
    damage = re.search(r"has 100 bytes where|aclImdb_v1\.tar\.gz can't be used", said)
    assert bool(damage) == (state == "corrupt full files")
    assert ("a folder that doesn't exist" in said) == (state == "no such folder")


def test_a_notebook_runs_in_a_folder_with_space_and_umlaut_with_read_only_data_and_a_corrupt_full_file(tmp_path):
    """The first cells of the notebook on Fashion-MNIST, in a kernel of their own, with all that can be wrong at once."""
    course, full = tmp_path / "my course ü", tmp_path / "full tier"
    for name in ("dlcourse", "data"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path, (size, _) in FULL_FILES["Fashion-MNIST"].items():
        (full / path).parent.mkdir(parents=True, exist_ok=True)
        with open(full / path, "wb") as file:
            file.truncate(size)  # as long as it should be, so that only its sum tells
    for path in [*(course / "data").rglob("*"), course / "data"]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    (course / "notebooks").mkdir()
    book = nbformat.read(next(path for path in NOTEBOOKS if path.name.startswith("02-")), as_version=4)
    book.cells = [cell for cell in book.cells if cell.cell_type == "code"][:3]
    environment = {key: value for key, value in os.environ.items() if key not in ("DLCOURSE_TIER", "HOME")}
    environment |= {"DLCOURSE_DATA": str(full), "PYTHONPATH": str(course), "MPLCONFIGDIR": str(tmp_path / "fonts")}
    before = {path: path.read_bytes() for path in (course / "data").rglob("*") if path.is_file()}
    NotebookClient(book, timeout=60, resources={"metadata": {"path": str(course / "notebooks")}}).execute(
        env=environment
    )
    said = "".join(output.get("text", "") for cell in book.cells for output in cell.outputs)
    assert "(embedded: " in said and "(full: " not in said and "SHA-256" in said, said
    shown = json.dumps([cell.outputs for cell in book.cells], ensure_ascii=False)
    assert not re.search(r"[/\\](tmp|home|root|Users|private|var)\b|~|ü", shown), said
    assert before == {path: path.read_bytes() for path in (course / "data").rglob("*") if path.is_file()}


# ------------------------------------------------------------------------------- damaged embedded files


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the embedded tables and a small MNIST, and a function that puts in other content, with or without its sum."""
    monkeypatch.setattr(datasets, "EMBEDDED", tmp_path)
    files = small_mnist() | {name: (ROOT / "data" / name).read_bytes() for name in ("NYSE.csv", "Hitters.csv")}
    write(tmp_path, files)
    pin(monkeypatch, EMBEDDED_FILES, "MNIST", small_mnist())

    def put(path, content, *, pinned):
        (tmp_path / path).write_bytes(content)
        if pinned:  # nothing but the strict reading is left to see it
            (name,) = (name for name, paths in EMBEDDED_FILES.items() if path in paths)
            sums = {path: (len(content), hashlib.sha256(content).hexdigest())}
            monkeypatch.setitem(EMBEDDED_FILES, name, EMBEDDED_FILES[name] | sums)

    return put


LABELS, PIXELS = "MNIST/raw/train-labels-idx1-ubyte", "MNIST/raw/train-images-idx3-ubyte"


@pytest.mark.parametrize("path", [LABELS, PIXELS, "NYSE.csv", "Hitters.csv"])
@pytest.mark.parametrize("harm", ["missing", "empty", "half", "one bit"])
def test_a_damaged_embedded_file_is_never_used(path, harm, copy, tmp_path):
    content = (tmp_path / path).read_bytes()
    middle = len(content) // 2
    if harm == "missing":
        (tmp_path / path).unlink()
    else:
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        copy(path, {"empty": b"", "half": content[:middle], "one bit": flipped}[harm], pinned=False)
    load = {"N": datasets.nyse, "H": datasets.hitters}.get(path[0], datasets.mnist)
    with pytest.raises(datasets.DataError, match=rf"{path[:4]}.*{path}.*restores it"):
        load()


def name_of(value):
    """The same in every worker: compressed bytes hold the time at which they were made."""
    return "bytes" if isinstance(value, bytes) else None


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (LABELS, idx([200] * 20), "labels outside 0 … 9"),
        (LABELS, idx([1] * 19), "20 pictures and 19 labels"),
        (LABELS, idx(np.zeros((20, 1))), "doesn't begin as an IDX file of rank 1"),
        (LABELS, idx([]), "20 pictures and 0 labels"),
        (PIXELS, idx(np.zeros((20, 27, 28))), r"pictures of \(27, 28\) pixels"),
        (PIXELS, idx(np.zeros((20, 28, 28)))[:-1], "cannot reshape"),
        (PIXELS, idx(np.zeros((20, 28, 28))) + b"x", "cannot reshape"),
        (PIXELS, struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 2**31), "can't be used"),
        (PIXELS, struct.pack(">HBB", 0, 8, 3), "can't be used"),
        (PIXELS, b"", "can't be used"),
        (PIXELS, gzip.compress(idx(np.zeros((20, 28, 28)))), "doesn't begin as an IDX file"),
        ("NYSE.csv", b"", "No columns"),
        ("NYSE.csv", b"\xff\xfe\x00", "NYSE.csv can't be used"),
        ("NYSE.csv", b'"date","day_of_week"\n', "the columns are date, day_of_week"),
        ("NYSE.csv", ("date", "NOPE,mon,1,1,1,TRUE"), "dates are wrong"),
        ("NYSE.csv", ("date", "1962-12-03,mon,1,,1,TRUE"), "values are missing or no numbers"),
        ("NYSE.csv", ("date", "1962-12-03,mon,1,one,1,TRUE"), "values are missing or no numbers"),
        ("NYSE.csv", ("date", "1962-12-03,mon,1,1,1,yes"), "the column train holds"),
        ("Hitters.csv", b"AtBat\n1\n", "the columns are AtBat"),
        ("Hitters.csv", ("AtBat", "1,1,1,1,1,1,1,1,1,1,1,1,many,A,E,1,1,1,1,N"), "values are no numbers"),
        ("Hitters.csv", ("AtBat", "1,1,1,1,1,1,1,1,1,1,1,1,,A,E,1,1,1,1,N"), "values are missing"),
        ("Hitters.csv", ("AtBat", "1,1,1,1,1,1,1,1,1,1,1,1,1,A,X,1,1,1,1,N"), "leagues or divisions are wrong"),
    ],
    ids=name_of,
)
def test_a_file_of_the_wrong_form_is_refused_even_with_the_right_sum(path, content, said, copy, tmp_path):
    if isinstance(content, tuple):  # the header, and one bad line
        header = (tmp_path / path).read_bytes().split(b"\n")[0]
        content = header + b"\n" + content[1].encode() + b"\n"
    copy(path, content, pinned=True)
    load = {"N": datasets.nyse, "H": datasets.hitters}.get(path[0], datasets.mnist)
    with pytest.raises(datasets.DataError, match=said) as error:
        load()
    assert path.split("/")[-1] in str(error.value) and datasets.restore() in str(error.value)


@pytest.mark.parametrize("path", [LABELS, PIXELS, "NYSE.csv", "Hitters.csv"])
def test_whatever_bytes_a_file_holds_only_a_data_error_comes_out(path, copy, tmp_path):
    """Random edits, pinned as if they were published: the loader returns a sound set or a DataError."""
    original = (tmp_path / path).read_bytes()[:4000] if path.endswith("csv") else (tmp_path / path).read_bytes()
    load = {"N": datasets.nyse, "H": datasets.hitters}.get(path[0], datasets.mnist)
    refused = 0
    for seed in range(60):
        rng = random.Random(seed)
        content = bytearray(original)
        for _ in range(rng.choice([1, 3, 30])):
            place = rng.randrange(1 + min(len(content), rng.choice([20, len(content)])))
            edit = rng.choice([b"", b"\0", b"\xff", b'"', b"\n", b",", rng.randbytes(3)])
            content[place : place + rng.choice([0, 1, 50])] = edit
        copy(path, bytes(content), pinned=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                data = load()
            except datasets.DataError:
                refused += 1
            else:
                assert isinstance(data, pd.DataFrame) or (len(data.X_train) == 20 and data.y_train.max() < 10)
    assert refused > 5


# ------------------------------------------------------------------------------- CIFAR-100


class Python2Pickler(pickle._Pickler):
    """Writes byte strings as Python 2 did, which is what CIFAR's files are made of."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_bytes(self, data):
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)

    dispatch[bytes] = save_bytes


def python2_pickle(value):
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(value)
    return file.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def small_cifar(dump, key=lambda text: text):
    rng = np.random.default_rng(0)
    files = {"cifar-100-python/meta": {key("fine_label_names"): [key(f"class {n}") for n in range(100)]}}
    for part, count in (("train", 30), ("test", 10)):
        files[f"cifar-100-python/{part}"] = {
            key("filenames"): [key(f"{n}.png") for n in range(count)],
            key("batch_label"): key("a batch"),
            key("fine_labels"): rng.integers(0, 100, count).tolist(),
            key("coarse_labels"): rng.integers(0, 20, count).tolist(),
            key("data"): rng.integers(0, 256, (count, 3072)).astype(np.uint8),
        }
    return {path: dump(content) for path, content in files.items()}


@pytest.mark.parametrize("version", ["2", "3"])
def test_cifar_is_read_as_torchvision_reads_it(version, cache, monkeypatch):
    encode = (lambda text: text.encode()) if version == "2" else (lambda text: text)
    files = small_cifar(python2_pickle if version == "2" else lambda value: pickle.dumps(value, protocol=2), encode)
    write(cache, files)
    pin(monkeypatch, FULL_FILES, "CIFAR-100", files)
    data = datasets.cifar100()
    assert data.tier == "full" and data.X_train.shape == (30, 3, 32, 32) and data.X_train.dtype == torch.float32
    md5 = {path.split("/")[-1]: hashlib.md5(content).hexdigest() for path, content in files.items()}
    monkeypatch.setattr(tv.CIFAR100, "train_list", [["train", md5["train"]]])
    monkeypatch.setattr(tv.CIFAR100, "test_list", [["test", md5["test"]]])
    monkeypatch.setattr(tv.CIFAR100, "meta", tv.CIFAR100.meta | {"md5": md5["meta"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about numpy.core
        theirs = tv.CIFAR100(cache, train=False, download=False)
    assert ((data.X_test * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy() == theirs.data).all()
    assert data.y_test.tolist() == theirs.targets and list(data.classes) == theirs.classes


def test_cifar_has_the_layout_and_the_sums_of_torchvision():
    names = [name for name, _ in tv.CIFAR100.train_list + tv.CIFAR100.test_list] + [tv.CIFAR100.meta["filename"]]
    assert sorted(FULL_FILES["CIFAR-100"]) == sorted(f"{tv.CIFAR100.base_folder}/{name}" for name in names)


class Evil:
    def __reduce__(self):
        return os.system, ("echo this must not run > evil",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pickle.dumps(Evil()), "system, where only arrays are expected"),
        (pickle.dumps([{"x": Evil()}], protocol=0), "where only arrays are expected"),
        (pickle.dumps(print), "builtins.print"),
        (pickle.dumps(np.zeros(3)), "where only uint8 is expected"),
        (pickle.dumps(np.array([{}], dtype=object)), "where only uint8 is expected"),
        (pickle.dumps(np.random.default_rng(0)), "where only arrays are expected"),
        (pickle.dumps(Path("x")), "where only arrays are expected"),
        (b"cos\nsystem\n(S'id'\ntR.", "os.system"),
        (b"cbuiltins\n__import__\n(S'os'\ntR.", "builtins.__import__"),
        (b"\x80\x02]q\x00(", "is no pickle of arrays"),
        (b"", "is no pickle of arrays"),
        (b"\xff" * 100, "is no pickle of arrays"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "is no pickle of arrays"),
        (b"\x80\x02cnumpy\nndarray\n)\x81(K\x01(J\xff\xff\xff\x7ft" + b"NI00\nC\x01xtb.", "is no pickle of arrays"),
    ],
)
def test_a_pickle_that_is_more_than_arrays_is_refused_and_nothing_in_it_runs(content, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train").write_bytes(content)
    with pytest.raises(archives.ArchiveError, match=re.escape(said)):
        archives.load_arrays(tmp_path / "train")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("harm", ["labels", "count", "shape", "key", "names", "code"])
def test_a_cifar_file_of_the_wrong_form_is_a_data_error(harm, cache, monkeypatch):
    files = {path: pickle.loads(content) for path, content in small_cifar(pickle.dumps).items()}
    train, meta = files["cifar-100-python/train"], files["cifar-100-python/meta"]
    if harm == "labels":
        train["fine_labels"][0] = 100
    elif harm == "count":
        train["fine_labels"].pop()
    elif harm == "shape":
        train["data"] = train["data"][:, :3000]
    elif harm == "key":
        del train["fine_labels"]
    elif harm == "names":
        meta["fine_label_names"] = meta["fine_label_names"][:99]
    else:
        train["data"] = Evil()
    files = {path: pickle.dumps(content) for path, content in files.items()}
    write(cache, files)
    pin(monkeypatch, FULL_FILES, "CIFAR-100", files)
    with pytest.raises(datasets.DataError, match=r"CIFAR-100: (train|meta) can't be used.*data fetch CIFAR-100"):
        datasets.cifar100()


# ------------------------------------------------------------------------------- IMDB


def small_imdb(count=3, extra=()):
    """The authors' layout, in an order of its own, with parts that the course doesn't use."""
    files = {
        "aclImdb/README": b"readme",
        "aclImdb/train/unsup/0_0.txt": b"no label",
        "aclImdb/train/urls_pos.txt": b"u",
    }
    for part in ("test", "train"):
        for label, rating in (("pos", 9), ("neg", 2)):
            for number in reversed(range(count)):
                files[f"aclImdb/{part}/{label}/{number}_{rating}.txt"] = f"{part} {number} {label} é".encode()
    return files | dict(extra)


def tar_of(files, **changes):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in changes.get(name, {}).items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def reviews(cache, tmp_path, monkeypatch):
    """Puts an archive in place, with three reviews of each kind for 12,500, and a cache folder for what is parsed."""
    monkeypatch.setattr(datasets, "REVIEWS", 3)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "parsed"))
    return lambda content: (cache / "aclImdb_v1.tar.gz").write_bytes(content)


def test_imdb_is_accepted_by_its_content_and_parsed_once(reviews, tmp_path, monkeypatch, capsys):
    reviews(tar_of(small_imdb()))
    data = datasets.imdb()
    assert data.X_train == [f"train {n} {label} é" for n in range(3) for label in ("neg", "pos")]
    assert data.ratings_train.tolist() == data.ratings_test.tolist() == [2, 9] * 3
    assert data.X_test[0] == "test 0 neg é" and data.y_train.tolist() == data.y_test.tolist() == [0, 1] * 3
    datasets.describe(data)
    assert "IMDB (full: 6 + 6 reviews)" in capsys.readouterr().out
    (kept,) = (tmp_path / "parsed").iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(datasets, "_read_reviews", lambda _: pytest.fail("parsed again"))
        assert datasets.imdb().X_train == data.X_train
    for damage in (b"", b"no archive", kept.read_bytes()[:-30]):
        kept.write_bytes(damage)
        assert datasets.imdb().X_train == data.X_train, "a damaged cache is made anew"
    reviews(tar_of(small_imdb() | {"aclImdb/train/neg/0_2.txt": b"another"}))
    assert datasets.imdb().X_train[0] == "another", "another archive has another cache"


def test_reviews_are_synthetic_where_the_archive_is_missing_or_damaged_and_say_so(reviews, cache, monkeypatch, capsys):
    data = datasets.imdb()
    assert (len(data.X_train), len(data.X_test), data.tier) == (4_000, 2_000, "embedded")
    for labels, ratings in ((data.y_train, data.ratings_train), (data.y_test, data.ratings_test)):
        assert labels.dtype == ratings.dtype == np.int64 and labels.mean() == 0.5
        assert ((ratings > 5) == labels).all() and set(ratings) == {1, 2, 3, 4, 7, 8, 9, 10}
    datasets.describe(data)
    assert capsys.readouterr().out.endswith("Data: IMDB (embedded: 4,000 + 2,000 synthetic reviews)\n")
    reviews(b"no archive")
    assert datasets.imdb().X_train == data.X_train and datasets.used()["IMDB"] == "embedded"
    assert re.match(r"IMDB: aclImdb_v1.tar.gz can't be used .* Using the embedded data", capsys.readouterr().out)
    monkeypatch.setenv("DLCOURSE_TIER", "full")
    with pytest.raises(datasets.DataError, match="can't be used"):
        datasets.imdb()


def test_imdb_needs_no_cache(reviews, tmp_path):
    (tmp_path / "parsed").write_text("a file where a folder is wanted")
    reviews(tar_of(small_imdb()))
    assert len(datasets.imdb().X_train) == 6


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (tar_of(small_imdb(2)), "8 of the 12 reviews"),
        (tar_of(small_imdb(4)), "16 of the 12 reviews"),
        (tar_of({name: text for name, text in small_imdb().items() if "pos/1_" not in name}), "10 of the 12"),
        (tar_of(small_imdb(extra={"aclImdb/test/neg/0_3.txt": b"x"})), "test/neg has two reviews with number 0"),
        (tar_of(small_imdb(extra={"aclImdb/test/neg/9_8.txt": b"x"})), "a rating that doesn't fit"),
        (tar_of(small_imdb() | {"aclImdb/test/neg/0_2.txt": b"\xff"}), "codec can't decode"),
        (tar_of(small_imdb())[:-200], "can't be unpacked"),
        (tar_of(small_imdb())[:50], "can't be unpacked"),
        (b"<html>", "can't be unpacked"),
        (b"", "can't be unpacked"),
        (tar_of(small_imdb(extra={"/etc/passwd": b"x"})), "leads out of its folder"),
        (tar_of(small_imdb(extra={"aclImdb/../../x": b"x"})), "leads out of its folder"),
    ],
    ids=name_of,
)
def test_an_archive_that_is_not_imdb_is_a_data_error(content, said, reviews, tmp_path, monkeypatch):
    reviews(content)
    monkeypatch.setenv("DLCOURSE_TIER", "full")
    with pytest.raises(datasets.DataError, match=rf"IMDB: aclImdb_v1.tar.gz can't be used .*{said}.*data fetch IMDB"):
        datasets.imdb()
    assert not (tmp_path / "parsed").exists()


# ------------------------------------------------------------------------------- archives


def names_in(path, **limits):
    with archives.reading(path):
        return [(name, stream.read()) for name, stream in archives.members(path, **limits)]


KINDS = {
    "a symbolic link": {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
    "a hard link": {"type": tarfile.LNKTYPE, "linkname": "a"},
    "a device": {"type": tarfile.CHRTYPE},
    "a pipe": {"type": tarfile.FIFOTYPE},
    "a sparse file": {"type": tarfile.GNUTYPE_SPARSE},
}


@pytest.mark.parametrize("kind", KINDS)
def test_tar_members_that_are_no_files_are_refused(kind, tmp_path):
    (tmp_path / "x.tar.gz").write_bytes(tar_of({"a": b"a", "b": b""}, b=KINDS[kind]))
    with pytest.raises(archives.ArchiveError, match=r"link, a device or a sparse file|can't be unpacked"):
        names_in(tmp_path / "x.tar.gz")


@pytest.mark.parametrize(
    "name", ["/absolute", "../up", "a/../../up", "..", "C:/windows", "\\\\server\\x", "a\\..\\..\\b"]
)
@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_names_that_lead_out_are_refused(name, kind, tmp_path):
    path = tmp_path / f"x.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, b"x")
    else:
        path.write_bytes(tar_of({name: b"x"}))
    with pytest.raises(archives.ArchiveError, match="leads out of its folder"):
        names_in(path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name], "nothing is ever written"


def test_links_in_a_zip_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(archives.ArchiveError, match="a link or a device"):
        names_in(tmp_path / "x.zip")


@pytest.mark.parametrize("kind", ["tar.gz", "zip", "gz"])
def test_bombs_are_stopped(kind, tmp_path):
    path = tmp_path / f"x.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(bytes(2_000_000)))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros", bytes(2_000_000))
    else:
        path.write_bytes(tar_of({"zeros": bytes(2_000_000)}))
    with pytest.raises(archives.ArchiveError, match="unpacks to more than 1,000,000 bytes"):
        names_in(path, max_bytes=1_000_000)
    assert sum(len(content) for _, content in names_in(path, max_bytes=3_000_000)) == 2_000_000
    if kind != "gz":
        files = {str(number): b"" for number in range(20)}
        if kind == "zip":
            with zipfile.ZipFile(path, "w") as archive:
                for name in files:
                    archive.writestr(name, b"")
        else:
            path.write_bytes(tar_of(files))
        with pytest.raises(archives.ArchiveError, match="holds more than 19 files"):
            names_in(path, max_files=19)


@pytest.mark.parametrize("kind", ["tar.gz", "zip", "gz"])
def test_whatever_bytes_an_archive_holds_only_an_archive_error_comes_out(kind, tmp_path):
    files = {f"folder/{number}.txt": random.Random(number).randbytes(50) * 9 for number in range(8)}
    path = tmp_path / f"x.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        original = path.read_bytes()
    else:
        original = tar_of(files) if kind == "tar.gz" else gzip.compress(b"".join(files.values()))
    refused = 0
    for seed in range(150):
        rng = random.Random(seed)
        content = bytearray(original)
        for _ in range(rng.choice([1, 2, 20])):
            place = rng.randrange(len(content) + 1)
            content[place : place + rng.choice([0, 1, 200])] = rng.randbytes(rng.choice([0, 1, 5]))
        path.write_bytes(content)
        try:
            names_in(path, max_bytes=100_000)
        except archives.ArchiveError:
            refused += 1
    assert refused > 50


# ------------------------------------------------------------------------------- weights and word vectors


def test_resnet_weights_are_loaded_as_weights_only(cache, monkeypatch):
    from torchvision.models import resnet50

    torch.manual_seed(0)
    buffer = io.BytesIO()
    torch.save(resnet50(weights=None).state_dict(), buffer)
    files = {"resnet50-11ad3fa6.pth": buffer.getvalue()}
    write(cache, files)
    pin(monkeypatch, FULL_FILES, "ResNet-50", files)
    model = datasets.resnet50()
    assert not model.training and sum(weight.numel() for weight in model.parameters()) == 25_557_032
    for content in (
        pickle.dumps(Evil(), protocol=2),
        buffer.getvalue()[:1000],
        b"",
        saved(Evil()),
        saved({"fc.bias": torch.zeros(3)}),
    ):
        files = {"resnet50-11ad3fa6.pth": content}
        write(cache, files)
        pin(monkeypatch, FULL_FILES, "ResNet-50", files)
        monkeypatch.chdir(cache)
        with pytest.raises(datasets.DataError, match=r"ResNet-50: resnet50-11ad3fa6.pth can't be used"):
            datasets.resnet50()
        assert not (cache / "evil").exists()


def saved(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (None, ""),
        ("half a line", "line 3 has 50 numbers where 100 are expected"),
        ("a word twice", "a word comes twice"),
        ("no number", "could not convert"),
        ("infinite", "not finite"),
        ("no text", "codec can't decode"),
        ("empty", "or there is none"),
    ],
)
def test_glove_is_read_strictly(harm, said, cache, monkeypatch):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3, 100)).round(5)
    lines = [" ".join([word, *map(str, vector)]) for word, vector in zip(("the", "é", "nan"), vectors, strict=True)]
    if harm == "half a line":
        lines[2] = " ".join(lines[2].split()[:51])
    elif harm == "a word twice":
        lines[2] = lines[0]
    elif harm in ("no number", "infinite"):
        lines[1] = "word " + " ".join(["1"] * 99 + [{"no number": "x", "infinite": "inf"}[harm]])
    content = {"no text": b"\xff\xfe", "empty": b""}.get(harm, "\n".join([*lines, ""]).encode())
    files = {"glove.6B.100d.txt": content}
    write(cache, files)
    pin(monkeypatch, FULL_FILES, "GloVe", files)
    if harm is None:
        words, matrix = datasets.glove()
        assert words == ["the", "é", "nan"] and np.allclose(matrix.numpy(), vectors)
    else:
        with pytest.raises(datasets.DataError, match=rf"GloVe: glove.6B.100d.txt can't be used .*{said}"):
            datasets.glove()


# ------------------------------------------------------------------------------- what comes with Python alone


def test_the_package_needs_neither_torch_nor_numpy_to_be_imported():
    """`make site`, `serve` and `doctor` work where only what rendering needs is installed."""
    code = (
        "import sys, json, dlcourse.__main__, dlcourse.datasets, dlcourse.download, dlcourse.archives;"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"torch", "numpy", "pandas", "torchvision", "platformdirs", "filelock", "tqdm", "sklearn"}
