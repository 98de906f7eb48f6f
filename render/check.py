"""Refuses what only one of the two renderers understands, or what a notebook front end would show as text."""

import json
import re
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

import fastjsonschema
import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
DIV_CLASSES = {
    "columns", "column", "incremental", "nonincremental", "fragment", "notes", "aside", "r-stretch",
    "callout-note", "callout-tip", "callout-important", "callout-warning",
}  # fmt: skip
DIV_ATTRIBUTES = {"width", "lines", "title", "fragment-index"}
CODE_OR_MATH = re.compile(
    r"^[ \t>]*(?P<fence>`{3,}|~{3,})(?P<info>[^`\n]*)\n(?P<code>.*?)^[ \t>]*(?P=fence)[`~]*[ \t]*$"
    r"|(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)|\$\$.*?\$\$|(?<![\\$])\$[^$\n]+\$", re.M | re.S)  # fmt: skip
DIV = re.compile(r"^\s*:{3,}\s*(.*?)\s*:*\s*$")
SHORTCODE = re.compile(r"^\s*\{\{<\s*(embed|include)\s+(\S+?)(\s+echo=true)?\s*>\}\}\s*$")

# Outside code and math, in which kinds of text: what is found, how it is called, what to write instead.
ALL, OUTSIDE_DECKS = {"page", "deck", "notebook", "output"}, {"page", "notebook", "output"}
REFUSED = [
    (ALL, r"\{\{<", "a shortcode", "only {{< embed … >}} and {{< include … >}} are supported, alone on a line"),
    (ALL, r"(?<![\w`])@(?:fig|tbl|sec|eq|lst|thm)-[\w-]+", "a cross-reference", "say it in words, or link to it"),
    (ALL, r"<(?!https?://|mailto:|[\w.+-]+@)[a-zA-Z/!?][^>]*>?", "raw HTML", "write Markdown; style it in the theme"),
    (ALL, r"\{=\w+\}", "raw text of a format", "write Markdown"),
    (ALL, r"^\s*\\begin\{", "LaTeX outside math", "put it between $$ and $$"),
    (ALL, r"!\[\s*\]\(", "an image without alternative text", "say between the brackets what the picture shows"),
    (ALL, r"!\[(?:[^\]\\]|\\.)*\]\(\s*<?(?:https?:)?//[^)\s]*", "an image from another host", "draw or store it here"),
    (ALL, r"^[\s>]*(?:`{3}|~{3}).*|\$\$.*", "a code block or formula that is not closed", "close it"),
    (OUTSIDE_DECKS, r"^#\s.*", "a second top heading", "the title is the only one; sections start at ##"),
    ({"notebook"}, r"^\s*:{3,}.*", "a fenced div", "write a blockquote with a bold lead word, > **Key idea.** …"),
    ({"notebook"}, r"(?<=[\])])\{[^}]*\}|^#.*\{[.#][^}]*\}\s*$", "attributes", "leave them out: they show as text"),
    ({"deck"}, r"^\s*([-*_])(\s*\1){2,}\s*$", "a rule", "start a slide with a ## heading"),
    ({"deck"}, r"\[\^|\^\[", "a footnote", "write ::: aside at the end of the slide"),
]  # fmt: skip

Lines = list[tuple[str, str]]  # (place, text), the place being "file:line"


class RenderError(Exception):
    """A source that can't be rendered. The message is `file:line: what was found; what to write instead`."""


def read(root: Path, path: str, place: str = "") -> bytes:
    """The bytes of a file of the project; RenderError, at `place`, if it lies outside or can't be read."""
    try:
        file = (root / path).resolve()
        if file.is_relative_to(root):
            return file.read_bytes()
        problem = "lies outside the project; copy the file into it and name it relative to this one"
    except (OSError, ValueError, RuntimeError) as error:  # no file, a zero byte in its name, links in a circle
        problem = f"can't be read ({getattr(error, 'strerror', None) or error}); correct the path or the file"
    raise RenderError(f"{place or f'{path}:1'}: {path} {problem}")


def read_text(root: Path, path: str, place: str = "") -> str:
    data = read(root, path, place)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line, byte = data[: error.start].count(b"\n") + 1, data[error.start]
        raise RenderError(f"{path}:{line}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8") from None


@cache
def form(kind: str) -> Callable:
    schemas = yaml.load(Path(__file__).with_name("schema.yml").read_text(encoding="utf-8"), LOADER)
    return fastjsonschema.compile(schemas[kind])


def misfit(data: object, kind: str) -> tuple[str, list[str]]:
    """What is wrong with `data`, and where in it; empty if it has the form that schema.yml gives for its kind."""
    try:
        form(kind)(data, name_prefix=kind)
        return "", []
    except fastjsonschema.JsonSchemaValueException as error:
        if error.rule != "additionalProperties":
            found = error.message.replace("object", "mapping").replace("array", "list")
            return f"{found}, and is {error.value!r:.40}", error.path
        known = error.definition["properties"]
        unknown = next(key for key in error.value if key not in known)
        return f"{error.name} has `{unknown}`; supported are {', '.join(sorted(known))}", [*error.path, unknown]


def load_yaml(text: str, kind: str, place: Callable[[int], str], advice: str) -> dict:
    """The mapping in `text`, of a kind in schema.yml; `place` gives the place of a line of it, counted from 1."""
    try:
        data = json.loads(json.dumps((yaml.load(text, LOADER) if text else None) or {}, default=str))
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise RenderError(f"{place(mark.line + 1 if mark else 1)}: not YAML; {advice}") from None
    wrong, path = misfit(data, kind)
    if wrong:
        key = re.compile(rf"(?<![\w-]){re.escape(next(part for part in reversed(path) if not part.isdigit()))}:")
        line = next((number for number, line in enumerate(text.split("\n"), 1) if key.search(line)), 1)
        raise RenderError(f"{place(line)}: {wrong}; {advice}")
    return data


def check(lines: Lines, kind: str, classes: Collection[str] = ()) -> Lines:
    """Refuse unsupported Markdown in a page, deck, notebook or output; return the lines without code and math."""
    text = "\n".join(line for _, line in lines)
    for block in CODE_OR_MATH.finditer(text):
        place = lines[text.count("\n", 0, block.start())][0]
        if re.match(r"\s*\{\s*[^.#\s]", block["info"] or ""):
            found = block["fence"] + block["info"].strip()
            raise RenderError(f"{place}: a block {found}; embed a cell of a notebook, write HTML as Markdown")
        if re.search(r"(?<!\{)\{\{<", block["code"] or ""):
            raise RenderError(f"{place}: a shortcode in a code block; write {{{{{{< … >}}}}}} to show one")
    text = CODE_OR_MATH.sub(lambda block: "\n" * block[0].count("\n"), text)
    outside = [(place, line) for (place, _), line in zip(lines, text.split("\n"), strict=True)]
    refused = [rule for kinds, *rule in REFUSED if kind in kinds]
    divs: list[tuple[str, set[str]]] = []  # those that are open: place and attributes
    for place, line in outside:
        if (shortcode := SHORTCODE.match(line)) and kind != "notebook":
            if shortcode[1] == "embed" and not shortcode[3] and any("lines" in keys for _, keys in divs):
                raise RenderError(f"{place}: lines= around an embed without code; add echo=true")
            continue
        for pattern, found, advice in refused:
            if match := re.search(pattern, line.replace("{{{<", "")):
                raise RenderError(f"{place}: {found}, `{match[0].strip()}`; {advice}")
        if div := DIV.match(line):
            track_div(place, div[1], divs, classes)
    if divs:
        raise RenderError(f"{divs[-1][0]}: a div is not closed; end it with :::")
    return outside


def track_div(place: str, opening: str, divs: list, classes: Collection[str]) -> None:
    """Keep the stack of open divs, and refuse unknown classes and attributes."""
    if not opening:
        if not divs:
            raise RenderError(f"{place}: ::: closes a div that was not opened; remove it")
        divs.pop()
        return
    inside = re.sub(r'"[^"]*"', "", opening[1:-1] if opening.startswith("{") else f".{opening}")
    names, keys = set(re.findall(r"(?:^|\s)\.([\w-]+)", inside)), set(re.findall(r"([\w-]+)=", inside))
    known = {*DIV_CLASSES, *classes}
    if unknown := names - known | keys - DIV_ATTRIBUTES:
        supported = f"supported are {', '.join(sorted(known))}, and what course: classes: in _quarto.yml adds"
        raise RenderError(f"{place}: a div with `{min(unknown)}`; {supported}")
    divs.append((place, keys))
