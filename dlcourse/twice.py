"""Running tests twice, for ``dlcourse test --twice``: on a busy machine a time limit may pass by chance."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

MANY = 40  # so many failures are no chance


def run(root: Path, options: list[str]) -> int:
    """Run pytest; what failed runs a second time, alone and one after the other. Returns the exit status.

    The second status counts only where the first run got to its end and named what failed (pytest's status 1);
    a run that couldn't start, collect or finish fails at once.
    """
    first, failed = _pytest(root, options)
    if first != 1 or not failed:
        return first
    if len(failed) > MANY:
        print(f"\n{len(failed)} tests failed, which is no chance: there is no second run.", flush=True)
        return first
    print(f"\nFAILED ONCE, and run again, one after the other ({len(failed)}):", *failed, sep="\n  ", flush=True)
    paths = [option for option in options if (root / option.partition("::")[0]).exists()]
    kept = [option for option in options if option not in paths]
    second, again = _pytest(root, [*kept, "-n", "0", *failed])
    if second == 0:
        print("\nThe second run passed. FAILED ONLY ONCE, probably for lack of time:", *failed, sep="\n  ", flush=True)
    else:
        print("\nFAILED TWICE:", *(again or failed), sep="\n  ", flush=True)
    return second


def _pytest(root: Path, options: list[str]) -> tuple[int, list[str]]:
    """Run pytest; returns its status, and what failed, as conftest.py notes it in the file ``$DLCOURSE_FAILED``.

    The cells of a notebook need those before them, so a notebook is named as a whole.
    """
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "failed"
        record.touch()
        command = [sys.executable, "-m", "pytest", *options]
        status = subprocess.run(command, cwd=root, env=os.environ | {"DLCOURSE_FAILED": str(record)}).returncode
        names = record.read_text(encoding="utf-8").splitlines()
    return status, list(dict.fromkeys(name.partition("::")[0] if ".ipynb::" in name else name for name in names))
