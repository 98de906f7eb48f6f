"""A small package index and a small course for the tests of the installation, which run the real uv and pip."""

import base64
import functools
import hashlib
import io
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dlcourse import environment

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
needs_uv = [
    pytest.mark.skipif(not UV.is_file(), reason="uv is not in this environment: run `make setup`"),
    pytest.mark.skipif(os.name == "nt", reason="the stand-ins for uv are shell scripts"),
]
# What a machine's own settings would change; each test sets what it needs.
SETTINGS = ("PIP_", "UV_", "TORCH", "XDG_", "SSL_CERT", "REQUESTS_CA", "CURL_CA", "PYTHON", "HTTP_PROXY", "http_proxy",
            "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")  # fmt: skip


def wheel(name, version="1.0", files=None, script=None):
    """(file name, bytes) of a wheel with one module, and perhaps a shell script in the folder of commands."""
    info, module = f"{name.replace('-', '_')}-{version}", name.replace("-", "_")
    inside = files or {f"{module}.py": f"version = {version!r}\n"}
    if script:
        inside[f"{info}.data/scripts/{name}"] = script
    inside[f"{info}.dist-info/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    inside[f"{info}.dist-info/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    rows = []
    for path, text in inside.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(text.encode())}")
    inside[f"{info}.dist-info/RECORD"] = "\n".join([*rows, f"{info}.dist-info/RECORD,,"]) + "\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in inside.items():
            entry = zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if "/scripts/" in path else 0o100644) << 16
            archive.writestr(entry, text)
    return f"{info}-py3-none-any.whl", buffer.getvalue()


def uv_wheel(script=None):
    """A stand-in for the wheel of uv: hands everything to the uv of this environment, or runs another script."""
    version = subprocess.run([UV, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return wheel("uv", version, {"uv.txt": "stand-in\n"}, script or f'#!/bin/sh\nexec "{UV}" "$@"\n')


def pin(file, data, digest=None):
    name, version = file.split("-")[:2]
    digest = digest or hashlib.sha256(data).hexdigest()
    return f"{name.replace('_', '-')}=={version} \\\n    --hash=sha256:{digest}\n"


class Index:
    """A package index on 127.0.0.1 that notes what it is asked for."""

    def __init__(self, folder):
        self.folder, self.asked, index = folder, [], self
        folder.mkdir()

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, *_):
                index.asked.append(self.path)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        # The interval is what a shutdown waits for.
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple/"

    def add(self, file, data, at=""):
        """Put a wheel into the index, or only a link to ``at`` + its name; returns its pin."""
        place = self.folder / "simple" / file.split("-")[0].replace("_", "-")
        place.mkdir(parents=True, exist_ok=True)
        if not at:
            (place / file).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        with open(place / "index.html", "a") as page:
            page.write(f'<a href="{at}{file}#sha256={digest}">{file}</a><br>\n')
        return pin(file, data)


class Course:
    """A folder with what setup reads, an index with its packages, and a home of its own."""

    def __init__(self, folder):
        self.root, self.home = folder / "course", folder / "home"
        self.root.mkdir()
        self.home.mkdir()
        shutil.copytree(ROOT / "dlcourse", self.root / "dlcourse", ignore=shutil.ignore_patterns("__pycache__"))
        self.index = Index(folder / "index")
        self.uv = self.index.add(*uv_wheel())
        self.site = [self.index.add(*wheel("first"))]
        self.rest = [self.index.add(*wheel("second"))]
        self.browser = [self.index.add(*wheel("third"))]
        self.settings = {"PIP_INDEX_URL": self.index.url}
        self.write()

    def write(self):
        (self.root / "requirements-site.txt").write_text("".join([self.uv, *self.site]))
        (self.root / "requirements.txt").write_text("".join([self.uv, *self.site, *self.rest]))
        (self.root / "requirements-browser.txt").write_text("".join(self.browser))

    def command(self, layer):
        return [sys.executable, "-m", "dlcourse", "setup", layer]

    def variables(self, **extra):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(SETTINGS)}
        kept |= {"HOME": str(self.home), "PIP_CONFIG_FILE": os.devnull, "TORCH": "default"}
        return kept | {"NO_PROXY": "127.0.0.1"} | self.settings | extra

    def setup(self, layer="site", **extra):
        return subprocess.run(
            self.command(layer), cwd=self.root, env=self.variables(**extra), capture_output=True, text=True, timeout=300
        )

    def has(self, *modules):
        """Whether the Python of .venv imports these modules, and the course itself, from any folder."""
        code = f"import dlcourse, {', '.join(modules)}; print(dlcourse.__file__)"
        done = subprocess.run(
            [environment.venv_python(self.root), "-c", code],
            cwd="/",
            env=self.variables(),
            capture_output=True,
            text=True,
        )
        return done.returncode == 0 and str(self.root) in done.stdout


@pytest.fixture
def course(tmp_path):
    made = Course(tmp_path)
    yield made
    made.index.server.shutdown()
