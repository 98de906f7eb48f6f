"""Setting up ``.venv`` and saying what is installed. Standard library only: it runs before anything is."""

from __future__ import annotations

import ast
import collections
import contextlib
import hashlib
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch's own; its CPU wheels are 5 GB smaller
TORCH_CPU_FILE = "requirements-cpu.txt"  # its hashes, which differ from those of the default build
CUDA = ("nvidia-", "cuda-", "triton")  # what only PyTorch's default build on Linux needs
CHROMIUM_NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


class Layer(NamedTuple):
    """A part of the environment: the file with its pins, what it is for, and the GB of disk that it takes."""

    file: str
    purpose: str
    gigabytes: float


# The second layer holds the first, with the same pins: `dlcourse lock` makes all files, tests compare them. What only
# `make test-browser` needs is a few packages beside them, which no student installs.
LAYERS = {
    "site": Layer("requirements-site.txt", "rendering", 0.3),
    "all": Layer("requirements.txt", "everything", 2.5),
    "browser": Layer("requirements-browser.txt", "the browser tests", 0.3),
}
CUDA_GIGABYTES = 4.9  # more, where PyTorch's default build brings CUDA


class Pin(NamedTuple):
    """One package of a lock file; ``text`` is its whole entry, with marker and hashes."""

    name: str
    version: str
    marker: str
    text: str


def read_pins(file: Path) -> list[Pin]:
    """The entries of a lock file. Raises ValueError at a line that is no exact pin with hashes."""
    entry = re.compile(
        r"([a-z0-9._-]+)==([^\s;]+)(?: ; ([^\n]*?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
    )
    text, pins, position = file.read_text(encoding="utf-8"), [], 0
    while position < len(text):
        found = entry.match(text, position)
        if not found:
            raise ValueError(f"{file.name}: expected `name==version \\` and hashes, found {text[position:].splitlines()[0]!r}; run `make lock`")  # fmt: skip
        pins.append(Pin(found[1], found[2], found[3] or "", found[0]))
        position = found.end()
    return pins


def venv_python(root: Path) -> Path:
    """The Python of the course's virtual environment, whether or not it exists yet."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


# ------------------------------------------------------------------------------- installing


def setup(root: Path, layer: str = "all") -> int:
    """Make ``.venv`` and install a layer into it, unless it is there; returns the exit status.

    ``layer``: "site" is what rendering needs, "all" adds the rest to it, "browser" adds to that what the browser
    tests need. A stamp, written last, holds a hash of the layer's pins: while it matches, nothing is done. What an
    interrupted run left behind is used only where every package is complete. ``$TORCH`` chooses PyTorch's build:
    "cpu", "default" (the package index's), or "auto".
    """
    choice = os.environ.get("TORCH") or "auto"
    if choice not in ("auto", "cpu", "default"):
        print(f"setup: TORCH={choice} is unknown; use TORCH=auto, TORCH=cpu or TORCH=default.", file=sys.stderr)
        return 1
    if layer == "browser" and (status := setup(root, "all")):
        return status
    if _ready(root, layer, choice) and not _moved(root):
        return 0
    try:
        with alone(root / ".venv.lock", "setup: another setup is running in this folder"):
            return _install(root, layer, choice)
    except KeyboardInterrupt:
        print("\nsetup: interrupted. Run the same command again: it goes on from here.", file=sys.stderr)
        return 130
    except OSError as error:
        return _fail(root, layer, f"{error.strerror or error} ({error.filename or root})")
    except ValueError as error:  # a lock file that somebody edited
        return _fail(root, layer, str(error))


def _stamp(root: Path, layer: str) -> Path:
    return root / ".venv" / f"dlcourse-{layer}"


def _wanted(root: Path, layer: str, choice: str) -> str:
    """What the stamp of a layer says when it is up to date."""
    parts = [(root / LAYERS[layer].file).read_bytes(), choice.encode() if layer == "all" else b""]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _ready(root: Path, layer: str, choice: str) -> bool:
    stamp = _stamp(root, layer)
    return venv_python(root).is_file() and stamp.is_file() and stamp.read_text() == _wanted(root, layer, choice)


def _moved(root: Path) -> bool:
    """Whether .venv was made in another folder: then its activate scripts name that."""
    file = root / ".venv/pyvenv.cfg"
    return not file.is_file() or str(root / ".venv") not in file.read_text(encoding="utf-8")


@contextlib.contextmanager
def alone(lock: Path, otherwise: str) -> Iterator[None]:
    """Hold a lock file, and wait for it if need be, saying why. The system frees it even when a process is killed."""
    with open(lock, "a") as file:
        if not _lock(file):
            print(f"{otherwise}; waiting for it …", flush=True)
            while not _lock(file):
                time.sleep(0.2)
        yield


def _lock(file) -> bool:
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # some network file systems know no locks
    return True


def _install(root: Path, layer: str, choice: str) -> int:
    start, venv, python, ready = time.monotonic(), root / ".venv", venv_python(root), _ready(root, layer, choice)
    if ready and not _moved(root):
        return 0  # the setup that this one waited for did it
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(venv)}))
    build = next((("cpu" if "+cpu" in path.name else "default") for path in packages.glob("torch-*.dist-info")), None)
    linux_choice = choice if sys.platform == "linux" else "default"  # elsewhere the default build is without CUDA
    clash = layer == "all" and build and linux_choice not in ("auto", build)
    usable = ready or (python.is_file() and packages.is_dir() and _intact(packages) and not clash)
    build = build if usable else None
    base = getattr(sys, "_base_executable", None) or sys.executable  # this may be the Python of .venv itself

    if not (usable and _stamp(root, "site").is_file()) or _moved(root):
        _say("make .venv")
        clear = [] if usable else ["--clear"]
        if subprocess.run([base, "-m", "venv", "--without-pip", *clear, str(venv)]).returncode:
            return _fail(root, layer, "making .venv failed (the message is above)")
        with open(venv / "pyvenv.cfg", "a", encoding="utf-8") as file:
            file.write("relocatable = true\n")  # uv then writes commands that survive a move of the folder
    if ready:
        return 0
    for name in LAYERS:
        if name == layer or not _ready(root, name, choice):
            _stamp(root, name).unlink(missing_ok=True)

    pip, settings = _find_pip(base, python)
    tools = Tools(root, pip, settings)
    pins = [pin for pin in read_pins(root / LAYERS[layer].file) if pin.name != "uv"]  # it is there, or can't be had
    if layer == "all":
        forced = linux_choice == "cpu"
        cpu = forced or build == "cpu" or (linux_choice == "auto" and not build and _cpu_wheels_answer(tools.variables))
        if cpu and not tools.install("PyTorch's CPU build", _cpu_pins(root, pins), TORCH_CPU_INDEX, patient=forced):
            if forced:
                return _fail(root, layer, "installing PyTorch's CPU build failed (the message is above), and TORCH=cpu asks"
                             " for no other; TORCH=default takes that of the package index")  # fmt: skip
            _say("PyTorch's CPU build can't be had as pinned (the message is above); taking the default build from the"
                 " package index")  # fmt: skip
            cpu = False
        if cpu:
            pins = [pin for pin in pins if pin.name not in ("torch", "torchvision") and not pin.name.startswith(CUDA)]
    space = _space(root, layer, cuda=layer == "all" and not cpu and sys.platform == "linux")
    if space and not build:
        print(f"setup: {space}", flush=True)
    if not tools.install(f"the packages for {LAYERS[layer].purpose}", pins):
        return _fail(root, layer, f"installing {LAYERS[layer].file} failed (the message is above)", space)
    # The course itself: a path relative to the folder of packages needs no build and survives a move.
    (packages / "dlcourse.pth").write_text(os.path.relpath(root, packages) + "\n", encoding="utf-8")
    shutil.rmtree(packages / "tensorflow/include", ignore_errors=True)  # 280 MB to compile extensions with
    for name in ("site", "all") if layer == "all" else (layer,):
        _stamp(root, name).write_text(_wanted(root, name, choice))
    print(
        f"setup: .venv has the packages for {LAYERS[layer].purpose}, after {time.monotonic() - start:.0f} s.",
        flush=True,
    )
    return 0


def _say(text: str) -> None:
    print(f"setup: {text} …", flush=True)


def _fail(root: Path, layer: str, what: str, space: str = "") -> int:
    sentences = [what + ".", space or _space(root, layer), "Nothing half-installed will be trusted: run the same command"
                 " again once the cause is removed."]  # fmt: skip
    print("setup: " + " ".join(filter(None, sentences)), file=sys.stderr, flush=True)
    return 1


def _space(root: Path, layer: str, *, cuda: bool = False) -> str:
    """A sentence where the disk is likely too full for a layer, else nothing."""
    free, needed = shutil.disk_usage(root).free / 2**30, LAYERS[layer].gigabytes + CUDA_GIGABYTES * cuda
    return "" if free > needed else f"The disk of {root} has {free:.1f} GB left, and about {needed:.1f} GB are needed."


def _intact(packages: Path) -> bool:
    """Whether each installed package has all the files, in full size, that its own list names."""
    for package in importlib.metadata.distributions(path=[str(packages)]):
        if package.files is None:
            return False
        for file in package.files:
            if file.size is None or "include" in file.parts:
                continue
            try:
                if os.stat(file.locate()).st_size != file.size:
                    return False
            except OSError:
                return False
    return True


def _find_pip(base: str, python: Path) -> tuple[list[str], dict[str, str]]:
    """A pip command that installs into .venv, and the user's settings of pip.

    The pip of ``base`` can, from version 22.3 on; where it is older or missing, .venv gets its own from
    Python's standard library, which takes a few seconds more.
    """

    def listed(pip: list[str]) -> subprocess.CompletedProcess:
        return subprocess.run([*pip, "config", "list"], capture_output=True, encoding="utf-8", errors="replace")

    pip = [base, "-m", "pip", "--python", str(python)]
    answer = listed(pip)
    if answer.returncode:
        subprocess.run([str(python), "-m", "ensurepip"], stdout=subprocess.DEVNULL)
        pip = [str(python), "-m", "pip"]
        answer = listed(pip)
    return pip, pip_settings(answer.stdout)


def pip_settings(listed: str) -> dict[str, str]:
    """What ``pip config list`` says for ``pip install``: the environment beats [install], and that beats [global]."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        found = re.match(r"(global|install|:env:)\.([\w-]+)=(.*)$", line)
        if found:
            with contextlib.suppress(ValueError, SyntaxError):
                sections[found[1]][found[2]] = str(ast.literal_eval(found[3]))
    return sections["global"] | sections["install"] | sections[":env:"]


def uv_settings(settings: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Settings of pip as options and environment variables of uv, which reads none of pip's configuration."""
    options = []
    for key, option in (
        ("index-url", "--default-index"), ("extra-index-url", "--index"), ("find-links", "--find-links"),
        ("trusted-host", "--allow-insecure-host"),
    ):  # fmt: skip
        for value in settings.get(key, "").split():
            options += [option, value]
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        options.append("--no-index")
    variables = {"UV_SYSTEM_CERTS": "true"}  # as pip does: a campus may have a certificate authority of its own
    if settings.get("cert"):
        variables = {"SSL_CERT_FILE": settings["cert"]}
    if settings.get("client-cert"):
        variables["SSL_CLIENT_CERT"] = settings["client-cert"]
    if settings.get("proxy"):
        variables |= dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), settings["proxy"]
        )
    timeout = settings.get("timeout") or settings.get("default-timeout")
    if timeout:
        variables["UV_HTTP_TIMEOUT"] = str(int(float(timeout)))
    # pip takes a file from whichever index has it.
    return [*options, "--index-strategy", "unsafe-best-match"], variables


class Tools:
    """uv, and pip for where uv can't: both install the same pins and check the same hashes.

    Neither compiles: that takes 20 s and 370 MB for all files, and the first imports of those in use only 8 s longer.
    """

    def __init__(self, root: Path, pip: list[str], settings: dict[str, str]):
        self.root, self.python, self.pip = root, venv_python(root), pip
        self.options, variables = uv_settings(settings)
        self.variables = os.environ | variables | {"UV_PYTHON_DOWNLOADS": "never"}
        self.uv = self.python.with_name("uv.exe" if os.name == "nt" else "uv")
        self.has_uv = self._get_uv()

    def install(self, what: str, pins: list[Pin], index: str | None = None, *, patient: bool = True) -> bool:
        """Install pins, from ``index`` alone where one is given; returns whether they are installed.

        Not ``patient``: give up at the first silence, without a second try by pip.
        """
        hashed = ["--require-hashes"] * all("--hash" in pin.text for pin in pins)
        if self.has_uv:
            _say(f"install {what} with uv (up to {len(pins)} packages)")
            command = [str(self.uv), "pip", "install", "--python", str(self.python), "--no-deps", "--no-build", *hashed,
                       *self._cache(), *(["--default-index", index] if index else self.options), "-r", self._write(pins)]  # fmt: skip
            variables = self.variables | ({} if patient else {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "1"})
            if subprocess.run(command, env=variables).returncode == 0:
                return True
            if not patient:
                return False
            print("setup: uv failed (its message is above); pip tries the same pins.", flush=True)
        _say(f"install {what} with pip (up to {len(pins)} packages)")
        source = ["--index-url", index] if index else []
        return self._run_pip(pins, *hashed, *source, *([] if patient else ["--timeout", "10", "--retries", "1"]))

    def _get_uv(self) -> bool:
        pin = next(pin for pin in read_pins(self.root / LAYERS["site"].file) if pin.name == "uv")
        if self._is_uv(pin.version):
            return True
        _say(f"get uv {pin.version}, which installs the rest")
        if self._run_pip([pin], "--require-hashes") and self._is_uv(pin.version):
            return True
        print("setup: uv can't be had here; pip installs the same pins, which takes longer.", flush=True)
        return False

    def _is_uv(self, version: str) -> bool:
        try:
            done = subprocess.run([str(self.uv), "--version"], capture_output=True, text=True)
        except OSError:
            return False
        return done.returncode == 0 and done.stdout.split()[1:2] == [version]

    def _cache(self) -> list[str]:
        """uv stops where its cache can't be written, as in a read-only home: then it does without one."""
        asked = subprocess.run([str(self.uv), "cache", "dir"], capture_output=True, text=True, env=self.variables)
        folder = Path(asked.stdout.strip())
        probe = folder / f"dlcourse-{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
        except OSError:
            return ["--no-cache"]
        return []

    def _write(self, pins: list[Pin]) -> str:
        file = self.root / ".venv/dlcourse-pins.txt"
        file.write_text("".join(pin.text for pin in pins), encoding="utf-8")
        return str(file)

    def _run_pip(self, pins: list[Pin], *options: str) -> bool:
        """Run pip and show in a few lines, instead of its hundreds, what it is doing; returns whether it succeeded."""
        command = [*self.pip, "install", "--disable-pip-version-check", "--no-input", "--no-deps", "--no-compile",
                   "--only-binary", ":all:", "--progress-bar", "off", *options, "-r", self._write(pins)]  # fmt: skip
        variables = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
        number, last = 0, collections.deque(maxlen=30)
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
            env=variables,
        ) as process:  # fmt: skip
            for line in process.stdout:
                if re.search("Location '.*' is ignored", line):
                    continue  # pip says so of each package and each local index that doesn't have it
                last.append(line)
                name = re.match(r"Collecting ([\w.-]+)", line)
                large = re.match(r"\s*Downloading (?:\S*/)?(\S+ \([\d.]+ [MG]B\))", line)
                number += bool(name)
                if name and sys.stdout.isatty():
                    print(f"  {number}: {name[1]:60.60}", end="\r", flush=True)
                elif large:
                    print(f"  {number}: {large[1]}", flush=True)
                elif "Retrying" in line:
                    print("  the index doesn't answer; pip tries again", flush=True)
                elif line.startswith("Installing collected"):
                    print("  all are there; copying them into .venv", flush=True)
        if process.returncode:
            print("".join(last), end="", file=sys.stderr, flush=True)
        return process.returncode == 0


def _cpu_wanted(pins: list[Pin]) -> list[Pin]:
    return [Pin(pin.name, pin.version + "+cpu", "", f"{pin.name}=={pin.version}+cpu\n")
            for pin in pins if pin.name in ("torch", "torchvision")]  # fmt: skip


def _cpu_pins(root: Path, pins: list[Pin]) -> list[Pin]:
    """PyTorch's CPU build in the versions of ``pins``: with hashes where they are known for this Python.

    Elsewhere the wheels are checked against the hashes that PyTorch's index itself gives.
    """
    wanted = _cpu_wanted(pins)
    locked = _cpu_locked(root, wanted)
    since = [(3, int(minor)) for pin in locked for minor in re.findall(r"full_version >= '3\.(\d+)'", pin.marker)]
    return locked if locked and sys.version_info >= max(since, default=(3,)) else wanted


def _cpu_locked(root: Path, wanted: list[Pin]) -> list[Pin]:
    """The pins of PyTorch's CPU build, or nothing where they are of other versions than wanted."""
    file = root / TORCH_CPU_FILE
    locked = read_pins(file) if file.is_file() else []
    return locked if [pin[:2] for pin in locked] == [pin[:2] for pin in wanted] else []


def _cpu_wheels_answer(variables: dict[str, str]) -> bool:
    """Whether PyTorch's own index should be used: Linux, no NVIDIA GPU, and it answers within seconds.

    uv's ``--torch-backend`` chooses as well, but stops where that index can't be reached.
    """
    if sys.platform != "linux" or shutil.which("nvidia-smi"):
        return False
    code = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])"
    try:
        # A process of its own can be stopped while it waits for a name server; a socket's time limit can't do that.
        done = subprocess.run(
            [sys.executable, "-c", code, TORCH_CPU_INDEX + "/torch/"], env=variables, capture_output=True, timeout=4
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def lock(root: Path) -> int:
    """Pin all packages anew, with the hashes of every platform's files; returns the exit status."""
    uv = venv_python(root).with_name("uv.exe" if os.name == "nt" else "uv")
    command = [str(uv), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes",
               "--no-annotate", "--no-header", "--no-sources", "--upgrade"]  # fmt: skip
    parts = {layer: root / f"{LAYERS[layer].file}.part" for layer in LAYERS}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [f"--extra={group}" for group in project["optional-dependencies"] if group != "browser"]
    same = ["--constraints", str(parts["all"])]
    try:
        for options in (
            [*extras, "--output-file", str(parts["all"])],
            [*same, "--output-file", str(parts["site"])],
            [*same, "--extra=browser", "--output-file", str(parts["browser"])],
        ):
            if subprocess.run([*command, *options, "pyproject.toml"], cwd=root, stdout=subprocess.DEVNULL).returncode:
                print(
                    "lock: uv found no solution or no index (its message is above); the old pins stay.", file=sys.stderr
                )
                return 1
        held = {pin.name for pin in read_pins(parts["all"])}
        more = [pin.text for pin in read_pins(parts["browser"]) if pin.name not in held]
        parts["browser"].write_text("".join(more), encoding="utf-8")
        for layer in LAYERS:
            os.replace(parts[layer], root / LAYERS[layer].file)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    file, wanted = root / TORCH_CPU_FILE, _cpu_wanted(read_pins(root / LAYERS["all"].file))
    done = subprocess.run(
        [*command, "--no-deps", "--default-index", TORCH_CPU_INDEX, "--output-file", str(file) + ".part", "-"],
        cwd=root, input="".join(pin.text for pin in wanted), text=True, capture_output=True,
    )  # fmt: skip
    if done.returncode == 0:
        os.replace(str(file) + ".part", file)
    elif not _cpu_locked(root, wanted):
        file.unlink(missing_ok=True)
        print(f"lock: {TORCH_CPU_INDEX} doesn't answer, so that PyTorch's CPU build has no pinned hashes; it is then"
              " checked against those which that index gives.")  # fmt: skip
    return 0


def quarto() -> str | None:
    """Path of the quarto command, or None: of this environment, where `make quarto` puts it, or on the PATH."""
    return shutil.which("quarto", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


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
    found = {name: _version(name) for name, _ in _pins(root)}
    whole = all(version for name, version in found.items() if not name.startswith("tensorflow"))
    layer = "packages for everything" if whole else "packages for rendering only; `make setup` adds the rest"
    inside = Path(sys.prefix).resolve() == (root / ".venv").resolve()
    line("ok" if inside else "note", "environment", f"{'.venv' if inside else 'not .venv'}, {layer}")
    for name, version in _pins(root):
        if not found[name] and name.startswith("tensorflow"):
            line("absent", name, "notebook 01 skips its TensorFlow cells")
        elif not found[name]:
            line("MISSING", name, "run `make setup`")
        elif found[name].split("+")[0] != version:
            line("note", name, f"{found[name]}, while requirements.txt pins {version}: run `make setup`")
        else:
            line("ok", name, found[name])

    print("\nData")
    try:
        _data(line)
    except ModuleNotFoundError as error:
        line("note", "data sets", f"not looked at: {error.name} is not installed")

    print("\nOptional")
    line(*_optional("quarto", quarto(), "the site is rendered with Pandoc instead; `make quarto` tries to install it"))
    line(
        *_optional(
            "chromium", chromium(), "browser tests are skipped and `make pdf` can't print; install Chromium or Chrome"
        )
    )
    line(*_optional("playwright", _version("playwright"), "`make test-browser` installs it"))
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


def _data(line) -> None:
    from dlcourse import datasets

    for name in datasets.EMBEDDED_FILES | datasets.FULL_FILES:
        try:
            where, tier = datasets.locate(name)
            line("ok", name, f"{tier}, in {where}" + ("" if tier == "full" else "; `make data` fetches the full set"))
        except datasets.DataError as error:
            state = "MISSING" if name in datasets.EMBEDDED_FILES else "absent"
            line(state, name, str(error).removeprefix(f"{name}: "))


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _optional(name: str, found: str | None, otherwise: str) -> tuple[str, str, str]:
    return ("ok", name, found) if found else ("absent", name, otherwise)


def _pins(root: Path) -> list[tuple[str, str]]:
    """(name, version) of the pinned packages that pyproject.toml names and that apply to this machine."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [names for group, names in project["optional-dependencies"].items() if group != "browser"]
    wanted = sum(groups, project["dependencies"])
    named = {re.match(r"[A-Za-z0-9_-]+", requirement)[0].replace("_", "-") for requirement in wanted}
    return [
        (pin.name, pin.version)
        for pin in read_pins(root / LAYERS["all"].file)
        if pin.name in named and _applies(pin.marker)
    ]


def _applies(marker: str) -> bool:
    if not marker:
        return True
    try:
        from packaging.markers import Marker
    except ImportError:
        return True
    return Marker(marker).evaluate()
