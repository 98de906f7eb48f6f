"""What Quarto runs: `render/quarto.py prepare` before it renders, `render/quarto.py finish` after it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def prepare() -> None:
    """Write the values of the templates, where course.lua finds them, and the math font."""
    from render.font import make_font
    from render.navigation import variables
    from render.sources import collecting, read_config, read_titles

    errors = []
    with collecting(errors, "_quarto.yml"):
        config = read_config(ROOT)
        sources = read_titles(ROOT, config, errors)
        values = {path: variables(ROOT, config, source, sources) for path, source in sources.items() if not errors}
    if errors:
        sys.exit("\n".join(errors))
    target = ROOT / ".quarto/course.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(values), encoding="utf-8")
    make_font(ROOT)


def finish() -> None:
    """Add reveal.js and the search bundle, and note which files were made, so that the offline renderer may replace them."""
    from render.site import MANIFEST, index, reveal

    out = Path(os.environ["QUARTO_PROJECT_OUTPUT_DIR"]).resolve()
    pages = {path.relative_to(out).as_posix(): path.read_text(encoding="utf-8") for path in out.rglob("*.html")}
    if not any("site_libs/" in page for page in pages.values()):
        # Quarto leaves scripts of its own and an index there, which no page of ours asks for.
        shutil.rmtree(out / "site_libs", ignore_errors=True)
        (out / "search.json").unlink(missing_ok=True)
    for name, data in (reveal() | index(pages)).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    files = {path.relative_to(out).as_posix(): "" for path in sorted(out.rglob("*")) if path.is_file()}
    (out / MANIFEST).write_text(json.dumps({"files": files}), encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    try:
        {"prepare": prepare, "finish": finish}[sys.argv[1]]()
    except ModuleNotFoundError as error:  # Quarto may have found another Python than that of the course
        own = ROOT / (".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python")
        if not own.exists() or Path(sys.prefix).resolve() == own.parent.parent.resolve():
            sys.exit(f"render/quarto.py: {error.name} is not installed for {sys.executable}; run `make setup` first.")
        sys.exit(subprocess.run([str(own), *sys.argv]).returncode)
