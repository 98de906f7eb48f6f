"""Reads pages and decks, with what they embed and include, as Markdown for Pandoc."""

import json
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from subprocess import TimeoutExpired

from .check import SHORTCODE, Lines, RenderError, check, load_yaml, read_text
from .notebook import Notebook, attributes, div, images, plain


@dataclass
class Source:
    """A page, deck or notebook. `path` is relative to the project; `files` go by their path in the site."""

    path: str
    title: str
    meta: dict
    notebook: Notebook | None = None
    lines: Lines = field(default_factory=list)  # of a page or deck, below its front matter
    markdown: str = ""  # with what it shows, ready for Pandoc
    files: dict[str, bytes] = field(default_factory=dict)
    parts: tuple = ()  # all that its page is made of
    page: bytes = b""  # in HTML

    @property
    def is_deck(self) -> bool:
        return "revealjs" in self.meta.get("format", "")

    @property
    def html(self) -> str:
        return str(PurePosixPath(self.path).with_suffix(".html"))


@contextmanager
def collecting(errors: list[str], path: str) -> Iterator[None]:
    """Note what is wrong with a source, and go on to the next one."""
    try:
        yield
    except RenderError as error:
        errors.append(str(error))
    except (ValueError, TypeError, RecursionError, TimeoutExpired) as error:  # half a surrogate pair, endless nesting
        errors.append(f"{path}:1: can't be rendered ({error}); compare it with the last version that worked")


def read_config(root: Path) -> dict:
    """The settings of _quarto.yml."""
    advice = "mind the indents, and put texts into quotes; render/schema.yml says what it holds"
    return load_yaml(read_text(root, "_quarto.yml"), "_quarto", lambda line: f"_quarto.yml:{line}", advice)


def read_titles(root: Path, config: dict, errors: list[str]) -> dict[str, Source]:
    """All sources of `project: render` by path, in the order given there, with title and metadata: what navigation needs."""
    sources: dict[str, Source] = {}
    for pattern in config["project"]["render"]:
        found = find(root, pattern)
        if not found and "*" not in pattern:
            place = place_of(root, "_quarto.yml", pattern)
            raise RenderError(f"{place}: lists {pattern!r}, which does not exist; write it or remove the line")
        for path in found:
            with collecting(errors, path):
                source = read_source(root, path)
                json.dumps([source.title, source.meta], ensure_ascii=False).encode()
                sources.setdefault(path, source)
    return sources


def find(root: Path, pattern: str) -> list[str]:
    """The files of the project that match the pattern, sorted."""
    try:
        return sorted(path.relative_to(root).as_posix() for path in root.glob(pattern) if path.is_file())
    except (ValueError, NotImplementedError, IndexError):
        place = place_of(root, "_quarto.yml", pattern)
        raise RenderError(f"{place}: {pattern!r} is no pattern of files; write one such as pages/*.qmd") from None


def place_of(root: Path, path: str, text: str) -> str:
    """The file and, if the text can be found in it, the line."""
    wanted = json.dumps(text)[1:-1] if path.endswith(".ipynb") else text
    lines = read_text(root, path).split("\n")
    return f"{path}:{next((number for number, line in enumerate(lines, 1) if text and wanted in line), 1)}"


def read_source(root: Path, path: str) -> Source:
    """A notebook, or the front matter and lines of a page or deck."""
    if path.endswith(".ipynb"):
        notebook = Notebook(root, path)
        return Source(path, notebook.title, {"description": notebook.description, "made": notebook.made}, notebook)
    text = read_text(root, path)
    front = re.match(r"---\n(.*?\n)---\s*(\n|$)", text, re.S)
    if not front:
        raise RenderError(f"{path}:1: no front matter; open the file with the lines ---, title: …, ---")
    advice = "put texts into quotes, and settings of format into slides/_metadata.yml, where all decks share them"
    meta = load_yaml(front[1], "front-matter", lambda line: f"{path}:{line + 1}", advice)
    if not meta.get("title"):
        raise RenderError(f"{path}:1: no title; add title: … to the front matter")
    first = text[: front.end()].count("\n") + 1
    return Source(path, plain(str(meta["title"])), meta, lines=placed(path, text[front.end() :], first))


def placed(path: str, text: str, first: int = 1) -> Lines:
    return [(f"{path}:{number}", line) for number, line in enumerate(text.split("\n"), first)]


def complete(root: Path, source: Source, sources: dict[str, Source], labels: dict[str, str], classes: set[str]) -> None:
    """Read the rest of a source; RenderError for what only Quarto understands. Notebooks have to come first."""
    if source.notebook:
        source.markdown = source.notebook.page(root, labels, source.files)
    else:
        lines = include(root, source.path, source.lines)
        outside = check(lines, "deck" if source.is_deck else "page", classes)
        source.files = images(outside, root, posixpath.dirname(source.path))
        source.markdown = "\n".join(embed(source.path, place, line, sources) for place, line in lines)
    source.markdown.encode()


def include(root: Path, path: str, lines: Lines, within: tuple[str, ...] = ()) -> Lines:
    """The lines with their places, and in the place of an include those of the included file."""
    result: Lines = []
    for place, line in lines:
        shortcode = SHORTCODE.match(line)
        if not shortcode or shortcode[1] != "include":
            result.append((place, line))
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), shortcode[2]))
        if target in (path, *within):
            raise RenderError(f"{place}: {shortcode[2]} includes itself in the end; remove one of the includes")
        result += include(root, target, placed(target, read_text(root, target, place)), (path, *within))
    return result


def embed(path: str, place: str, line: str, sources: dict[str, Source]) -> str:
    """The line; where it embeds a cell, the Markdown of that. A picture in it is a file of the notebook."""
    shortcode = SHORTCODE.match(line)
    if not shortcode:
        return line.replace("{{{<", "{{<").replace(">}}}", ">}}")
    target, _, label = shortcode[2].partition("#")
    source = sources.get(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
    if source is None or not source.notebook:
        there = ", ".join(path for path, source in sources.items() if source.notebook) or "none"
        raise RenderError(f"{place}: embed of {target}, which is no notebook of the site; there are {there}")
    cells = source.notebook.labels
    if label not in cells:
        there = ", ".join(cells) or "none"
        raise RenderError(f"{place}: embed of #{label}, which no cell of {target} has; its labels are {there}")
    up = posixpath.dirname(target) + "/" if "/" in target else ""
    markdown = cells[label].code_markdown({}, up, bool(shortcode[3]))
    if not markdown:
        raise RenderError(f"{place}: embed of #{label} shows nothing; add echo=true, or run `make notebooks`")
    head = attributes({"notebook": source.path, "notebook-title": source.title})
    return div(9, f".quarto-embed-nb-cell{head}", markdown)
