"""TensorFlow is optional: notebook 01 runs to its end without it, and each cell that needs it says that it was skipped."""

import ast
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from dlcourse import frameworks

NOTEBOOK = Path(__file__).resolve().parent.parent / "notebooks" / "01-pytorch-vs-tensorflow.ipynb"
MESSAGE = f"{frameworks.SKIPPED}\n"


def test_notebook_01_runs_without_tensorflow_and_says_what_it_skipped(tmp_path):
    hidden = tmp_path / "tensorflow"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ImportError('TensorFlow is hidden for this test')\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path, "DLCOURSE_TIER": "embedded", "DLCOURSE_PROGRESS": "0"}
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )

    client.execute(env=environment)  # raises CellExecutionError when a cell fails

    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.id != "colab"]
    skipped = {cell.id for cell in cells if _stdout(cell) == MESSAGE}
    uses = {cell.id for cell in cells if _reads_tensorflow(cell.source)}
    assert skipped == uses - {"code-import-tensorflow"}
    assert len(skipped) >= 20
    assert {"code-fit-tensorflow", "code-tf-function", "code-save-tensorflow"} <= skipped


def test_tables_and_figures_are_there_without_tensorflow():
    """Nobody loses a whole table or figure: the cells that show one don't need TensorFlow."""
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.id.startswith(("fig-", "tbl-")):
            assert not _reads_tensorflow(cell.source), cell.id


def _reads_tensorflow(source) -> bool:
    """Whether a cell uses the name tf, or one that ends in _tf: the rule of dlcourse.frameworks."""
    names = [node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    return any(name == "tf" or name.endswith("_tf") for name in names)


def _stdout(cell) -> str:
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
