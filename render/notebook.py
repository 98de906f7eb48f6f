"""Reads a notebook and writes it as the Markdown that Quarto would write, from stored outputs; nothing is executed."""

import base64
import json
import posixpath
import re
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from .check import EXTERNAL, RenderError, check, load_yaml, read, read_text
from .links import SVG
from .shape import CELL, NOTEBOOK, SCALAR, TEXT, misfit

OPTIONS = {"label", "fig-cap", "fig-alt", "tbl-cap", "echo", "eval", "output", "include", "code-fold", "code-summary"}
IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
FRAMES = 'data-dlcourse="frames"'  # marks an interactive figure that is complete in itself


def join(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def plain(text: str) -> str:
    """Text without the marks of Markdown, for titles and descriptions."""
    return " ".join(re.sub(r"[`*$]|\[([^\]]*)\]\([^)]*\)", r"\1", text).split())


def quote(text: object) -> str:
    """The value of an attribute in Pandoc's Markdown."""
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + " ".join(escaped.split()) + '"'


def fenced(text: str, attributes: str = "") -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks}{attributes}\n{text.rstrip()}\n{ticks}\n"


def svg_size(svg: str) -> dict[str, int]:
    """Width and height in CSS pixels, so that the page doesn't move while the picture loads."""
    tag = re.search(r"<svg\b[^>]*>", svg)
    found = {key: re.search(rf'\s{key}="([\d.]+)(pt|px)?"', tag[0] if tag else "") for key in ("width", "height")}
    return {key: round(float(m[1]) * (4 / 3 if m[2] == "pt" else 1)) for key, m in found.items() if m}


class Notebook:
    """A notebook with its stored outputs. Files that it shows are collected by their path in the site."""

    def __init__(self, root: Path, path: str):
        self.path, self.stem, self.folder = path, PurePosixPath(path).stem, posixpath.dirname(path)
        try:
            data = json.loads(read_text(root, path))
        except (ValueError, RecursionError) as error:
            place, reason = f"{path}:{getattr(error, 'lineno', 1)}", getattr(error, "msg", None) or type(error).__name__
            raise RenderError(f"{place}: not a notebook ({reason}); restore the file") from None
        if wrong := misfit(data, NOTEBOOK, "the notebook"):
            raise RenderError(f"{path}:1: {wrong}; restore the file, or save it anew in JupyterLab")
        self.cells, self.made = data["cells"], data["metadata"].get("dlcourse")
        for index, cell in enumerate(self.cells):
            if wrong := misfit(cell, CELL, "the cell"):
                raise self.error(index, f"{wrong}; restore the cell, or run `make notebooks`")
        first = self.cells[0] if self.cells else {"cell_type": "none"}
        if first["cell_type"] != "markdown" or not join(first["source"]).startswith("# "):
            raise self.error(0, "no title; open the first cell, a Markdown cell, with `# Title`")
        self.title = plain(join(first["source"]).split("\n")[0][2:])

    def place(self, index: int, line: int = 1) -> str:
        return f"{self.path}:cell {index + 1}, line {line}"

    def error(self, index: int, what: str, line: int = 1) -> RenderError:
        return RenderError(f"{self.place(index, line)}: {what}")

    @cached_property
    def labels(self) -> dict[str, int]:
        """Index of a cell by its label."""
        return {label: index for index, (options, _) in enumerate(self.options) if (label := options.get("label"))}

    @cached_property
    def options(self) -> list[tuple[dict, str]]:
        """For each cell the options at the head of its code, and the code below them."""
        return [self.read_options(i) if c["cell_type"] == "code" else ({}, "") for i, c in enumerate(self.cells)]

    def read_options(self, index: int) -> tuple[dict, str]:
        lines = join(self.cells[index]["source"]).split("\n")
        head = next((number for number, line in enumerate(lines) if not line.startswith("#|")), len(lines))
        text = "\n".join(line[2:] for line in lines[:head])
        options = load_yaml(text, lambda line: self.place(index, line), "put the value into double quotes")
        for number, line in enumerate(lines, 1):
            key = re.match(r"#\|\s*([\w-]+)\s*:", line)
            if line.startswith("#|") and number > head:
                raise self.error(index, "a cell option below code; move it to the top of the cell", number)
            if key and key[1] in options and key[1] not in OPTIONS:
                supported = ", ".join(sorted(OPTIONS))
                raise self.error(index, f"cell option `{key[1]}`; supported are {supported}", number)
        if wrong := misfit(options, {"*": (*SCALAR, bool)}, "the list of options"):
            raise self.error(index, f"{wrong}; write one line of text")
        label = options.get("label", "a")
        if not isinstance(label, str) or not re.fullmatch(r"[A-Za-z][\w-]*", label):
            raise self.error(index, f"label {label} is no plain name; use letters, digits, - and _ only")
        return options, "\n".join(lines[head:]).strip("\n")

    @property
    def description(self) -> str:
        """The first paragraph after the title, shortened."""
        parts = re.split(r"\n\s*\n", join(self.cells[0]["source"]).partition("\n")[2])
        return next((plain(part)[:200] for part in parts if re.match(r"\s*[A-Za-z*_`]", part)), "")

    def page(self, root: Path, labels: dict[str, str]) -> tuple[str, dict[str, bytes]]:
        """The notebook as Markdown, and its files. `labels` holds the places of all labels so far."""
        parts, files = [], {}
        for index, cell in enumerate(self.cells):
            text = join(cell["source"])
            if cell["cell_type"] == "code":
                label = self.options[index][0].get("label")
                if label in labels:
                    raise self.error(index, f"label {label} is also in {labels[label]}; choose another")
                labels |= {label: self.place(index)} if label else {}
                text, more = self.cell(index)
                parts.append(text)
                files |= more
                continue
            if cell["cell_type"] == "raw" or text.startswith("---\n"):
                raise self.error(index, "a raw or front-matter cell; delete it, the title is the first `# ` heading")
            lines = [(self.place(index, number), line) for number, line in enumerate(text.split("\n"), 1)]
            if index == 0:
                lines, text = lines[1:], text.partition("\n")[2]
            files |= images(check(lines, "notebook"), root, self.folder)
            for name, bundle in cell.get("attachments", {}).items():
                if not re.fullmatch(r"[\w.() -]+", name):
                    raise self.error(index, f"attachment {name} is no plain file name; rename it")
                target = f"{self.stem}_files/cell-{index + 1}-{name}"
                text = text.replace(f"(attachment:{name})", f"({target})")
                kind, data = next(iter(bundle.items()), ("", ""))
                files[f"{self.folder}/{target}"] = self.picture(index, kind, join(data))
            parts.append(text)
        return "\n\n".join(parts), files

    def cell(self, index: int, *, up: str = "", echo: bool | None = None) -> tuple[str, dict[str, bytes]]:
        """Markdown of a code cell, and its files; `up` leads from the page that shows it to the notebook's folder."""
        cell, (options, code) = self.cells[index], self.options[index]
        tags, label = cell["metadata"].get("tags", []), options.get("label", "")
        if "remove-cell" in tags or options.get("include") is False:
            return "", {}
        parts, files = [], {}
        if code and (options.get("echo", True) if echo is None else echo) and "remove-input" not in tags:
            fold = {"code-fold": str(options.get("code-fold", "")).lower(), "code-summary": options.get("code-summary")}
            attributes = "".join(f" {key}={quote(value)}" for key, value in fold.items() if value)
            parts.append(fenced(code, f"{{.python .cell-code{attributes}}}"))
        if options.get("output", True) and "remove-output" not in tags:
            outputs = self.outputs(index, up, files)
            if not outputs and label.startswith(("fig-", "tbl-")):
                raise self.error(index, f"{label} has no stored output; run `make notebooks` for this notebook")
            parts += outputs
        if not parts:
            return "", {}
        ident = f"cell-{label}" if label.startswith("fig-") else label
        attributes = (f"#{ident} " if ident else "") + ".cell" + (f" tags='{json.dumps(tags)}'" if tags else "")
        if "tbl-cap" in options:
            attributes += f" tbl-cap={quote(options['tbl-cap'])}"
        body = "\n".join(parts)
        return f"\n:::::::: {{{attributes}}}\n{body}\n::::::::\n", files

    def outputs(self, index: int, up: str, files: dict[str, bytes]) -> list[str]:
        """The outputs of a cell, each in its div; one stream may come in several pieces."""
        shown: list[tuple[str, str]] = []
        figures = 0
        for output in self.cells[index].get("outputs", []):
            if output["output_type"] == "stream":
                text = ANSI.sub("", join(output["text"]))
                if shown and shown[-1][0] == output["name"]:
                    text = shown.pop()[1] + text
                shown.append((output["name"], text))
            elif output["output_type"] == "error":
                if "raises-exception" not in self.cells[index]["metadata"].get("tags", []):
                    advice = "repair the cell and run `make notebooks`, or tag it raises-exception"
                    raise self.error(index, f"the stored output is an error, {output['ename']}; {advice}")
                shown.append(("error", ANSI.sub("", f"{output['ename']}: {output['evalue']}")))
            else:
                data = {kind: join(value) for kind, value in output["data"].items() if not misfit(value, TEXT, kind)}
                is_figure = FRAMES in data.get("text/html", "") or any(kind in data for kind in IMAGES)
                figures += is_figure
                if figures > 1:
                    raise self.error(index, f"{figures} figures in one cell; draw panels of one, or split the cell")
                text = self.figure(index, data, up, files) if is_figure else self.display(index, data)
                shown += [("display", text)] if text else []
        label = str(self.options[index][0].get("label", ""))
        frames = f"#{label} " if any(FRAMES in text for _, text in shown) else ""
        return [
            f"::::::: {{{frames}.cell-output .cell-output-{kind}}}\n{text if kind == 'display' else fenced(text)}\n:::::::\n"
            for kind, text in shown
        ]

    def display(self, index: int, data: dict[str, str]) -> str:
        """A result that is no figure."""
        label = str(self.options[index][0].get("label", ""))
        if "text/markdown" in data:
            if label.startswith("tbl-"):
                self.needs(index, "tbl-cap")
            lines = data["text/markdown"].split("\n")
            check([(f"{self.place(index)}, output line {n}", line) for n, line in enumerate(lines, 1)], "output")
            return data["text/markdown"]
        if "text/latex" in data:
            return data["text/latex"]
        if "text/html" in data:
            return self.html(index, data["text/html"])
        text = ANSI.sub("", data.get("text/plain", ""))
        return "" if not text or re.match(r"\[?<(Figure|Axes|matplotlib|seaborn)\b", text) else fenced(text)

    def figure(self, index: int, data: dict[str, str], up: str, files: dict[str, bytes]) -> str:
        options = self.options[index][0]
        label = str(options.get("label", ""))
        if not label.startswith("fig-"):
            raise self.error(index, "a figure without a label; open the cell with `#| label: fig-…`")
        self.needs(index, "fig-cap", "fig-alt")
        if FRAMES in data.get("text/html", ""):
            return f"{self.html(index, data['text/html'])}\n\n{options['fig-cap']}"
        kind = next(kind for kind in IMAGES if kind in data)
        name = f"{self.stem}_files/{label}.{IMAGES[kind]}"
        files[f"{self.folder}/{name}"] = self.picture(index, kind, data[kind])
        size = svg_size(data[kind]) if kind == "image/svg+xml" else {}
        attributes = {"fig-alt": options["fig-alt"], **size}
        pairs = " ".join(f"{key}={quote(value)}" for key, value in attributes.items())
        return f"![{options['fig-cap']}]({up}{name}){{#{label} {pairs}}}"

    def picture(self, index: int, kind: str, data: str) -> bytes:
        if kind == "image/svg+xml":
            return check_svg(data.encode(), self.place(index))
        try:
            return base64.b64decode(data)
        except ValueError:
            raise self.error(index, f"the stored {kind} is damaged; run `make notebooks`") from None

    def needs(self, index: int, *keys: str) -> None:
        options, _ = self.options[index]
        for key in keys:
            if not options.get(key):
                raise self.error(index, f"{options['label']} has no {key}; add `#| {key}: …`")

    def html(self, index: int, text: str) -> str:
        external = EXTERNAL.search(text)
        if external or "<table" in text:
            found = f"`{external[0]}`" if external else "a table"
            raise self.error(index, f"HTML output with {found}; display Markdown, or HTML complete in itself")
        return fenced(text, "{=html}")


@lru_cache  # decks show the figures of notebooks again
def check_svg(data: bytes, place: str) -> bytes:
    small = data.lower()
    if found := next(filter(None, (pattern.search(small) for pattern in SVG)), None):
        text = found[0].decode(errors="replace").strip()[-60:]
        raise RenderError(f"{place}: SVG with `{text}`; a picture holds neither scripts nor outside references")
    return data


def images(lines: list[tuple[str, str]], root: Path, folder: str) -> dict[str, bytes]:
    """The picture files that the text shows, by their path in the site."""
    found = {}
    for place, line in lines:
        for target in re.findall(r"!\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]+)", line):
            path = posixpath.normpath(posixpath.join(folder, target))
            if re.match(r"(https?:)?//", target):
                raise RenderError(f"{place}: an image from another host, {target}; draw or store it here")
            if target.startswith("attachment:"):
                continue
            found[path] = read(root, path, place)
            if path.lower().endswith(".svg"):
                check_svg(found[path], f"{place}: {target}")
    return found
