"""What `dlcourse serve` gives away, and how the command line takes wrong values and Ctrl-C."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dlcourse import serve

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def get(tmp_path_factory):
    """A function that asks the server for a raw path and returns status, headers and body."""
    folder = tmp_path_factory.mktemp("served")
    site = folder / "_site"
    (site / "pages").mkdir(parents=True)
    (folder / "secret.txt").write_text("secret")
    (site / "link.txt").symlink_to(folder / "secret.txt")
    for name in (
        "index.html",
        ".render.json",
        "a.wasm",
        "a.woff",
        "a.svg",
        "pages/..-notebooks-a.svg",
        "a.ipynb",
        "a.js",
        "a.css",
        "a.json",
        "a.pagefind",
        "pages/ü b.html",
    ):
        (site / name).write_text("x")
    server = serve.server(site, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    assert server.server_address[0] == "127.0.0.1"
    yield ask
    server.shutdown()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("index.html", "text/html; charset=utf-8"), ("", "text/html; charset=utf-8"), ("a.wasm", "application/wasm"), ("a.woff", "font/woff"),
     ("a.svg", "image/svg+xml"), ("pages/..-notebooks-a.svg", "image/svg+xml"), ("a.ipynb", "application/x-ipynb+json"), ("a.js", "text/javascript; charset=utf-8"),
     ("a.css", "text/css; charset=utf-8"), ("a.json", "application/json"), ("a.pagefind", "application/octet-stream"),
     ("pages/%C3%BC%20b.html?x=1", "text/html; charset=utf-8")],
)  # fmt: skip
def test_files_have_their_type_and_are_not_guessed_at(get, name, kind):
    status, headers, _ = get("/" + name)
    assert (status, headers["Content-Type"], headers["X-Content-Type-Options"]) == (200, kind, "nosniff")


@pytest.mark.parametrize(
    "path",
    ["/pages/", "/pages", "/.render.json", "/link.txt", "/../secret.txt", "/%2e%2e/secret.txt", "/pages/..%2f..%2fsecret.txt",
     "//etc/passwd", "/gone.html", "/%00", "/index.html%00"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_but_the_site_is_served_and_no_folder_is_listed(get, path, method):
    status, headers, text = get(path, method)
    if status == 301:  # a folder without its slash
        status, headers, text = get(headers["Location"], method)
    assert status == 404 and headers["X-Content-Type-Options"] == "nosniff" and "secret" not in text


def dlcourse(*arguments, **variables):
    command = [sys.executable, "-m", "dlcourse", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, env=os.environ | variables)


@pytest.mark.parametrize("port", ["99999", "0", "-1", "none", "1e3", "٣", "80000000000"])
def test_port_that_is_none_gets_one_sentence(port):
    done = dlcourse("serve", f"--port={port}", LC_ALL="C")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "is no port; choose a number from 1 to 65535" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("value", ["latex", "Quarto", "../quarto", "ü"])
def test_unknown_renderer_gets_one_sentence_wherever_it_comes_from(value):
    for done in (dlcourse("site", "--renderer", value, LC_ALL="C"), dlcourse("site", RENDERER=value, LC_ALL="C")):
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert re.match("dlcourse site: there is no renderer .*; without it, quarto is taken", done.stderr)


@pytest.mark.parametrize("arguments", [("notebooks", "99"), ("data", "fetch", "NONE"), ("site", "--renderer", "x")])
def test_unknown_name_gets_one_sentence(arguments):
    done = dlcourse(*arguments)
    said = done.stderr.splitlines()[0] if done.stderr else ""
    assert (
        done.returncode != 0
        and re.match("dlcourse [a-z]+: (there is no|.*NONE)", said)
        and "Traceback" not in done.stderr
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to a whole console")
def test_ctrl_c_ends_the_server_quietly(tmp_path):
    (tmp_path / "_site").mkdir()
    (tmp_path / "_site/index.html").write_text("x")
    (tmp_path / "pyproject.toml").touch()
    code = (
        "import sys; from pathlib import Path; from dlcourse import __main__ as m;"
        f"m.ROOT = Path({str(tmp_path)!r}); sys.exit(m.main(['serve', '--port', '8700']))"
    )
    server = subprocess.Popen(
        [sys.executable, "-uc", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while "until you press Ctrl+C" not in (line := server.stdout.readline()):
        assert "taken" in line
    server.send_signal(signal.SIGINT)
    _, said = server.communicate(timeout=30)
    assert server.returncode == 130 and said.strip() == "dlcourse serve: stopped."


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to a whole console")
@pytest.mark.parametrize("verb", ["site", "test", "bench", "pdf"])
def test_ctrl_c_ends_each_verb_quietly(verb, monkeypatch, capsys):
    from dlcourse import __main__, environment

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "quarto", lambda: None)
    monkeypatch.setattr("render.build", stop)
    monkeypatch.setattr("dlcourse.pdf.print_decks", stop)
    monkeypatch.setattr(__main__, "_run", stop)
    monkeypatch.chdir(ROOT)
    assert __main__.main([verb]) == 130
    assert capsys.readouterr().err.strip() == f"dlcourse {verb}: stopped."


def test_jupyterlab_listens_on_this_machine_and_asks_for_its_token(monkeypatch):
    """Both are JupyterLab's own defaults: nothing that the course sets may change them."""
    from dlcourse import lab

    commands = []
    monkeypatch.setattr(lab, "trust", lambda _: None)
    monkeypatch.setattr(
        lab.subprocess, "run", lambda command, **_: commands.append(command) or subprocess.CompletedProcess(command, 0)
    )
    lab.start(ROOT, [])
    assert not re.search(r"--ip|\btoken|password|allow_origin|0\.0\.0\.0", " ".join(map(str, commands[0])))
    from jupyter_server.serverapp import ServerApp

    app = ServerApp()
    assert app.ip == "localhost" and len(app.identity_provider_class().token) >= 32
