"""The wheel is whole: installed alone, in an empty folder, it has data for every notebook, and touches nothing of others."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dlcourse import __main__ as command
from dlcourse.files import EMBEDDED_FILES

ROOT = Path(__file__).resolve().parent.parent
pytest.importorskip("setuptools", reason="the wheel is built without a package index, so setuptools has to be here")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the sources: a build leaves folders beside them."""
    folder = tmp_path_factory.mktemp("wheel")
    unwanted = shutil.ignore_patterns("__pycache__", "fonts")
    for name in ("dlcourse", "render", "data"):
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    build = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        folder,
        folder / "source",
    ]
    done = subprocess.run([sys.executable, *build], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture
def installed(wheel, tmp_path):
    """A function that runs Python code or a verb where only the wheel is: in an empty folder, without this course's own."""
    site = tmp_path / "site packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (tmp_path / "empty").mkdir()
    # The .pth of .venv names this course; -S and then the other packages alone leaves it out.
    start = (
        f"import sys; sys.path[:0] = [{str(site)!r}]\n"
        f"sys.path += {[path for path in sys.path if 'site-packages' in path]!r}\n"
        f"assert {str(ROOT)!r} not in sys.path\n"
    )

    def call(code, folder="empty"):
        variables = {key: value for key, value in os.environ.items() if not key.startswith(("DLCOURSE", "PYTHONPATH"))}
        return subprocess.run(
            [sys.executable, "-S", "-c", start + code], cwd=tmp_path / folder, capture_output=True, text=True,
            env=variables | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        )  # fmt: skip

    call.site, call.folder = site, tmp_path
    return call


def verb(installed, *arguments, **more):
    return installed(f"from dlcourse.__main__ import main; sys.exit(main({list(arguments)!r}))", **more)


def test_wheel_holds_every_embedded_file_with_its_licence_and_is_small(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {f"dlcourse/data/{path}" for files in EMBEDDED_FILES.values() for path in files}
    wanted |= {f"dlcourse/data/{path.name}" for path in (ROOT / "data").glob("LICENSE*")}
    assert wanted | {"dlcourse/data/README.md", "dlcourse/jupyterlab/overrides.json"} <= held
    assert not [name for name in held if name.endswith((".pyc", ".part"))]
    assert wheel.stat().st_size <= 12e6


def test_every_loader_works_from_the_wheel_alone(installed):
    done = installed(
        "from dlcourse import datasets, check, diagrams, frames, plots, text, training\n"
        "for data in (datasets.fashion_mnist(), datasets.mnist(), datasets.imdb()):\n"
        "    datasets.describe(data)\n"
        "print(len(datasets.nyse()), len(datasets.hitters()), datasets.EMBEDDED)\n"
    )
    assert done.returncode == 0, done.stderr
    assert "embedded: 10,000 + 2,000 images" in done.stdout and "6051 322" in done.stdout
    assert str(installed.site / "dlcourse/data") in done.stdout
    assert list((installed.folder / "empty").iterdir()) == []


def test_damaged_file_of_the_wheel_is_not_restored_with_git(installed):
    (installed.site / "dlcourse/data/NYSE.csv").write_text("damaged")
    done = installed("from dlcourse import datasets; datasets.nyse()")
    assert "NYSE.csv" in done.stderr and "pip install --force-reinstall" in done.stderr and "git" not in done.stderr


@pytest.mark.parametrize("name", sorted(command.NEEDS))
def test_verb_that_needs_the_course_says_so_and_touches_nothing(installed, name):
    for folder in ("pdf", "_site", ".cache", "notes"):
        (installed.site / folder).mkdir()
        (installed.site / folder / "mine").touch()
    before = sorted(
        path for path in installed.folder.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"
    )
    done = verb(installed, name)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    assert f"dlcourse {name}: this works in the folder of the course" in done.stderr
    assert before == sorted(
        path for path in installed.folder.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"
    )


def test_data_can_be_verified_from_the_wheel(installed):
    done = verb(installed, "data", "verify")
    assert done.returncode == 0, done.stderr
    assert "Fashion-MNIST, embedded: verified" in done.stdout


def test_every_verb_that_works_on_the_course_has_its_need_written_down():
    helped = subprocess.run(
        [sys.executable, "-m", "dlcourse", "--help"], cwd=ROOT, capture_output=True, text=True
    ).stdout
    verbs = {line.split()[0] for line in helped.splitlines() if line.startswith("    ") and line[4] != " "}
    assert {"site", "data", "clean"} <= verbs
    assert verbs - {"VERB"} == set(command.NEEDS) | {"data"}
    assert all((ROOT / need).exists() for need in command.NEEDS.values())
