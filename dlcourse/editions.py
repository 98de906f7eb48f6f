"""The course as zip files, for ``dlcourse editions``: for students without solutions, for instructors whole, for nbgrader.

It needs no more than the packages of `make site`.
"""

from __future__ import annotations

import copy
import json
import os
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

# Students get what runs the notebooks; instructors also get pages, decks, tests and tools.
STUDENT = ("CITATION.cff", "LICENSE", "Makefile", "data", "dlcourse", "notebooks", "pyproject.toml", "requirements.txt",
           "requirements-site.txt", "requirements-cpu.txt")  # fmt: skip
INSTRUCTOR = (*STUDENT, ".ci", ".devcontainer", ".gitattributes", ".github", ".gitignore", ".pre-commit-config.yaml",
              ".vscode", "CONTRIBUTING.md", "README.md", "_quarto.yml", "bench", "conftest.py",
              "environment.yml", "index.qmd", "pages", "postBuild", "render", "requirements-browser.txt", "slides", "tests", "_site", "pdf")  # fmt: skip
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints", "*.egg-info", "*.part", "*.lock", "render/theme/fonts", "_site/download",
            "_site/.render.lock", "_site/.render.new", "bench/results")  # fmt: skip
DATE = (2026, 1, 1, 0, 0, 0)  # of every file in a zip: the same content gives the same bytes

STUDENT_README = """# Deep Learning: a lecture you can run – for students

The notebooks of the course without the solutions. What you write goes into the cells that say "your code here"; the
cell below each says how far you are, as often as you like.

    make lab                          # Linux and macOS: installs everything, then opens JupyterLab
    py -m dlcourse setup              # Windows: installs everything,
    .venv\\Scripts\\python -m dlcourse lab     # then opens JupyterLab

You need Python 3.11 or newer and an internet connection for the first start. In an environment of your own, with PyTorch
and JupyterLab, `pip install --no-deps .` in this folder is enough.

Start with `notebooks/01-pytorch-vs-tensorflow.ipynb`. The figures that you see before you run anything come from the full
data sets; what you run uses the smaller ones in `data/`, or the full ones after `make data`.
Something doesn't work? `make doctor` says what is missing.

Code: MIT. Text and figures: CC BY 4.0. Data: see data/README.md.
"""


class EditionError(RuntimeError):
    """An edition can't be made; the message says of which file and why."""


def write(root: Path, *, grader: bool = False) -> int:
    """Write the zip files into ``_site/download/``; returns the exit status.

    Each is written beside its place and moved there when it is whole, so nobody downloads half of one.
    """
    if not (root / "_site/index.html").is_file():
        print("dlcourse editions: there is no site yet, and instructors get its decks. Run `make site` first.",
              file=sys.stderr)  # fmt: skip
        return 1
    folder = root / "_site/download"
    editions = {"student": student(root), "instructor": instructor(root)}
    if grader:
        from dlcourse import grader as nbgrader

        editions["nbgrader"] = nbgrader.course(root)
    try:
        folder.mkdir(exist_ok=True)
        for name, files in editions.items():
            target = folder / f"dlcourse-{name}.zip"
            count = _zip(target, f"dlcourse-{name}", files)
            print(f"{target.relative_to(root).as_posix()}: {count:,} files, {target.stat().st_size / 1e6:.1f} MB")
    except EditionError as error:
        print(f"dlcourse editions: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder that can't be written
        print(f"dlcourse editions: {error.filename or folder}: {error.strerror}; what was there is as it was.",
              file=sys.stderr)  # fmt: skip
        return 1
    return 0


def instructor(root: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file of the course, with the built site, and with PDFs where `make pdf` made some."""
    return ((path, (root / path).read_bytes()) for path in _files(root, INSTRUCTOR))


def student(root: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file that students get: notebooks without solutions, and what runs them."""
    yield "README.md", STUDENT_README.encode()
    for path in _files(root, STUDENT):
        data = (root / path).read_bytes()
        if path.endswith(".ipynb"):
            data = dump(without_solutions(load(path, data)))
        elif path == "pyproject.toml":
            data = data.replace(b', "render"]', b"]")  # that package isn't in this edition
        yield path, data


def load(path: str, data: bytes) -> dict:
    """The notebook in ``data``. Raises EditionError where there is none."""
    try:
        notebook = json.loads(data)
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            cell["metadata"].setdefault("tags", [])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise EditionError(f"{path} is no notebook ({error}); restore it") from None
    return notebook


def dump(notebook: dict) -> bytes:
    """A notebook as a file, written as Jupyter writes it."""
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        if not cell["metadata"].get("tags"):
            cell["metadata"].pop("tags", None)
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def is_solution(cell: dict) -> bool:
    """Whether a cell is a solution: code with that tag, or a box that opens with **Solution.**"""
    return "solution" in cell["metadata"]["tags"] or bool(re.match(r"> \*\*Solution\b", cell["source"]))


def without_solutions(notebook: dict) -> dict:
    """The notebook without its solutions; scaffolds, answer checks and all other outputs stay."""
    kept = [cell for cell in notebook["cells"] if not is_solution(cell)]
    return copy.deepcopy(notebook | {"cells": kept})


def _files(root: Path, names: Iterable[str]) -> Iterator[str]:
    """The files of the course under these names, sorted, as paths relative to it; caches and the like are left out."""
    for name in sorted(names):
        paths = [root / name] if (root / name).is_file() else sorted((root / name).rglob("*"))
        for path in paths:
            inside = path.relative_to(root)
            parts = [inside, *inside.parents]
            unwanted = any(part.match(pattern) for part in parts for pattern in LEFT_OUT if part != Path())
            if path.is_file() and not path.is_symlink() and not unwanted:
                yield inside.as_posix()


def _zip(target: Path, top: str, files: Iterable[tuple[str, bytes]]) -> int:
    """Write a zip file whose entries all lie in the folder ``top``; returns their number."""
    temporary, count = target.with_name(f"{target.name}.{os.getpid()}.part"), 0
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for count, (path, data) in enumerate(files, 1):  # noqa: B007
                entry = zipfile.ZipInfo(f"{top}/{path}", DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if data.startswith(b"#!") else 0o644) << 16
                archive.writestr(entry, data)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return count
