"""Decks can be presented as they are: numbers tied to their notebook, notes to speak from, a session's length."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DECKS = sorted((ROOT / "slides").glob("*-deck.qmd"))
# Decimals, percentages, and whole numbers from 1,000 on. Years are no results of a computation.
NUMBER = re.compile(r"(?<![\w.,/#-])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[ \u00a0]?%)?(?![\w/-])")
YEAR = range(1900, 2100)


@pytest.fixture(params=DECKS, ids=lambda path: path.stem)
def deck(request):
    return request.param


def slides(deck):
    """(title, text, notes) of the slides that carry content."""
    found = []
    text = deck.read_text(encoding="utf-8").split("---\n", 2)[2]
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        title, _, rest = re.split(r"^# ", part, flags=re.M)[0].partition("\n")
        notes = re.search(r"^:::+ *\{?\.?notes\}?\n(.*?)^:::+$", rest, re.S | re.M)
        found.append(
            (title.split(" {")[0].strip(), rest.replace(notes[0], "") if notes else rest, notes[1] if notes else "")
        )
    return found


def numbers(text):
    """Numbers that a computation may have given, without their commas and percent signs."""
    text = re.sub(r"\{\{<.*?>\}\}|\]\([^)]*\)|https?://\S+|^:::.*$|^#.*\{.*\}$", " ", text, flags=re.M)
    text = re.sub(r"\\,|\{,\}", ",", text)
    for match in NUMBER.finditer(text):
        plain = re.sub(r"[ \u00a0,%]", "", match[0])
        is_year = plain.isdigit() and "," not in match[0] and int(plain) in YEAR
        if "." in plain or "%" in match[0] or (float(plain) >= 1000 and not is_year):
            yield match[0], plain


def notebook_numbers(deck):
    path = ROOT / "notebooks" / f"{deck.stem.removesuffix('-deck')}.ipynb"
    texts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        texts.append("".join(cell["source"]))
        for output in cell.get("outputs", []):
            texts.append("".join(output.get("text", "")))
            texts += [
                "".join(value)
                for kind, value in output.get("data", {}).items()
                if kind in ("text/markdown", "text/plain")
            ]
    text = re.sub(r"\\,|\{,\}", ",", "\n".join(texts))
    return {re.sub(r"[ \u00a0,%]", "", match[0]) for match in NUMBER.finditer(text)}


def test_numbers_are_those_of_the_notebook(deck):
    known = notebook_numbers(deck)
    missing = [f"“{title}”: {shown}" for title, text, notes in slides(deck)
               for shown, plain in numbers(f"{title}\n{text}\n{notes}") if plain not in known]  # fmt: skip
    assert missing == []


def minutes(notes):
    found = re.findall(r"(\d+(?:\.\d+)?) (min|s)\.", notes)
    return float(found[-1][0]) / (60 if found[-1][1] == "s" else 1) if found else None


def test_notes_say_how_long_and_the_deck_fits_a_session(deck):
    without = [title for title, _, notes in slides(deck) if minutes(notes) is None]
    assert without == []
    text = deck.read_text(encoding="utf-8")
    every = re.findall(r"^:::+ *\{?\.?notes\}?\n(.*?)^:::+$", text, re.S | re.M)
    assert 75 <= sum(minutes(notes) or 0 for notes in every) <= 90


def test_every_slide_has_a_title_and_notes(deck):
    assert re.match(r"\s*##? \S", deck.read_text(encoding="utf-8").split("---\n", 2)[2]), "text before the first slide"
    assert [title for title, _, notes in slides(deck) if not title or not notes.strip()] == []


def test_the_room_is_asked_something_on_every_third_slide(deck):
    asked = ["?" in notes for _, _, notes in slides(deck)]
    quiet = [slides(deck)[at + 2][0] for at in range(len(asked) - 2) if not any(asked[at : at + 3])]
    assert quiet == [], "three slides in a row without a question end here"


def test_deck_is_no_longer_than_a_session_bears(deck):
    assert 12 <= len(slides(deck)) <= 30
    assert all(len(title) <= 80 for title, _, _ in slides(deck))
