"""Reads pages and decks, with what they embed and include, as Markdown for Pandoc."""

import json
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .check import SHORTCODE, Lines, RenderError, check, check_slides, load_yaml, read_text
from .notebook import Notebook, images, plain, quote
from .shape import CONFIG, FORMAT, FRONT, misfit

FRONT_MATTER = {"title", "subtitle", "description", "author", "date", "lang", "format", "bibliography"}


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
    key: str = ""  # a hash of all that its page is made of
    page: bytes = b""  # in HTML

    @property
    def is_deck(self) -> bool:
        return "revealjs" in (self.meta.get("format") or "")

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
    except (ValueError, TypeError, RecursionError) as error:  # half a pair of surrogates, nesting without end
        errors.append(f"{path}:1: can't be read ({error}); compare it with the last version that worked")


def read_config(root: Path) -> dict:
    """The settings of _quarto.yml."""
    advice = "mind the indents, and put texts into quotes"
    config = load_yaml(read_text(root, "_quarto.yml"), lambda line: f"_quarto.yml:{line}", advice)
    if wrong := misfit(config, CONFIG, "_quarto.yml"):
        key = re.findall(r"[\w-]+(?= is |`$)", wrong)[:1] or [""]
        place = place_of(root, "_quarto.yml", key[0] + ":")
        raise RenderError(f"{place}: {wrong}; render/README.md says what it holds")
    return config


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
                source = read_notebook(root, path) if path.endswith(".ipynb") else read_page(root, path)
                json.dumps([source.title, source.meta], ensure_ascii=False, default=str).encode()
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


def read_notebook(root: Path, path: str) -> Source:
    notebook = Notebook(root, path)
    return Source(path, notebook.title, {"description": notebook.description, "made": notebook.made}, notebook)


def read_page(root: Path, path: str) -> Source:
    text = read_text(root, path)
    front = re.match(r"---\n(.*?\n)---\s*(\n|$)", text, re.S)
    if not front:
        raise RenderError(f"{path}:1: no front matter; open the file with the lines ---, title: …, ---")
    advice = "put the value of the front matter into quotes"
    meta = load_yaml(front[1], lambda line: f"{path}:{line + 1}", advice)
    form = meta.pop("format", "")
    if wrong := misfit(meta, FRONT, "the front matter") or misfit(form, FORMAT, "the front matter: format"):
        raise RenderError(f"{path}:1: {wrong}; write one line of text")
    if not meta.get("title"):
        raise RenderError(f"{path}:1: no title; add title: … to the front matter")
    first = text[: front.end()].count("\n") + 1
    lines = [(f"{path}:{number}", line) for number, line in enumerate(text[front.end() :].split("\n"), first)]
    return Source(path, plain(str(meta["title"])), meta | {"format": form}, lines=lines)


def complete(
    root: Path, source: Source, sources: dict[str, Source], labels: dict[str, str], classes: frozenset
) -> None:
    """Read the rest of a source; RenderError for what only Quarto understands. Notebooks have to come first."""
    if source.notebook:
        source.markdown, source.files = source.notebook.page(root, labels)
    else:
        source.markdown, source.files = page(root, source, sources, classes)
    source.markdown.encode()


def page(root: Path, source: Source, sources: dict[str, Source], classes: frozenset) -> tuple[str, dict[str, bytes]]:
    """A page or deck as Markdown, and its files."""
    check_front_matter(root, source)
    lines = include(root, source.path, source.lines)
    outside = check(lines, "deck" if source.is_deck else "page", classes)
    files, out = images(outside, root, posixpath.dirname(source.path)), []
    if source.is_deck:
        check_slides(outside)
    for place, line in lines:
        if shortcode := SHORTCODE.match(line):
            line, more = embed(source.path, place, shortcode, sources)
            files |= more
        out.append(line.replace("{{{<", "{{<").replace(">}}}", ">}}"))
    return "\n".join(out), files


def check_front_matter(root: Path, source: Source) -> None:
    for key in source.meta:
        if key not in FRONT_MATTER:
            place, supported = place_of(root, source.path, f"{key}:"), ", ".join(sorted(FRONT_MATTER))
            raise RenderError(f"{place}: `{key}` in the front matter; supported are {supported}")
    form = source.meta["format"]
    for name, settings in form.items() if isinstance(form, dict) else ():
        if settings not in (None, "default", {"html-math-method": "mathml"}):
            place = f"{source.path}:1: settings of format: {name}"
            raise RenderError(f"{place}; move them to slides/_metadata.yml, where all decks share them")


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
        text = read_text(root, target, place)
        inner = [(f"{target}:{number}", line) for number, line in enumerate(text.split("\n"), 1)]
        result += include(root, target, inner, (path, *within))
    return result


def embed(path: str, place: str, shortcode: re.Match, sources: dict[str, Source]) -> tuple[str, dict[str, bytes]]:
    """The Markdown of an embedded cell, and its files."""
    target, _, label = shortcode[2].partition("#")
    source = sources.get(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
    if source is None or not source.notebook:
        there = ", ".join(path for path, source in sources.items() if source.notebook) or "none"
        raise RenderError(f"{place}: embed of {target}, which is no notebook of the site; there are {there}")
    notebook = source.notebook
    if label not in notebook.labels:
        there = ", ".join(notebook.labels) or "none"
        raise RenderError(f"{place}: embed of #{label}, which no cell of {target} has; its labels are {there}")
    up = posixpath.dirname(target) + "/" if "/" in target else ""
    markdown, files = notebook.cell(notebook.labels[label], up=up, echo=bool(shortcode[3]))
    if not markdown:
        advice = "add echo=true, or run `make notebooks` to store outputs"
        raise RenderError(f"{place}: embed of #{label} shows nothing; {advice}")
    head = f"{{.quarto-embed-nb-cell notebook={quote(notebook.path)} notebook-title={quote(notebook.title)}}}"
    return f"\n::::::::: {head}\n{markdown}\n:::::::::\n", files
