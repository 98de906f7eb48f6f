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

from dlcourse.environment import alone

from .check import RenderError, read
from .font import make_font
from .links import wrong_links
from .navigation import variables
from .sources import Source, find, place_of, read_config, read_sources

HERE = Path(__file__).resolve().parent
MANIFEST, LOCK, STAGE = ".render.json", ".render.lock", ".render.new"
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
    config = read_config(root)
    try:
        out = own_folder(root, Path(out or root / config["project"].get("output-dir", "_site")))
        out.mkdir(parents=True, exist_ok=True)
        with alone(out / LOCK, f"render: another build writes to {out}"):
            sources, rebuilt, removed = build_alone(root, config, out, jobs, only)
    except (OSError, ValueError) as error:  # a full disk, a name that no file can have
        name = getattr(error, "filename", None) or out
        raise RenderError(f"{name}: {getattr(error, 'strerror', None) or error}; free the disk or the folder and build again") from error  # fmt: skip
    return Built(out, sources, rebuilt, removed, time.perf_counter() - start)


def build_alone(root: Path, config: dict, out: Path, jobs: int | None, only: list[str] | None) -> tuple:
    sources = read_sources(root, config)
    for path in only or []:
        if path not in sources:
            raise RenderError(f"{path}: not a page of the site; there are {', '.join(sources)}")
    tools = [path.read_bytes() for path in sorted(HERE.rglob("*.*")) if path.suffix in {".py", ".lua", ".html"}]
    settings = {path: pandoc_settings(root, config, source, sources) for path, source in sources.items()}
    keys = {path: key_of(root, source, settings[path], tools) for path, source in sources.items()}
    old = read_manifest(out)
    rebuilt = [path for path in only or sources if not is_fresh(out, old["pages"].get(path), keys[path])]

    outputs = run_all(root, [sources[path] for path in rebuilt], settings, jobs)
    pages = {path: page for path, page in old["pages"].items() if path in sources} | {
        path: {"key": keys[path], "files": {name: hash_of(data) for name, data in files.items()}} for path, files in outputs.items()
    }  # fmt: skip
    files = read_assets(root, config, sources)
    for page in outputs.values():
        files |= page
    expected = {name for page in pages.values() for name in page["files"]} | set(files)
    removed = sorted(set(old["files"]) - expected)
    places = {source.html: source.path for source in sources.values()}
    html = {
        name: files.get(name) or (out / name).read_bytes() for name in places if name in files or (out / name).is_file()
    }
    if rebuilt or removed:
        wrong = wrong_links(
            {name: page.decode(errors="replace") for name, page in html.items()}, expected | set(places)
        )
        if wrong:
            lines = [f"{place_of(root, places[name], text)}: {problem}" for name, text, problem in wrong]
            raise RenderError("\n".join(dict.fromkeys(lines)))
    search = {name for name in old["files"] if name.startswith("pagefind/")}
    if config["website"].get("search"):
        removed = [name for name in removed if name not in search]
        if not only and (rebuilt or removed or not search or not all((out / name).is_file() for name in search)):
            found = index(html)
            files |= found
            removed += sorted(search - set(found))
            search = set(found)
        expected |= search
    store(out, files, removed, old, {"pages": pages, "files": sorted(expected)})
    return list(sources), rebuilt, [name for name in removed if not name.startswith("pagefind/")]


# The output folder. Nothing is written or deleted outside of it, and nothing is that no build made.


def own_folder(root: Path, out: Path) -> Path:
    """The resolved output folder. RenderError if a build could harm what is in it."""
    folder = out.resolve()
    if root.is_relative_to(folder):
        raise RenderError(f"{out}: is the project or holds it; give the site a folder of its own, such as _site")
    if out.is_symlink():
        raise RenderError(f"{out}: is a link to {folder}; remove the link, or name that folder itself")
    if folder.exists() and not folder.is_dir():
        raise RenderError(f"{out}: is a file; give the site a folder of its own, such as _site")
    # Quarto, when it has finished, leaves a manifest as well.
    if folder.is_dir() and not (folder / MANIFEST).is_file() and {path.name for path in folder.iterdir()} - {LOCK}:
        raise RenderError(f"{out}: holds files that no build made; choose an empty folder, or remove it (`make clean` removes _site)")  # fmt: skip
    return folder


def store(out: Path, files: dict[str, bytes], removed: list[str], old: dict, manifest: dict) -> None:
    """Write all files beside the old site first, then move them into place: a full disk leaves the old site whole."""
    changed = {}
    for name, data in files.items():
        path = out / name
        if not path.parent.resolve().is_relative_to(out) or path.is_dir():
            raise RenderError(f"{path}: a link or folder is in the way; remove it and build again")
        if not path.is_file() or path.read_bytes() != data:
            known = name in old["files"] or name.startswith("pagefind/")  # earlier versions didn't list the index
            if path.exists() and not old["broken"] and not known:
                raise RenderError(f"{path}: stands where the build would write, but no build made it; move it away")
            changed[path] = data
    stage = out / STAGE
    shutil.rmtree(stage, ignore_errors=True)  # what a killed build left
    stage.mkdir()
    try:
        for number, data in enumerate(changed.values()):
            (stage / str(number)).write_bytes(data)
        # Should moving be interrupted: hashes tell which of the old pages still stand, and no file is forgotten.
        write(out / MANIFEST, {"pages": old["pages"], "files": sorted({*old["files"], *manifest["files"]})})
        for number, path in enumerate(changed):
            path.parent.mkdir(parents=True, exist_ok=True)
            (stage / str(number)).replace(path)
        for path in (out / name for name in removed):
            if path.parent.resolve().is_relative_to(out):
                path.unlink(missing_ok=True)
        write(out / MANIFEST, manifest)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def write(path: Path, manifest: dict) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(manifest), encoding="utf-8")
    part.replace(path)


# The cache: a manifest in the site says from which sources, by hash, each page was made, and which files belong to it.


def hash_of(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def key_of(root: Path, source: Source, settings: dict, tools: list[bytes]) -> str:
    own = read(root, source.path)
    pandoc = version("pypandoc_binary")
    return hash_of(pandoc, json.dumps(settings, sort_keys=True), source.markdown, own, *source.files.values(), *tools)


def read_manifest(out: Path) -> dict:
    """What is known of the site; nothing, if the manifest is broken: then all is built anew and nothing deleted."""
    if not (out / MANIFEST).is_file():
        return {"pages": {}, "files": [], "broken": False}
    try:
        data = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        own = {
            name for name in data["files"] if not {"", ".."} & set(name.split("/")) and not name.startswith(".render")
        }
        for page in data["pages"].values():
            own |= {name for name, digest in page["files"].items() if page["key"] and digest}
        return {"pages": data["pages"], "files": sorted(own), "broken": False}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {"pages": {}, "files": [], "broken": True}


def is_fresh(out: Path, page: dict | None, key: str) -> bool:
    if page is None or page["key"] != key:
        return False
    return all(
        (out / name).is_file() and hash_of((out / name).read_bytes()) == digest
        for name, digest in page["files"].items()
    )


# Pandoc.


def pandoc_settings(root: Path, config: dict, source: Source, sources: dict[str, Source]) -> dict:
    """The defaults file for Pandoc."""
    bibliography, place = source.meta.get("bibliography") or config.get("bibliography"), "_quarto.yml:1"
    if bibliography:
        read(root, bibliography, f"{source.path}:1")
    return {
        "from": config["from"],
        "to": "revealjs" if source.is_deck else "html5",
        "standalone": True,
        "wrap": "none",
        "template": str(HERE / "templates" / ("deck.html" if source.is_deck else "page.html")),
        "html-math-method": {"method": "mathml"},
        "filters": [str(root / entry["path"]) for entry in config["filters"] if read(root, entry["path"], place)],
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
    try:
        done = subprocess.run(command, input=source.markdown.encode(), capture_output=True, cwd=root, timeout=120)
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"{source.path}:1: Pandoc didn't finish within two minutes; shorten or simplify the page"
        ) from None
    problems = done.stderr.decode(errors="replace").strip()
    if done.returncode or problems:
        formula = re.search(r"Could not convert TeX math (.*?)(, rendering|\n|$)", problems)
        advice = "write the formula with commands that MathML knows" if formula else "see Pandoc's message"
        raise RenderError(f"{place_of(root, source.path, formula[1] if formula else '')}: {problems}; {advice}")
    return done.stdout.decode()


# What pages need besides themselves.


def read_assets(root: Path, config: dict, sources: dict[str, Source]) -> dict[str, bytes]:
    """Resources of the project (theme, math font, notebooks to download), and reveal.js."""
    make_font(root)
    assets = {}
    for pattern in config["project"].get("resources", []):
        place = place_of(root, "_quarto.yml", pattern)
        assets |= {path: read(root, path, place) for path in find(root, pattern)}
    return assets | (reveal() if any(source.is_deck for source in sources.values()) else {})


def reveal() -> dict[str, bytes]:
    """reveal.js, by path in the site."""
    # Only the files of the package are used, so Sphinx need not be there.
    folder = Path(find_spec("sphinx_revealjs").origin).parent / "_static/revealjs"
    return {f"render/reveal/{name}": (folder / name).read_bytes() for name in REVEAL_FILES}


def index(pages: dict[str, bytes]) -> dict[str, bytes]:
    """The search bundle, by path in the site: the text of pages, and the titles of slides as headings of one page a deck."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in pages.items():
            page = data.decode()
            if "/reveal.js" in page:
                title = re.search(r"<title>(.*?)</title>", page, re.S)[1]
                slides = re.findall(r'<section id="([^"]+)"[^>]*>\s*<h[12][^>]*>(.*?)</h[12]>', page, re.S)
                headings = "".join(f'<h2 id="/{ident}">{heading}</h2>' for ident, heading in slides)
                page = f"<html><body data-pagefind-body><h1>{title} (slides)</h1>{headings}</body></html>"
            path = Path(folder, "site", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page, encoding="utf-8")
        target = Path(folder, "pagefind")
        options = ["--site", str(Path(folder, "site")), "--output-path", str(target), "--force-language", "en",
                   "--keep-index-url", "--exclude-selectors", "annotation"]  # the TeX inside MathML  # fmt: skip
        done = subprocess.run([sys.executable, "-m", "pagefind", *options], capture_output=True, text=True)
        if done.returncode:
            raise RenderError(f"pagefind: {done.stdout}{done.stderr}; reinstall it with `make setup`")
        return {f"pagefind/{path.relative_to(target).as_posix()}": path.read_bytes() for path in target.rglob("*") if path.is_file()}  # fmt: skip
