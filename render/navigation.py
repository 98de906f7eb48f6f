"""What the templates show around the content: navigation, links and deck settings, from _quarto.yml."""

import html
import re
from pathlib import Path, PurePosixPath

from .check import RenderError
from .sources import Source, find, place_of


def variables(root: Path, config: dict, source: Source, sources: dict[str, Source]) -> dict:
    """The variables that render/README.md lists, escaped for HTML; those without a value are left out."""
    website, course = config["website"], config.get("course", {})
    up = "../" * source.path.count("/")
    home = source.path == "index.qmd"
    values = {
        "title": source.title,
        "pagetitle": source.title if home else f"{source.title} – {website['title']}",
        "site-title": website["title"],
        "lang": source.meta.get("lang") or config.get("lang", "en"),
        "repository": course.get("repository"),
        "license": course.get("license"),
        **{key: source.meta.get(key) for key in ("subtitle", "description", "author", "date")},
        "provenance": provenance(made) if (made := source.meta.get("made")) else "",
        "search": "1" if website.get("search") and not source.is_deck else "",
        "home": "1" if home else "",
    }
    result: dict = {"root": up, **{key: html.escape(str(value)) for key, value in values.items() if value}}
    if source.is_deck:
        notebook = f"notebooks/{PurePosixPath(source.path).stem.removesuffix('-deck')}.ipynb"
        return result | ({"notebook": up + sources[notebook].html} if notebook in sources else {})

    def link(path: str, text: str = "") -> dict:
        active = {"active": "1"} if path == source.path else {}
        return {"text": html.escape(text or sources[path].title), "href": up + sources[path].html, **active}

    items = website.get("navbar", {}).get("left", [])
    result["navbar"] = [link(*page) for item in items for page in pages_of(root, item, "navbar", sources)]
    sections = sidebar(root, config, sources)
    result["sidebar"] = [
        {"section": html.escape(name), "contents": [link(*page) for page in pages]} for name, pages in sections
    ]
    order = [path for _, pages in sections for path, _ in pages]
    for place, path in enumerate(order):
        if path == source.path:
            result |= {"prev": link(order[place - 1])} if place else {}
            result |= {"next": link(order[place + 1])} if place + 1 < len(order) else {}
    for name, pages in sections:
        if name and source.path in dict(pages):
            result["breadcrumbs"] = [link(pages[0][0], name), link(source.path)]
    if source.notebook:
        result["notebook"] = notebook_links(source.path, course.get("repository", ""), sources, up)
        result["glossary"] = glossary(sources.get(course.get("glossary", "")))
    return result


def glossary(page: Source | None) -> dict[str, str]:
    """Where the terms of the glossary are explained: each form of a term, in small letters -> address from the home page.

    An entry such as **Multilayer perceptron (MLP)** or **Batch, minibatch** stands for several forms.
    """
    found = {}
    for _, line in page.lines if page else ():
        if entry := re.fullmatch(r"\*\*(.+)\*\*\s*", line):
            place = f"{page.html}#term-{re.sub('[^a-z0-9]+', '-', entry[1].lower()).strip('-')}"
            for form in re.split(r", | \(", entry[1].lower().replace(")", "")):
                found |= {form: place, f"{form}s": place}
    return found


def provenance(made: dict) -> str:
    """When, with what and on which data the outputs of a notebook were made."""
    versions = ", ".join(sorted(f"{name} {number}" for name, number in made["versions"].items()))
    data = ", ".join(sorted(f"{name} ({tier})" for name, tier in made["data"].items()))
    return (f"Outputs of {made['date']}, made with Python {made['python']}, {versions} on {made['device']} "
            f"in {made['seconds']:.0f} s." + (f" Data: {data}." if data else ""))  # fmt: skip


def pages_of(root: Path, entry: str | dict, where: str, sources: dict[str, Source]) -> list[tuple[str, str]]:
    """The pages that an entry of the navbar or sidebar stands for: path, and text if it isn't the title."""
    entry = {"href": entry} if isinstance(entry, str) else entry
    if "auto" in entry:
        return [(path, "") for path in find(root, entry["auto"]) if path in sources]
    path = entry["href"]
    if path not in sources:
        place = place_of(root, "_quarto.yml", path)
        raise RenderError(f"{place}: the {where} lists {path!r}, which is no page; correct it")
    return [(path, entry.get("text", ""))]


def sidebar(root: Path, config: dict, sources: dict[str, Source]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Names of sections and their pages; a page outside a section forms one without a name."""
    result = []
    for item in config["website"].get("sidebar", {}).get("contents", []):
        named = isinstance(item, dict) and "contents" in item
        name, entries = (item["section"], item["contents"]) if named else ("", [item])
        result.append((name, [page for entry in entries for page in pages_of(root, entry, "sidebar", sources)]))
    return result


def notebook_links(path: str, repository: str, sources: dict[str, Source], up: str) -> dict:
    stem = PurePosixPath(path).stem
    links = {"download": up + path}
    if f"slides/{stem}-deck.qmd" in sources:
        links["slides"] = f"{up}slides/{stem}-deck.html"
    name = re.match(r"https://github\.com/([\w.-]+/[\w.-]+?)/?$", repository)
    if name:
        links["colab"] = f"https://colab.research.google.com/github/{name[1]}/blob/HEAD/{path}"
        links["binder"] = f"https://mybinder.org/v2/gh/{name[1]}/HEAD?urlpath=lab/tree/{path}"
        links["github"] = f"https://github.com/{name[1]}/blob/HEAD/{path}"
    return links
