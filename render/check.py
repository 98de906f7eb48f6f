"""Refuses what only one of the two renderers understands, or what a notebook front end would show as text."""

import re
from collections.abc import Callable
from pathlib import Path

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
DIV_CLASSES = {
    "columns", "column", "incremental", "nonincremental", "fragment", "notes", "aside", "r-stretch",
    "callout-note", "callout-tip", "callout-important", "callout-warning",
}  # fmt: skip
DIV_ATTRIBUTES = {"width", "lines", "title", "fragment-index"}
FENCE = re.compile(r"^[\s>]*(`{3,}|~{3,})\s*([^`]*)$")
DIV = re.compile(r"^\s*:{3,}\s*(.*?)\s*:*\s*$")
SHORTCODE = re.compile(r"^\s*\{\{<\s*(embed|include)\s+(\S+?)(\s+echo=true)?\s*>\}\}\s*$")
EXTERNAL = re.compile(
    r"""<[^<>]*\son\w+\s*=|javascript:|<(?:iframe|object|embed|base|meta|form)\b|(?:src|href|url)\s*[=(]\s*["']?\s*(?:https?:)?//|@import|\bimport\s*\(\s*["']https?:""",
    re.I,
)

# Outside code and math: what is found, how it is called, what to write instead.
REFUSED = [
    (r"\{\{<", "a shortcode", "only {{< embed … >}} and {{< include … >}}, alone on their line, are supported"),
    (
        r"(?<![\w`])@(?:fig|tbl|sec|eq|lst|thm)-[\w-]+",
        "a cross-reference",
        "name it in words, or link to it: [the figure](#fig-…)",
    ),
    (r"<(?!https?://|mailto:|[\w.+-]+@)[a-zA-Z/!?][^>]*>?", "raw HTML", "write Markdown; looks belong in render/theme"),
    (r"\{=\w+\}", "raw text of a format", "write Markdown"),
    (r"^\s*\\begin\{", "LaTeX outside math", "put it between $$ and $$"),
    (r"!\[\s*\]\(", "an image without alternative text", "say between the brackets what the picture shows"),
]
REFUSED_IN_PAGE = [(r"^#\s.*", "a second top heading", "the title is the only one; sections start at ##")]
REFUSED_IN_NOTEBOOK = [
    (r"^\s*:{3,}.*", "a fenced div", "write a blockquote that opens with a bold lead word, such as > **Key idea.** …"),
    (r"(?<=[\])])\{[^}]*\}|^#.*\{[.#][^}]*\}\s*$", "attributes", "leave them out: a notebook shows them as text"),
]
REFUSED_IN_DECK = [(r"^\s*([-*_])(\s*\1){2,}\s*$", "a rule", "start a slide with a ## heading"),
                   (r"\[\^|\^\[", "a footnote", "write ::: aside at the end of the slide")]  # fmt: skip

Lines = list[tuple[str, str]]  # (place, text), the place being "file:line"


class RenderError(Exception):
    """A source that can't be rendered. The message is `file:line: what was found; what to write instead`."""


def read(root: Path, path: str, place: str = "") -> bytes:
    """The bytes of a file of the project; RenderError, at `place`, if it lies outside or can't be read."""
    place = place or f"{path}:1"
    try:
        file = (root / path).resolve()
        if not file.is_relative_to(root):
            raise RenderError(
                f"{place}: {path} lies outside the project; copy the file into it and name it relative to this one"
            )
        return file.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:  # no file, a zero byte in its name, links in a circle
        reason = getattr(error, "strerror", None) or error
        raise RenderError(f"{place}: {path} can't be read ({reason}); correct the path or the file") from None


def read_text(root: Path, path: str, place: str = "") -> str:
    data = read(root, path, place)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RenderError(
            f"{path}:{line}: byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from None


def load_yaml(text: str, place: Callable[[int], str], advice: str) -> dict:
    """The mapping in `text`; `place` gives the place of a line of it, counted from 1."""
    try:
        data = (yaml.load(text, LOADER) if text else None) or {}
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise RenderError(f"{place(mark.line + 1 if mark else 1)}: not YAML; {advice}") from None
    if not isinstance(data, dict):
        raise RenderError(f"{place(1)}: no `key: value` lines; {advice}")
    return data


def check(lines: Lines, kind: str, classes: frozenset[str] = frozenset()) -> Lines:
    """Refuse unsupported Markdown in a `page`, `deck` or `notebook`; return the lines outside of code blocks."""
    refused = REFUSED + (REFUSED_IN_DECK if kind == "deck" else REFUSED_IN_PAGE)
    refused = refused + REFUSED_IN_NOTEBOOK if kind == "notebook" else refused
    fence, in_math, divs, outside = "", False, [], []
    for place, line in lines:
        marks, info = match.groups() if (match := FENCE.match(line)) and not in_math else ("", "")
        if fence:
            if marks.startswith(fence) and not info:
                fence = ""
            elif re.search(r"(?<!\{)\{\{<", line):
                raise RenderError(f"{place}: a shortcode in a code block; write {{{{{{< … >}}}}}} to show one")
            continue
        if marks:
            fence = marks
            if re.match(r"\{\s*[^.#\s]", info):
                raise RenderError(
                    f"{place}: a block {marks}{info}; put code into a notebook and embed its cell, write HTML as Markdown"
                )
            continue
        outside.append((place, line))
        text, in_math = without_code_and_math(line, in_math)
        shortcode = SHORTCODE.match(text)
        if shortcode and kind != "notebook":
            if shortcode[1] == "embed" and not shortcode[3] and any("lines" in keys for _, keys in divs):
                raise RenderError(f"{place}: lines= around an embed without code; add echo=true")
            continue
        for pattern, found, advice in refused:
            if match := re.search(pattern, text.replace("{{{<", "")):
                raise RenderError(f"{place}: {found}, `{match[0].strip()}`; {advice}")
        if div := DIV.match(text):
            track_div(place, div[1], divs, classes)
    if fence or in_math:
        raise RenderError(f"{lines[-1][0]}: a code block or formula is not closed; close it")
    if divs:
        raise RenderError(f"{divs[-1][0]}: a div is not closed; end it with :::")
    return outside


def without_code_and_math(line: str, in_math: bool) -> tuple[str, bool]:
    """The line without code spans and formulas, and whether it ends within a display formula."""
    text = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
    parts = text.split("$$")
    text = " ".join(parts[in_math::2])
    return re.sub(r"(?<![\\$])\$[^$]+\$", "", text), in_math ^ (len(parts) % 2 == 0)


def track_div(place: str, opening: str, divs: list, classes: frozenset[str]) -> None:
    """Keep the stack of open divs, and refuse unknown classes and attributes."""
    if not opening:
        if not divs:
            raise RenderError(f"{place}: ::: closes a div that was not opened; remove it")
        divs.pop()
        return
    inside = re.sub(r'"[^"]*"', "", opening[1:-1] if opening.startswith("{") else f".{opening}")
    names = set(re.findall(r"(?:^|\s)\.([\w-]+)", inside))
    keys = set(re.findall(r"([\w-]+)=", inside))
    for unknown in sorted((names - DIV_CLASSES - classes) | (keys - DIV_ATTRIBUTES)):
        supported = ", ".join(sorted(DIV_CLASSES | classes))
        raise RenderError(
            f"{place}: a div with `{unknown}`; supported are {supported} (course.classes in _quarto.yml adds to them)"
        )
    divs.append((place, keys))


def check_slides(lines: Lines) -> list[str]:
    """Refuse slides without speaker notes (section slides need none); return the titles of all slides."""
    titles: list[str] = []
    without_notes = None
    for place, line in [*lines, ("", "# end")]:
        heading = re.match(r"(##?)\s+(.*?)\s*(\{[^}]*\})?\s*$", line)
        if heading:
            if without_notes:
                raise RenderError(f"{without_notes}: slide “{titles[-1]}” has no speaker notes; add ::: notes … :::")
            without_notes = place if heading[1] == "##" else None
            titles.append(heading[2])
        elif re.match(r"\s*:{3,}\s*(\{\s*\.notes\b|notes\b)", line):
            without_notes = None
        elif line.strip() and not titles:
            raise RenderError(f"{place}: text before the first slide; start with a # or ## heading")
    return titles[:-1]
