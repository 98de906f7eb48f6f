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
    }
    result: dict = {key: html.escape(str(value)) for key, value in values.items() if value}
    result["root"] = up
    if source.is_deck:
        notebook = f"notebooks/{PurePosixPath(source.path).stem.removesuffix('-deck')}.ipynb"
        return result | ({"notebook": up + sources[notebook].html} if notebook in sources else {})

    def link(path: str, text: str | None = None) -> dict:
        active = {"active": "1"} if path == source.path else {}
        return {"text": html.escape(text or sources[path].title), "href": up + sources[path].html, **active}

    sections = sidebar(root, config, sources)
    result["sidebar"] = [{**section, "contents": [link(path) for path in section["contents"]]} for section in sections]
    result["navbar"] = [link(path, text) for path, text in navbar(root, config, sources)]
    result |= {"search": "1"} if website.get("search") else {}
    result |= {"home": "1"} if home else {}
    order = [path for section in sections for path in section["contents"]]
    if source.path in order:
        place = order.index(source.path)
        result |= {"prev": link(order[place - 1])} if place else {}
        result |= {"next": link(order[place + 1])} if place + 1 < len(order) else {}
        section = next(section for section in sections if source.path in section["contents"])
        if "section" in section:
            first = {"text": html.escape(section["section"]), "href": link(section["contents"][0])["href"]}
            result["breadcrumbs"] = [first, link(source.path)]
    if source.path.endswith(".ipynb"):
        result["notebook"] = notebook_links(source.path, course.get("repository") or "", sources, up)
        if terms := glossary(sources.get(config.get("course", {}).get("glossary", ""))):
            result["glossary"] = terms
        result |= {"provenance": html.escape(provenance(made))} if (made := source.meta.get("made")) else {}
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


def page_of(root: Path, item: str | dict, where: str, sources: dict[str, Source]) -> str:
    path = item if isinstance(item, str) else item["href"]
    if path not in sources:
        raise RenderError(
            f"{place_of(root, '_quarto.yml', path)}: the {where} lists {path!r}, which is no page; correct it"
        )
    return path


def navbar(root: Path, config: dict, sources: dict[str, Source]) -> list[tuple[str, str | None]]:
    items = config["website"].get("navbar", {}).get("left", [])
    return [
        (page_of(root, item, "navbar", sources), None if isinstance(item, str) else item.get("text")) for item in items
    ]


def sidebar(root: Path, config: dict, sources: dict[str, Source]) -> list[dict]:
    """Sections with the paths of their pages; pages outside a section form one without a name."""
    result: list[dict] = []
    for item in config["website"].get("sidebar", {}).get("contents", []):
        named = isinstance(item, dict) and "section" in item and "contents" in item
        if named or not result or "section" in result[-1]:
            result.append({"section": item["section"], "contents": []} if named else {"contents": []})
        for entry in item["contents"] if named else [item]:
            if isinstance(entry, dict) and "auto" in entry:
                result[-1]["contents"] += [path for path in find(root, entry["auto"]) if path in sources]
            else:
                result[-1]["contents"].append(page_of(root, entry, "sidebar", sources))
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
