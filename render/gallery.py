"""The slides gallery: `python -m render.gallery` draws the title slide of each deck and lists the decks in pages/slides.qmd.

A picture is made from the deck's front matter, so it needs no browser; tests/test_gallery.py holds decks and gallery together.
"""

import html
import re
import textwrap
from pathlib import Path

import yaml

MOTIF = Path(__file__).parent / "theme" / "motif.svg"
SANS = "'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif"
SERIF = "'Iowan Old Style', 'Palatino Linotype', P052, Georgia, 'Liberation Serif', serif"


def front_matter(deck: Path) -> dict:
    return yaml.safe_load(re.match(r"---\n(.*?)\n---", deck.read_text(encoding="utf-8"), re.S)[1])


def title_slide(deck: Path) -> str:
    """SVG of the title slide of the deck in the file `deck`."""
    front = front_matter(deck)
    network = re.search(r"<svg[^>]*>(.*)</svg>", MOTIF.read_text(encoding="utf-8"), re.S)[1]
    title = textwrap.wrap(str(front["title"]), 24)
    subtitle = textwrap.wrap(str(front.get("subtitle", "")), 52)
    top = 360 - (70 * len(title) + 40 * len(subtitle) + 60) / 2
    rows = [f'<rect x="88" y="{top:g}" width="72" height="6" fill="#e69f00"/>']
    for number, line in enumerate(title):
        rows.append(
            f'<text x="88" y="{top + 92 + 70 * number:g}" font-family="{SERIF}" font-size="64" fill="#fff">{html.escape(line)}</text>'
        )
    for number, line in enumerate(subtitle):
        y = top + 92 + 70 * len(title) + 40 * number - 6
        rows.append(
            f'<text x="88" y="{y:g}" font-family="{SANS}" font-size="28" fill="#d7e6f0">{html.escape(line)}</text>'
        )
    body = "\n".join(rows)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720" width="640" height="360">\n'
            f'<rect width="1280" height="720" fill="#0b2a3f"/>\n{network}\n{body}\n</svg>\n')  # fmt: skip


def entries(root: Path) -> str:
    """The Markdown list of all decks."""
    items = []
    for deck in sorted((root / "slides").glob("*-deck.qmd")):
        title, target = front_matter(deck)["title"], f"../slides/{deck.name}"
        notebook = f"{deck.stem.removesuffix('-deck')}.ipynb"
        rest = f", and its [notebook](../notebooks/{notebook})" if (root / "notebooks" / notebook).is_file() else ""
        items.append(f"- [![Title slide: {title}](images/{deck.stem}.svg)]({target})\n\n  [{title}]({target}){rest}\n")
    return "\n".join(items)


def listed(page: str, root: Path) -> str:
    """The text of the gallery page with the list of decks filled in."""
    return re.sub(r"(?s)(::: \{\.gallery\}\n).*?(:::\n)", lambda match: match[1] + entries(root) + match[2], page)


def main(root: Path = Path()) -> None:
    for deck in sorted((root / "slides").glob("*-deck.qmd")):
        picture = root / "pages" / "images" / f"{deck.stem}.svg"
        picture.parent.mkdir(exist_ok=True)
        picture.write_text(title_slide(deck), encoding="utf-8")
    page = root / "pages" / "slides.qmd"
    page.write_text(listed(page.read_text(encoding="utf-8"), root), encoding="utf-8")


if __name__ == "__main__":
    main()
