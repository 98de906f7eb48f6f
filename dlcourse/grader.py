"""The exercises for nbgrader, for ``dlcourse editions --grader``.

nbgrader was chosen over otter-grader because it grades the notebook that students have, cell by cell: our scaffold, answer
check and solution are its solution cell, its locked test cell and the region that it cuts out. otter-grader would want each
check rewritten as test cases outside the notebook.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dlcourse import editions

POINTS = 1  # for each exercise; in nbgrader's form of the notebook it can be changed
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
NAME = "dlcourse"

CONFIG = f'''"""Settings of nbgrader for the exercises of the course."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "{NAME}"
# The scaffold stays, and the solution below it is cut out: nothing stands in its place that would have to be deleted.
c.ClearSolutions.code_stub = {{"python": "# (write your code in the gap above)"}}
c.ClearSolutions.begin_solution_delimeter = "BEGIN SOLUTION"
c.ClearSolutions.end_solution_delimeter = "END SOLUTION"
c.Execute.timeout = 600  # seconds for a cell; some train a network
'''
README = """# The exercises for nbgrader

Unpack this folder, and install nbgrader and the course into one environment: `pip install nbgrader` and, in the folder of the
instructors' edition, `pip install ".[course]"`. Then, in this folder:

    nbgrader db assignment add 02-fashion-mnist-mlp
    nbgrader generate_assignment 02-fashion-mnist-mlp     # writes release/, what students get
    nbgrader autograde 02-fashion-mnist-mlp               # grades what lies in submitted/STUDENT/02-fashion-mnist-mlp/
    nbgrader export                                       # writes grades.csv

Set DLCOURSE_TIER=embedded for autograding, so that a notebook runs in less than a minute. Each exercise that asks for code
gives one point; change that in the metadata of its check cell. Exercises on paper and experiments aren't graded.
"""


def course(root: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file of a course for nbgrader: its settings, and a notebook for each section."""
    yield "nbgrader_config.py", CONFIG.encode()
    yield "README.md", README.encode()
    for path in sorted((root / "notebooks").glob("[0-9][0-9]-*.ipynb")):
        notebook = editions.load(path.name, path.read_bytes())
        yield f"source/{path.stem}/{path.name}", editions.dump(assignment(notebook))


def assignment(notebook: dict) -> dict:
    """A notebook as nbgrader's source version.

    The scaffold's cell gets the solution as a region that nbgrader cuts out. The check's cell is locked, gives points, and
    raises where the answer isn't right. Other solutions are left out, and so are outputs. Raises EditionError for an exercise
    whose solution doesn't end with the same check.
    """
    cells, source = [], editions.without_solutions(notebook)
    solutions = {number: cell for number, cell in _solutions(notebook)}
    number, scaffold = None, None
    for cell in source["cells"]:
        tags = cell["metadata"]["tags"]
        if cell["cell_type"] == "markdown":
            number = (re.findall(r"\*\*Exercise (\d+\.\d+)\.\*\*", cell["source"]) or [number])[-1]
        elif "exercise" in tags:
            scaffold = cell
        elif "check" in tags and scaffold:
            if number not in solutions:
                raise editions.EditionError(f"exercise {number} has a scaffold and a check, and no solution with code")
            scaffold["source"] += f"\n\n\n{BEGIN}\n{_answer(number, solutions[number])}\n{END}"
            scaffold["metadata"]["nbgrader"] = _marks(f"exercise-{number}", solution=True)
            cell["source"] = _strict(number, cell["source"])
            cell["metadata"]["nbgrader"] = _marks(f"check-{number}", points=POINTS)
            scaffold = None
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        cells.append(cell)
    return source | {"cells": cells, "metadata": {**source["metadata"], "celltoolbar": "Create Assignment"}}


def _solutions(notebook: dict) -> Iterator[tuple[str, str]]:
    """Number and code of the solution to each exercise that has a scaffold."""
    number, waiting = None, False
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            number = (re.findall(r"\*\*Exercise (\d+\.\d+)\.\*\*", cell["source"]) or [number])[-1]
        elif "exercise" in cell["metadata"]["tags"]:
            waiting = True
        elif waiting and "solution" in cell["metadata"]["tags"]:
            waiting = False
            yield number, cell["source"]


def _answer(number: str, solution: str) -> str:
    """The solution without its last statement, the check."""
    code, found, _ = solution.rpartition(f'check.answer("Exercise {number}"')
    if not found:
        raise editions.EditionError(f"the solution to exercise {number} doesn't end with its check")
    return code.rstrip()


def _strict(number: str, check: str) -> str:
    """The check's code, its last call with ``required=True``: then it raises where the answer isn't right."""
    head, call, rest = check.rpartition(f'check.answer("Exercise {number}"')
    if not call or not rest.rstrip().endswith(")"):
        raise editions.EditionError(f"the check of exercise {number} doesn't end with check.answer(…)")
    return f"{head}{call}{rest.rstrip()[:-1].rstrip().rstrip(',')}, required=True)"


def _marks(name: str, *, solution: bool = False, points: int | None = None) -> dict:
    """What nbgrader wants to know of a cell."""
    return {
        "grade": points is not None, "grade_id": name.replace(".", "-"), "locked": not solution, "schema_version": 3,
        "solution": solution, "task": False, **({} if points is None else {"points": points}),
    }  # fmt: skip
