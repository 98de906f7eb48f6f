"""The places where students use the course find what they look for: Binder, VS Code, dev containers, GitHub."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from dlcourse import environment

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_binder_finds_its_files_where_it_looks():
    """repo2docker reads environment.yml and postBuild from one folder: the root, unless there is a folder for it."""
    assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()
    assert (ROOT / "environment.yml").is_file()
    text = (ROOT / "postBuild").read_text(encoding="utf-8")
    assert text.startswith("#!") and "jupyter trust notebooks/*.ipynb" in text
    assert os.name == "nt" or os.access(ROOT / "postBuild", os.X_OK)


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
