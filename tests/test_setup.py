"""Setup, doctor, serve and the pins: what a newcomer meets first."""

import os
import re
import socket
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import nbformat
import pytest
import yaml

from dlcourse import __main__, environment

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def name_of(requirement):
    return re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower().replace("_", "-").removesuffix("-base")


def groups(layer):
    """The groups of pyproject.toml that are pinned in the file of a layer."""
    more = {group: names for group, names in EXTRAS.items() if group != "browser"}
    return {"site": [PROJECT["dependencies"]], "browser": [EXTRAS["browser"]]}.get(
        layer, [PROJECT["dependencies"], *more.values()]
    )


def pins(layer):
    return environment.read_pins(ROOT / environment.LAYERS[layer].file)


# --------------------------------------------------------------------------------------- the pins


@pytest.mark.parametrize("layer", environment.LAYERS)
def test_every_requirement_is_pinned_exactly_with_hashes(layer):
    # read_pins refuses a line without an exact version or without hashes.
    pinned = {pin.name for pin in pins(layer)}
    assert {name_of(requirement) for group in groups(layer) for requirement in group} <= pinned
    assert "quarto-cli" not in pinned


def test_unpinned_or_unhashed_line_is_refused(tmp_path):
    for line in ("six\n", "six==1.17.0\n", "six>=1.17.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"):
        (tmp_path / "some.txt").write_text(line)
        with pytest.raises(ValueError, match=r"some.txt: expected .*; run `make lock`"):
            environment.read_pins(tmp_path / "some.txt")


def test_the_second_layer_holds_the_first_with_the_same_hashes():
    everything = {(pin.name, pin.version): pin.text.partition("\n")[2] for pin in pins("all")}
    for pin in pins("site"):
        assert everything[pin.name, pin.version] == pin.text.partition("\n")[2]


def test_what_only_the_browser_tests_need_is_in_neither_layer():
    assert {"playwright", "axe-playwright-python"} <= {pin.name for pin in pins("browser")}
    assert not {pin.name for pin in pins("browser")} & {pin.name for pin in pins("all")}


def test_the_first_layer_is_small():
    heavy = {"torch", "tensorflow-cpu", "jupyterlab", "numpy", "sphinx", "babel", "matplotlib"}
    assert not heavy & {pin.name for pin in pins("site")}


def test_pins_hold_files_for_every_platform():
    """A wheel for each of Linux, macOS and Windows and each of four Pythons is a dozen hashes."""
    hashes = {pin.name: pin.text.count("--hash") for pin in pins("all")}
    assert min(hashes[name] for name in ("torch", "torchvision", "numpy", "scikit-learn", "pyyaml", "uv")) >= 12
    assert {"nvidia-cublas", "triton"} <= set(hashes), "the default build of PyTorch needs CUDA, with hashes"


def test_pins_of_the_cpu_build_are_those_of_the_default_build_with_other_hashes():
    """Linux on two processors and each of four Pythons: PyTorch's index has more, for Windows and others."""
    default = {pin.name: pin for pin in pins("all") if pin.name in ("torch", "torchvision")}
    locked = environment.read_pins(ROOT / environment.TORCH_CPU_FILE)
    assert [(pin.name, pin.version) for pin in locked] == [(pin.name, pin.version + "+cpu") for pin in default.values()]
    for pin in locked:
        hashes = set(re.findall("sha256:([0-9a-f]{64})", pin.text))
        assert len(hashes) >= 8 and not any(digest in default[pin.name].text for digest in hashes)


@pytest.mark.parametrize(("python", "hashed"), [((3, 11, 9), False), ((3, 12, 0), True), ((3, 14, 1), True)])
def test_cpu_pins_that_know_no_hash_for_this_python_are_left_to_the_index(tmp_path, monkeypatch, python, hashed):
    digest = " \\\n    --hash=sha256:" + "0" * 64 + "\n"
    (tmp_path / environment.TORCH_CPU_FILE).write_text(
        f"torch==2.0+cpu{digest}torchvision==1.0+cpu ; python_full_version >= '3.12'{digest}"
    )
    monkeypatch.setattr(sys, "version_info", python)
    default = [environment.Pin("torch", "2.0", "", ""), environment.Pin("torchvision", "1.0", "", "")]
    found = environment._cpu_pins(tmp_path, default)
    assert [pin[:2] for pin in found] == [("torch", "2.0+cpu"), ("torchvision", "1.0+cpu")]
    assert [("--hash" in pin.text) for pin in found] == [hashed] * 2


def test_torch_and_torchvision_are_the_matching_pair():
    versions = dict(pin[:2] for pin in pins("all"))
    assert (versions["torch"], versions["torchvision"]) == ("2.14.1", "0.29.1")
    assert {"torch==2.14.1", "torchvision==0.29.1"} <= set(EXTRAS["course"])


def test_conda_environment_names_the_same_packages_and_bounds():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [entry for entry in listed if isinstance(entry, str)]
    pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))

    def bound(requirement):
        return re.sub(r"\s|\[.*?\]|;.*", "", requirement[len(re.match(r"[A-Za-z0-9_.-]+", requirement)[0]) :])

    here = {name_of(entry): bound(entry) for entry in [*conda, *pip] if not entry.startswith("-")}
    wanted = {name_of(entry): bound(entry) for group in groups("all") for entry in group}
    assert here.pop("quarto") == "=1.9"
    assert here.pop("python").startswith(PROJECT["requires-python"])
    assert here == wanted


def test_old_python_gets_one_sentence():
    code = (
        "import sys, runpy; sys.version_info = (3, 8, 10);"
        "sys.argv = ['dlcourse', 'setup']; runpy.run_module('dlcourse', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "3.11 or newer, and this is Python 3.8:" in done.stderr


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
        "playwright",
        "tensorflow",
        "GPU",
    ):
        assert name in said


def test_doctor_says_what_to_do_about_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(environment, "_pins", lambda root: [("a-package-nobody-has", "1.0")])
    assert environment.doctor(ROOT) == 1
    said = capsys.readouterr().out
    assert re.search(r"MISSING +a-package-nobody-has +run `make setup`", said)
    assert re.search(r"environment .*packages for rendering only; `make setup` adds the rest", said)


def test_forcing_quarto_without_quarto_says_what_to_do():
    done = dlcourse("site", "--renderer", "quarto", PATH=str(Path(sys.executable).parent))
    assert done.returncode == 1 and "Quarto is not on the PATH" in done.stderr


def test_serve_takes_the_next_port_and_binds_this_machine_only(tmp_path):
    (tmp_path / "_site").mkdir()
    (tmp_path / "_site/index.html").write_text("the site")
    (tmp_path / "pyproject.toml").touch()
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

    (tmp_path / "pyproject.toml").touch()
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


def test_targets_install_the_layer_that_they_need():
    needs = dict(re.findall(r"^([a-z-]+): (\w+)", (ROOT / "Makefile").read_text(), re.M))
    assert {needs[target] for target in ("site", "serve", "quarto", "lock")} == {"rendering"}
    assert needs["pdf"] == "site"
    assert needs["test-browser"] == "browser"
    assert {needs[target] for target in ("test", "lab", "notebooks", "bench", "doctor", "data", "lint")} == {"setup"}  # fmt: skip


@pytest.mark.parametrize("options", [[], ["--twice"]])
def test_tests_keep_bytecode_where_python_is_told_to_write_none(monkeypatch, options):
    seen = []
    monkeypatch.setattr(subprocess, "run", lambda command, env=None, **_: seen.append(dict(env or os.environ)) or done)
    done = subprocess.CompletedProcess([], 0)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "")
    assert __main__.main(["test", *options]) == 0
    assert "PYTHONDONTWRITEBYTECODE" not in seen[0]
    assert seen[0]["PYTHONPYCACHEPREFIX"] == str(ROOT / ".cache/bytecode"), "not beside the sources"


def test_rendering_needs_only_the_first_layer(tmp_path):
    code = f"""
import importlib.metadata, re, sys
first = set({[pin.name for pin in pins("site")]})
owners = importlib.metadata.packages_distributions()
class Second:
    def find_spec(self, name, *_):
        distributions = {{re.sub("[-_.]+", "-", owner).lower() for owner in owners.get(name, [])}}
        if distributions and not distributions & first:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Second())
import render, dlcourse.pdf
from pathlib import Path
try:
    import numpy
except ModuleNotFoundError:
    print(render.build(Path("."), Path(sys.argv[1])))
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "_site"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "_site/index.html").is_file()


def test_old_console_shows_a_message_instead_of_a_traceback(tmp_path):
    done = dlcourse("serve", "--port", "none", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert "Traceback" not in done.stderr
    code = (
        "import sys; from pathlib import Path; from dlcourse import __main__ as m, environment;"
        "environment.setup = lambda *_: print('make .venv …') or 0; sys.exit(m.main(['setup']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii"}
    )
    assert (done.returncode, done.stdout.strip()) == (0, b"make .venv ?"), done.stderr


@pytest.mark.parametrize("home", ["folder", "file"])
def test_lab_trusts_the_notebooks_of_the_course_even_where_the_home_can_not_be_written(tmp_path, home):
    """A home that is a file stands for one that can't be written: these tests may run as root."""
    (tmp_path / "notebooks").mkdir()
    for name in ("01-ours", "other"):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(name)])
        nbformat.write(notebook, tmp_path / f"notebooks/{name}.ipynb")
    (tmp_path / "home").mkdir() if home == "folder" else (tmp_path / "home").touch()
    code = (
        "import subprocess, sys, nbformat; from pathlib import Path; from dlcourse import lab; root = Path(sys.argv[1]);"
        "lab.subprocess.run = lambda command, **_: print(*command) or subprocess.CompletedProcess(command, 0);"
        "status = lab.start(root, ['--port=1']);"
        "notary = lab.NotebookNotary();"
        "print(*(notary.check_signature(nbformat.read(path, 4)) for path in sorted(root.glob('notebooks/*'))));"
        "sys.exit(status)"
    )
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "XDG_", "IPYTHON"))}
    variables |= {"HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    command, trusted = done.stdout.splitlines()
    assert command.endswith("--port=1") and trusted == "True False"
    kept = tmp_path / (".cache/jupyter" if home == "file" else "home")
    assert list(kept.rglob("nbsignatures.db"))


def test_code_and_notebooks_pass_ruff():
    for arguments in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
