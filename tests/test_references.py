"""The references page holds what the notebooks give to read further: `python tests/test_references.py` writes it anew."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "pages/_references.md"
SOURCES = ("Davi Moreira", "James, Witten, Hastie, Tibshirani")  # of every section; named at the top of the page


def references():
    """The lists "Further reading" of all notebooks as Markdown, without the two sources of the course."""
    parts = []
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        reading = next(text for text in texts if "## Further reading" in text).partition("## Further reading")[2]
        items = [
            item for item in re.findall(r"^- .*(?:\n  .*)*", reading, re.M) if not any(name in item for name in SOURCES)
        ]
        title = texts[0].splitlines()[0].removeprefix("# ")
        parts.append(f"### {int(path.name[:2])}: [{title}](../notebooks/{path.name})\n\n" + "\n".join(items) + "\n")
    return "\n".join(parts)


def test_references_are_those_of_the_notebooks():
    assert LIST.read_text(encoding="utf-8") == references(), "run `python tests/test_references.py`"
    assert "{{< include _references.md >}}" in (ROOT / "pages/references.qmd").read_text(encoding="utf-8")


if __name__ == "__main__":
    LIST.write_text(references(), encoding="utf-8")
