"""The editions: students get no solution and everything to run on, instructors everything, nbgrader what it grades."""

import ast
import builtins
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from test_exercises import CASES, exercises_of, prepared, run

from dlcourse import editions, grader

__all__ = ["prepared"]  # a fixture
ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(path for path in (ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return editions.load(request.param.name, request.param.read_bytes())


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The students' edition, unpacked."""
    folder = tmp_path_factory.mktemp("students ü")
    editions._zip(folder / "student.zip", "dlcourse-student", editions.student(ROOT))
    with zipfile.ZipFile(folder / "student.zip") as archive:
        archive.extractall(folder)
    return folder / "dlcourse-student"


def code_of(notebook, tag):
    return [cell["source"] for cell in notebook["cells"] if tag in cell["metadata"]["tags"]]


# ------------------------------------------------------------------------------------- students


def test_students_get_scaffolds_checks_and_outputs_and_no_solution(notebook):
    student = editions.load("x.ipynb", editions.dump(editions.without_solutions(notebook)))
    assert code_of(notebook, "solution") and not code_of(student, "solution")
    for tag in ("exercise", "check"):
        assert code_of(student, tag) == code_of(notebook, tag)
    text = json.dumps(student)
    assert "# Solution to exercise" not in text and "**Solution." not in text
    outputs = [cell.get("outputs") for cell in notebook["cells"] if not editions.is_solution(cell)]
    assert [cell.get("outputs") for cell in student["cells"]] == outputs
    assert student["metadata"] == notebook["metadata"]


def names(source):
    """(names that the code binds at its top level, names that it reads)"""
    tree = ast.parse("\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))))
    bound, read = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler):
            bound.add(node.name)
    return bound, read


def test_nothing_that_students_get_needs_what_only_a_solution_defines(notebook):
    seen = set(dir(builtins))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and not editions.is_solution(cell):
            bound, read = names(cell["source"])
            seen |= bound
            assert read <= seen, f"{sorted(read - seen)} in the cell {cell['source'][:80]!r}"


def test_nothing_but_checks_and_solutions_calls_what_students_write(notebook):
    """Or the students' edition stops there for everybody who hasn't done the exercise."""
    theirs, given = set(), set()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            tree = ast.parse(
                "\n".join(line for line in cell["source"].splitlines() if not line.lstrip().startswith(("%", "!")))
            )
            defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
            tags = cell["metadata"]["tags"]
            if "exercise" in tags:
                theirs |= defined - given
            elif "check" not in tags and not editions.is_solution(cell):
                given |= defined
                bound, read = names(cell["source"])
                used = (theirs - given) & (read - bound)
                assert not used, f"{sorted(used)} in the cell {cell['source'][:80]!r}"


def test_students_edition_runs_from_its_unpacked_folder(unpacked):
    """The set-up cell of each notebook loads its packages and data; the rest needs nothing else from this folder."""
    code = (
        "import sys, json, dlcourse; from pathlib import Path\n"
        "print(dlcourse.__file__)\n"
        "for path in sorted(Path().glob('*.ipynb')):\n"
        "    cells = json.loads(path.read_text(encoding='utf-8'))['cells']\n"
        "    exec(''.join(next(cell['source'] for cell in cells if 'plots.use_style()' in ''.join(cell['source']))), {})\n"
    )
    variables = {key: value for key, value in os.environ.items() if not key.startswith("DLCOURSE")}
    variables |= {"PYTHONPATH": str(unpacked), "DLCOURSE_TIER": "embedded"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=unpacked / "notebooks", env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(unpacked)) and "Data: " in done.stdout


def test_students_edition_has_what_its_verbs_need_and_says_so_of_the_others(unpacked):
    def dlcourse(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "dlcourse", *arguments], cwd=unpacked, capture_output=True, text=True
        )

    assert "MNIST" in dlcourse("doctor").stdout
    before = sorted(unpacked.rglob("*"))
    for verb in ("site", "test", "bench", "pdf", "editions", "lock"):
        done = dlcourse(verb)
        assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
        assert f"dlcourse {verb}: this works in the folder of the course" in done.stderr
    assert sorted(unpacked.rglob("*")) == before
    assert (
        "render" not in unpacked.joinpath("pyproject.toml").read_text().partition("[tool.setuptools]")[2].split("\n")[1]
    )


# ---------------------------------------------------------------------------------- instructors


def test_instructors_get_every_file_of_the_course():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git here, so nobody knows which files belong to the course")
    tracked = {path for path in listed.stdout.splitlines() if (ROOT / path).is_file()}
    assert tracked <= set(editions._files(ROOT, editions.INSTRUCTOR))


@pytest.fixture
def course(tmp_path):
    """A course of two files, with a site and a PDF."""
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    for path, text in {
        "_quarto.yml": "course: {repository: ''}", "notebooks/01-a.ipynb": json.dumps(notebook), "pyproject.toml": 'packages = ["dlcourse", "render"]', "pdf/01-a.pdf": "%PDF",
        "_site/index.html": "home", "_site/slides/01-a-deck.html": "deck", "_site/download/old.zip": "old",
        "slides/01-a-deck.qmd": "source", "dlcourse/__pycache__/x.pyc": "cache", ".ci/run": "#!/bin/sh",
    }.items():  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_instructors_get_decks_and_pdfs_and_no_zip_within_the_zip(course):
    assert editions.write(course) == 0
    with zipfile.ZipFile(course / "_site/download/dlcourse-instructor.zip") as archive:
        held = {entry.filename.removeprefix("dlcourse-instructor/"): entry for entry in archive.infolist()}
    assert {"pdf/01-a.pdf", "_site/slides/01-a-deck.html", "slides/01-a-deck.qmd", "notebooks/01-a.ipynb"} <= set(held)
    assert not [name for name in held if "download" in name or "__pycache__" in name]
    assert held[".ci/run"].external_attr >> 16 == 0o755
    with zipfile.ZipFile(course / "_site/download/dlcourse-student.zip") as archive:
        assert not [name for name in archive.namelist() if "slides" in name or "pdf" in name or "_site" in name]


def test_same_course_gives_the_same_bytes(course):
    assert editions.write(course) == 0
    before = {path: path.read_bytes() for path in (course / "_site/download").glob("dlcourse-*.zip")}
    (course / "slides/01-a-deck.qmd").touch()
    assert editions.write(course) == 0
    assert len(before) == 2 and all(path.read_bytes() == data for path, data in before.items())


def test_broken_notebook_is_named_and_the_old_edition_stays(course, capsys):
    assert editions.write(course) == 0
    target = course / "_site/download/dlcourse-student.zip"
    before = target.read_bytes()
    (course / "notebooks/01-a.ipynb").write_text("{")
    capsys.readouterr()
    assert editions.write(course) == 1
    assert "notebooks/01-a.ipynb is no notebook" in capsys.readouterr().err
    assert target.read_bytes() == before and not list(target.parent.glob("*.part"))


def test_without_a_site_it_says_what_to_run(course, capsys):
    (course / "_site/index.html").unlink()
    assert editions.write(course) == 1
    assert "Run `make site` first" in capsys.readouterr().err


# ----------------------------------------------------------------------------------- nbgrader


def test_every_exercise_with_code_is_graded(notebook):
    marked = [
        cell["metadata"]["nbgrader"] for cell in grader.assignment(notebook)["cells"] if "nbgrader" in cell["metadata"]
    ]
    assert sum(mark["grade"] for mark in marked) == len(code_of(notebook, "check")) >= 3
    assert sum(mark["solution"] for mark in marked) == len(code_of(notebook, "exercise"))
    assert all(mark["locked"] != mark["solution"] for mark in marked)
    names = [mark["grade_id"] for mark in marked]
    assert len(set(names)) == len(names)


def graded(path):
    """{number: (cell for the answer, cell that gives the points)} in what nbgrader gets."""
    cells = grader.assignment(editions.load(path.name, path.read_bytes()))["cells"]
    by_name = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["source"] for cell in cells if "nbgrader" in cell["metadata"]
    }
    return {number: (by_name[f"exercise-{number.replace('.', '-')}"], by_name[f"check-{number.replace('.', '-')}"])
            for number in exercises_of(path)}  # fmt: skip


@pytest.mark.parametrize(("path", "number"), CASES, ids=lambda value: getattr(value, "stem", value))
def test_solution_gives_the_points_and_scaffold_gives_none(path, number, prepared):
    answer, test = graded(path)[number]
    head, begin, solution = answer.partition(grader.BEGIN)
    scaffold = exercises_of(path)[number][0]
    assert head.strip() == scaffold.strip() and solution.endswith(grader.END) and begin
    names = prepared(path, number)
    run(answer, names)
    assert run(test, names).startswith(f"✓ Exercise {number}: ")
    names = prepared(path, number)
    run(scaffold, names)
    with pytest.raises(AssertionError, match=f"[–✗] Exercise {number}: "):
        run(test, names)


def test_nbgrader_itself_cuts_the_solutions_out_and_leaves_the_scaffolds(notebook):
    """With the real package, where it is installed: `pip install nbgrader`."""
    preprocessors = pytest.importorskip("nbgrader.preprocessors")
    import nbformat
    from traitlets.config import Config

    settings = Config()
    exec(grader.CONFIG, {"get_config": lambda: settings})
    source = nbformat.reads(editions.dump(grader.assignment(notebook)).decode(), as_version=4)
    nbformat.validate(source)
    for name in ("CheckCellMetadata", "LockCells", "ClearSolutions", "ClearOutput"):
        source, _ = getattr(preprocessors, name)(config=settings).preprocess(source, {})
    released = [cell for cell in source.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    scaffolds = code_of(notebook, "exercise")
    stub = settings.ClearSolutions.code_stub["python"]
    assert [cell.source.removesuffix(stub).strip() for cell in released] == [text.strip() for text in scaffolds]
    assert "Solution to exercise" not in json.dumps(source)
