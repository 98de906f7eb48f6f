"""Executing notebooks and storing their outputs, for ``dlcourse notebooks``."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import sys
import time
from pathlib import Path

import nbformat
import yaml
from ipykernel.ipkernel import IPythonKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

VERSIONS = ("torch", "torchvision", "numpy", "scikit-learn", "matplotlib")
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": IPythonKernel.language_info,
}
SVG = "image/svg+xml"
TIME_LIMIT = 1800  # seconds for one cell
# Run in the notebook's kernel after the last cell, to learn what the run used.
PROBE = """
import json as _json, sys as _sys
from importlib.metadata import version as _version
_used = {"data": {}, "device": "cpu", "tensorflow": None, "memory": None}
if "dlcourse.datasets" in _sys.modules:
    _used["data"] = _sys.modules["dlcourse.datasets"].used()
if "dlcourse.training" in _sys.modules:
    _used["device"] = str(_sys.modules["dlcourse.training"].pick_device())
    _used["memory"] = round(_sys.modules["dlcourse.training"].peak_memory(), 2)
if "tensorflow" in _sys.modules:
    _used["tensorflow"] = _sys.modules["tensorflow"].__version__
print(_json.dumps(_used))
"""


def code_hash(notebook: NotebookNode) -> str:
    """SHA-256 of the sources of all code cells, in order: stored outputs are stale when it differs.

    The cell ``colab`` doesn't count: its address may be set without running the notebook again.
    """
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.get("id") != "colab"]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def run(folder: Path, numbers: list[str]) -> int:
    """Execute the notebooks whose names begin with ``numbers`` (all when empty); returns the exit status.

    A notebook is stored only when all its cells ran; otherwise it stays as it was, and a message
    names the cell and shows the error.
    """
    notebooks = {path.stem[:2]: path for path in sorted(folder.glob("[0-9][0-9]-*.ipynb"))}
    unknown = [number for number in numbers if number not in notebooks]
    if unknown:
        print(f"dlcourse notebooks: there is no notebook {', '.join(unknown)}. There are:", file=sys.stderr)
        for number, path in notebooks.items():
            print(f"  {number}  {path.stem}", file=sys.stderr)
        return 1
    status = 0
    for number in numbers or notebooks:
        path = notebooks[number]
        print(f"{path.name} …", flush=True)
        try:
            seconds = execute(path)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            print(str(error), file=sys.stderr)
            status = 1
        else:
            print(f"{path.name}: done in {seconds:.0f} s")
    return status


def execute(path: Path) -> float:
    """Execute one notebook in a fresh kernel and store it with its outputs; returns the seconds it took.

    Raises CellExecutionError, with notebook, cell number, first line and traceback, when a cell
    fails, and DeadKernelError or CellTimeoutError, with the first three, when the kernel dies or a cell takes longer
    than half an hour; the stored file is then left as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    # No progress bar in stored outputs. OpenMP threads that spin for long slow each other down on a busy machine.
    environment = {"GOMP_SPINCOUNT": "10000"} | os.environ | {"DLCOURSE_PROGRESS": "0"}
    client = NotebookClient(
        notebook,
        timeout=TIME_LIMIT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        extra_arguments=["--log-level=40"],  # the kernel warns about its local sockets otherwise,
    )
    start = time.perf_counter()
    with client.setup_kernel(env=environment):
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                error.traceback = f"{_place(path, notebook, index, 'failed')}\n{error.traceback}"
                raise
            except DeadKernelError:
                what = "ended the Python that ran it, mostly for lack of memory"
                raise DeadKernelError(_place(path, notebook, index, what)) from None
            except CellTimeoutError:
                raise CellTimeoutError(_place(path, notebook, index, f"took longer than {TIME_LIMIT:,} s")) from None
        seconds = time.perf_counter() - start
        used = _probe(client)
    notebook.metadata = {
        "dlcourse": {
            "date": datetime.date.today().isoformat(),
            "python": platform.python_version(),
            "versions": {name: importlib.metadata.version(name).split("+")[0] for name in VERSIONS}
            | ({"tensorflow": used["tensorflow"]} if used["tensorflow"] else {}),
            "device": used["device"],
            "seconds": round(seconds, 1),
            "memory": used["memory"],  # the most that the kernel held, in GB
            "data": used["data"],
            "code_hash": code_hash(notebook),
        },
    }
    complete(notebook)
    temporary = path.with_suffix(".part")
    temporary.write_text(nbformat.writes(_tidy(notebook)) + "\n", encoding="utf8")
    os.replace(temporary, path)
    return seconds


def _place(path: Path, notebook: NotebookNode, index: int, what: str) -> str:
    """Which cell did what, and how it begins."""
    number = sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])
    lines = notebook.cells[index].source.splitlines()
    first = next((line for line in lines if line and not line.startswith("#|")), "")
    return f"{path.name}: code cell {number} {what}; the stored notebook was left as it was.\n  first line: {first}"


def complete(notebook: NotebookNode) -> None:
    """Write what JupyterLab would write on opening the notebook, or it marks the notebook as edited at once."""
    notebook.metadata |= nbformat.from_dict(KERNEL)
    for cell in notebook.cells:
        if cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            cell.metadata["collapsed"] = True  # the same under its older name


def _probe(client: NotebookClient) -> dict:
    """Run PROBE as a cell that is not kept; returns what it printed."""
    cell = nbformat.v4.new_code_cell(PROBE)
    client.nb.cells.append(cell)
    try:
        client.execute_cell(cell, len(client.nb.cells) - 1)
    finally:
        client.nb.cells.pop()
    return json.loads(cell.outputs[0].text)


def described(source: str, outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs of a cell with its ``#| fig-alt`` as the text form of each picture.

    Matplotlib's own text form, ``<Figure size 700x400 with 1 Axes>``, tells those who can't see the
    picture nothing: screen readers, terminals, and Jupyter while it doesn't trust the notebook.
    """
    options = yaml.safe_load("\n".join(re.findall(r"^#\|(.*)$", source, re.MULTILINE))) or {}
    if "fig-alt" not in options:
        return outputs
    return [
        nbformat.from_dict(output | {"data": output["data"] | {"text/plain": options["fig-alt"]}})
        if any(kind.startswith("image/") for kind in output.get("data", {}))
        else output
        for output in outputs
    ]


def roughly(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs with the coordinates of drawings to a tenth of a pixel, for comparing two runs.

    Another processor rounds the last digits of a computation differently. Names that Matplotlib makes of them are left out.
    """

    def short(match: re.Match) -> str:
        return "name" if match[0][0] in "mp" else f"{round(float(match[0]), 1) + 0.0:.1f}"  # + 0.0: no −0.0

    digits = re.compile(r'(?<=[#"])[mp][0-9a-f]{10}\b|-?\d+\.\d{2,}')
    return [
        nbformat.from_dict(output | {"data": output["data"] | {SVG: digits.sub(short, output["data"][SVG])}})
        if SVG in output.get("data", {})
        else output
        for output in outputs
    ]


def _tidy(notebook: NotebookNode) -> NotebookNode:
    """Give pictures their words, and join runs of one stream, so that the file doesn't depend on how the kernel flushed."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        joined = []
        for output in described(cell.source, cell.outputs):
            if joined and output.output_type == "stream" and joined[-1].get("name") == output.name:
                joined[-1].text += output.text
            else:
                joined.append(output)
        cell.outputs = joined
    return notebook
