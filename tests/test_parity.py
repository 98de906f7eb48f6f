"""Quarto and the offline renderer publish the same site: every page is compared, element by element. Runs where Quarto is.

Also what Quarto does with the project otherwise: single documents, the preview, the work tree.
"""

import difflib
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, NavigableString
from quarto_project import copy_of_sources, render_with_quarto

from dlcourse import environment

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ["index.qmd", *(path.relative_to(ROOT).as_posix() for folder in ("pages/*.qmd", "notebooks/*.ipynb", "slides/*-deck.qmd")
                          for path in sorted(ROOT.glob(folder)))]  # fmt: skip
PAGES = [str(Path(path).with_suffix(".html")) for path in SOURCES]

# Differences that can't be avoided, all of them invisible:
CLASSES = {
    "quarto-light",  # Quarto marks the body of a deck; no style of ours looks at it
    *("header", "odd", "even"),  # Pandoc 3.8, which Quarto 1.9 brings, marks table rows; later versions don't
    "caption-top",  # Quarto marks tables for Bootstrap
}
ATTRIBUTES = {
    "data-noresolveinput",  # tells Quarto to leave the link to a notebook alone, and is gone when it has
}
ANCHOR = "href"  # in decks Quarto takes the target of the hidden link at the start of a line of code
STYLE = "MJX_Assistive_MathML"  # Quarto adds this style to every note, for a MathJax that isn't there
HIDDEN = ".quarto-auto-generated-content"  # Quarto adds an empty footer to decks, and hides it
# Names of figures, the search index, and what only our renderer reads (.render.json).
FILES = re.compile(r"_files/|^(pagefind/|\.render\.(json|lock)$)")

needs_quarto = pytest.mark.skipif(not environment.quarto(), reason="Quarto is not installed")


def elements(page: Path) -> list[str]:
    """The page as one line for each tag and text. A picture counts by what is in its file, not by its name."""
    document = BeautifulSoup(page.read_bytes(), "html.parser")
    for style in document.select("aside.notes style"):
        assert STYLE in style.string
        style.decompose()
    for hidden in document.select(HIDDEN):
        assert not hidden.get_text(strip=True)
        hidden.decompose()
    lines = []

    def walk(node, depth):
        if isinstance(node, NavigableString):
            text = str(node) if node.find_parent(["pre", "script"]) else " ".join(node.split())
            lines.extend([" " * depth + text.strip("\n")] if text.strip() and type(node) is NavigableString else [])
            return
        attributes = {}
        for name, value in node.attrs.items():
            if name in ATTRIBUTES or (name == ANCHOR and "aria-hidden" in node.attrs):
                continue
            if name == "class":
                value = " ".join(part for part in value if part not in CLASSES)
            elif name in ("src", "data-src") and node.name == "img" and not value.startswith("data:"):
                name, value = "src", hashlib.sha256((page.parent / value).read_bytes()).hexdigest()
            elif name == "style":
                value = re.sub(r"[\s;]", "", value)
            attributes |= {name: value} if value or name != "class" else {}
        lines.append(
            " " * depth + f"<{node.name}" + "".join(f' {k}="{attributes[k]}"' for k in sorted(attributes)) + ">"
        )
        for child in node.children:
            walk(child, depth + 1)

    walk(document.html, 0)
    return lines


def test_both_write_the_same_files(pandoc_site, quarto_site):
    def names(site):
        files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
        return {name for name in files if not FILES.search(name)}

    assert names(quarto_site) == names(pandoc_site)


@pytest.mark.parametrize("page", PAGES)
def test_page_is_the_same(pandoc_site, quarto_site, page):
    ours, theirs = elements(pandoc_site / page), elements(quarto_site / page)
    changes = list(difflib.unified_diff(ours, theirs, "Pandoc", "Quarto", lineterm="", n=2))
    assert not changes, f"{page}: {len(changes)} lines\n" + "\n".join(line[:300] for line in changes[:60])


def test_files_that_are_downloaded_or_loaded_are_the_same(pandoc_site, quarto_site):
    for path in pandoc_site.rglob("*"):
        name = path.relative_to(pandoc_site).as_posix()
        if path.is_file() and path.suffix != ".html" and not FILES.search(name):
            assert path.read_bytes() == (quarto_site / name).read_bytes(), name


@needs_quarto
def test_one_deck_can_be_rendered_alone(tmp_path):
    project = copy_of_sources(tmp_path / "course")
    deck = next(page for page in PAGES if page.startswith("slides/"))
    render_with_quarto(project, deck.replace(".html", ".qmd"))
    assert elements(project / "_site" / deck)[0].startswith("<html")


@needs_quarto
def test_preview_shows_what_was_changed(quarto_project, tmp_path):
    project = shutil.copytree(quarto_project, tmp_path / "course")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [environment.quarto(), "preview", "--no-browser", "--port", str(port), "--host", "127.0.0.1"]
    settings = {**os.environ, "QUARTO_PYTHON": sys.executable}
    with open(tmp_path / "log", "w") as log:
        preview = subprocess.Popen(command, cwd=project, stdout=log, stderr=log, env=settings, start_new_session=True)

    def wait_for(page, text):
        end = time.monotonic() + 300
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=60) as answer:
                    if text in answer.read().decode():
                        return
            except OSError:
                pass  # not listening yet
            assert preview.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.2)
        raise AssertionError(f"{page} never showed {text!r}\n" + (tmp_path / "log").read_text()[-2000:])

    try:
        for start, pattern, new in [
            ("pages/", r"(?m)^## .*", r"\g<0> Grue"),
            ("slides/", r"(?m)^::: \{\.notes\}", r"\g<0>\nGrue. "),
            ("notebooks/", r'"output_type": "stream",\s+"text": \[\s+"', r"\g<0>Grue "),
        ]:
            source = next(source for source in SOURCES if source.startswith(start))
            page = str(Path(source).with_suffix(".html"))
            wait_for(page, "<h1>")
            text = (project / source).read_text(encoding="utf-8")
            changed, times = re.subn(pattern, new, text, count=1)
            assert times == 1
            (project / source).write_text(changed, encoding="utf-8")
            wait_for(page, "Grue")
    finally:
        os.killpg(preview.pid, signal.SIGKILL)


def test_quarto_leaves_the_work_tree_clean(quarto_project):
    done = subprocess.run(["git", "status", "--short"], cwd=quarto_project, capture_output=True, text=True, check=True)
    assert done.stdout == ""
