"""`dlcourse test --twice`: a failure by chance is forgiven once, a real one isn't, and neither is a broken run."""

import shutil
from pathlib import Path

import pytest

from dlcourse import twice

ROOT = Path(__file__).resolve().parent.parent
CHANCE = """import os, pathlib
def test_chance():
    flag = pathlib.Path(os.environ["FLAG"])
    first = not flag.exists()
    flag.touch()
    assert not first
def test_good():
    pass
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a test that fails the first time it runs, and this course's conftest.py."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "-p xdist.plugin -n 0"\n')
    (tmp_path / "test_a.py").write_text(CHANCE)
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLAG", str(tmp_path / "flag"))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take seconds to load
    return tmp_path


def test_a_failure_by_chance_is_forgiven_and_named(project, capfd):
    assert twice.run(project, []) == 0
    said = capfd.readouterr().out
    assert "FAILED ONCE, and run again, one after the other (1):\n  test_a.py::test_chance" in said
    assert "FAILED ONLY ONCE" in said and "1 passed" in said


def test_a_real_failure_fails_twice(project, capfd):
    (project / "test_b.py").write_text("def test_bad():\n    assert False\n")
    assert twice.run(project, ["test_a.py", "test_b.py"]) == 1
    said = capfd.readouterr().out
    assert said.endswith("FAILED TWICE:\n  test_b.py::test_bad\n")


def test_a_file_that_can_not_be_collected_is_not_forgiven_beside_a_failure_by_chance(project, capfd):
    (project / "test_b.py").write_text("syntax error(\n")
    assert twice.run(project, ["-n", "1"]) != 0


def test_nothing_to_run_is_no_success(project):
    assert twice.run(project, ["-k", "nothing_has_this_name"]) == 5


def test_so_many_failures_that_it_is_no_chance_have_no_second_run(project, capfd):
    many = "import pytest\n@pytest.mark.parametrize('x', range(50))\ndef test_bad(x):\n    assert False\n"
    (project / "test_a.py").write_text(many)
    assert twice.run(project, []) == 1
    assert "FAILED ONCE" not in capfd.readouterr().out


def test_a_cell_is_run_again_with_its_whole_notebook(project, capfd, monkeypatch):
    asked = []

    def run(root, options):
        asked.append(options)
        return len(asked) == 1, ["notebooks/01-a.ipynb", "tests/test_x.py::test[a.b]"]

    monkeypatch.setattr(twice, "_pytest", run)
    assert twice.run(project, ["-m", "browser", "test_a.py"]) == 0
    assert asked[1] == ["-m", "browser", "-n", "0", "notebooks/01-a.ipynb", "tests/test_x.py::test[a.b]"]
