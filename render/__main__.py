"""Command line: python -m render [--root .] [--out _site]."""

import argparse
import sys
from pathlib import Path

from . import RenderError, build


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m render", description="Build website and decks with Pandoc.")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of _quarto.yml (default: here)")
    parser.add_argument("--out", type=Path, help="folder to write to (default: output-dir of _quarto.yml)")
    args = parser.parse_args()
    try:
        built = build(args.root, args.out)
    except RenderError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nrender: stopped. What was there is as it was.", file=sys.stderr)
        return 130
    for path in built.rebuilt:
        print(f"built    {path}")
    for path in built.removed:
        print(f"removed  {path}")
    print(built)
    return 0


if __name__ == "__main__":
    sys.exit(main())
