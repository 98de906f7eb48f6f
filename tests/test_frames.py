"""Figures with a slider: self-contained, small, usable by keyboard, and a picture remains without JavaScript."""

import base64
import html
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import pytest

from dlcourse import frames


class Elements(HTMLParser):
    """Lists the elements of a page as (tag, attributes)."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def one(self, tag):
        (attributes,) = [attributes for found, attributes in self.found if found == tag]
        return attributes


def draw(points=3, **changes):
    figure, ax = plt.subplots()
    ax.plot([0, 4], [0, 4])
    artists = [
        [*ax.plot(range(points), [k] * points, "o-"), ax.annotate(f"frame {k}", (0, k), (1, k), arrowprops={})]
        for k in range(4)
    ]
    options = {"label": "Step <k>", "values": ["0", "1", "2", "3"], "texts": [f"step {k}" for k in range(4)], "start": 2,
               "name": "fig-test", "alt": 'A line & a "path"'} | changes  # fmt: skip
    frames.show(figure, artists, **options)


@pytest.fixture
def bundle(monkeypatch):
    shown = []
    monkeypatch.setattr(frames, "display", lambda bundle, raw: shown.append(bundle))
    draw()
    return shown[0]


def picture(page):
    source = Elements(page).one("img")["src"]
    return base64.b64decode(source.removeprefix("data:image/svg+xml;base64,")).decode()


def test_bundle_has_html_that_the_renderer_knows_and_a_static_picture(bundle):
    tag, root = Elements(bundle["text/html"]).found[0]
    assert (tag, root["data-dlcourse"], root["id"]) == ("div", "frames", "fig-test-frames")
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "text/plain" in bundle


def test_everything_is_inside_and_nothing_comes_from_another_host(bundle):
    page = bundle["text/html"]
    for text in (page, picture(page)):
        assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:|#)", text)
        assert not re.search(r"url\((?!#)|@import|\bimport\b|\bfetch\b|<link|<script[^>]*\bsrc", text)


def test_picture_without_javascript_shows_the_start_frame_only(bundle):
    svg = picture(bundle["text/html"])
    assert svg == bundle["image/svg+xml"]
    assert ".frame{display:none}.frame-2{display:inline}" in svg
    marked = re.findall(r'class="frame frame-(\d)"', svg)
    assert sorted(marked) == sorted("0123" * 3)  # in each frame a line, a text and its arrow
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))


def test_picture_has_the_alternative_text(bundle):
    assert Elements(bundle["text/html"]).one("img")["alt"] == 'A line & a "path"'


def test_control_is_a_labelled_native_range_with_an_output(bundle):
    page = Elements(bundle["text/html"])
    control, label, output = page.one("input"), page.one("label"), page.one("output")
    assert control["type"] == "range"
    assert [control[name] for name in ("min", "max", "step", "value")] == ["0", "3", "1", "2"]
    assert control["id"] == label["for"] == output["for"] == "fig-test-range"
    assert control["aria-valuetext"] == "2"
    assert "Step &lt;k&gt;</label>" in bundle["text/html"]
    assert "step 2</output>" in bundle["text/html"]


def test_control_is_hidden_until_the_script_runs_and_on_paper(bundle):
    assert Elements(bundle["text/html"]).one("input")["hidden"] == "hidden"  # JupyterLab's sanitizer drops hidden=""
    assert "input.hidden = false" in bundle["text/html"]
    assert re.search(r"@media print \{[^}]*input \{ display: none", bundle["text/html"])


def test_keys_pressed_in_the_slider_stay_there(bundle):
    assert re.search(r'"keydown".*Arrow\|Page\|Home\|End.*stopPropagation', bundle["text/html"], re.S)
    assert Elements(bundle["text/html"]).one("input")["data-lm-suppress-shortcuts"] == "true"


def test_texts_cannot_end_the_script(bundle, monkeypatch):
    shown = []
    monkeypatch.setattr(frames, "display", lambda bundle, raw: shown.append(bundle["text/html"]))
    draw(texts=["</script><b>", "1", "2", "3"], start=0)
    assert shown[0].count("</script>") == 1
    assert html.escape("</script><b>") in shown[0]


def test_same_figure_gives_same_bytes(bundle, monkeypatch):
    shown = []
    monkeypatch.setattr(frames, "display", lambda bundle, raw: shown.append(bundle))
    draw()
    assert shown[0] == bundle


def test_figure_over_300_kilobytes_is_refused(monkeypatch):
    monkeypatch.setattr(frames, "display", lambda bundle, raw: None)
    with pytest.raises(ValueError, match="fewer frames or fewer points"):
        draw(points=2000)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"texts": ["one"]}, "equally many"),
        ({"start": 4}, "from 0 to 3"),
        ({"alt": None}, "alternative text"),
        ({"name": None}, "needs a name"),
    ],
)
def test_wrong_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        draw(**changes)


SOURCE = '#| label: fig-cell\n#| fig-alt: "Two curves: one up, one down."\nframes.show(…)'
KERNEL = SimpleNamespace(get_parent=lambda: {"content": {"code": SOURCE}}, user_ns={"In": [""]})  # history is off
TERMINAL = SimpleNamespace(user_ns={"In": ["", SOURCE]})


@pytest.mark.parametrize("shell", [KERNEL, TERMINAL])
def test_name_and_alternative_text_come_from_the_options_of_the_cell(monkeypatch, shell):
    shown = []
    monkeypatch.setattr(frames, "display", lambda bundle, raw: shown.append(bundle["text/html"]))
    monkeypatch.setattr(frames, "get_ipython", lambda: shell)
    draw(name=None, alt=None)
    assert Elements(shown[0]).one("img")["alt"] == "Two curves: one up, one down."
    assert 'id="fig-cell-range"' in shown[0]
