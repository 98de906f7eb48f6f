"""A copy of the course in which Quarto may work."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dlcourse import environment

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("index.qmd", "_quarto.yml", ".gitignore", "pages", "notebooks", "slides", "render")


def copy_of_sources(folder: Path) -> Path:
    """A copy of all that either renderer reads, in a git repository of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in SOURCES:
        source = ROOT / name
        without = shutil.ignore_patterns("__pycache__", "*_files", ".jupyter_cache", ".ipynb_checkpoints")
        shutil.copytree(source, folder / name, ignore=without) if source.is_dir() else shutil.copy(source, folder)
    me = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    for command in (["init", "--quiet"], ["add", "--all"], [*me, "commit", "--quiet", "--message", "sources"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    return folder


def render_with_quarto(project: Path, *arguments: str) -> None:
    """Run quarto in the project with the Python of this environment, and fail with what it says."""
    command = [environment.quarto(), "render", *arguments]
    done = subprocess.run(
        command, cwd=project, capture_output=True, text=True, env={**os.environ, "QUARTO_PYTHON": sys.executable}
    )
    assert done.returncode == 0, done.stdout + done.stderr
