"""The slides page keeps step with the decks."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def test_slides_page_lists_every_deck_under_its_title_with_its_notebook():
    page = (ROOT / "pages/slides.qmd").read_text(encoding="utf-8")
    wanted = []
    for deck in sorted(ROOT.glob("slides/*-deck.qmd")):
        title = yaml.safe_load(deck.read_text(encoding="utf-8").split("---\n", 2)[1])["title"]
        notebook = f"../notebooks/{deck.stem.removesuffix('-deck')}.ipynb"
        wanted.append((title, f"../slides/{deck.name}", notebook))
    found = re.findall(r"^\d+\. \[(.*)\]\((.*)\)\n\n.*\[notebook\]\((.*)\)$", page, re.M)
    assert found == wanted
