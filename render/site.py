"""Builds the site: one Pandoc process a page, assets, search index. What has not changed is left alone."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pypandoc
import yaml

from .check import RenderError
from .font import make_font
from .navigation import variables
from .sources import Source, place_of, read_sources

HERE = Path(__file__).resolve().parent
MANIFEST = ".render.json"
REVEAL_FILES = ["dist/reveal.js", "dist/reveal.css", "dist/reset.css", "LICENSE",
                "plugin/notes/notes.js", "plugin/zoom/zoom.js"]  # fmt: skip


@dataclass
class Built:
    """What a build did: `pages` are all sources in order, `rebuilt` those that had changed, `removed` the stale files."""

    out: Path
    pages: list[str]
    rebuilt: list[str]
    removed: list[str]
    seconds: float

    def __str__(self) -> str:
        return f"{len(self.pages)} pages, {len(self.rebuilt)} of them built, in {self.seconds:.1f} s: {self.out}/index.html"


def build(root: Path, out: Path | None = None, *, jobs: int | None = None, only: list[str] | None = None) -> Built:
    """Build the site of the project in `root` into `out` (default: its output-dir), or only the sources in `only`.

    Raises RenderError, naming every source that can't be rendered, and leaves `out` as it was then.
    """
    start = time.perf_counter()
    root = Path(root).resolve()
    config = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    default = root / config["project"].get("output-dir", "_site")
    out = Path(out or default).resolve()
    sources = read_sources(root, config)
    for path in only or []:
        if path not in sources:
            raise RenderError(f"{path}: not a page of the site; there are {', '.join(sources)}")

    tools = [path.read_bytes() for path in sorted(HERE.rglob("*.*")) if path.suffix in {".py", ".lua", ".html"}]
    settings = {path: pandoc_settings(root, config, source, sources) for path, source in sources.items()}
    keys = {path: key_of(root, source, settings[path], tools) for path, source in sources.items()}
    old = read_manifest(out, is_own=out == default.resolve())
    rebuilt = [path for path in only or sources if not is_fresh(out, old["pages"].get(path), keys[path])]

    outputs = run_all(root, [sources[path] for path in rebuilt], settings, jobs)
    assets = read_assets(root, config, sources)
    pages = {path: page for path, page in old["pages"].items() if path in sources} | {
        path: {"key": keys[path], "files": {name: hash_of(data) for name, data in files.items()}} for path, files in outputs.items()
    }  # fmt: skip
    expected = {name for page in pages.values() for name in page["files"]} | set(assets)
    removed = sorted(set(old["files"]) - expected)
    # Should writing be interrupted: hashes tell which of the old pages still stand, and no file is forgotten.
    write(out / MANIFEST, json.dumps({"pages": old["pages"], "files": sorted(expected | set(old["files"]))}).encode())
    for files in [assets, *outputs.values()]:
        for name, data in files.items():
            write(out / name, data)
    for name in removed:
        (out / name).unlink(missing_ok=True)
    if config["website"].get("search") and not only and (rebuilt or removed or not (out / "pagefind").is_dir()):
        index(out)
    write(out / MANIFEST, json.dumps({"pages": pages, "files": sorted(expected)}).encode())
    return Built(out, list(sources), rebuilt, removed, time.perf_counter() - start)


# The cache: a manifest in the site says from which sources, by hash, each page was made, and which files belong to it.


def hash_of(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def key_of(root: Path, source: Source, settings: dict, tools: list[bytes]) -> str:
    own = (root / source.path).read_bytes()
    pandoc = version("pypandoc_binary")
    return hash_of(pandoc, json.dumps(settings, sort_keys=True), source.markdown, own, *source.files.values(), *tools)


def read_manifest(out: Path, *, is_own: bool) -> dict:
    if (out / MANIFEST).is_file():
        return json.loads((out / MANIFEST).read_text())
    if out.is_dir() and any(out.iterdir()):
        if not is_own:
            raise RenderError(f"{out}: holds files that no build made; choose an empty folder")
        shutil.rmtree(out)  # the project's own output folder, as another renderer left it
    return {"pages": {}, "files": []}


def is_fresh(out: Path, page: dict | None, key: str) -> bool:
    if page is None or page["key"] != key:
        return False
    return all(
        (out / name).is_file() and hash_of((out / name).read_bytes()) == digest
        for name, digest in page["files"].items()
    )


def write(path: Path, data: bytes) -> None:
    """Write unless the file holds just that already; never leave half a file."""
    if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


# Pandoc.


def pandoc_settings(root: Path, config: dict, source: Source, sources: dict[str, Source]) -> dict:
    """The defaults file for Pandoc."""
    bibliography = source.meta.get("bibliography") or config.get("bibliography")
    return {
        "from": config["from"],
        "to": "revealjs" if source.is_deck else "html5",
        "standalone": True,
        "wrap": "none",
        "template": str(HERE / "templates" / ("deck.html" if source.is_deck else "page.html")),
        "html-math-method": {"method": "mathml"},
        "filters": [str(root / entry["path"]) for entry in config["filters"]],
        "variables": (values := variables(root, config, source, sources)),
        "metadata": {"root": values["root"]},
        **({"slide-level": 2} if source.is_deck else {"table-of-contents": True, "toc-depth": 3}),
        **({"citeproc": True, "bibliography": str(root / bibliography)} if bibliography else {}),
    }


def run_all(root: Path, sources: list[Source], settings: dict, jobs: int | None) -> dict[str, dict[str, bytes]]:
    """The files of each source, by its path."""
    outputs, errors = {}, []
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool, tempfile.TemporaryDirectory() as folder:
        tasks = [pool.submit(run_pandoc, root, source, settings[source.path], Path(folder)) for source in sources]
        for source, task in zip(sources, tasks, strict=True):
            try:
                outputs[source.path] = {source.html: task.result().encode(), **source.files}
            except RenderError as error:
                errors.append(str(error))
    if errors:
        raise RenderError("\n".join(errors))
    return outputs


def run_pandoc(root: Path, source: Source, settings: dict, folder: Path) -> str:
    defaults = folder / (source.path.replace("/", "_") + ".yaml")
    defaults.write_text(json.dumps(settings), encoding="utf-8")
    command = [pypandoc.get_pandoc_path(), "--defaults", defaults]
    done = subprocess.run(command, input=source.markdown.encode(), capture_output=True, cwd=root)
    problems = done.stderr.decode().strip()
    if done.returncode or problems:
        formula = re.search(r"Could not convert TeX math (.*?)(, rendering|\n|$)", problems)
        advice = "write the formula with commands that MathML knows" if formula else "see Pandoc's message"
        raise RenderError(f"{place_of(root, source.path, formula[1] if formula else '')}: {problems}; {advice}")
    return done.stdout.decode()


# What pages need besides themselves.


def read_assets(root: Path, config: dict, sources: dict[str, Source]) -> dict[str, bytes]:
    """Resources of the project (theme, math font, notebooks to download), and reveal.js."""
    make_font(root)
    files = {path for glob in config["project"].get("resources", []) for path in root.glob(glob) if path.is_file()}
    assets = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    return assets | (reveal() if any(source.is_deck for source in sources.values()) else {})


def reveal() -> dict[str, bytes]:
    """reveal.js, by path in the site."""
    # Only the files of the package are used, so Sphinx need not be there.
    folder = Path(find_spec("sphinx_revealjs").origin).parent / "_static/revealjs"
    return {f"render/reveal/{name}": (folder / name).read_bytes() for name in REVEAL_FILES}


def index(out: Path) -> None:
    """The search bundle: the text of pages, and the titles of slides as headings of one page a deck."""
    with tempfile.TemporaryDirectory() as folder:
        for path in out.rglob("*.html"):
            page = path.read_text(encoding="utf-8")
            if "/reveal.js" in page:
                title = re.search(r"<title>(.*?)</title>", page, re.S)[1]
                slides = re.findall(r'<section id="([^"]+)"[^>]*>\s*<h[12][^>]*>(.*?)</h[12]>', page, re.S)
                headings = "".join(f'<h2 id="/{ident}">{heading}</h2>' for ident, heading in slides)
                page = f"<html><body data-pagefind-body><h1>{title} (slides)</h1>{headings}</body></html>"
            write(Path(folder) / path.relative_to(out), page.encode())
        target = out / "pagefind"
        shutil.rmtree(target, ignore_errors=True)
        options = ["--site", folder, "--output-path", str(target), "--force-language", "en", "--keep-index-url",
                   "--exclude-selectors", "annotation"]  # the TeX inside MathML  # fmt: skip
        done = subprocess.run([sys.executable, "-m", "pagefind", *options], capture_output=True, text=True)
    if done.returncode:
        raise RenderError(f"pagefind: {done.stdout}{done.stderr}; reinstall it with `make setup`")
