"""Building the site, beside what one would use instead for the same notebooks, in one run, as ratios.

- ours: `render.build`, everything (pages, notebooks, decks, search index), into an empty folder; then again with one page
  changed; then again with nothing changed;
- Quarto, the same pages from the same sources, where it is installed;
- `jupyter nbconvert --to html`: the notebooks only, one page each, without navigation, search or slides;
- Sphinx with MyST-NB: the notebooks only, as a small site, in an environment of its own that is thrown away. Skipped, with
  a line that says so, where it can't be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

import render
from dlcourse import environment

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("index.qmd", "_quarto.yml", "pages", "notebooks", "slides", "render")


def timed(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, capture_output=True)


def ours(folder: Path) -> dict[str, float]:
    """Seconds for a cold build, a build with one page changed and one with nothing changed, on a copy of the sources."""
    copy, out = folder / "course", folder / "ours"
    copy.mkdir()
    for name in SOURCES:
        source = ROOT / name
        shutil.copytree(source, copy / name) if source.is_dir() else shutil.copy(source, copy / name)
    seconds = {"ours, everything": timed(lambda: render.build(copy, out))}
    page = copy / "pages/setup.qmd"
    page.write_text(page.read_text(encoding="utf8") + "\nOne more sentence.\n", encoding="utf8")
    seconds["ours, one page changed"] = timed(lambda: render.build(copy, out))
    seconds["ours, nothing changed"] = timed(lambda: render.build(copy, out))
    if environment.quarto():
        os.environ["QUARTO_PYTHON"] = sys.executable
        seconds["Quarto, everything"] = timed(lambda: run(environment.quarto(), "render", cwd=copy))
    else:
        print("Quarto: skipped, it is not installed")
    return seconds


def nbconvert(folder: Path) -> float:
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", folder / "nbconvert", *notebooks]
    return timed(lambda: run(*command))


def myst_nb(folder: Path) -> float:
    """Seconds that Sphinx with MyST-NB takes for the same notebooks, installation not counted."""
    source = folder / "sphinx"
    shutil.copytree(ROOT / "notebooks", source)
    titles = "\n".join(path.stem for path in sorted(source.glob("*.ipynb")))
    (source / "conf.py").write_text('extensions = ["myst_nb"]\nnb_execution_mode = "off"\n')
    (source / "index.md").write_text(f"# Notebooks\n\n```{{toctree}}\n{titles}\n```\n")
    run(sys.executable, "-m", "venv", folder / "env")
    python = next(path for path in (folder / "env/bin/python", folder / "env/Scripts/python.exe") if path.exists())
    run(python, "-m", "pip", "install", "--quiet", "myst-nb")
    return timed(lambda: run(python, "-m", "sphinx", "-q", "-b", "html", source, folder / "myst"))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = ours(folder)
        seconds["nbconvert --to html, notebooks only"] = nbconvert(folder)
        try:
            seconds["Sphinx and MyST-NB, notebooks only"] = myst_nb(folder)
        except subprocess.CalledProcessError as error:
            print(f"Sphinx and MyST-NB: skipped, {error.cmd[0]} failed: {error.stderr.decode()[-300:].strip()}")
        pages = {
            path: path.stat().st_size for path in (folder / "ours").rglob("*.html") if "/notebooks/" in path.as_posix()
        }
        table = pd.DataFrame(
            [(what, value, value / seconds["ours, everything"]) for what, value in seconds.items()],
            columns=["build", "seconds", "times ours"],
        )
        print(table.to_markdown(index=False, floatfmt=".2f"))
        for path, size in sorted(pages.items()):
            files = path.parent / f"{path.stem}_files"
            pictures = sum(file.stat().st_size for file in files.rglob("*") if file.is_file())
            print(f"{path.name}: {size / 1e3:,.0f} kB of HTML, {pictures / 1e3:,.0f} kB of figures, uncompressed")


if __name__ == "__main__":
    main()
