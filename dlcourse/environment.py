"""Setting up ``.venv`` and saying what is installed. Standard library only: it runs before anything is."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch's own; its CPU wheels are 2 GB smaller
CHROMIUM_NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


def venv_python(root: Path) -> Path:
    """The Python of the course's virtual environment, whether or not it exists yet."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def setup(root: Path) -> int:
    """Create ``.venv`` and install ``requirements.txt`` and the course into it; returns the exit status.

    A stamp, written last, holds a hash of what was installed: while it matches, nothing is done.
    Without a stamp the folder is the leftover of an interrupted run, and is made anew.
    ``$TORCH`` chooses PyTorch's build: "cpu", "default" (the package index's), or "auto".
    """
    choice = os.environ.get("TORCH") or "auto"
    if choice not in ("auto", "cpu", "default"):
        print(f"setup: TORCH={choice} is unknown; use TORCH=auto, TORCH=cpu or TORCH=default.", file=sys.stderr)
        return 1
    python, stamp = venv_python(root), root / ".venv" / "dlcourse-stamp"
    wanted = hashlib.sha256(
        "\n".join(
            [(root / "requirements.txt").read_text(), (root / "pyproject.toml").read_text(), choice, str(root)]
        ).encode()
    ).hexdigest()
    if stamp.is_file() and python.is_file() and stamp.read_text() == wanted:
        return 0
    steps = []
    if not (stamp.is_file() and python.is_file()):
        steps.append(("create .venv", [sys.executable, "-m", "venv", "--clear", str(root / ".venv")]))
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    if choice == "cpu" or (choice == "auto" and _cpu_wheels_answer()):
        pins = re.findall(r"^(?:torch|torchvision)==\S+", (root / "requirements.txt").read_text(), re.M)
        steps.append(("install PyTorch (CPU build)", [*pip, "--no-deps", "--index-url", TORCH_CPU_INDEX, *pins]))
    steps.append(("install requirements.txt", [*pip, "--only-binary", ":all:", "-r", str(root / "requirements.txt")]))
    steps.append(("install the course itself", [*pip, "--no-deps", "--editable", str(root)]))
    stamp.unlink(missing_ok=True)
    for number, (name, command) in enumerate(steps, 1):
        print(f"setup {number}/{len(steps)}: {name} …", flush=True)
        if subprocess.run(command, cwd=root).returncode:
            print(f"setup: the step '{name}' failed (its message is above). Nothing of it will be trusted:"
                  " run the same command again once the cause is removed.", file=sys.stderr)  # fmt: skip
            return 1
    stamp.write_text(wanted)
    return 0


def _cpu_wheels_answer() -> bool:
    """Whether PyTorch's own index should be used: Linux, no NVIDIA GPU, and it answers within seconds."""
    if sys.platform != "linux" or shutil.which("nvidia-smi"):
        return False
    try:
        with urllib.request.urlopen(TORCH_CPU_INDEX + "/torch/", timeout=4) as answer:
            return answer.status == 200
    except OSError:
        return False


def quarto() -> str | None:
    """Path of the quarto command, or None."""
    return shutil.which("quarto")


def chromium() -> str | None:
    """Path of a Chromium or Chrome, or None: ``$CHROMIUM`` if set, else one on the PATH or in its usual place."""
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else CHROMIUM_NAMES
    return next(filter(None, map(shutil.which, names)), None)


def doctor(root: Path) -> int:
    """Print a line for every requirement, data set and optional tool; returns 1 when a required one is missing."""
    missing = 0

    def line(state: str, name: str, text: str) -> None:
        nonlocal missing
        missing += state == "MISSING"
        print(f"{state:8} {name:28} {text}")

    print("Required")
    line("ok", "Python", platform.python_version())
    inside = Path(sys.prefix).resolve() == (root / ".venv").resolve()
    line("ok" if inside else "note", "environment", ".venv" if inside else "another environment than .venv is active")
    for name, version in _pins(root):
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = None
        optional = name.startswith("tensorflow")
        if found is None:
            line(
                "absent" if optional else "MISSING",
                name,
                "notebook 01 skips its TensorFlow cells" if optional else "run `make setup`",
            )
        elif found.split("+")[0] != version:
            line("note", name, f"{found}, while requirements.txt pins {version}: run `make setup`")
        else:
            line("ok", name, found)

    print("\nData")
    from dlcourse import datasets

    for name in datasets.FULL_FILES:
        try:
            where, tier = datasets.locate(name)
            line("ok", name, f"{tier}, in {where}" + ("" if tier == "full" else "; `make data` fetches the full set"))
        except datasets.DataError as error:
            line("MISSING", name, str(error))
    for name in ("NYSE", "Hitters"):
        there = (datasets.EMBEDDED / f"{name}.csv").is_file()
        line("ok" if there else "MISSING", name, "complete, in data/" if there else "run `git checkout -- data`")

    print("\nOptional")
    line(*_optional("quarto", quarto(), "the site is rendered with Pandoc instead; `make quarto` tries to install it"))
    line(
        *_optional(
            "chromium", chromium(), "browser tests are skipped and `make pdf` can't print; install Chromium or Chrome"
        )
    )
    try:
        import torch

        gpu = (
            torch.cuda.get_device_name()
            if torch.cuda.is_available()
            else "Apple GPU"
            if torch.backends.mps.is_available()
            else None
        )
        line(*_optional("GPU", gpu, "not needed: every notebook is written for a CPU"))
    except ImportError:
        pass  # its absence is reported above
    print("\nEverything required is there." if not missing else f"\n{missing} required thing(s) missing: see above.")
    return int(missing > 0)


def _optional(name: str, found: str | None, otherwise: str) -> tuple[str, str, str]:
    return ("ok", name, found) if found else ("absent", name, otherwise)


def _pins(root: Path) -> list[tuple[str, str]]:
    """(name, version) of the pinned packages that pyproject.toml names and that apply to this machine."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    wanted = sum(project["optional-dependencies"].values(), project["dependencies"])
    named = {re.match(r"[A-Za-z0-9_-]+", requirement)[0].replace("_", "-") for requirement in wanted}
    pins = []
    for text in (root / "requirements.txt").read_text().splitlines():
        match = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^\s;]+)\s*(?:;\s*(.*))?$", text)
        if match and match[1] in named and _applies(match[3]):
            pins.append((match[1], match[2]))
    return pins


def _applies(marker: str | None) -> bool:
    if not marker:
        return True
    try:
        from packaging.markers import Marker
    except ImportError:
        return True
    return Marker(marker).evaluate()
