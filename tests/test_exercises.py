"""Exercises in which students write code: the scaffold runs, the solution is accepted, usual mistakes get a hint.

Of each notebook only the setup cell, the cells named in NEEDS, and the three cells of an exercise are run.
"""

import contextlib
import importlib.util
import io
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def tags(cell):
    return cell.metadata.get("tags", [])


def exercises_of(path):
    """{number: (scaffold, check, solution)} of the exercises that ask for code."""
    found, number, scaffold, test = {}, None, None, None
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            number = (re.findall(r"\*\*Exercise (\d+\.\d+)\.\*\*", cell.source) or [number])[-1]
        elif "exercise" in tags(cell):
            scaffold = cell.source
        elif "check" in tags(cell):
            test = cell.source
        elif "solution" in tags(cell) and scaffold:
            found[number] = (scaffold, test, cell.source)
            scaffold = test = None
    return found


def mistakes_of(path):
    """The module with NEEDS and WRONG for this notebook."""
    file = ROOT / "tests" / "exercises" / f"wrong_{path.stem[:2]}.py"
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES = [(path, number) for path in NOTEBOOKS for number in exercises_of(path)]


@pytest.fixture(scope="module")
def prepared():
    """A function that gives the namespace after the setup cell and the cells that an exercise needs."""
    setups = {}

    def namespace(path, number):
        if path not in setups:
            setups[path] = {}
            cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
            run(next(cell.source for cell in cells if cell.id != "colab"), setups[path])
        names = dict(setups[path])
        for label in mistakes_of(path).NEEDS.get(number, []):
            run(cell_with(path, label), names)
        return names

    return namespace


def cell_with(path, label):
    return next(
        cell.source
        for cell in nbformat.read(path, as_version=4).cells
        if re.search(rf"^#\| *label: *{label}$", cell.source, re.M)
    )


def run(source, names):
    """Run a cell in `names`; returns what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, "<cell>", "exec"), names)
    return out.getvalue()


def verdict(*sources, names):
    return [run(source, names) for source in sources][-1].strip().splitlines()[-1]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_students_write_code_in_every_notebook(path):
    exercises = exercises_of(path)
    assert len(exercises) >= 3
    assert set(mistakes_of(path).WRONG) == set(exercises)
    for number, (_, test, solution) in exercises.items():
        assert solution.startswith(f"# Solution to exercise {number}\n")
        assert f'check.answer("Exercise {number}", ' in test
        assert "required=True" in solution


@pytest.mark.parametrize(("path", "number"), CASES, ids=lambda value: getattr(value, "stem", value))
def test_the_scaffold_is_no_answer_and_stops_nothing(path, number, prepared):
    scaffold, test, _ = exercises_of(path)[number]
    said = verdict(scaffold, test, names=prepared(path, number))
    if "raise NotImplementedError" in scaffold:
        assert said == f"– Exercise {number}: not answered yet"
    else:  # a bug hunt
        assert said.startswith(f"✗ Exercise {number}: ")


@pytest.mark.parametrize(("path", "number"), CASES, ids=lambda value: getattr(value, "stem", value))
def test_the_solution_in_place_of_the_scaffold_is_accepted(path, number, prepared):
    scaffold, test, solution = exercises_of(path)[number]
    # As a student would: the scaffold's cell is overwritten, and the check run again.
    names = prepared(path, number)
    run(scaffold, names)
    run(test, names)
    assert verdict(solution, test, names=names).startswith(f"✓ Exercise {number}: ")


@pytest.mark.filterwarnings("ignore:divide by zero")  # one of the mistakes
@pytest.mark.parametrize(("path", "number"), CASES, ids=lambda value: getattr(value, "stem", value))
def test_usual_mistakes_are_refused_with_a_hint(path, number, prepared):
    scaffold, test, _ = exercises_of(path)[number]
    wrong = mistakes_of(path).WRONG[number]
    assert len(wrong) >= 3, "give three mistakes that students make"
    for code, fragment in wrong:
        said = verdict(scaffold, code, test, names=prepared(path, number))
        assert said.startswith(f"✗ Exercise {number}: "), f"accepted, or not seen as an answer: {code}"
        assert fragment in said, f"the hint {said!r} does not say {fragment!r}"
