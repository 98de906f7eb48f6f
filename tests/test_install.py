"""The installation, with real uv and pip on a small package index that the test makes."""

import functools
import shutil
import subprocess
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from small_course import Index, course, needs_uv, pin, uv_wheel, wheel

from dlcourse import environment

__all__ = ["course"]  # a fixture
pytestmark = needs_uv


def test_first_layer_then_second_then_nothing_more(course):
    done = course.setup("site")
    assert done.returncode == 0, done.stderr
    assert "with uv" in done.stdout and "after" in done.stdout
    assert course.has("first") and not course.has("second")
    kept = course.root / ".venv/kept"
    kept.touch()
    course.index.asked.clear()
    assert course.setup("all").returncode == 0
    assert course.has("first", "second") and kept.exists(), "the second layer starts from the first"
    assert not any("first-1.0" in path for path in course.index.asked), "the first layer is not fetched again"
    course.index.server.shutdown()  # a second run asks nobody
    for layer in ("site", "all"):
        done = course.setup(layer)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_the_browser_tests_need_is_added_to_everything(course):
    assert course.setup("all").returncode == 0
    assert course.has("second") and not course.has("third")
    course.index.asked.clear()
    done = course.setup("browser")
    assert done.returncode == 0 and course.has("first", "second", "third")
    assert "make .venv" not in done.stdout and "the packages for the browser tests" in done.stdout
    fetched = {path.rpartition("/")[2] for path in course.index.asked if path.endswith(".whl")}
    assert fetched == {"third-1.0-py3-none-any.whl"}
    course.index.server.shutdown()
    for layer in environment.LAYERS:
        assert course.setup(layer).stdout == ""


def test_browser_layer_from_nothing_brings_everything(course):
    assert course.setup("browser").returncode == 0
    assert course.has("first", "second", "third")


def test_changed_pin_touches_only_its_layer(course):
    assert course.setup("all").returncode == 0
    course.rest = [course.index.add(*wheel("second", "2.0"))]
    course.write()
    course.index.asked.clear()
    assert course.setup("site").stdout == "", "the pins of the first layer are the same"
    done = course.setup("all")
    assert done.returncode == 0 and "make .venv" not in done.stdout
    fetched = [path for path in course.index.asked if path.endswith(".whl")]
    assert {path.rpartition("/")[2] for path in fetched} == {"second-2.0-py3-none-any.whl"}
    assert (course.root / ".venv").is_dir() and course.has("second")


@pytest.mark.parametrize("uv", [None, "#!/bin/sh\nexit 3\n"], ids=["uv", "pip"])
def test_wrong_hash_is_refused_by_either_installer(course, uv):
    if uv:
        course.index.folder.joinpath("simple/uv/index.html").unlink()
        course.uv = course.index.add(*uv_wheel(uv))
    course.site = [pin(*wheel("first"), digest="0" * 64)]
    course.write()
    done = course.setup("site")
    assert done.returncode == 1 and "hash" in done.stderr.lower()
    assert "Nothing half-installed will be trusted" in done.stderr
    assert not (course.root / ".venv/dlcourse-site").exists() and not course.has("first")


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_what_is_installed_and_how_much_is_visible(course, installer):
    if installer == "pip":
        shutil.rmtree(course.index.folder / "simple/uv")
    course.site.append(course.index.add(*wheel("large")))
    course.write()
    done = course.setup("site")
    assert f"install the packages for rendering with {installer} (up to 2 packages)" in done.stdout
    shown = "Installed 2 packages" in done.stderr if installer == "uv" else "all are there; copying them" in done.stdout
    assert shown, done.stdout + done.stderr


def test_no_wheel_of_uv_then_pip_installs_the_same_and_says_so(course):
    shutil.rmtree(course.index.folder / "simple/uv")
    done = course.setup("all")
    assert done.returncode == 0, done.stderr
    assert "uv can't be had here; pip installs the same pins" in done.stdout
    assert course.has("first", "second")


def test_uv_that_fails_is_followed_by_pip(course):
    version = uv_wheel()[0].split("-")[1]
    shutil.rmtree(course.index.folder / "simple/uv")
    broken = f'#!/bin/sh\n[ "$1" = --version ] && echo "uv {version}" && exit\n[ "$1" = cache ] && echo /tmp && exit\necho "uv is ill" >&2; exit 2\n'  # fmt: skip
    course.uv = course.index.add(*uv_wheel(broken))
    course.write()
    done = course.setup("site")
    assert done.returncode == 0 and "uv is ill" in done.stderr
    assert "uv failed (its message is above); pip tries the same pins" in done.stdout and course.has("first")


# ------------------------------------------------------------------ settings of pip hold for uv


def test_extra_index_and_find_links_of_pip_hold_for_uv(course, tmp_path):
    other = Index(tmp_path / "other")
    links = tmp_path / "links with ü"
    links.mkdir()
    course.site.append(other.add(*wheel("elsewhere")))
    file, data = wheel("on-disk")
    (links / file).write_bytes(data)
    course.site.append(pin(file, data))
    course.write()
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        f"[global]\nindex-url = {course.index.url}\n[install]\nextra-index-url = {other.url}\n"
        f"find-links = {links.as_uri()}\n"
    )
    course.settings = {"PIP_CONFIG_FILE": str(configuration)}
    done = course.setup("site")
    other.server.shutdown()
    assert done.returncode == 0, done.stderr
    assert "with uv" in done.stdout and "with pip" not in done.stdout
    assert course.has("first", "elsewhere", "on_disk")


def test_proxy_and_certificates_of_pip_hold_for_uv():
    options, variables = environment.uv_settings(
        environment.pip_settings(
            "global.index-url='https://mirror.example/simple'\nglobal.cert='/etc/campus.pem'\nglobal.timeout='60'\n"
            "install.trusted-host='mirror.example'\ninstall.cert='/etc/lab.pem'\n:env:.proxy='http://proxy.example:3128'\n"
            "global.extra-index-url='\\nhttps://a.example/simple\\nhttps://b.example/simple'\nlist.format='columns'\n"
        )
    )
    assert " ".join(options) == (
        "--default-index https://mirror.example/simple --index https://a.example/simple --index https://b.example/simple"
        " --allow-insecure-host mirror.example --index-strategy unsafe-best-match"
    )
    assert variables["SSL_CERT_FILE"] == "/etc/lab.pem" and variables["UV_HTTP_TIMEOUT"] == "60"
    assert variables["HTTPS_PROXY"] == variables["HTTP_PROXY"] == "http://proxy.example:3128"
    assert environment.uv_settings({})[1] == {"UV_SYSTEM_CERTS": "true"}, "else those of the system, as pip does"


def test_proxy_of_pip_is_asked_by_uv(course, tmp_path):
    class Proxy(SimpleHTTPRequestHandler):
        def do_GET(self):
            proxied.append(self.path)
            self.path = self.path.removeprefix("http://packages.example")
            super().do_GET()

        def log_message(self, *_):
            pass

    proxied = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Proxy, directory=str(course.index.folder)))
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    course.settings = {
        "PIP_INDEX_URL": "http://packages.example/simple/",
        "PIP_TRUSTED_HOST": "packages.example",
        "PIP_PROXY": f"http://127.0.0.1:{server.server_port}",
    }
    done = course.setup("site")
    server.shutdown()
    assert done.returncode == 0, done.stderr
    assert "with pip" not in done.stdout
    assert any(path.endswith("first-1.0-py3-none-any.whl") for path in proxied)


# ----------------------------------------------------------------------- the build of PyTorch


@pytest.fixture
def torch(course, tmp_path):
    """The course with small packages in place of PyTorch's, and the address of a CPU index with its builds."""
    cpu = Index(tmp_path / "cpu")
    course.rest = [course.index.add(*wheel(name)) for name in ("torch", "torchvision", "nvidia-cublas", "triton")]
    course.cpu = [cpu.add(*wheel(name, "1.0+cpu")) for name in ("torch", "torchvision")]
    course.cpu_index = cpu
    course.write()
    point_at(course, cpu.url.rstrip("/"))
    yield course
    cpu.server.shutdown()


def point_at(course, url):
    file = course.root / "dlcourse/environment.py"
    text = file.read_text(encoding="utf-8")
    assert environment.TORCH_CPU_INDEX in text
    file.write_text(text.replace(environment.TORCH_CPU_INDEX, url), encoding="utf-8")


def builds(course):
    packages = next((course.root / ".venv").glob("lib/python*/site-packages"))
    return sorted(path.name.removesuffix(".dist-info") for path in packages.glob("*.dist-info"))


CPU = {"torch-1.0+cpu", "torchvision-1.0+cpu"}
CUDA = {"torch-1.0", "torchvision-1.0", "nvidia_cublas-1.0", "triton-1.0"}
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the default build is without CUDA")


@linux
@pytest.mark.parametrize(("choice", "expected"), [("auto", CPU), ("cpu", CPU), ("default", CUDA)])
def test_torch_choice(torch, choice, expected):
    if choice == "cpu":  # with hashes that `dlcourse lock` looked up
        (torch.root / environment.TORCH_CPU_FILE).write_text("".join(torch.cpu))
    done = torch.setup("all", TORCH=choice, PATH=str(torch.home))
    assert done.returncode == 0, done.stderr
    assert set(builds(torch)) & (CPU | CUDA) == expected
    assert torch.setup("all", TORCH=choice).stdout == ""


@linux
def test_pinned_hashes_of_the_cpu_build_are_verified(torch):
    (torch.root / environment.TORCH_CPU_FILE).write_text(
        pin(*wheel("torch", "1.0+cpu"), digest="0" * 64) + torch.cpu[1]
    )
    done = torch.setup("all", TORCH="cpu")
    assert done.returncode == 1 and "hash" in done.stderr.lower()
    assert "TORCH=default takes that of the package index" in done.stderr and not {*builds(torch)} & (CPU | CUDA)


@linux
def test_index_that_never_answers_is_given_up_within_seconds(torch):
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as silent:  # listens, and serves nobody
        text = (torch.root / "dlcourse/environment.py").read_text(encoding="utf-8")
        text = text.replace(torch.cpu_index.url.rstrip("/"), f"http://127.0.0.1:{silent.server_port}")
        (torch.root / "dlcourse/environment.py").write_text(text, encoding="utf-8")
        start = time.monotonic()
        done = torch.setup("all", TORCH="auto", PATH=str(torch.home))
        assert done.returncode == 0 and set(builds(torch)) >= CUDA
        assert time.monotonic() - start < 60  # without a limit it would wait for ever


@linux
def test_cpu_index_without_its_files_falls_back_to_the_package_index(torch):
    for file in torch.cpu_index.folder.rglob("*.whl"):
        file.unlink()
    done = torch.setup("all", TORCH="auto", PATH=str(torch.home))
    assert done.returncode == 0, done.stderr
    assert "taking the default build" in done.stdout and set(builds(torch)) >= CUDA


@linux
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_other_file_than_pinned_on_the_cpu_index_falls_back_to_the_default_build(torch, installer):
    """As after an upload under the same name: nothing of it is trusted, and the classroom gets the other build."""
    if installer == "pip":
        shutil.rmtree(torch.index.folder / "simple/uv")
    (torch.root / environment.TORCH_CPU_FILE).write_text(
        torch.cpu[0] + pin(*wheel("torchvision", "1.0+cpu"), digest="0" * 64)
    )
    done = torch.setup("all", TORCH="auto", PATH=str(torch.home))
    assert done.returncode == 0, done.stderr
    assert "hash" in done.stderr.lower() and "can't be had as pinned" in done.stdout
    assert "taking the default build" in done.stdout and set(builds(torch)) & (CPU | CUDA) == CUDA
    assert torch.setup("all", TORCH="auto").stdout == ""


@linux
@pytest.mark.parametrize("answers", [True, False])
def test_files_of_the_cpu_index_on_another_server(torch, tmp_path, answers):
    """PyTorch's index links to files on a host of its own, which a campus may not let through."""
    files = Index(tmp_path / "files")
    for name in ("torch", "torchvision"):
        files.add(*wheel(name, "1.0+cpu"))
        (torch.cpu_index.folder / f"simple/{name}/index.html").unlink()
        torch.cpu_index.add(*wheel(name, "1.0+cpu"), at=f"{files.url}{name}/")
    (torch.root / environment.TORCH_CPU_FILE).write_text("".join(torch.cpu))
    if not answers:
        files.server.shutdown()
        files.server.server_close()
    done = torch.setup("all", TORCH="auto", PATH=str(torch.home))
    assert done.returncode == 0, done.stderr
    assert set(builds(torch)) & (CPU | CUDA) == (CPU if answers else CUDA)
    assert answers == any(path.endswith(".whl") for path in files.asked)
    if answers:
        files.server.shutdown()


@linux
def test_cpu_build_that_is_there_stays_when_its_index_is_gone(torch):
    (torch.root / environment.TORCH_CPU_FILE).write_text("".join(torch.cpu))
    assert torch.setup("all", TORCH="auto", PATH=str(torch.home)).returncode == 0
    torch.cpu_index.server.shutdown()
    torch.cpu_index.server.server_close()
    torch.rest.append(torch.index.add(*wheel("another")))
    torch.write()
    done = torch.setup("all", TORCH="auto", PATH=str(torch.home))
    assert done.returncode == 0, done.stderr
    assert torch.has("another") and set(builds(torch)) & (CPU | CUDA) == CPU


@linux
def test_changing_the_build_makes_the_environment_anew(torch):
    assert torch.setup("all", TORCH="cpu").returncode == 0
    assert torch.setup("all", TORCH="default").returncode == 0
    assert set(builds(torch)) & (CPU | CUDA) == CUDA


def test_unknown_torch_choice_lists_the_choices(course):
    done = course.setup("all", TORCH="gpu")
    assert done.returncode == 1 and "TORCH=auto, TORCH=cpu or TORCH=default" in done.stderr


# ----------------------------------------------------------------------------------- making the lock


def test_lock_pins_both_layers_alike_and_keeps_the_old_pins_when_it_fails(tmp_path, monkeypatch, capsys):
    calls = []
    entry = "{} \\\n    --hash=sha256:" + "0" * 64 + "\n"

    def run(command, **options):
        calls.append(command)
        target = Path(command[command.index("--output-file") + 1])
        cpu = "--default-index" in command
        if (cpu and not run.cpu_answers) or (not cpu and run.fails):
            return subprocess.CompletedProcess(command, 1)
        names = options["input"].split() if cpu else ["torch==2.0", "torchvision==1.0", "uv==1.0"]
        names += ["playwright==1.0"] * ("--extra=browser" in command)
        target.write_text("".join(entry.format(name) for name in names))
        return subprocess.CompletedProcess(command, 0)

    (tmp_path / "pyproject.toml").write_text("[project.optional-dependencies]\ncourse = []\nbrowser = []\n")
    run.fails, run.cpu_answers = False, True
    monkeypatch.setattr(environment.subprocess, "run", run)
    assert environment.lock(tmp_path) == 0
    assert all("--generate-hashes" in call and "--universal" in call for call in calls)
    assert calls[1][calls[1].index("--constraints") + 1] == calls[0][calls[0].index("--output-file") + 1]
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"pyproject.toml", "requirements-cpu.txt", *(layer.file for layer in environment.LAYERS.values())}
    assert "--extra=course" in calls[0] and "--extra=browser" not in calls[0]
    assert [pin.name for pin in environment.read_pins(tmp_path / "requirements-browser.txt")] == ["playwright"]
    assert "torch==2.0+cpu \\" in (tmp_path / "requirements-cpu.txt").read_text()

    before = (tmp_path / "requirements.txt").read_text()
    run.fails = True
    assert environment.lock(tmp_path) == 1 and (tmp_path / "requirements.txt").read_text() == before
    assert "the old pins stay" in capsys.readouterr().err

    run.fails, run.cpu_answers = False, False
    text = entry.format("torch==2.0+cpu") + entry.format("torchvision==1.0+cpu ; python_full_version >= '3.99'")
    (tmp_path / "requirements-cpu.txt").write_text(text)
    assert environment.lock(tmp_path) == 0
    assert (tmp_path / "requirements-cpu.txt").read_text() == text, "they are still right, if not for every Python"
    (tmp_path / "requirements-cpu.txt").write_text(
        entry.format("torch==1.9+cpu") + entry.format("torchvision==1.0+cpu")
    )
    assert environment.lock(tmp_path) == 0
    assert not (tmp_path / "requirements-cpu.txt").exists(), "hashes of other versions would be wrong"
    assert "no pinned hashes" in capsys.readouterr().out
