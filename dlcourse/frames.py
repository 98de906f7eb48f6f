"""A figure with a slider: frames that were drawn beforehand, and one range control to choose among them.

Everything that is drawn goes into one SVG. What belongs to a frame is marked in it, and the slider
shows one frame at a time. The figure needs no kernel, no library and no network, so it works where
notebooks, pages and slides are shown; without JavaScript, and on paper, the first picture remains.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Iterable, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import display
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.text import Annotation

LIMIT = 300_000  # bytes of HTML for one figure

STYLE = """
[data-dlcourse=frames] .frames-control { display: flex; flex-wrap: wrap; align-items: center; gap: .2em .8em; margin: .6em 0; max-width: none; line-height: 1.4; }
[data-dlcourse=frames] .frames-control input { flex: 1 1 12em; max-width: 26em; height: 1.8em; accent-color: #0072B2; }
[data-dlcourse=frames] .frames-control input[hidden] { display: none; }
[data-dlcourse=frames] .frames-control output { flex: 1 1 20em; font-variant-numeric: tabular-nums; }
@media print { [data-dlcourse=frames] .frames-control input { display: none; } }
"""

# A deck listens for the same keys as the slider: they end here, but Escape and a mouse or finger that lets go
# hand the keyboard back to the deck. JupyterLab makes a new script element, hence the search by id as well.
SCRIPT = """
(() => {
  const root = document.currentScript?.closest("[data-dlcourse=frames]") ?? document.getElementById(ID);
  const picture = root.querySelector("img"), input = root.querySelector("input"), output = root.querySelector("output");
  const svg = new TextDecoder().decode(Uint8Array.from(atob(picture.src.split(",")[1]), c => c.charCodeAt(0)));
  const pictures = TEXTS.map((_, k) => "data:image/svg+xml," + encodeURIComponent(svg.replace(/frame-\\d+{display:inline}/, `frame-${k}{display:inline}`)));
  input.addEventListener("input", () => {
    const k = Number(input.value);
    picture.src = pictures[k];
    output.value = TEXTS[k];
    input.setAttribute("aria-valuetext", VALUES[k]);
  });
  input.addEventListener("keydown", event => {
    if (/^(Arrow|Page|Home|End)/.test(event.key)) event.stopPropagation();
    if (event.key === "Escape") { event.stopPropagation(); input.blur(); }
  });
  input.addEventListener("pointerup", () => { if (root.closest(".reveal")) input.blur(); });
  input.hidden = false;
})();
"""


def show(
    figure: Figure,
    frames: Sequence[Iterable[Artist]],
    *,
    label: str,
    values: Sequence[str],
    texts: Sequence[str],
    start: int = 0,
    name: str | None = None,
    alt: str | None = None,
) -> None:
    """Display ``figure`` with a slider that shows one of its ``frames`` at a time.

    ``frames``: for each position of the slider, the artists (lines, texts, patches …) that are visible
    only there. What is in no frame is always visible. ``label`` names the slider; ``values`` are what it
    reads at each position, such as ``"0.01"``, and ``texts`` a sentence on each frame, shown beside it.
    ``start`` is the position at first, and the picture for print and for readers without JavaScript.
    ``name`` (unique on its page) and ``alt`` are the options ``label`` and ``fig-alt`` of the cell unless given.

    Raises ValueError when the lengths differ, when start is no position, when name or alternative text is
    missing, and when the figure takes more than 300 kB: then draw fewer frames or fewer points.
    """
    if not len(frames) == len(values) == len(texts) > 1:
        raise ValueError(
            f"frames, values and texts must be equally many, 2 or more; got {len(frames)}, {len(values)}, {len(texts)}"
        )
    if not 0 <= start < len(frames):
        raise ValueError(f"start must be a position from 0 to {len(frames) - 1}, not {start}")
    name, alt = name or _cell_option("label"), alt or _cell_option("fig-alt")
    if not name or not alt:
        raise ValueError(
            "a figure with a slider needs a name and alternative text: open its cell with `#| label: …` and `#| fig-alt: …`"
        )
    svg = _svg(figure, frames, start)
    page = _html(svg, name, alt, label, list(values), list(texts), start)
    if len(page.encode()) > LIMIT:
        raise ValueError(
            f"{name}: {len(page.encode()):,} bytes, more than {LIMIT:,}: draw fewer frames or fewer points"
        )
    plt.close(figure)  # or the notebook would show it a second time, with all frames on top of each other
    bundle = {"text/html": page, "image/svg+xml": svg, "text/plain": f"<Figure with a slider: {len(frames)} frames>"}
    display(bundle, raw=True)


def _cell_option(key: str) -> str | None:
    """The value of ``#| key: value`` in the notebook cell that is running; None outside a notebook."""
    shell = get_ipython()
    # The message that asked for the cell to be run; In is empty where the history is off, as under nbval.
    request = shell.get_parent().get("content", {}) if hasattr(shell, "get_parent") else {}
    source = request.get("code") or (shell.user_ns.get("In", [""])[-1] if shell else "")
    found = re.search(rf'^#\|\s*{key}:\s*"?(.*?)"?\s*$', source, re.MULTILINE)
    return found[1] if found else None


def _svg(figure: Figure, frames: Sequence[Iterable[Artist]], start: int) -> str:
    """The figure as SVG: elements of class frame-0, frame-1, …, of which a style shows only ``start``."""
    for position, artists in enumerate(frames):
        for artist in artists:
            artist.set_gid(f"frame-{position}")
            if isinstance(artist, Annotation) and artist.arrow_patch is not None:
                artist.arrow_patch.set_gid(f"frame-{position}")
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": "dlcourse"}):  # the same picture gives the same bytes
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata=nothing)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    # As id a mark would stand once for each artist of a frame, and an id may stand only once.
    svg = re.sub(r'<g id="(frame-\d+)">', r'<g class="frame \1">', svg)
    style = f"<style>.frame{{display:none}}.frame-{start}{{display:inline}}</style>"
    return svg.replace("<defs>", style + "<defs>", 1)


def _html(svg: str, name: str, alt: str, label: str, values: list[str], texts: list[str], start: int) -> str:
    width, height = (
        round(float(re.search(rf'<svg[^>]*\b{side}="([\d.]+)pt"', svg)[1]) * 4 / 3) for side in ("width", "height")
    )
    script = SCRIPT
    for word, value in (("ID", f"{name}-frames"), ("TEXTS", texts), ("VALUES", values)):
        script = script.replace(word, json.dumps(value).replace("<", "\\u003c"))
    label, alt = html.escape(label), html.escape(alt)
    return (
        f'<div data-dlcourse="frames" id="{name}-frames" data-prevent-swipe="true"><style>{STYLE}</style>\n'
        f'<img class="img-fluid figure-img" alt="{alt}" width="{width}" height="{height}" style="max-width:100%;height:auto"'
        f' src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">\n'
        f'<p class="frames-control"><label for="{name}-range">{label}</label>\n'
        f'<input id="{name}-range" type="range" min="0" max="{len(values) - 1}" step="1" value="{start}"'
        f' aria-valuetext="{html.escape(values[start])}" autocomplete="off" data-lm-suppress-shortcuts="true" hidden="hidden">\n'
        f'<output for="{name}-range">{html.escape(texts[start])}</output></p>\n'
        f"<script>{script}</script></div>"
    )
