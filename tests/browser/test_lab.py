"""Looks at notebooks in a real JupyterLab, started by `dlcourse lab`: `make test-browser`."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

expect = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: run `make test-browser`"
).expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "test-artifacts"
FIGURE = """#| label: fig-lab
#| fig-cap: "A line."
#| fig-alt: "A straight line that rises from left to right."
import matplotlib.pyplot as plt
from dlcourse import plots
plots.use_style()
plt.plot([1, 2]);"""
SLIDER = """#| label: fig-lab-slider
#| fig-cap: "A line with a slider."
#| fig-alt: "A line that a slider makes steeper."
from dlcourse import frames
figure, axes = plt.subplots()
lines = [axes.plot([0, k], "k-") for k in (1, 2, 3)]
frames.show(figure, lines, label="Slope", values=["1", "2", "3"], texts=["flat", "steeper", "steep"])"""


STORED = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))


def make_course(folder):
    """A copy of what JupyterLab shows, with one notebook more, executed by `dlcourse notebooks`."""
    for name in ("dlcourse", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    (folder / "data").symlink_to(ROOT / "data")
    cells = [nbformat.v4.new_markdown_cell("# A notebook for JupyterLab")]
    cells += [nbformat.v4.new_code_cell(source) for source in (FIGURE, SLIDER)]
    solution = nbformat.v4.new_code_cell("# Solution to exercise 90.1\nprint(6 * 7)")
    solution.metadata = {"jupyter": {"outputs_hidden": True, "source_hidden": True}, "tags": ["solution"]}
    nbformat.write(nbformat.v4.new_notebook(cells=[*cells, solution]), folder / "notebooks/90-lab.ipynb")
    subprocess.run(
        [sys.executable, "-m", "dlcourse", "notebooks", "90"],
        cwd=folder,
        check=True,
        env=os.environ | {"PYTHONPATH": ""},
    )
    # The same notebook from a machine with another Python.
    other = nbformat.read(folder / "notebooks/90-lab.ipynb", as_version=4)
    other.metadata.language_info.version = "3.99.1"
    nbformat.write(other, folder / "notebooks/91-other-python.ipynb")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """(folder, address, token) of a JupyterLab with the settings of a new user."""
    folder, home = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("home")
    make_course(folder)
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "XDG_"))}
    variables |= {"HOME": str(home), "PYTHONPATH": "", "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    command = [sys.executable, "-m", "dlcourse", "lab", "--", "--no-browser", "--port=0", "--allow-root"]
    command.append("--LabApp.expose_app_in_browser=True")  # so that a test can wait for the kernel
    log = home / "lab.log"
    with open(log, "w") as file:
        server = subprocess.Popen(command, cwd=folder, env=variables, stdout=file, stderr=file, start_new_session=True)
    try:
        end = time.monotonic() + 180
        while not (found := list((home / "runtime").glob("jpserver-*.json"))):
            assert server.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        info = json.loads(found[0].read_text())
        yield folder, info["url"], info["token"]
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


@pytest.fixture
def opened(lab, chromium):
    """A function that opens a notebook in a fresh window and waits until its kernel is connected."""
    _, address, token = lab
    pages = []

    def open_notebook(name):
        page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
        pages.append(page)
        page.set_default_timeout(120000)
        page.goto(f"{address}lab/tree/{name}?reset&token={token}")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        return page

    yield open_notebook
    for page in pages:
        page.context.close()


def edited(page):
    """Whether JupyterLab has the notebook as edited, once its kernel has said which Python it is."""
    return page.evaluate(
        """async () => {
            const { context } = window.jupyterapp.shell.currentWidget
            await context.ready
            await context.sessionContext.ready
            await context.sessionContext.session.kernel.info
            await new Promise(resolve => setTimeout(resolve, 1000))
            return context.model.dirty
        }"""
    )


def close(page):
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.jp-mod-current .lm-TabBar-tabCloseIcon").click()
    page.wait_for_selector(".jp-Notebook", state="detached")
    assert page.locator(".jp-Dialog").count() == 0, "closing asks whether to save"


@pytest.mark.parametrize("name", ["90-lab.ipynb", "91-other-python.ipynb"])
def test_figures_and_sliders_are_shown_and_the_file_stays_as_it_is(lab, opened, name):
    file = lab[0] / "notebooks" / name
    before = file.read_bytes()
    page = opened(name)
    page.locator(".jp-RenderedSVG img, .jp-RenderedSVG svg").wait_for()
    slider = page.locator(".jp-OutputArea input[type=range]")
    slider.wait_for()
    slider.fill("2")
    expect(page.locator(".jp-OutputArea output")).to_contain_text("steep")
    page.screenshot(path=PICTURES / f"lab-{name}.png")
    assert not edited(page)
    close(page)
    assert file.read_bytes() == before


def test_untrusted_figure_reads_its_alternative_text(lab, opened):
    source = nbformat.read(lab[0] / "notebooks/90-lab.ipynb", as_version=4)
    source.cells[0].source = "# Changed by somebody else"
    nbformat.write(source, lab[0] / "notebooks/92-untrusted.ipynb")
    page = opened("92-untrusted.ipynb")
    shown = page.locator(".jp-OutputArea-output").first  # it is there before its text
    expect(shown).to_have_text("A straight line that rises from left to right.", use_inner_text=True, timeout=60000)


def test_nobody_asks_about_news(opened):
    page = opened("90-lab.ipynb")
    page.wait_for_timeout(4000)  # the question used to come 2 to 3 seconds after the notebook
    assert page.locator(".Toastify__toast, .jp-Dialog").count() == 0


def test_folded_solution_gives_nothing_away(opened):
    page = opened("90-lab.ipynb")
    folded = page.locator(".jp-Notebook .jp-Cell", has_text="Solution to exercise 90.1")
    text = folded.inner_text()
    assert "print" not in text and "42" not in text


@pytest.mark.parametrize("name", STORED)
def test_notebook_of_the_course_is_trusted_and_unedited(lab, opened, name):
    before = (lab[0] / "notebooks" / name).read_bytes()
    page = opened(name)
    assert not edited(page)
    page.locator(".jp-RenderedSVG").first.wait_for(state="attached")
    assert page.locator(".jp-OutputArea-output", has_text="<Figure").count() == 0, "a figure is hidden"
    page.screenshot(path=PICTURES / f"lab-{name}.png")
    close(page)
    assert (lab[0] / "notebooks" / name).read_bytes() == before
