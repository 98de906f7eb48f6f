"""Command line: python -m render [--out _site] [--page notebooks/02-….ipynb …] [--jobs N]."""

import argparse
import sys
from pathlib import Path

from . import RenderError, build


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m render", description="Build website and decks with Pandoc.")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of _quarto.yml (default: here)")
    parser.add_argument("--out", type=Path, help="folder to write to (default: output-dir of _quarto.yml)")
    parser.add_argument("--page", action="append", metavar="SOURCE", help="build this source only; may be repeated")
    parser.add_argument("--jobs", type=int, help="Pandoc processes at a time (default: number of cores)")
    args = parser.parse_args()
    if args.jobs is not None and args.jobs < 1:
        parser.error(f"--jobs {args.jobs}: choose 1 or more")
    try:
        built = build(args.root, args.out, jobs=args.jobs, only=args.page)
    except RenderError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nrender: stopped. What was there is as it was, or is completed by the next build.", file=sys.stderr)
        return 130
    for path in built.rebuilt:
        print(f"built    {path}")
    for path in built.removed:
        print(f"removed  {path}")
    print(built)
    return 0


if __name__ == "__main__":
    sys.exit(main())
