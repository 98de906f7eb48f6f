"""Stored notebooks are fresh, clean and well formed; `dlcourse notebooks` never spoils one."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from dlcourse import execute

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAKE = "run `make notebooks NB={}` and commit the result"


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def texts(cell):
    """Everything an output says in words, ANSI codes included."""
    for output in cell.outputs:
        yield output.get("text", "")
        for mime, data in output.get("data", {}).items():
            if mime.startswith("text/"):
                yield data


def options(cell):
    return dict(re.findall(r"^#\| *([\w-]+): *(.*)$", cell.source, re.M))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_stored_outputs_are_fresh(path):
    notebook = read(path)
    stored = notebook.metadata.get("dlcourse", {}).get("code_hash")
    assert stored == execute.code_hash(notebook), f"{path.name}: code changed since it was executed; " + MAKE.format(
        path.stem[:2]
    )


def test_every_code_cell_ran_in_order(path):
    assert [cell.execution_count for cell in code_cells(path)] == list(range(1, len(code_cells(path)) + 1)), (
        MAKE.format(path.stem[:2])
    )


def test_outputs_hold_no_error_warning_path_or_progress_bar(path):
    unwanted = r"Traceback|Warning:|(?:^|[\s'\"(])(?:/(?:home|root|tmp|work|Users|usr|var|opt)/|[A-Z]:\\)|\d+%\|| object at 0x|\r"
    for number, cell in enumerate(code_cells(path), 1):
        assert not any(output.output_type == "error" for output in cell.outputs), (
            f"{path.name}, code cell {number}: error"
        )
        assert not any(output.get("name") == "stderr" for output in cell.outputs), (
            f"{path.name}, code cell {number}: stderr"
        )
        for text in texts(cell):
            found = re.search(unwanted, text)
            assert not found, f"{path.name}, code cell {number}: output contains {found[0]!r}"


def test_stored_run_used_the_full_data(path):
    tiers = read(path).metadata["dlcourse"]["data"]
    assert set(tiers.values()) <= {"full"}, (
        f"{path.name} was stored from {tiers}; set DLCOURSE_DATA and " + MAKE.format(path.stem[:2])
    )


def test_pictures_have_label_caption_and_alternative_text(path):
    for number, cell in enumerate(code_cells(path), 1):
        drawn = any(
            "image/svg+xml" in output.get("data", {}) or "image/png" in output.get("data", {})
            for output in cell.outputs
        )
        given = options(cell)
        if drawn or given.get("label", "").startswith("fig-"):
            assert drawn, f"{path.name}, code cell {number}: {given['label']} shows no picture"
            assert given.get("label", "").startswith("fig-"), (
                f"{path.name}, code cell {number}: picture without `#| label: fig-…`"
            )
            for key in ("fig-cap", "fig-alt"):
                assert len(given.get(key, "")) > 20, (
                    f"{path.name}, code cell {number}: {key} is missing or says nothing"
                )


def test_tables_are_markdown_with_a_caption(path):
    for number, cell in enumerate(code_cells(path), 1):
        given = options(cell)
        html = [output["data"]["text/html"] for output in cell.outputs if "text/html" in output.get("data", {})]
        assert not any("<table" in "".join(text) for text in html), f"{path.name}, code cell {number}: HTML table"
        if given.get("label", "").startswith("tbl-"):
            assert given.get("tbl-cap"), f"{path.name}, code cell {number}: table without `#| tbl-cap: …`"
            shown = [
                output["data"]["text/markdown"] for output in cell.outputs if "text/markdown" in output.get("data", {})
            ]
            assert shown
            for text in shown:
                assert not re.match(r"\|\s*\|", text), f"{path.name}, code cell {number}: a column without a name"


def test_labels_are_unique_across_the_course():
    labels = [options(cell)["label"] for path in NOTEBOOKS for cell in code_cells(path) if "label" in options(cell)]
    assert sorted(labels) == sorted(set(labels))


def test_notebook_has_the_parts_that_the_course_promises(path):
    cells = read(path).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert cells[0].source.startswith("# "), f"{path.name}: the first cell must open with the title"
    for part in ("After this notebook you can", "Before you start", "## Summary", "## Further reading"):
        assert part in text, f"{path.name}: no {part!r}"
    exercises = re.findall(r"\*\*Exercise (\d+\.\d+)\.\*\*", text)
    assert exercises == [f"{int(path.stem[:2])}.{k}" for k in range(1, len(exercises) + 1)]
    solutions = [cell for cell in code_cells(path) if "solution" in cell.metadata.get("tags", [])]
    assert 4 <= len(exercises) <= 8 and len(solutions) >= len(exercises)
    # JupyterLab shows the first line of a folded cell: it must not give the answer away.
    first_lines = {cell.source.split("\n")[0] for cell in solutions}
    assert {line for line in first_lines if not line.startswith("#| ")} == {
        f"# Solution to exercise {number}" for number in exercises
    }
    assert any("check." in cell.source for cell in code_cells(path))


def test_uncompared_cells_are_a_minority_reasoned_by_training_timing_or_tier(path):
    cells = code_cells(path)
    ignored = [cell for cell in cells if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    assert len(ignored) < 0.7 * len(cells), f"{path.name}: most cells are not compared with their stored output"


def test_stored_notebook_names_its_kernel_and_gives_each_figure_its_words(path):
    notebook = read(path)
    assert notebook.metadata.kernelspec == execute.KERNEL["kernelspec"], MAKE.format(path.stem[:2])
    assert set(notebook.metadata.language_info) == set(execute.KERNEL["language_info"]), MAKE.format(path.stem[:2])
    for number, cell in enumerate(code_cells(path), 1):
        assert cell.outputs == execute.described(cell.source, cell.outputs), (
            f"{path.name}, code cell {number}: the text form of the figure is not its fig-alt; "
            + MAKE.format(path.stem[:2])
        )


# ------------------------------------------------------------------------- executing notebooks


def notebook_of(folder, *sources, name="90-test.ipynb"):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(notebook, folder / name)
    return folder / name


def test_execute_stores_outputs_and_provenance(tmp_path):
    path = notebook_of(tmp_path, "print(1)\nprint(2)", "from dlcourse import datasets; len(datasets.hitters())")
    execute.execute(path)
    notebook = read(path)
    assert notebook.cells[0].outputs[0].text == "1\n2\n"
    record = notebook.metadata["dlcourse"]
    assert record["data"] == {"Hitters": "full"} and record["code_hash"] == execute.code_hash(notebook)
    assert set(record) == {"date", "python", "versions", "device", "seconds", "memory", "data", "code_hash"}
    assert list(tmp_path.iterdir()) == [path]


def test_stored_picture_has_its_alternative_text_as_text_form(tmp_path):
    drawing = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n{};"
    path = notebook_of(
        tmp_path,
        "%config InlineBackend.figure_formats = ['svg']",
        '#| label: fig-a\n#| fig-alt: "A line: it rises."\n' + drawing.format("plt.show()"),
        drawing.format("plt.show()"),
        "1 + 1",
    )
    execute.execute(path)
    alone, unnamed, number = (cell.outputs[0].data for cell in read(path).cells[1:])
    assert "image/svg+xml" in alone and alone["text/plain"] == "A line: it rises."
    assert unnamed["text/plain"].startswith("<Figure size") and number["text/plain"] == "2"


def test_nbval_compares_the_picture_and_takes_its_words_from_the_cell():
    source = '#| fig-alt: "A line."\nplt.show()'
    fresh, stored, other = (
        [{"output_type": "display_data", "data": {"image/svg+xml": picture, "text/plain": text}}]
        for picture, text in (("<svg/>", "<Figure size 1x1 with 1 Axes>"), ("<svg/>", "A line."), ("<svg>2</svg>", "A line."))
    )  # fmt: skip
    assert execute.described(source, fresh) == stored != other == execute.described(source, other)


def test_drawings_are_compared_to_a_tenth_of_a_pixel_and_texts_to_the_last_sign():
    def drawn(picture, text="0.123"):
        return execute.roughly(
            [{"output_type": "display_data", "data": {"image/svg+xml": picture, "text/plain": text}}]
        )

    stored = drawn('<path id="m386ec0b103" d="M 20.34251 -0.04 L 1 2"/>')
    assert stored == drawn('<path id="m486ec0b103" d="M 20.34249 0.04 L 1 2"/>')
    assert stored != drawn('<path id="m386ec0b103" d="M 20.44251 -0.04 L 1 2"/>')
    assert stored != drawn('<path id="m386ec0b103" d="M 20.34251 -0.04 L 1 2"/>', "0.124")


def test_failing_cell_is_named_and_the_stored_notebook_stays_as_it_was(tmp_path, capsys):
    path = notebook_of(tmp_path, "x = 1", "#| label: fig-x\ny = x / 0  # the culprit")
    before = path.read_bytes()
    assert execute.run(tmp_path, ["90"]) == 1
    message = capsys.readouterr().err
    assert "90-test.ipynb: code cell 2" in message and "first line: y = x / 0  # the culprit" in message
    assert "ZeroDivisionError" in message
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_kernel_that_dies_is_told_in_a_sentence_and_the_stored_notebook_stays_as_it_was(tmp_path, capsys):
    path = notebook_of(tmp_path, "x = 1", "import os\nos._exit(9)")
    before = path.read_bytes()
    assert execute.run(tmp_path, ["90"]) == 1
    message = capsys.readouterr().err
    assert "90-test.ipynb: code cell 2 ended the Python that ran it, mostly for lack of memory" in message
    assert "first line: import os" in message and "Traceback" not in message
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_cell_that_never_ends_is_told_in_a_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(execute, "TIME_LIMIT", 1)
    path = notebook_of(tmp_path, "import time\ntime.sleep(60)")
    assert execute.run(tmp_path, ["90"]) == 1
    message = capsys.readouterr().err
    assert "code cell 1 took longer than 1 s" in message and "Traceback" not in message
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_number_lists_the_notebooks():
    done = subprocess.run(
        [sys.executable, "-m", "dlcourse", "notebooks", "99"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "there is no notebook 99" in done.stderr
    assert all(path.stem in done.stderr for path in NOTEBOOKS)


def test_code_hash_sees_code_and_nothing_else(tmp_path):
    path = notebook_of(tmp_path, "print(1)")
    notebook = read(path)
    before = execute.code_hash(notebook)
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("prose"))
    notebook.cells.append(nbformat.v4.new_code_cell("COURSE = ...", id="colab"))
    assert execute.code_hash(notebook) == before
    notebook.cells[1].source = "print(2)"
    assert execute.code_hash(notebook) != before


def test_stored_notebooks_are_valid(path):
    nbformat.validate(json.loads(path.read_text(encoding="utf8")))


@pytest.mark.skipif(os.name == "nt", reason="see pytest_runtest_setup in conftest.py")
def test_kernels_of_these_tests_run_under_fault(tmp_path):
    """Every notebook is executed without network, home and cache, or its run says nothing about a lecture hall."""
    source = """import os, urllib.request
from pathlib import Path
from dlcourse import datasets
assert datasets.locate("MNIST")[1] == "embedded" and "DLCOURSE_TIER" not in os.environ
try:
    Path.home().joinpath("cache").mkdir()
except OSError:
    print("no home")
try:
    urllib.request.urlopen("http://example.org", timeout=5)
except OSError as error:
    print(error.reason.strerror)"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    notebook.cells[0].execution_count = 1
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="no home\nConnection refused\n")]
    nbformat.write(notebook, tmp_path / "fault.ipynb")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "conftest",
        f"--rootdir={ROOT}",
        "-c",
        ROOT / "pyproject.toml",
    ]
    done = subprocess.run([*command, tmp_path / "fault.ipynb"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout
