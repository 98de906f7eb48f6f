"""Reads a notebook and writes it as the Markdown that Quarto would write, from stored outputs; nothing is executed."""

import base64
import json
import posixpath
import re
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from .check import Lines, RenderError, check, load_yaml, misfit, read, read_text
from .links import SVG

IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}
KINDS = ("text/", "image/")  # of output that a page can show
NEEDS = {"fig-": ("fig-cap", "fig-alt"), "tbl-": ("tbl-cap",)}  # options, by how the label begins
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
FRAMES = 'data-dlcourse="frames"'  # marks an interactive figure that is complete in itself


def join(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def plain(text: str) -> str:
    """Text without the marks of Markdown, for titles and descriptions."""
    return " ".join(re.sub(r"[`*$]|\[([^\]]*)\]\([^)]*\)", r"\1", text).split())


def attributes(values: dict[str, object]) -> str:
    """Attributes in Pandoc's Markdown; those without a value are left out."""
    escaped = {key: str(value).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
               for key, value in values.items() if value not in ("", None)}  # fmt: skip
    return "".join(f' {key}="{" ".join(value.split())}"' for key, value in escaped.items())


def div(colons: int, attributes: str, *parts: str) -> str:
    return "\n".join([f"\n{':' * colons} {{{attributes}}}", *parts, ":" * colons, ""])


def fenced(text: str, attributes: str = "") -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks}{attributes}\n{text.rstrip()}\n{ticks}\n"


def svg_size(svg: str) -> dict[str, int]:
    """Width and height of an SVG in CSS pixels, so that the page doesn't move while the picture loads."""
    tag = re.search(r"<svg\b[^>]*>", svg)
    found = {key: re.search(rf'\s{key}="([\d.]+)(pt|px)?"', tag[0] if tag else "") for key in ("width", "height")}
    return {key: round(float(m[1]) * (4 / 3 if m[2] == "pt" else 1)) for key, m in found.items() if m}


class Notebook:
    """A notebook with its stored outputs."""

    def __init__(self, root: Path, path: str):
        try:
            data = json.loads(read_text(root, path))
        except (ValueError, RecursionError) as error:
            raise RenderError(f"{path}:{getattr(error, 'lineno', 1)}: not a notebook ({error}); restore it") from None
        wrong, where = misfit(data, "notebook")
        if wrong:
            place = f"cell {int(where[2]) + 1}, line 1" if where[1:2] == ["cells"] and where[2:] else "1"
            raise RenderError(f"{path}:{place}: {wrong}; restore it, or run `make notebooks`")
        self.made = data["metadata"].get("dlcourse")
        self.cells = [Cell(path, number, cell) for number, cell in enumerate(data["cells"], 1)]
        head = re.match(r"# (.*)\n?", self.cells[0].text) if self.cells and self.cells[0].kind == "markdown" else None
        if not head:
            raise RenderError(f"{path}:cell 1, line 1: no title; open the first cell, a Markdown cell, with `# Title`")
        self.title, self.cells[0].first, self.cells[0].text = plain(head[1]), 2, self.cells[0].text[head.end() :]

    @cached_property
    def labels(self) -> dict[str, "Cell"]:
        """The cells that have a label, by label."""
        return {cell.label: cell for cell in self.cells if cell.label}

    @property
    def description(self) -> str:
        """The first paragraph after the title, shortened."""
        parts = re.split(r"\n\s*\n", self.cells[0].text)
        return next((plain(part)[:200] for part in parts if re.match(r"\s*[A-Za-z*_`]", part)), "")

    def page(self, root: Path, labels: dict[str, str], files: dict[str, bytes]) -> str:
        """The notebook as Markdown. `labels` holds the places of all labels so far; its files go to `files`."""
        parts = []
        for cell in self.cells:
            if cell.label in labels:
                raise cell.error(f"label {cell.label} is also in {labels[cell.label]}; choose another")
            labels |= {cell.label: cell.place()} if cell.label else {}
            parts.append(cell.code_markdown(files) if cell.kind == "code" else cell.text_markdown(root, files))
        return "\n\n".join(parts)


class Cell:
    """A cell of a notebook with its stored outputs."""

    def __init__(self, path: str, number: int, data: dict):
        self.path, self.number, self.first = path, number, 1  # `first` line
        self.kind, self.text, self.tags = data["cell_type"], join(data["source"]), data["metadata"].get("tags", [])
        self.head = re.match(r"(#\|.*\n?)*", self.text)[0] if self.kind == "code" else ""
        self.code = self.text[len(self.head) :] if self.kind == "code" else ""
        self.outputs, self.attachments = data.get("outputs", []), data.get("attachments", {})
        self.folder, self.files_folder = posixpath.dirname(path), f"{PurePosixPath(path).stem}_files"

    def place(self, line: int = 1) -> str:
        return f"{self.path}:cell {self.number}, line {line}"

    def error(self, what: str, line: int = 1) -> RenderError:
        return RenderError(f"{self.place(line)}: {what}")

    @cached_property
    def options(self) -> dict:
        """The options at the head of the code."""
        if below := re.search(r"^#\|", self.code, re.M):
            line = (self.head + self.code[: below.start()]).count("\n") + 1
            raise self.error("a cell option below code; move it to the top of the cell", line)
        text = re.sub(r"^#\|", "", self.head, flags=re.M)
        options = load_yaml(text, "cell", self.place, "put the value into double quotes")
        label = options.get("label", "a")
        if not isinstance(label, str) or not re.fullmatch(r"[A-Za-z][\w-]*", label):
            raise self.error(f"label {label} is no plain name; use letters, digits, - and _ only")
        return options

    @property
    def label(self) -> str:
        return self.options.get("label", "")

    def text_markdown(self, root: Path, files: dict[str, bytes]) -> str:
        """A Markdown cell; the files that it shows are added to `files`."""
        if self.kind == "raw" or self.text.startswith("---\n"):
            raise self.error("a raw or front-matter cell; delete it, the title is the first `# ` heading")
        lines = [(self.place(number), line) for number, line in enumerate(self.text.split("\n"), self.first)]
        files |= images(check(lines, "notebook"), root, self.folder)
        text = self.text
        for name, bundle in self.attachments.items():
            if not re.fullmatch(r"[\w.() -]+", name):
                raise self.error(f"attachment {name} is no plain file name; rename it")
            target = f"{self.files_folder}/cell-{self.number}-{name}"
            text = text.replace(f"(attachment:{name})", f"({target})")
            kind, data = next(iter(bundle.items()), ("", ""))
            files[f"{self.folder}/{target}"] = self.picture(kind, join(data))
        return text

    def code_markdown(self, files: dict[str, bytes], up: str = "", echo: bool | None = None) -> str:
        """A code cell; `up` leads from the page that shows it to the notebook's folder, `echo` overrules the option."""
        options, label = self.options, self.label
        if "remove-cell" in self.tags or options.get("include") is False:
            return ""
        parts, code = [], self.code.strip("\n")
        if code and (options.get("echo", True) if echo is None else echo) and "remove-input" not in self.tags:
            fold = {"code-fold": str(options.get("code-fold", "")).lower(), "code-summary": options.get("code-summary")}
            parts.append(fenced(code, f"{{.python .cell-code{attributes(fold)}}}"))
        if options.get("output", True) and "remove-output" not in self.tags:
            for key in NEEDS.get(label[:4], ()):
                if not options.get(key):
                    raise self.error(f"{label} has no {key}; add `#| {key}: …`")
            outputs = self.outputs_markdown(files, up)
            if not outputs and label.startswith(("fig-", "tbl-")):
                raise self.error(f"{label} has no stored output; run `make notebooks` for this notebook")
            parts += outputs
        ident = f"#cell-{label} " if label.startswith("fig-") else f"#{label} " if label else ""
        more = {"tags": json.dumps(self.tags) if self.tags else "", "tbl-cap": options.get("tbl-cap")}
        return div(8, f"{ident}.cell{attributes(more)}", *parts) if parts else ""

    def outputs_markdown(self, files: dict[str, bytes], up: str) -> list[str]:
        """The outputs, each in its div; one stream may come in several pieces."""
        shown: list[tuple[str, str]] = []
        figures = 0
        for output in self.outputs:
            if output["output_type"] == "stream":
                text = ANSI.sub("", join(output["text"]))
                if shown and shown[-1][0] == output["name"]:
                    text = shown.pop()[1] + text
                shown.append((output["name"], text))
            elif output["output_type"] == "error":
                if "raises-exception" not in self.tags:
                    advice = "repair the cell and run `make notebooks`, or tag it raises-exception"
                    raise self.error(f"the stored output is an error, {output['ename']}; {advice}")
                shown.append(("error", ANSI.sub("", f"{output['ename']}: {output['evalue']}")))
            else:
                data = {kind: join(value) for kind, value in output["data"].items() if kind.startswith(KINDS)}
                is_figure = FRAMES in data.get("text/html", "") or any(kind in data for kind in IMAGES)
                figures += is_figure
                if figures > 1:
                    raise self.error(f"{figures} figures in one cell; draw panels of one, or split the cell")
                text = self.figure(data, files, up) if is_figure else self.display(data)
                shown += [("display", text)] if text else []
        frames = f"#{self.label} " if any(FRAMES in text for _, text in shown) else ""
        return [div(7, f"{frames}.cell-output .cell-output-{kind}", text if kind == "display" else fenced(text))
                for kind, text in shown]  # fmt: skip

    def display(self, data: dict[str, str]) -> str:
        """A result that is no figure."""
        if "text/markdown" in data:
            lines = enumerate(data["text/markdown"].split("\n"), 1)
            check([(f"{self.place()}, output line {number}", line) for number, line in lines], "output")
            return data["text/markdown"]
        if "text/latex" in data:
            return data["text/latex"]
        if "text/html" in data:
            found = repr(data["text/html"][:60])
            raise self.error(f"HTML output, {found}; display Markdown, or an interactive figure of dlcourse.frames")
        text = ANSI.sub("", data.get("text/plain", ""))
        return "" if not text or re.match(r"\[?<(Figure|Axes|matplotlib|seaborn)\b", text) else fenced(text)

    def figure(self, data: dict[str, str], files: dict[str, bytes], up: str) -> str:
        if not self.label.startswith("fig-"):
            raise self.error("a figure without a label; open the cell with `#| label: fig-…`")
        caption = self.options["fig-cap"]
        if FRAMES in data.get("text/html", ""):
            return fenced(data["text/html"], "{=html}") + f"\n\n{caption}"
        kind = next(kind for kind in IMAGES if kind in data)
        name = f"{self.files_folder}/{self.label}.{IMAGES[kind]}"
        files[f"{self.folder}/{name}"] = self.picture(kind, data[kind])
        alt_and_size = attributes({"fig-alt": self.options["fig-alt"], **svg_size(data[kind])})
        return f"![{caption}]({up}{name}){{#{self.label}{alt_and_size}}}"

    def picture(self, kind: str, data: str) -> bytes:
        if kind == "image/svg+xml":
            return check_svg(data.encode(), self.place())
        try:
            return base64.b64decode(data)
        except ValueError:
            raise self.error(f"the stored {kind} is damaged; run `make notebooks`") from None


@lru_cache  # decks show the figures of notebooks again
def check_svg(data: bytes, place: str) -> bytes:
    small = data.lower()
    if found := next(filter(None, (pattern.search(small) for pattern in SVG)), None):
        text = found[0].decode(errors="replace").strip()[-60:]
        raise RenderError(f"{place}: SVG with `{text}`; a picture holds neither scripts nor outside references")
    return data


def images(lines: Lines, root: Path, folder: str) -> dict[str, bytes]:
    """The picture files that the text shows, by their path in the site."""
    found = {}
    for place, line in lines:
        for target in re.findall(r"!\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]+)", line):
            if not target.startswith("attachment:"):
                path = posixpath.normpath(posixpath.join(folder, target))
                found[path] = read(root, path, place)
                if path.lower().endswith(".svg"):
                    check_svg(found[path], f"{place}: {target}")
    return found
