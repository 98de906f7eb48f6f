"""The slides gallery keeps step with the decks."""

import re
from pathlib import Path

import pytest

from render import gallery

ROOT = Path(__file__).resolve().parent.parent
DECKS = sorted((ROOT / "slides").glob("*-deck.qmd"))


@pytest.mark.parametrize("deck", DECKS, ids=lambda deck: deck.stem)
def test_picture_of_each_deck_is_that_of_its_title_slide(deck):
    picture = ROOT / "pages" / "images" / f"{deck.stem}.svg"
    assert picture.is_file() and picture.read_text(encoding="utf-8") == gallery.title_slide(deck), (
        f"{picture.name} is missing or older than the title of {deck.name}: run `python -m render.gallery`"
    )


def test_gallery_lists_every_deck_under_its_title():
    page = (ROOT / "pages" / "slides.qmd").read_text(encoding="utf-8")
    assert page == gallery.listed(page, ROOT), "pages/slides.qmd is behind the decks: run `python -m render.gallery`"
    assert page.count("![Title slide") == len(DECKS)


def test_no_picture_is_left_of_a_deck_that_is_gone():
    assert {path.stem for path in (ROOT / "pages" / "images").glob("*-deck.svg")} == {deck.stem for deck in DECKS}


def test_long_titles_stay_inside_the_picture(tmp_path):
    deck = tmp_path / "09-long-deck.qmd"
    deck.write_text(
        "---\ntitle: Recurrent networks, reviews and the New York Stock Exchange & <more>\nsubtitle: Section 9\n---\n"
    )
    svg = gallery.title_slide(deck)
    assert "&amp;" in svg and "&lt;more&gt;" in svg and "<more>" not in svg
    rows = [float(y) for y in re.findall(r'<text x="88" y="([\d.]+)"', svg)]
    assert min(rows) > 60 and max(rows) < 690
