"""Reads pages and decks, with what they embed and include, as Markdown for Pandoc."""

import json
import posixpath
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath

from .check import SHORTCODE, Lines, RenderError, check, check_slides, load_yaml, read_text
from .notebook import Notebook, images, plain, quote
from .shape import CONFIG, FORMAT, NONE, SCALAR, misfit

FRONT_MATTER = {"title", "subtitle", "description", "author", "date", "lang", "format", "bibliography"}
FRONT = re.compile(r"---\n(.*?\n)---\s*(\n|$)", re.S)


@dataclass
class Source:
    """A page or deck, ready for Pandoc. `path` is relative to the project; `files` go by their path in the site."""

    path: str
    title: str
    meta: dict
    markdown: str
    files: dict[str, bytes] = field(default_factory=dict)
    slides: list[str] = field(default_factory=list)

    @property
    def is_deck(self) -> bool:
        return "revealjs" in (self.meta.get("format") or "")

    @property
    def html(self) -> str:
        return str(PurePosixPath(self.path).with_suffix(".html"))


def read_config(root: Path) -> dict:
    """The settings of _quarto.yml."""

    def place(line: int) -> str:
        return f"_quarto.yml:{line}"

    config = load_yaml(read_text(root, "_quarto.yml"), place, "mind the indents, and put texts into quotes")
    if wrong := misfit(config, CONFIG, "_quarto.yml"):
        key = re.findall(r"[\w-]+(?= is |`$)", wrong)[:1] or [""]
        raise RenderError(
            f"{place_of(root, '_quarto.yml', key[0] + ':')}: {wrong}; render/README.md says what it holds"
        )
    return config


def read_sources(root: Path, config: dict, *, checked: bool = True) -> dict[str, Source]:
    """All sources of `project: render`, by path, in the order given there; unchecked, their titles and metadata only."""
    paths: list[str] = []
    for pattern in config["project"]["render"]:
        found = find(root, pattern)
        if not found and "*" not in pattern:
            place = place_of(root, "_quarto.yml", pattern)
            raise RenderError(f"{place}: lists {pattern!r}, which does not exist; write it or remove the line")
        paths += [path for path in found if path not in paths]
    classes = frozenset(config.get("course", {}).get("classes", []))
    errors, sources, notebooks, labels = [], {}, {}, {}
    for path in sorted(paths, key=lambda path: not path.endswith(".ipynb")):
        try:
            if path.endswith(".ipynb"):
                notebook = notebooks[path] = Notebook(root, path)
                meta = {"description": notebook.description, "made": notebook.made}
                sources[path] = Source(path, notebook.title, meta, *(notebook.page(root, labels) if checked else [""]))
            else:
                sources[path] = read_qmd(root, path, notebooks, classes if checked else None)
            sources[path].markdown.encode()
            str(sources[path].title).encode()
        except RenderError as error:
            errors.append(str(error))
        except (ValueError, TypeError, RecursionError) as error:  # half a pair of surrogates, nesting without end
            errors.append(f"{path}:1: can't be read ({error}); compare it with the last version that worked")
    if errors:
        raise RenderError("\n".join(dict.fromkeys(errors)))  # a page that embeds a wrong cell repeats its error
    return {path: sources[path] for path in paths}


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


def read_qmd(root: Path, path: str, notebooks: dict[str, Notebook], classes: frozenset[str] | None) -> Source:
    text = read_text(root, path)
    front = FRONT.match(text)
    if not front:
        raise RenderError(f"{path}:1: no front matter; open the file with the lines ---, title: …, ---")
    if classes is None:  # Quarto may know more than we do
        meta = load_yaml(front[1], lambda line: f"{path}:{line + 1}", "put the value into quotes")
        return Source(path, plain(str(meta.get("title", path))), meta, "")
    meta = read_front_matter(path, front[1])
    lines = include(root, path, text[front.end() :].split("\n"), text[: front.end()].count("\n") + 1)
    source = Source(path, plain(str(meta["title"])), meta, "")
    outside = check(lines, "deck" if source.is_deck else "page", classes)
    source.files = images(outside, root, posixpath.dirname(path))
    if source.is_deck:
        source.slides = check_slides(outside)
    out = []
    for place, line in lines:
        if shortcode := SHORTCODE.match(line):
            line, files = embed(path, place, shortcode, notebooks)
            source.files |= files
        out.append(line.replace("{{{<", "{{<").replace(">}}}", ">}}"))
    source.markdown = "\n".join(out)
    return source


def read_front_matter(path: str, text: str) -> dict:
    meta = load_yaml(text, lambda line: f"{path}:{line + 1}", "put the value of the front matter into quotes")
    for key in meta:
        if key not in FRONT_MATTER:
            line = next((number for number, line in enumerate(text.split("\n"), 2) if line.startswith(f"{key}:")), 1)
            raise RenderError(
                f"{path}:{line}: `{key}` in the front matter; supported are {', '.join(sorted(FRONT_MATTER))}"
            )
    texts = {key: value for key, value in meta.items() if key != "format"}
    if wrong := misfit(texts, {"*": (*SCALAR, date, NONE)}, "the front matter") or misfit(
        meta, FORMAT, "the front matter"
    ):
        raise RenderError(f"{path}:1: {wrong}; write one line of text")
    if not meta.get("title"):
        raise RenderError(f"{path}:1: no title; add title: … to the front matter")
    if isinstance(meta.get("format"), dict):
        name, settings = next(iter(meta["format"].items()), ("", None))
        if settings not in (None, "default", {"html-math-method": "mathml"}):
            raise RenderError(
                f"{path}:1: settings of format: {name}; move them to slides/_metadata.yml, where all decks share them"
            )
        meta["format"] = name
    return meta


def include(root: Path, path: str, lines: list[str], first: int = 1, within: tuple[str, ...] = ()) -> Lines:
    """The lines with their places, and in the place of an include those of the included file."""
    result: Lines = []
    for number, line in enumerate(lines, first):
        shortcode = SHORTCODE.match(line)
        if not shortcode or shortcode[1] != "include":
            result.append((f"{path}:{number}", line))
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), shortcode[2]))
        if target in (path, *within):
            raise RenderError(f"{path}:{number}: {shortcode[2]} includes itself in the end; remove one of the includes")
        text = read_text(root, target, f"{path}:{number}")
        result += include(root, target, text.split("\n"), within=(path, *within))
    return result


def embed(path: str, place: str, shortcode: re.Match, notebooks: dict[str, Notebook]) -> tuple[str, dict[str, bytes]]:
    """The Markdown of an embedded cell, and its files."""
    target, _, label = shortcode[2].partition("#")
    notebook = notebooks.get(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
    if notebook is None:
        raise RenderError(
            f"{place}: embed of {target}, which is no notebook of the site; there are {', '.join(notebooks) or 'none'}"
        )
    if label not in notebook.labels:
        raise RenderError(
            f"{place}: embed of #{label}, which no cell of {target} has; its labels are {', '.join(notebook.labels) or 'none'}"
        )
    up = posixpath.dirname(target) + "/" if "/" in target else ""
    markdown, files = notebook.cell(notebook.labels[label], up=up, echo=bool(shortcode[3]))
    if not markdown:
        raise RenderError(
            f"{place}: embed of #{label} shows nothing; add echo=true, or run `make notebooks` to store outputs"
        )
    head = f"{{.quarto-embed-nb-cell notebook={quote(notebook.path)} notebook-title={quote(notebook.title)}}}"
    return f"\n::::::::: {head}\n{markdown}\n:::::::::\n", files
