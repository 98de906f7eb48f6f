"""The site as it is published, by either renderer: complete, self-contained, and the same in pages, slides, figures, notes and links as its sources.

What must be there is worked out here from the sources anew, not with the renderer's own reading of them.
"""

import json
import re
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

import render

ROOT = Path(__file__).resolve().parent.parent
CONFIG = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))
NOTEBOOKS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("notebooks/*.ipynb"))
DECKS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("slides/*-deck.qmd"))
PAGES = ["index.qmd", *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("pages/*.qmd"))]


class Site:
    def __init__(self, folder: Path):
        self.folder = folder
        files = [path for path in folder.rglob("*.html") if "pagefind" not in path.parts]
        self.documents = {
            path.relative_to(folder).as_posix(): BeautifulSoup(path.read_bytes(), "html.parser") for path in files
        }
        self.ids = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in self.documents.items()}

    def of(self, source: str) -> BeautifulSoup:
        return self.documents[str(Path(source).with_suffix(".html"))]


@pytest.fixture(scope="session", params=["pandoc", "quarto"])
def site(request) -> Site:
    return Site(request.getfixturevalue(f"{request.param}_site"))


def cells(path: str) -> list[dict]:
    found = json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"]), "tags": cell["metadata"].get("tags", [])} for cell in found]


def prose(path: str) -> str:
    """The Markdown of a source without front matter, code blocks, and what could be markup in code spans."""
    if path.endswith(".ipynb"):
        text = "\n\n".join(cell["source"] for cell in cells(path) if cell["cell_type"] == "markdown")
    else:
        text = (ROOT / path).read_text(encoding="utf-8").split("---\n", 2)[2]
        for included in re.findall(r"\{\{<\s*include\s+(\S+)", text):
            text += (ROOT / path).parent.joinpath(included).read_text(encoding="utf-8")
    return re.sub(
        r"`[^`\n]*`",
        lambda span: re.sub(r"[^\w .,]", "", span[0]),
        re.sub(r"^\s*(```|~~~).*?^\s*\1", "", text, flags=re.S | re.M),
    )


def front_matter(path: str) -> dict:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8").split("---\n", 2)[1])


def labels(path: str) -> list[str]:
    """The labels of code cells that are shown."""
    hidden = {"remove-cell", "remove-output"}
    return [label for cell in cells(path) if cell["cell_type"] == "code" and not hidden & set(cell["tags"])
            for label in re.findall(r"^#\|\s*label:\s*(\S+)", cell["source"], re.M)]  # fmt: skip


def words(text: str) -> str:
    """Letters and digits only, to compare text before and after typography, code and math."""
    return re.sub(r"[\W_]+", "", re.sub(r"\$[^$]*\$|\{[^}]*\}\s*$", "", text))


def heading_words(tag) -> str:
    for math in tag.find_all("math"):
        math.extract()
    return words(tag.get_text())


# Complete


def test_every_source_has_its_page(site):
    assert NOTEBOOKS and DECKS
    assert set(site.documents) == {str(Path(path).with_suffix(".html")) for path in [*PAGES, *NOTEBOOKS, *DECKS]}


@pytest.mark.parametrize("place", ["navbar", "sidebar"])
def test_every_page_named_in_the_navigation_is_linked_there(site, place):
    def named(value):
        if isinstance(value, str) and re.search(r"\.(qmd|ipynb)$", value):
            yield from NOTEBOOKS if value == "notebooks/*.ipynb" else [value]
        elif isinstance(value, list | dict):
            for inner in value.values() if isinstance(value, dict) else value:
                yield from named(inner)

    paths = list(named(CONFIG["website"][place]))
    assert paths
    selector = {"navbar": "#header .nav-link", "sidebar": "#sidebar .sidebar-link"}[place]
    for path in [*PAGES, *NOTEBOOKS]:
        links = [link["href"] for link in site.of(path).select(selector)]
        assert links == ["../" * path.count("/") + str(Path(target).with_suffix(".html")) for target in paths]


@pytest.mark.parametrize("path", [*PAGES, *DECKS])
def test_title_of_page(site, path):
    title = front_matter(path)["title"]
    assert words(site.of(path).select_one("h1").get_text()) == words(title)
    assert words(title) in words(site.of(path).title.get_text())


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_title_of_notebook(site, path):
    title = cells(path)[0]["source"].split("\n")[0].removeprefix("# ")
    assert words(site.of(path).select_one("h1").get_text()) == words(title)
    assert len(site.of(path).select("h1")) == 1


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS])
def test_headings_of_page(site, path):
    text = re.sub(r"\]\([^)\s]*\)", "]", prose(path))  # a heading may be a link
    expected = [words(heading) for _, heading in re.findall(r"^(##+)\s+(.*)$", text, re.M)]
    found = [heading_words(tag) for tag in site.of(path).select("main h2, main h3, main h4, main h5")]
    assert found == expected


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_cells_figures_tables_and_solutions_of_notebook(site, path):
    page = site.of(path)
    code = [cell for cell in cells(path) if cell["cell_type"] == "code" and "remove-cell" not in cell["tags"]]
    code = [
        cell
        for cell in code
        if not re.search(r"^#\|\s*include:\s*false", cell["source"], re.M) and cell["source"].strip()
    ]
    assert len(page.select("div.cell")) == len(code)
    for label in labels(path):
        assert page.find(id=label) or page.find(id=f"cell-{label}"), label
    pictures = [label for label in labels(path) if page.find(id=label) and label.startswith("fig-")]
    assert pictures and all(page.find(id=label).find(["img", "svg", "div"]) for label in pictures)
    assert len(page.select("details.solution div.cell")) == sum("solution" in cell["tags"] for cell in code)
    assert len(page.select(".box-exercise")) == len(re.findall(r"^> \*\*Exercise", prose(path), re.M))


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_notebook_can_be_downloaded_and_says_how_it_was_made(site, path):
    assert (site.folder / path).read_bytes() == (ROOT / path).read_bytes()
    made = json.loads((ROOT / path).read_text(encoding="utf-8"))["metadata"]["dlcourse"]
    line = site.of(path).select_one(".provenance").get_text()
    for value in [made["date"], made["python"], made["device"], *made["versions"].values(), *made["data"]]:
        assert str(value) in line


@pytest.mark.parametrize("path", DECKS)
def test_slides_notes_and_embeds_of_deck(site, path):
    text = prose(path)
    headings = re.findall(r"^(##?)\s+(.*?)\s*(?:\{.*\})?$", text, re.M)
    slides = site.of(path).select("section.slide")
    assert [heading_words(slide.find(["h1", "h2"])) for slide in slides] == [words(title) for _, title in headings]
    noted = [slide for slide in slides if "level2" in slide["class"]]
    assert noted and all(slide.select_one("aside.notes").get_text(strip=True) for slide in noted)
    assert len(site.of(path).select("aside.notes")) == len(re.findall(r"^:::+\s*(?:\{\s*)?\.?notes", text, re.M))
    embeds = re.findall(r"\{\{<\s*embed\s+\S+#(\S+)", text)
    found = site.of(path).select("div.embed")
    assert len(found) == len(embeds)
    for label, embed in zip(embeds, found, strict=True):
        if label.startswith(("fig-", "tbl-")):
            assert embed.select_one(f'.embed-source a[href$="#{label}"]'), label


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS, *DECKS])
def test_links_of_source_are_in_page(site, path):
    targets = re.findall(r"(?<!!)\[[^\]]*\](?:\([^)]*\)\])?\(<?([^)\s>]+)", re.sub(r"\$[^$\n]+\$", "", prose(path)))
    links = [unquote(link["href"]) for link in site.of(path).select("a[href]")]
    for target in targets:
        if not urlsplit(target).scheme:
            target = re.sub(r"\.(qmd|ipynb)(?=#|$)", ".html", target)
        assert unquote(target) in links, target


def test_labels_are_unique_across_the_course():
    seen: dict[str, str] = {}
    for path in NOTEBOOKS:
        for label in labels(path):
            assert label not in seen, f"{label} in {path} and {seen.get(label)}"
            seen[label] = path


@pytest.mark.parametrize("path", [*DECKS, *PAGES])
def test_every_embed_resolves(path):
    for target, label in re.findall(r"\{\{<\s*embed\s+(\S+)#(\S+)", prose(path)):
        notebook = (ROOT / path).parent.joinpath(target).resolve().relative_to(ROOT).as_posix()
        assert notebook in NOTEBOOKS and label in labels(notebook), f"{target}#{label}"


# Links, hosts, pictures


def references(document: BeautifulSoup):
    """(tag, URL) of all that the document links to or loads."""
    for tag in document.find_all(True):
        for attribute in ("href", "src", "data-src", "poster", "data-background-image"):
            if tag.get(attribute):
                yield tag, tag[attribute]


def test_internal_links_and_anchors_resolve(site):
    broken = []
    for name, document in site.documents.items():
        for _, url in references(document):
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (
                (site.folder / name).parent.joinpath(unquote(parts.path)).resolve()
                if parts.path
                else site.folder / name
            )
            if not target.is_file():
                broken.append(f"{name}: {url}")
            elif parts.fragment and target.suffix == ".html":
                ids = site.ids[target.relative_to(site.folder).as_posix()]
                if unquote(parts.fragment).removeprefix("/") not in ids:
                    broken.append(f"{name}: {url} has no such anchor")
    assert broken == []


def test_nothing_is_loaded_from_another_host(site):
    found = []
    for name, document in site.documents.items():
        found += [f"{name}: {url}" for tag, url in references(document)
                  if tag.name != "a" and (urlsplit(url).netloc or urlsplit(url).scheme not in {"", "data"})]  # fmt: skip
    pattern = re.compile(
        r"""@import\s+["'u]|url\(\s*["']?\s*(?:https?:)?//|(?:src|xlink:href|<image[^>]*\shref)\s*=\s*["'](?:https?:)?//"""
    )
    for path in site.folder.rglob("*"):
        if path.suffix in {".css", ".svg", ".html"} or path.parent.name == "theme":
            match = path.is_file() and pattern.search(path.read_text(encoding="utf-8"))
            found += [f"{path.relative_to(site.folder)}: {match[0]}"] if match else []
    assert found == []


def test_every_picture_has_alternative_text_and_every_float_a_caption(site):
    pictures = [(name, image) for name, document in site.documents.items() for image in document.find_all("img")]
    assert pictures
    assert [f"{name}: {image}" for name, image in pictures if not image.get("alt", "").strip()] == []
    floats = [(name, figure) for name, document in site.documents.items() for figure in document.select("figure")]
    assert [f"{name}: {figure}" for name, figure in floats if not figure.find("figcaption").get_text(strip=True)] == []


def test_identifiers_are_unique_in_each_page(site):
    for name, document in site.documents.items():
        found = [tag["id"] for tag in document.find_all(id=True)]
        assert {ident for ident in found if found.count(ident) > 1} == set(), name


def test_no_path_of_this_machine_is_published(site):
    paths = [str(path).encode() for path in (ROOT, Path.home() / "x", site.folder.parent, Path(tempfile.gettempdir()))]
    for file in site.folder.rglob("*"):
        if file.is_file() and file.suffix not in {".pf_index", ".pf_fragment", ".pf_meta", ".pagefind", ".woff"}:
            assert [path for path in paths if path.rstrip(b"x") in file.read_bytes()] == [], file


# Search, weight, speed


def test_search_knows_every_page_and_slide(site):
    entry = json.loads((site.folder / "pagefind/pagefind-entry.json").read_text())
    assert sum(language["page_count"] for language in entry["languages"].values()) == len(PAGES) + len(NOTEBOOKS) + len(
        DECKS
    )


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_notebook_page_is_at_most_a_megabyte(site, path):
    name = str(Path(path).with_suffix(".html"))
    linked = [
        url for tag, url in references(site.of(path)) if tag.name in {"script", "link"} and not url.startswith("data:")
    ]
    files = [site.folder / name, *((site.folder / name).parent / url for url in linked), *site.folder.rglob("*.woff")]
    assert sum(file.stat().st_size for file in files) <= 1_000_000


def test_a_second_build_builds_nothing(pandoc_site):
    assert render.build(ROOT, pandoc_site).rebuilt == []
