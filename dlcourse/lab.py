"""JupyterLab as students should meet it, for ``dlcourse lab``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
from jupyter_core.paths import jupyter_data_dir
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from nbformat.sign import NotebookNotary

from dlcourse import execute

SETTINGS = Path(__file__).parent / "jupyterlab"  # no question about news, no look for updates


class Contents(AsyncLargeFileManager):
    """Gives JupyterLab notebooks that name the Python of this environment.

    A stored notebook names the Python that executed it. JupyterLab would write the running one in its
    place, so that a student with another version would find each notebook marked as edited at once.
    """

    async def get(self, path, content=True, type=None, **options):
        model = await super().get(path, content=content, type=type, **options)
        notebook = model["content"] if model["type"] == "notebook" else None
        if notebook and notebook.metadata.get("kernelspec", {}).get("name") == "python3":
            execute.complete(notebook)
        return model


def start(root: Path, options: list[str]) -> int:
    """Trust the course's notebooks and open them in JupyterLab; returns its exit status.

    ``options`` are handed to JupyterLab.
    """
    use_writable_folders(root)
    trust(root / "notebooks")
    command = [
        *(sys.executable, "-m", "jupyterlab", "notebooks"),
        f"--LabApp.app_settings_dir={SETTINGS}",
        "--ServerApp.contents_manager_class=dlcourse.lab.Contents",
    ]
    return subprocess.run([*command, *options], cwd=root).returncode


def trust(folder: Path) -> None:
    """Sign the notebooks of the course, or JupyterLab hides their SVG figures and sliders until they are run."""
    notary = NotebookNotary()
    for path in sorted(folder.glob("[0-9][0-9]-*.ipynb")):
        notary.sign(nbformat.read(path, as_version=4))
    notary.store.close()


def use_writable_folders(root: Path) -> None:
    """Where the home can't be written, have Jupyter keep its signatures and settings in the course's cache."""
    folder = Path(jupyter_data_dir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"dlcourse-{os.getpid()}").touch()
        (folder / f"dlcourse-{os.getpid()}").unlink()
    except OSError:
        for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            os.environ[name] = str(root / ".cache/jupyter" / name.lower())
