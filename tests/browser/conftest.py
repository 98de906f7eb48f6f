"""The built site on a local server, and Chromium to look at it with."""

import os
import threading

import pytest

from dlcourse import environment, serve

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="session")
def site(request):
    """The built site's folder: Pandoc's, or Quarto's with RENDERER=quarto."""
    renderer = os.environ.get("RENDERER") or "pandoc"
    if renderer not in ("pandoc", "quarto"):
        pytest.exit(f"RENDERER={renderer}: choose pandoc or quarto", returncode=2)
    if renderer == "quarto" and not environment.quarto():
        pytest.exit("RENDERER=quarto: Quarto is not on the PATH, so its site can't be tested", returncode=2)
    return request.getfixturevalue(f"{renderer}_site")


@pytest.fixture(scope="session")
def address(site):
    """The built site on 127.0.0.1, as `dlcourse serve` shows it."""
    server = serve.server(site, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="session")
def chromium():
    path = environment.chromium()
    if not path:
        pytest.skip("no Chromium or Chrome on this machine: install one, or set CHROMIUM to its path")
    playwright_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: run `make test-browser`"
    )
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, address):
    """A function that opens a page of the site and, when the test ends, fails it for console errors or foreign requests."""
    contexts, problems = [], []

    def open_page(path="index.html", *, width=1280, height=720, scheme="light", base=address, **settings):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", **settings
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda message: (
                problems.append(f"{path}: {message.text}") if message.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: problems.append(f"{path}: {error}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((base, "data:", "blob:", "about:"))
                else problems.append(f"{path} asks for {request.url}")
            ),
        )
        page.on(
            "response",
            lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        )
        page.set_default_timeout(30000)
        page.goto(base + path)
        if path.endswith("-deck.html") and settings.get("java_script_enabled", True):
            page.wait_for_selector(".reveal.ready")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)
