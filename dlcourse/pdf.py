"""Prints decks to PDF through Chromium: pdf/02-…-deck.pdf, and a handout of slides with their notes."""

import subprocess
import sys
import tempfile
from pathlib import Path

from dlcourse import environment

QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]  # fmt: skip


class NotPrinted(Exception):
    """What stands in the way of a PDF, and what to do about it."""


def run(root: Path, numbers: list[str]) -> int:
    """Print the decks with these numbers, all if there are none; returns the exit status."""
    try:
        for target in print_decks(root, numbers):
            print(target.relative_to(root))
    except (NotPrinted, subprocess.TimeoutExpired) as error:
        print(f"dlcourse pdf: {error}", file=sys.stderr)
        return 1
    return 0


def print_decks(root: Path, numbers: list[str]):
    """Print each deck and its handout, and yield their paths."""
    decks = {deck.name.split("-")[0]: deck for deck in sorted(root.glob("_site/slides/*-deck.html"))}
    if not decks:
        raise NotPrinted("there is no deck in _site/slides; run `make site` first")
    if unknown := set(numbers) - set(decks):
        raise NotPrinted(f"no deck {', '.join(sorted(unknown))}; there are {', '.join(decks)}")
    chromium = environment.chromium()
    if not chromium:
        raise NotPrinted(
            "needs Chromium or Chrome; install one, or set CHROMIUM to its path. Without it, open a deck in any browser,"
            " add ?print-pdf to its address (?handout for slides with notes) and print."
        )
    for deck in [decks[number] for number in numbers or decks]:
        for query, name in (("print-pdf", deck.stem), ("handout", deck.stem.removesuffix("-deck") + "-handout")):
            target = root / f"pdf/{name}.pdf"
            print_page(chromium, f"{deck.resolve().as_uri()}?{query}", target)
            yield target


def print_page(chromium: str, address: str, target: Path) -> None:
    """Print a page to a PDF file. The deck is opened from disk, so no server is needed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with tempfile.TemporaryDirectory() as profile:
        command = [chromium, *QUIET, f"--user-data-dir={profile}", "--virtual-time-budget=20000", "--no-pdf-header-footer",
                   f"--print-to-pdf={part.resolve()}", address]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    if not part.is_file() or not part.stat().st_size:
        raise NotPrinted(f"{chromium} wrote no {target.name}\n{done.stderr.strip()[-600:]}")
    part.replace(target)
