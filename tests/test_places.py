"""The places where students use the course find what they look for: Binder, Colab, VS Code, dev containers, GitHub.

Run as a script, it writes the course's address (`course: repository:` in _quarto.yml) into the notebooks' first code cells.
"""

import importlib.util
import json
import os
import re
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager

from dlcourse import environment

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))
# The first code cell of each notebook, which pages, decks and JupyterLab don't show.
COLAB = """# In Colab, or with this notebook alone: installs the course's package and its data.
# Where the course is there, nothing happens.
import importlib.util

COURSE = "{}"  # its address, such as https://github.com/someone/course
if importlib.util.find_spec("dlcourse") is None:
    if not COURSE:
        hint = "write the address into COURSE above, or open the course's folder"
        raise ModuleNotFoundError(f"dlcourse is missing: {{hint}}")
    %pip install --quiet --no-deps "dlcourse @ git+{{COURSE}}"
"""
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_binder_finds_its_files_where_it_looks():
    """repo2docker reads environment.yml and postBuild from one folder: the root, unless there is a folder for it."""
    assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()
    assert (ROOT / "environment.yml").is_file()
    text = (ROOT / "postBuild").read_text(encoding="utf-8")
    assert text.startswith("#!") and "jupyter trust notebooks/*.ipynb" in text
    assert os.name == "nt" or os.access(ROOT / "postBuild", os.X_OK)


def colab_cell():
    """The cell with the address that _quarto.yml gives the course, as a notebook stores it."""
    course = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))["course"]
    cell = nbformat.v4.new_code_cell(COLAB.format(course["repository"] or "").rstrip(), id="colab")
    cell.metadata = nbformat.from_dict({"jupyter": {"source_hidden": True}, "tags": ["remove-cell"]})
    return cell


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_code_cell_installs_the_course_where_it_is_missing(path):
    first = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    first.execution_count = None
    assert first == colab_cell(), f"{path.name}: run `python tests/test_places.py`"


def test_colab_is_told_what_to_install_and_without_an_address_what_to_do(monkeypatch):
    ran = []

    def run(course, found):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: found)
        code = TransformerManager().transform_cell(COLAB.format(course))
        exec(code, {"get_ipython": lambda: type("Shell", (), {"run_line_magic": lambda *line: ran.append(line[1:])})()})

    run("", found=object())
    run("https://github.com/someone/course", found=object())
    assert not ran
    run("https://github.com/someone/course", found=None)
    assert ran == [("pip", 'install --quiet --no-deps "dlcourse @ git+{COURSE}"')]  # IPython fills in the braces
    with pytest.raises(ModuleNotFoundError, match="write the address into COURSE"):
        run("", found=None)


@pytest.mark.parametrize(
    "path", [".devcontainer/devcontainer.json", ".vscode/settings.json", ".vscode/extensions.json"]
)
def test_settings_are_json(path):
    assert json.loads((ROOT / path).read_text(encoding="utf-8"))


def test_editors_recommend_the_same_extensions():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    extensions = json.loads((ROOT / ".vscode/extensions.json").read_text(encoding="utf-8"))
    assert container["customizations"]["vscode"]["extensions"] == extensions["recommendations"]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert set(re.findall(r"make ([a-z-]+)", container["postCreateCommand"])) <= set(targets)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit_and_may_only_read(path):
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used and all(re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", name) for name, _ in used)
    assert all(re.fullmatch(r" # v[\d.]+", version) for _, version in used)
    assert workflow["permissions"] == {"contents": "read"}


def test_the_same_action_has_the_same_pin_everywhere():
    pins = {}
    for path in WORKFLOWS:
        for name, pin in re.findall(r"uses: (\S+)@(\S+)", path.read_text(encoding="utf-8")):
            assert pins.setdefault(name, pin) == pin, name


def test_every_system_is_tested_with_the_oldest_python_and_a_newer_one():
    job = yaml.safe_load((ROOT / ".github/workflows/systems.yml").read_text(encoding="utf-8"))["jobs"]["test"]
    assert {name.split("-")[0] for name in job["strategy"]["matrix"]["os"]} == {"ubuntu", "macos", "windows"}
    versions = job["strategy"]["matrix"]["python"]
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert len(versions) >= 2 and f">={versions[0]}" == oldest


def test_commits_are_checked_with_the_pinned_ruff():
    pinned = next(pin.version for pin in environment.read_pins(ROOT / "requirements.txt") if pin.name == "ruff")
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert all(hook["additional_dependencies"] == [f"ruff=={pinned}"] for hook in hooks)


def test_dependabot_watches_what_make_lock_does_not():
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text(encoding="utf-8"))["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "devcontainers"}


if __name__ == "__main__":
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        old = next((cell.execution_count for cell in notebook.cells if cell.id == "colab"), None)
        notebook.cells = [cell for cell in notebook.cells if cell.id != "colab"]
        place = next(place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        cell = colab_cell()
        cell.execution_count = old
        notebook.cells.insert(place, cell)
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
