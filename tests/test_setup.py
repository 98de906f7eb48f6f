"""Setup, doctor, serve and the pins: what a newcomer meets first."""

import os
import re
import socket
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest
import yaml

from dlcourse import environment

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def name_of(requirement):
    return re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower().replace("_", "-").removesuffix("-base")


def test_every_requirement_is_pinned_exactly():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert all(re.match(r"[a-z0-9._-]+(\[[a-z]+\])?==[^ ]+( ; .*)?$", line) for line in lines)
    pinned = {name_of(line) for line in lines}
    wanted = {name_of(requirement) for group in (PROJECT["dependencies"], *EXTRAS.values()) for requirement in group}
    assert wanted <= pinned
    assert "quarto-cli" not in pinned


def test_torch_and_torchvision_are_the_matching_pair():
    text = (ROOT / "requirements.txt").read_text()
    for requirement in ("torch==2.14.1", "torchvision==0.29.1"):
        assert requirement in PROJECT["dependencies"] and re.search(f"^{requirement}$", text, re.M)


def test_conda_environment_names_the_same_packages_and_bounds():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [entry for entry in listed if isinstance(entry, str)]
    pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))

    def bound(requirement):
        return re.sub(r"\s|\[.*?\]|;.*", "", requirement[len(re.match(r"[A-Za-z0-9_.-]+", requirement)[0]) :])

    here = {name_of(entry): bound(entry) for entry in [*conda, *pip] if not entry.startswith("-")}
    wanted = {name_of(entry): bound(entry) for group in (PROJECT["dependencies"], *EXTRAS.values()) for entry in group}
    assert here.pop("quarto") == "=1.9"
    assert here.pop("python").startswith(PROJECT["requires-python"]) and here.pop("pip") == ""
    assert here == wanted


def test_old_python_gets_one_sentence():
    code = (
        "import sys, runpy; sys.version_info = (3, 8, 10);"
        "sys.argv = ['dlcourse', 'setup']; runpy.run_module('dlcourse', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "3.11 or newer, and this is Python 3.8:" in done.stderr


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of what setup reads, with every command replaced by a note of it."""
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    commands = []

    def run(command, **_):
        commands.append(command)
        if "venv" in command:
            python = environment.venv_python(tmp_path)
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        return subprocess.CompletedProcess(command, 1 if run.fail in command else 0)

    run.fail = None
    monkeypatch.setattr(environment.subprocess, "run", run)
    monkeypatch.setenv("TORCH", "default")
    return tmp_path, commands, run


def test_setup_runs_once_and_again_when_the_pins_change(project):
    root, commands, _ = project
    assert environment.setup(root) == 0 and len(commands) == 3
    assert environment.setup(root) == 0 and len(commands) == 3
    (root / "requirements.txt").write_text("six==1.17.0\n")
    assert environment.setup(root) == 0
    assert not any("venv" in command for command in commands[3:]) and len(commands) == 5


def test_failed_step_is_named_and_not_trusted(project, capsys):
    root, commands, run = project
    run.fail = "-r"
    assert environment.setup(root) == 1
    assert "'install requirements.txt' failed" in capsys.readouterr().err
    run.fail = None
    assert environment.setup(root) == 0
    assert sum("--clear" in command for command in commands) == 2  # made anew, not continued


@pytest.mark.parametrize(
    ("choice", "answers", "expected"), [("cpu", False, 1), ("auto", True, 1), ("auto", False, 0), ("default", True, 0)]
)
def test_torch_choice(project, monkeypatch, choice, answers, expected):
    root, commands, _ = project
    monkeypatch.setenv("TORCH", choice)
    monkeypatch.setattr(environment, "_cpu_wheels_answer", lambda: answers)
    environment.setup(root)
    from_cpu_index = [command for command in commands if environment.TORCH_CPU_INDEX in command]
    assert len(from_cpu_index) == expected
    if expected:
        assert from_cpu_index[0][-2:] == ["torch==2.14.1", "torchvision==0.29.1"]


def test_unknown_torch_choice_lists_the_choices(project, monkeypatch, capsys):
    monkeypatch.setenv("TORCH", "gpu")
    assert environment.setup(project[0]) == 1
    assert "TORCH=auto, TORCH=cpu or TORCH=default" in capsys.readouterr().err


def dlcourse(*arguments, **extra):
    return subprocess.run(
        [sys.executable, "-m", "dlcourse", *arguments], cwd=ROOT, capture_output=True, text=True, env=os.environ | extra
    )


def test_doctor_speaks_of_every_requirement_set_and_tool():
    said = dlcourse("doctor").stdout
    for name in (
        "Python",
        "torch",
        "jupyterlab",
        "nbval",
        "Fashion-MNIST",
        "MNIST",
        "NYSE",
        "Hitters",
        "quarto",
        "chromium",
        "tensorflow",
        "GPU",
    ):
        assert name in said


def test_doctor_says_what_to_do_about_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(environment, "_pins", lambda root: [("a-package-nobody-has", "1.0")])
    assert environment.doctor(ROOT) == 1
    assert re.search(r"MISSING +a-package-nobody-has +run `make setup`", capsys.readouterr().out)


def test_forcing_quarto_without_quarto_says_what_to_do():
    done = dlcourse("site", "--renderer", "quarto", PATH=str(Path(sys.executable).parent))
    assert done.returncode == 1 and "quarto isn't on the PATH" in done.stderr


def test_serve_takes_the_next_port_and_binds_this_machine_only(tmp_path):
    (tmp_path / "_site").mkdir()
    (tmp_path / "_site/index.html").write_text("the site")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = (
            "import sys; from pathlib import Path; from dlcourse import __main__ as m;"
            f"m.ROOT = Path({str(tmp_path)!r}); sys.exit(m.main(['serve', '--port', '{port}']))"
        )
        server = subprocess.Popen([sys.executable, "-uc", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert f"Port {port} is taken" in server.stdout.readline()
            line = server.stdout.readline()
            while "taken" in line:
                line = server.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+/", line)[0]
            assert urllib.request.urlopen(address).read() == b"the site"
        finally:
            server.kill()


def test_serve_without_a_site_says_what_to_run(tmp_path, monkeypatch, capsys):
    from dlcourse import __main__

    monkeypatch.setattr(__main__, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert __main__.main(["serve"]) == 1
    assert "make site" in capsys.readouterr().err


def test_installed_command_finds_the_renderer_from_any_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import dlcourse, render"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_make_targets_and_verbs_agree():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    verbs = set(re.findall(r"'([a-z]+)'", dlcourse("nonsense").stderr.partition("choose from")[2]))
    assert "site" in verbs
    assert {"site", "test", "lab", "serve", "notebooks", "data", "bench", "test-browser", "doctor", "clean"} <= targets
    assert verbs <= targets


def test_code_and_notebooks_pass_ruff():
    for arguments in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
