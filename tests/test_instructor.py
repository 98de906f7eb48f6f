"""The instructor guide keeps step with the decks: their minutes are read from the notes, and its plans add up.

`python tests/test_instructor.py` writes the table of minutes (pages/_minutes.md) anew.
"""

import re
from pathlib import Path

import yaml
from test_decks import DECKS, minutes, slides

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "pages/_minutes.md"
NOTES = re.compile(r"^:::+ *\{?\.?notes\}?\n(.*?)^:::+$", re.S | re.M)


def parts(deck):
    """(title of the deck, [(name of the part, slides, minutes)]); slides before the first part have no name."""
    _, front, text = deck.read_text(encoding="utf-8").split("---\n", 2)
    found = []
    for number, part in enumerate(re.split(r"^# ", "\n" + text, flags=re.M)):
        name, _, body = part.partition("\n")
        spoken = sum(minutes(notes) or 0 for notes in NOTES.findall(body))
        slides = len(re.findall(r"^## ", body, re.M))
        if slides:
            found.append((name.split(" {")[0].strip() if number else "opening", slides, spoken))
    return yaml.safe_load(front)["title"], found


def table():
    rows = ["| section | deck | slides | minutes |", "|---|---|--:|--:|"]
    inside = []
    for deck in DECKS:
        title, found = parts(deck)
        total, slides = sum(part[2] for part in found), sum(part[1] for part in found)
        number = int(deck.name[:2])
        rows.append(f"| {number} | [{title}](../slides/{deck.name}) | {slides} | {total:.0f} |")
        inside.append(
            f"- **Section {number}:** " + ", ".join(f"{name} ({spoken:.0f})" for name, _, spoken in found) + "."
        )
    return "\n".join([*rows, "", "Minutes of the parts of each deck:", "", *inside]) + "\n"


def test_minutes_on_the_page_are_those_of_the_notes():
    assert TABLE.read_text(encoding="utf-8") == table(), "run `python tests/test_instructor.py`"
    assert "{{< include _minutes.md >}}" in (ROOT / "pages/instructor.qmd").read_text(encoding="utf-8")


def plan(heading):
    """The whole numbers in the last column of the first table below a heading."""
    text = (ROOT / "pages/instructor.qmd").read_text(encoding="utf-8")
    rows = re.search(r"(?:^\|.*\n)+", text.partition(f"\n### {heading}\n")[2], re.M)[0].splitlines()[2:]
    return [
        [int(cell) if cell.strip().isdigit() else cell.strip() for cell in row.strip("|").split("|")] for row in rows
    ]


def test_one_lecture_takes_three_hours():
    rows = plan("One lecture of three hours")
    assert sum(row[-1] for row in rows) == 180
    assert {row[1] for row in rows if isinstance(row[1], int)} == set(range(1, 9)), "every section has its place"


def test_eight_sessions_take_75_minutes_each():
    rows = plan("Eight sessions of 75 minutes")
    assert [row[0] for row in rows] == list(range(1, 9))
    for deck in DECKS:
        leave_out = re.findall("“(.+?)”(?=[,|]| *$)", rows[int(deck.name[:2]) - 1][1])
        found = parts(deck)[1]
        known = {title: minutes(notes) for title, _, notes in slides(deck)} | {
            name: spoken for name, _, spoken in found
        }
        assert [title for title in leave_out if title not in known] == [], f"{deck.name} has no such slide"
        if leave_out:
            left = sum(spoken for _, _, spoken in found) - sum(known[title] for title in leave_out)
            assert 60 <= left <= 75.5


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
