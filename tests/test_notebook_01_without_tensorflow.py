"""TensorFlow is optional: notebook 01 runs to its end without it and says in each place what it skipped."""

import os
import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parent.parent / "notebooks" / "01-pytorch-vs-tensorflow.ipynb"
MESSAGE = "needs TensorFlow, which is not installed"


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

    printed = {cell.id: _stdout(cell) for cell in notebook.cells if cell.cell_type == "code"}
    assert "TensorFlow is not installed" in printed["code-import-tensorflow"]
    guarded = [cell.id for cell in notebook.cells if re.search(r"^ *skipped\(", cell.source, re.MULTILINE)]
    assert len(guarded) >= 20
    silent = [name for name in guarded if MESSAGE not in printed[name]]
    assert not silent, f"these cells do not say what they skipped: {silent}"


def _stdout(cell) -> str:
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
