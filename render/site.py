"""Builds the site: one Pandoc process a page, assets, search index. What has not changed is left alone."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pypandoc
from pagefind_bin import get_executable

from dlcourse.environment import alone

from .check import RenderError, read
from .font import make_font
from .links import wrong_links
from .navigation import variables
from .sources import Source, collecting, complete, find, place_of, read_config, read_titles

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


def build(root: Path, out: Path | None = None) -> Built:
    """Build the site of the project in `root` into `out` (default: its output-dir).

    Raises RenderError, naming every source that can't be rendered, and leaves `out` as it was then.
    """
    start = time.perf_counter()
    root = Path(root).resolve()
    config = read_config(root)
    try:
        out = own_folder(root, Path(out or root / config["project"].get("output-dir", "_site")))
        out.mkdir(parents=True, exist_ok=True)
        with alone(out / LOCK, f"render: another build writes to {out}"):
            undo(out)
            sources, rebuilt, removed = build_alone(root, config, out)
    except (OSError, ValueError) as error:  # a full disk, a name that no file can have
        name, reason = getattr(error, "filename", None) or out, getattr(error, "strerror", None) or error
        raise RenderError(f"{name}: {reason}; free the disk or the folder and build again") from error
    return Built(out, sources, rebuilt, removed, time.perf_counter() - start)


def build_alone(root: Path, config: dict, out: Path) -> tuple[list[str], list[str], list[str]]:
    manifest = read_manifest(out)
    old = manifest or {}
    sources, rebuilt = render(root, config, out, old)
    html = {source.html: source.page.decode() for source in sources.values()}
    files = read_assets(root, config, sources)
    for source in sources.values():
        files |= {**source.files, source.html: source.page}
    search = {name for name in old if name.startswith("pagefind/")}
    changed = rebuilt or set(old) - search - set(files)
    if changed and (wrong := wrong_links(html, set(files))):
        places = {source.html: source.path for source in sources.values()}
        lines = [f"{place_of(root, places[name], text)}: {problem}" for name, text, problem in wrong]
        raise RenderError("\n".join(dict.fromkeys(lines)))
    if config["website"].get("search"):
        stands = search and not changed and all((out / name).is_file() for name in search)
        files |= {name: (out / name).read_bytes() for name in search} if stands else index(html)
    removed = sorted(set(old) - set(files))
    seals = dict.fromkeys(sorted(files), "") | {source.html: seal(source) for source in sources.values()}
    files[MANIFEST] = json.dumps({"files": seals}).encode()
    store(out, files, removed, manifest)
    return list(sources), rebuilt, [name for name in removed if not name.startswith("pagefind/")]


def render(root: Path, config: dict, out: Path, old: dict[str, str]) -> tuple[dict[str, Source], list[str]]:
    """All sources with their pages, and which of them had changed. Pandoc works while we read on."""
    tools = [path.read_bytes() for path in sorted(HERE.rglob("*.*")) if path.suffix in {".py", ".yml", ".html"}]
    tools += [read(root, entry["path"], "_quarto.yml:1") for entry in config["filters"]]
    tools = (version("pypandoc_binary"), hashlib.sha256(b"".join(tools)).hexdigest())
    classes = set(config.get("course", {}).get("classes", []))
    errors, labels, tasks = [], {}, {}
    sources = read_titles(root, config, errors)
    with ThreadPoolExecutor(os.cpu_count()) as pool, tempfile.TemporaryDirectory() as folder:
        for path, source in sorted(sources.items(), key=lambda item: not item[1].notebook):
            with collecting(errors, path):
                complete(root, source, sources, labels, classes)
                if errors:  # a title that the navigation shows may be missing
                    continue
                settings, bibliography = pandoc_settings(root, config, source, sources)
                source.parts = (settings, source.markdown, bibliography, tools)
                source.page = (out / source.html).read_bytes() if (out / source.html).is_file() else b""
                if seal(source) != old.get(source.html):
                    tasks[path] = pool.submit(run_pandoc, root, source, settings, Path(folder))
        for path, task in tasks.items():
            with collecting(errors, path):
                sources[path].page = task.result()
    if errors:
        raise RenderError("\n".join(dict.fromkeys(errors)))  # a page that embeds a wrong cell repeats its error
    return sources, [path for path in sources if path in tasks]


# The output folder. Nothing is written or deleted outside of it, and nothing is that no build made.


def own_folder(root: Path, out: Path) -> Path:
    """The resolved output folder. RenderError if a build could harm what is in it."""
    folder = out.resolve()
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if root.is_relative_to(folder):
        problem = "is the project or holds it; give the site a folder of its own, such as _site"
    elif out.is_symlink():
        problem = f"is a link to {folder}; remove the link, or name that folder itself"
    elif folder.exists() and not folder.is_dir():
        problem = "is a file; give the site a folder of its own, such as _site"
    elif held - {LOCK} and not held & {MANIFEST, STAGE}:  # Quarto, when it has finished, leaves a manifest as well
        problem = "holds files that no build made; choose an empty folder, or remove it (`make clean` removes _site)"
    else:
        return folder
    raise RenderError(f"{out}: {problem}")


def is_within(out: Path, path: Path) -> bool:
    return path.parent.resolve().is_relative_to(out) and not path.is_dir()


def store(out: Path, files: dict[str, bytes], removed: list[str], manifest: dict[str, str] | None) -> None:
    """Write all files beside the old site first, then move them into place. Whatever fails, the old site is whole again."""
    changed = {}
    for name, data in files.items():
        path = out / name
        if not is_within(out, path):
            raise RenderError(f"{path}: a link or folder is in the way; remove it and build again")
        if not path.is_file() or path.read_bytes() != data:
            if path.exists() and manifest is not None and name not in {*manifest, MANIFEST}:
                raise RenderError(f"{path}: stands where the build would write, but no build made it; move it away")
            changed[name] = data
    moves = [(name, True) for name in changed] + [(name, False) for name in removed if is_within(out, out / name)]
    stage = out / STAGE
    stage.mkdir()
    try:
        for number, data in enumerate(changed.values()):
            (stage / f"{number}.new").write_bytes(data)
        (stage / "moves").write_text(
            json.dumps(moves), encoding="utf-8"
        )  # half of it is no JSON, and nothing has moved
        for number, (name, is_new) in enumerate(moves):
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                path.replace(stage / f"{number}.old")
            if is_new:
                (stage / f"{number}.new").replace(path)
        (stage / "moves").unlink()  # from here on the new site holds
    finally:
        undo(out)


def undo(out: Path) -> None:
    """Put back what a build had moved that failed or, before this one, was killed, and sweep its leftovers."""
    stage = out / STAGE
    try:
        moves = json.loads((stage / "moves").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # nothing was moved
        moves = []
    for number, (name, is_new) in enumerate(moves):
        path, new, old = out / name, stage / f"{number}.new", stage / f"{number}.old"
        if is_new and not new.exists() and is_within(out, path):
            path.replace(new)
        if old.exists() and is_within(out, path):
            old.replace(path)
    if moves:
        (stage / "moves").unlink()  # first: it must not outlive what it speaks of
    shutil.rmtree(stage, ignore_errors=True)


# The cache: a manifest in the site names its files, and seals each page with a hash of its parts and itself.


def seal(source: Source) -> str:
    return hashlib.sha256(repr((source.parts, source.page)).encode()).hexdigest()


def read_manifest(out: Path) -> dict[str, str] | None:
    """The files of the site, pages with their seals; None if that is broken: then all is built, nothing deleted."""
    try:
        files = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]
        return files if isinstance(files, dict) else None
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def pandoc_settings(root: Path, config: dict, source: Source, sources: dict[str, Source]) -> tuple[dict, bytes]:
    """What Pandoc needs besides templates/page.yml or deck.yml, and the bibliography."""
    values = variables(root, config, source, sources)
    glossary = values.pop("glossary", {})
    bibliography = source.meta.get("bibliography") or config.get("bibliography")
    settings = {
        "defaults": str(HERE / "templates" / ("deck.yml" if source.is_deck else "page.yml")),
        "from": config["from"],
        "filters": [str(root / entry["path"]) for entry in config["filters"]],
        "variables": values,
        "metadata": {"root": values["root"], "glossary": glossary},
    }
    settings |= {"citeproc": True, "bibliography": str(root / bibliography)} if bibliography else {}
    return settings, read(root, bibliography, f"{source.path}:1") if bibliography else b""


def run_pandoc(root: Path, source: Source, settings: dict, folder: Path) -> bytes:
    defaults = folder / (source.path.replace("/", "_") + ".yaml")
    defaults.write_text(json.dumps(settings), encoding="utf-8")
    command = [pypandoc.get_pandoc_path(), "--defaults", defaults]
    done = subprocess.run(command, input=source.markdown.encode(), capture_output=True, cwd=root, timeout=120)
    problems = done.stderr.decode(errors="replace").strip()
    if done.returncode or problems:
        formula = re.search(r"Could not convert TeX math (.*?)(, rendering|\n|$)", problems)
        advice = "write the formula with commands that MathML knows" if formula else "see Pandoc's message"
        raise RenderError(f"{place_of(root, source.path, formula[1] if formula else '')}: {problems}; {advice}")
    return done.stdout


def read_assets(root: Path, config: dict, sources: dict[str, Source]) -> dict[str, bytes]:
    """Resources of the project (theme, math font, notebooks to download), and reveal.js."""
    make_font(root)
    assets = {}
    for pattern in config["project"].get("resources", []):
        place = place_of(root, "_quarto.yml", pattern)
        assets |= {path: read(root, path, place) for path in find(root, pattern)}
    return assets | (reveal() if any(source.is_deck for source in sources.values()) else {})


def reveal() -> dict[str, bytes]:
    """reveal.js, by path in the site. Only files of the package are used, so Sphinx need not be there."""
    folder = Path(find_spec("sphinx_revealjs").origin).parent / "_static/revealjs"
    return {f"render/reveal/{name}": (folder / name).read_bytes() for name in REVEAL_FILES}


def index(pages: dict[str, str]) -> dict[str, bytes]:
    """The search bundle, by path in the site: the text of pages, and the titles of slides as headings of one page a deck."""
    with tempfile.TemporaryDirectory() as folder:
        for name, page in pages.items():
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
        done = subprocess.run([get_executable(), *options], capture_output=True, text=True)
        if done.returncode:
            raise RenderError(f"pagefind: {done.stdout}{done.stderr}; reinstall it with `make setup`")
        found = [path for path in target.rglob("*") if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
