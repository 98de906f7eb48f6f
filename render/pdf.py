"""Prints decks to PDF through Chromium: `python -m render.pdf [02 …]` writes pdf/02-…-deck.pdf, and a handout with the notes."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from dlcourse import environment

QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]  # fmt: skip


def print_page(chromium: str, page: Path, query: str, target: Path) -> None:
    """Print `page?query` to the PDF file `target`. The deck is opened from disk, so no server is needed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with tempfile.TemporaryDirectory() as profile:
        command = [chromium, *QUIET, f"--user-data-dir={profile}", "--virtual-time-budget=20000", "--no-pdf-header-footer",
                   f"--print-to-pdf={part.resolve()}", f"{page.resolve().as_uri()}?{query}"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    if not part.is_file() or not part.stat().st_size:
        raise RuntimeError(f"{page.name}: {chromium} wrote no PDF\n{done.stderr.strip()[-600:]}")
    part.replace(target)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m render.pdf", description="Print each deck, and a handout with notes, to PDF."
    )
    parser.add_argument("numbers", nargs="*", help="such as 02 07; all decks if left out")
    parser.add_argument("--site", type=Path, default=Path("_site"), help="the built site (default: _site)")
    parser.add_argument("--out", type=Path, default=Path("pdf"), help="folder to write to (default: pdf)")
    args = parser.parse_args(arguments)
    decks = sorted((args.site / "slides").glob("*-deck.html"))
    if not decks:
        print(f"pdf: no deck in {args.site / 'slides'}; run `make site` first", file=sys.stderr)
        return 1
    chosen = [deck for deck in decks if not args.numbers or deck.name.split("-")[0] in args.numbers]
    if not chosen:
        print(
            f"pdf: no deck {' '.join(args.numbers)}; there are {', '.join(deck.name.split('-')[0] for deck in decks)}",
            file=sys.stderr,
        )
        return 1
    chromium = environment.chromium()
    if not chromium:
        print("pdf: needs Chromium or Chrome; install one, or set CHROMIUM to its path. Without it, open a deck in any browser, "
              "add ?print-pdf to its address (?handout for slides with notes) and print.", file=sys.stderr)  # fmt: skip
        return 1
    for deck in chosen:
        for query, name in (("print-pdf", deck.stem), ("handout", deck.stem.removesuffix("-deck") + "-handout")):
            target = args.out / f"{name}.pdf"
            try:
                print_page(chromium, deck, query, target)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                print(f"pdf: {error}", file=sys.stderr)
                return 1
            print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
