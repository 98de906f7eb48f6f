"""Does what the notebooks claim hold for other seeds? `python bench/seeds.py 02 --seeds 5 --tier embedded`.

Each notebook is executed once a seed and tier, with every seed in its code shifted, and nothing is stored. A table
shows, for each check that depends on the run, what was seen from lowest to highest, and which seeds failed it.
A line with the comment `# fixed data` keeps its seed: it makes the example that the text is about.
"""

import argparse
import os
import re
import sys
from collections import defaultdict
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
SEEDED = re.compile(r"\b(set_seed|manual_seed|default_rng|RandomState)\(([^()]*)\)|\brandom_state=(\w+)")
BAND = re.compile(r"^✓ (.*): (\S+) lies between (\S+) and (\S+)$", re.M)
FAILED = re.compile(r"^AssertionError: (.*)$", re.M)


def shifted(source: str, shift: int) -> str:
    """The code with `shift` added to each of its seeds, whether a number or a name."""

    def replace(match: re.Match) -> str:
        if match[1]:
            return f"{match[1]}({shift} + ({match[2] or 0}))"
        return f"random_state={shift} + ({match[3]})"

    return "\n".join(line if "# fixed data" in line else SEEDED.sub(replace, line) for line in source.split("\n"))


def execute(path: Path, *, shift: int, tier: str) -> list[str]:
    """What the cells of the notebook printed, and the errors that they raised, one text a cell."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = shifted(cell.source, shift)
    client = NotebookClient(
        notebook,
        timeout=1800,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=40"],
    )
    client.execute(env=os.environ | {"DLCOURSE_TIER": tier, "DLCOURSE_PROGRESS": "0"})
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            printed = [output.text for output in cell.outputs if output.output_type == "stream"]
            errors = [f"{output.ename}: {output.evalue}" for output in cell.outputs if output.output_type == "error"]
            texts.append("\n".join(printed + errors))
    return texts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="such as 02 03; all notebooks when none is given")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tier", choices=("embedded", "full", "both"), default="both")
    args = parser.parse_args()
    status = 0
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb")):
        if args.numbers and path.stem[:2] not in args.numbers:
            continue
        for tier in ("full", "embedded") if args.tier == "both" else (args.tier,):
            seen, failures = defaultdict(list), []
            for number in range(args.seeds):
                shift = 1000 * number
                for text in execute(path, shift=shift, tier=tier):
                    for name, value, low, high in BAND.findall(text):
                        seen[name, f"{low} to {high}"].append(float(value))
                    failures += [(shift, what) for what in FAILED.findall(text)]
                    failures += (
                        [(shift, text.splitlines()[-1])] if re.search(r"^(?!Assertion)\w+Error: ", text, re.M) else []
                    )
                print(f"{path.stem[:2]} {tier}, seeds shifted by {shift}: {len(failures)} failures so far", flush=True)
            print(
                f"\n## {path.stem}, {tier} data, {args.seeds} seeds\n\n| check | band | lowest | highest |\n|---|---|---|---|"
            )
            for (name, band), values in seen.items():
                print(f"| {name} | {band} | {min(values):.4g} | {max(values):.4g} |")
            print(
                "\n".join(f"\nFAILED with seeds shifted by {shift}: {what}" for shift, what in failures)
                or "\nAll checks held."
            )
            print(flush=True)
            status |= bool(failures)
    return status


if __name__ == "__main__":
    sys.exit(main())
