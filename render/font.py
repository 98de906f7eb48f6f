"""Puts the math font where the CSS expects it: STIX Two Math from the PyPI package ziamath, cut down for the web."""

import os
from pathlib import Path

TARGET = Path("render/theme/fonts/STIXTwoMath.woff")
# What course notes use: Latin, accents, Greek, punctuation, arrows, operators, brackets, math alphabets.
RANGES = """20-7e a0-ff 300-33f 391-3f6 2010-206f 20d0-20ef 2100-213f 2190-21d5 2200-22ef 2308-230b 23b4-23b5 23dc-23df
27e6-27eb 27f5-27fa 2a7d-2a7e 1d400-1d503 1d538-1d56b 1d6a8-1d755"""


def make_font(root: Path) -> Path:
    """Write the font below `root` unless it is there already, and return its path."""
    target = root / TARGET
    if not target.exists():
        import ziamath
        from fontTools import subset

        font = Path(ziamath.__file__).parent / "fonts/STIXTwoMath-Regular.ttf"
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{os.getpid()}.part")  # several tests may want the font at the same time
        options = ["--flavor=woff", "--layout-features=ssty", "--no-hinting", "--no-glyph-names"]
        subset.main([str(font), f"--unicodes={RANGES}", *options, f"--output-file={part}"])
        part.replace(target)
    return target
