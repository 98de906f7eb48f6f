"""What classrooms do to the installation: interrupted, twice at once, moved, no home, an old pip, a full disk."""

import io
import os
import shutil
import signal
import subprocess
import tarfile
import time

import pytest
from small_course import UV, course, needs_uv, pin, uv_wheel, wheel

__all__ = ["course"]  # a fixture
pytestmark = needs_uv


def stall(course, step):
    """Make the installation hang at a step for as long as the file ``stall`` is there; returns a file that appears then."""
    at, stall = course.root / "stalled", course.root / "stall"
    stall.mkdir()
    if step == "uv":
        shutil.rmtree(course.index.folder / "simple/uv")
        hang = (
            f'#!/bin/sh\n[ -e "{stall}" ] && [ "$2" = install ] && touch "{at}" && exec sleep 600\nexec "{UV}" "$@"\n'
        )
        course.uv = course.index.add(*uv_wheel(hang))
        course.write()
    else:
        (stall / f"{step}.py").write_text(f"import time; open({str(at)!r}, 'w').close(); time.sleep(600)")
        course.settings["PYTHONPATH"] = str(stall)
    return at


def go_on(course):
    shutil.rmtree(course.root / "stall")
    course.settings.pop("PYTHONPATH", None)


def wait_for(condition, process=None):
    end = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < end and (process is None or process.poll() is None)
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("step", "kind"), [("venv", signal.SIGKILL), ("pip", signal.SIGINT), ("uv", signal.SIGINT), ("uv", signal.SIGKILL)]
)
def test_interrupted_at_any_step_it_goes_on_afterwards(course, step, kind):
    at = stall(course, step)
    process = subprocess.Popen(
        course.command("all"), cwd=course.root, env=course.variables(), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(at.exists, process)
    os.killpg(process.pid, kind)
    _, said = process.communicate(timeout=180)
    if kind == signal.SIGINT:
        assert process.returncode == 130 and "interrupted. Run the same command again" in said
        assert "Traceback" not in said.partition("setup: interrupted")[2]
    assert not list((course.root / ".venv").glob("dlcourse-[as]*"))
    go_on(course)
    done = course.setup("all")
    assert done.returncode == 0, done.stderr
    assert course.has("first", "second")


def test_half_copied_package_is_not_trusted(course):
    assert course.setup("all").returncode == 0
    packages = next((course.root / ".venv").glob("lib/python*/site-packages"))
    (packages / "second.py").unlink()
    (packages / "second.py").touch()
    for stamp in ("dlcourse-site", "dlcourse-all"):
        (course.root / ".venv" / stamp).unlink()
    assert course.setup("all").returncode == 0
    assert (packages / "second.py").read_text() == "version = '1.0'\n"


def test_failed_second_layer_leaves_the_first_usable(course):
    assert course.setup("site").returncode == 0
    course.rest.append(pin(*wheel("missing")))
    course.write()
    done = course.setup("all")
    assert done.returncode == 1 and "installing requirements.txt failed" in done.stderr
    course.index.server.shutdown()
    assert course.setup("site").stdout == "" and course.has("first")


def test_second_run_at_once_waits(course):
    at = stall(course, "uv")
    first = subprocess.Popen(
        course.command("site"), cwd=course.root, env=course.variables(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(at.exists, first)
    go_on(course)
    second = subprocess.Popen(
        course.command("site"), cwd=course.root, env=course.variables(), stdout=subprocess.PIPE, text=True
    )
    assert "another setup is running in this folder; waiting" in second.stdout.readline()
    assert second.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert second.wait(timeout=180) == 0 and course.has("first")


def test_waiting_run_installs_nothing_when_the_first_one_did_it(course):
    both = [
        subprocess.Popen(course.command("site"), cwd=course.root, env=course.variables(), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]  # fmt: skip
    said = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("make .venv" in text for text in said) == 1


def test_moved_folder_goes_on_working_without_an_index(course):
    course.site.append(course.index.add(*wheel("command", script="#!python\nprint('it works')\n")))
    course.write()
    assert course.setup("all").returncode == 0
    place = course.root.parent / "folder with spaces and ü"
    course.root.rename(place)
    course.root = place
    course.index.server.shutdown()
    done = course.setup("all")
    assert done.returncode == 0, done.stderr
    assert course.has("first", "second")
    assert str(place) in (place / ".venv/bin/activate").read_text()
    said = subprocess.run([place / ".venv/bin/command"], capture_output=True, text=True, check=True)
    assert said.stdout == "it works\n", "commands name no folder"
    assert course.setup("all").stdout == ""


def test_folder_with_spaces_and_umlaut_in_the_c_locale(course):
    place = course.root.parent / "Übung 1, neu"
    course.root.rename(place)
    course.root = place
    done = course.setup("all", LC_ALL="C", LANG="C")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and course.has("first", "second")


def test_home_that_can_not_be_written(course):
    course.home.rmdir()
    course.home.write_text("a file, so that nothing can be made in it")
    done = course.setup("all")
    assert done.returncode == 0, done.stderr
    assert "with uv" in done.stdout and "with pip" not in done.stdout and course.has("first", "second")


def test_python_with_an_old_pip_uses_its_own_copy(course):
    folder = course.root / "old"
    (folder / "pip").mkdir(parents=True)
    # Only the Python outside .venv sees it.
    (folder / "pip/__init__.py").write_text("__version__ = '21.2.4'\n")
    (folder / "pip/__main__.py").write_text("raise SystemExit('this pip is too old')")
    (folder / "sitecustomize.py").write_text(
        "import sys\nif sys.prefix.endswith('.venv'):\n    sys.path.remove(__file__.rpartition('/')[0])\n"
    )
    done = course.setup("site", PYTHONPATH=str(folder))
    assert done.returncode == 0, done.stderr
    assert course.has("first") and (course.root / ".venv/bin/pip3").exists()


def test_edited_lock_file_is_named(course):
    with open(course.root / "requirements-site.txt", "a") as file:
        file.write("third\n")
    done = course.setup("site")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "requirements-site.txt: expected `name==version" in done.stderr and "found 'third'" in done.stderr


def test_nothing_is_compiled(course):
    """A package without a wheel for this machine is an error that names it, not a compiler's."""
    source, ran = io.BytesIO(), course.root / "ran"
    files = {
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
        "backend.py": f"open({str(ran)!r}, 'w').close()\n",
    }
    with tarfile.open(fileobj=source, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"needs_cc-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    course.site.append(course.index.add("needs_cc-1.0.tar.gz", source.getvalue()).replace("1.0.tar.gz", "1.0"))
    course.write()
    done = course.setup("site")
    assert done.returncode == 1 and "needs-cc" in done.stderr.replace("_", "-") and not ran.exists()


def full_disk(folder):
    """A folder for PYTHONPATH that lets the last step before the stamps fail: ENOSPC, as the system says it."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import errno, os, pathlib\n"
        "write = pathlib.Path.write_text\n"
        "def full(self, *rest, **more):\n"
        "    if self.name == 'dlcourse.pth':\n"
        "        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))\n"
        "    return write(self, *rest, **more)\n"
        "pathlib.Path.write_text = full\n"
    )
    return str(folder)


def test_full_disk_is_said_in_a_sentence_and_nothing_is_trusted(course, tmp_path):
    done = course.setup("site", PYTHONPATH=full_disk(tmp_path / "full"))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "setup: No space left on device" in done.stderr and "Nothing half-installed will be trusted" in done.stderr
    assert not (course.root / ".venv/dlcourse-site").exists()


def test_old_pins_after_new_ones_that_failed_are_installed_again(course, tmp_path):
    """By then, the environment may hold packages of either."""
    assert course.setup("all").returncode == 0
    old, course.rest = course.rest, [course.index.add(*wheel("second", "2.0"))]
    course.write()
    assert course.setup("all", PYTHONPATH=full_disk(tmp_path / "full")).returncode == 1
    course.rest = old
    course.write()
    assert course.setup("all").returncode == 0
    packages = next((course.root / ".venv").glob("lib/python*/site-packages"))
    assert (packages / "second.py").read_text() == "version = '1.0'\n"


def test_small_disk_is_named_with_what_is_needed(course, tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import shutil\nfrom types import SimpleNamespace\nshutil.disk_usage = lambda path: SimpleNamespace(free=2**27)\n"
    )
    course.site.append(pin(*wheel("missing")))
    course.write()
    done = course.setup("site", PYTHONPATH=str(folder))
    assert done.returncode == 1
    for text in (done.stdout, done.stderr):
        assert "has 0.1 GB left, and about 0.3 GB are needed" in text
