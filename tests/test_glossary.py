"""Every term that a notebook sets in bold is explained on the notation page, which links to where it is introduced.

`python tests/test_glossary.py` writes those links anew.
"""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "pages/notation.qmd"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))
ENTRY = re.compile(r"^\*\*(.+)\*\*\n: (.*?)(?: \[Section \d\]\(\.\./notebooks/\S+\))?$", re.M)
# Bold for another reason than a new term. Sentences (they end with . or :) and summaries are left out anyway.
NO_TERM = {
    "after this notebook you can", "the first part", "the second part", "computing power", "data sets", "software libraries",
    "program", "the criterion", "at equal epochs", "at equal seconds", "on the same reviews", "which columns", "which score",
    "added up", "local and approximate", "independently of the others", "these numbers are published, not computed here",
    "straight", "bent", "tuned in the same way", "cifar-100", "resnet-50",
    "last state", "log volume", "dow jones return", "log volatility", "ar by a network",
}  # fmt: skip
BOXES = re.compile(r"(exercise \d+\.\d+|solution|key idea|caution|in the lecture)\.?$")


def forms(entry):
    """What an entry such as `Multilayer perceptron (MLP)` or `Batch, minibatch` explains, in small letters."""
    parts = re.split(r", | \(", entry.lower().replace(")", ""))
    return {*parts, *(f"{part}s" for part in parts)}


def anchor(heading):
    """The id that Pandoc gives a heading."""
    text = re.sub(r"[^\w\s.-]", "", re.sub(r"[`*$]", "", heading).lower())
    return re.sub(r"^[^a-z]+", "", re.sub(r"\s+", "-", text.strip()))


def bold(path):
    """(term, file name with the anchor of the section) of the terms that a notebook sets in bold."""
    place, heading = path.name, ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        for block in re.split(r"\n(?=#)|\n\n", "".join(cell["source"])):
            if title := re.match(r"(##+) (.*)", block):
                heading = title[2].strip()
                place = f"{path.name}#{anchor(heading)}"
                continue
            for text in re.findall(r"\*\*(.+?)\*\*", block, re.S):
                term = re.sub(r"\s+", " ", text).lower()
                sentence = term.endswith((".", ":")) or BOXES.match(term) or "`" in term
                if not sentence and heading not in ("Summary", "The whole lecture in one page") and term not in NO_TERM:
                    yield term, place


def headings():
    """(heading in small letters, file name with its anchor) of all sections."""
    for path in NOTEBOOKS:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                for title in re.findall(r"^##+ (.*)", "".join(cell["source"]), re.M):
                    yield title.lower(), f"{path.name}#{anchor(title)}"


def introduced():
    """Where each term stands in bold for the first time."""
    found = {}
    for path in NOTEBOOKS:
        for term, place in bold(path):
            found.setdefault(term, place)
    return found


def entries():
    return ENTRY.findall(PAGE.read_text(encoding="utf-8").partition("## Words")[2])


def linked(text):
    """The page with the link of each entry to where its term is introduced: first in bold, else first in a heading."""
    places = introduced()

    def entry(match):
        here = sorted(places[form] for form in forms(match[1]) if form in places)
        here = here or [
            place
            for title, place in headings()
            for form in forms(match[1])
            if form in re.findall(rf"\b{form}\b", title)
        ]
        link = f" [Section {int(here[0][:2])}](../notebooks/{here[0]})" if here else ""
        return f"**{match[1]}**\n: {match[2]}{link}"

    head, words, glossary = text.partition("## Words")
    return head + words + ENTRY.sub(entry, glossary)


def test_every_bold_term_has_an_entry():
    known = set().union(*(forms(name) for name, _ in entries()))
    missing = {term: place for term, place in introduced().items() if term not in known}
    assert missing == {}, "explain these in pages/notation.qmd, or say in NO_TERM that they are no terms"


def test_every_entry_links_to_the_section_that_introduces_its_term():
    text = PAGE.read_text(encoding="utf-8")
    assert linked(text) == text, "run `python tests/test_glossary.py`"


def test_entries_are_in_order_and_each_form_stands_once():
    names = [name for name, _ in entries()]
    assert names == sorted(names, key=str.lower) and len(names) > 50
    every = [form for name in names for form in forms(name)]
    assert len(every) == len(set(every))


def test_exceptions_are_no_entries():
    assert not NO_TERM & set().union(*(forms(name) for name, _ in entries()))


if __name__ == "__main__":
    PAGE.write_text(linked(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
