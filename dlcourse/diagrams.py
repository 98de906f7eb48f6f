"""Schematic figures that several notebooks need, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from dlcourse.plots import BLUE, GREEN, GREY, INK, ORANGE, VERMILLION

LAYER_COLORS = (ORANGE, BLUE, GREEN)  # input, hidden, output; they also differ by position and label


def network(
    layers: Sequence[Sequence[str | None]],
    titles: Sequence[str],
    *,
    weights: Sequence[str] = (),
    figsize: tuple[float, float] = (7.6, 4.8),
) -> Figure:
    """Draw a fully connected network, layers from left to right.

    ``layers``: for each layer the label of each unit from top to bottom (mathtext such as ``"$X_1$"``);
    None stands for "and so on" and is drawn as three dots. ``titles``: the caption under each layer.
    ``weights``: a label for each bundle of connections, placed above it.
    Raises ValueError when titles, or weights where given, don't match the layers.
    """
    if len(titles) != len(layers) or len(weights) not in (0, len(layers) - 1):
        raise ValueError(
            f"{len(layers)} layers need as many titles and one weight label fewer (or none);"
            f" got {len(titles)} titles and {len(weights)} weight labels"
        )
    figure, ax = plt.subplots(figsize=figsize)
    ax.set_axis_off()
    ax.set_aspect("equal")
    gap, tallest = 3.2, max(len(layer) for layer in layers)
    spots = [
        [(gap * column, (len(layer) - 1) / 2 - row) for row in range(len(layer))] for column, layer in enumerate(layers)
    ]
    for column in range(len(layers) - 1):
        for start, from_label in zip(spots[column], layers[column], strict=True):
            for end, to_label in zip(spots[column + 1], layers[column + 1], strict=True):
                if from_label is not None and to_label is not None:
                    ax.annotate(
                        "", end, start,
                        arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 0.9, "shrinkA": 17, "shrinkB": 17, "alpha": 0.75},
                    )  # fmt: skip
        if weights:
            ax.text(gap * (column + 0.5), tallest / 2 + 0.15, weights[column], ha="center", fontsize=17, color=INK)
    for column, (layer, title) in enumerate(zip(layers, titles, strict=True)):
        color = LAYER_COLORS[0 if column == 0 else 2 if column == len(layers) - 1 else 1]
        for (x, y), label in zip(spots[column], layer, strict=True):
            if label is None:
                ax.text(x, y, "⋮", ha="center", va="center", fontsize=22, color=INK)
                continue
            ax.add_patch(plt.Circle((x, y), 0.43, facecolor="white", edgecolor=color, linewidth=2.4, zorder=2))
            ax.text(x, y, label, ha="center", va="center", fontsize=14, color=INK, zorder=3)
        ax.text(gap * column, -tallest / 2 - 0.25, title, ha="center", va="top", fontsize=14, color=INK)
    ax.set_xlim(-0.9, gap * (len(layers) - 1) + 0.9)
    ax.set_ylim(-tallest / 2 - 1.0, tallest / 2 + 0.6)
    return figure


def tensor_ranks(pictures) -> Figure:
    """Draw tensors of rank 0 to 3: one number, ten numbers, one picture, the stack of all pictures.

    ``pictures``: array or tensor of shape (n, 28, 28), values in [0, 1].
    """
    n = len(pictures)
    figure, panels = plt.subplots(1, 4, figsize=(13, 4.6), width_ratios=(1, 1, 2, 2.6))
    shapes = ("()", "(10,)", "(28, 28)", f"({n}, 28, 28)")
    for rank, (ax, shape) in enumerate(zip(panels, shapes, strict=True)):
        ax.set_title(f"rank {rank}\nshape {shape}", loc="center", fontsize=16)
        ax.set_axis_off()
        ax.set_aspect("equal")
        ax.set_anchor("N")
    for ax, values in ((panels[0], [2.3]), (panels[1], range(10))):
        for row, value in enumerate(values):
            ax.add_patch(plt.Rectangle((0, -row), 1, 1, facecolor="#DCEEFB", edgecolor=BLUE))
            ax.text(0.5, 0.5 - row, value, ha="center", va="center", fontsize=13)
        ax.set(xlim=(-0.2, 1.2), ylim=(-9.2, 1.2))
    panels[2].imshow(pictures[0])
    for layer in range(n - 1, -1, -1):
        low, high = 5 * layer, 5 * layer + 28
        panels[3].imshow(pictures[layer], extent=(low, high, low, high), zorder=2 * n - layer)
        frame = plt.Rectangle((low, low), 28, 28, fill=False, edgecolor="white", zorder=2 * n - layer)
        panels[3].add_patch(frame)
    panels[3].set(xlim=(-1, 5 * n + 24), ylim=(-1, 5 * n + 24))
    return figure


def timeline(
    events: Sequence[tuple[float, str, float, str]],
    looks: Mapping[str, tuple[str, str]],
    *,
    eras: Sequence[tuple[float, float, str, str]] = (),
    years: tuple[float, float] = (1980, 2029),
) -> Figure:
    """Draw events along an axis of years.

    ``events``: (year, text, height, kind), where a negative height hangs the text below the axis.
    ``looks``: for each kind its color and marker. ``eras``: (from, to, color, name) of shaded spans.
    """
    figure, ax = plt.subplots(figsize=(12, 5.6))
    for year, text, height, kind in events:
        color, marker = looks[kind]
        ax.vlines(year, 0, height + 0.3, color=color, linewidth=1.5)
        ax.plot(year, 0, marker, color=color, markersize=12, linestyle="none")
        ax.text(year + 0.3, height, text, va="center", fontsize=17)
    heights = [height for _, _, height, _ in events]
    top, bottom = max(heights) + 0.6, min(heights) - 0.6
    for start, end, color, name in eras:
        ax.axvspan(start, end, color=color, zorder=-1)
        ax.text((start + end) / 2, top + 0.6, name, ha="center", fontsize=18, fontweight="bold")
    ax.axhline(0, color=INK, linewidth=2, zorder=0, linestyle="-")
    ax.grid(False)
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.tick_params(labelsize=16)
    ax.set(xlim=years, ylim=(bottom, top + 1.4 * bool(eras)))
    return figure


def broadcasting(column, row) -> Figure:
    """Draw how a column and a row of numbers are repeated to one shape and added.

    ``column``: array of shape (n, 1). ``row``: array of shape (m,). Repeated numbers are pale.
    """
    grids = (column + 0 * row, row + 0 * column, column + row)
    titles = (f"shape {tuple(column.shape)}", f"shape {tuple(row.shape)}", f"shape {grids[2].shape}")
    figure, panels = plt.subplots(1, 3, figsize=(12, 3.4))
    for place, (ax, values, title) in enumerate(zip(panels, grids, titles, strict=True)):
        for (i, j), value in np.ndenumerate(values):
            own = place == 2 or (j == 0 if place == 0 else i == 0)
            face, ink = ("#DCEEFB", INK) if own else ("white", "#9AA3AF")
            edge = plt.Rectangle(
                (j, -i), 1, 1, facecolor=face, edgecolor=BLUE if own else "#C5CBD3", linestyle="-" if own else ":"
            )
            ax.add_patch(edge)
            ax.text(j + 0.5, 0.5 - i, value, ha="center", va="center", fontsize=18, color=ink)
        ax.set_title(title, loc="center", fontsize=17)
        ax.set(xlim=(-0.3, values.shape[1] + 0.9), ylim=(0.7 - values.shape[0], 1.2))
        ax.set_aspect("equal")
        ax.set_axis_off()
        if place < 2:
            middle = 1 - values.shape[0] / 2
            ax.text(values.shape[1] + 0.6, middle, "+="[place], ha="center", va="center", fontsize=28, color=INK)
    return figure


def feature_hierarchy() -> Figure:
    """Draw how a convolutional network builds a class from parts: edges and patches, parts, a whole, probabilities."""
    figure, ax = plt.subplots(figsize=(13, 5))
    ax.set(xlim=(0, 13), ylim=(-0.75, 4.6), aspect="equal")
    ax.set_axis_off()
    stroke = {"color": INK, "lw": 3, "linestyle": "-", "solid_capstyle": "round"}

    def tile(x, y, side, color):
        ax.add_patch(plt.Rectangle((x, y), side, side, facecolor="white", edgecolor=color, lw=2))

    for number in range(8):
        x, y, turn = 0.3 + 1.05 * (number % 2), 3.2 - 1.05 * (number // 2), np.pi * number / 6
        tile(x, y, 0.9, ORANGE)
        if number < 6:  # edges in six directions
            dx, dy = 0.32 * np.cos(turn), 0.32 * np.sin(turn)
            ax.plot([x + 0.45 - dx, x + 0.45 + dx], [y + 0.45 - dy, y + 0.45 + dy], **stroke)
        else:  # two patches of colour
            ax.add_patch(plt.Rectangle((x, y), 0.9, 0.9, facecolor=(ORANGE, GREEN)[number - 6], edgecolor=GREY))
    for row in range(3):
        tile(3.9, 2.85 - 1.4 * row, 1.25, BLUE)
    _ear(ax, 4.52, 3.1, 0.8)
    _eye(ax, 4.52, 2.07, 0.42)
    for y in (0.3, 0.65, 1.0):
        ax.plot([4.1, 4.95], [y, 0.65 + 0.4 * (y - 0.65)], **stroke)
    tile(6.65, 0.65, 2.9, GREEN)
    for side in (-1, 1):
        _ear(ax, 8.1 + 0.75 * side, 2.4, 0.85)
    ax.add_patch(plt.Circle((8.1, 1.85), 1.02, facecolor="white", edgecolor=INK, lw=3))
    for side in (-1, 1):
        _eye(ax, 8.1 + 0.42 * side, 2.12, 0.26)
        for y in (1.2, 1.4, 1.6):
            ax.plot([8.1 + 0.3 * side, 8.1 + 1.2 * side], [1.4 + 0.4 * (y - 1.4), y], color=INK, lw=1.6, linestyle="-")
    ax.add_patch(plt.Polygon([(7.95, 1.72), (8.25, 1.72), (8.1, 1.52)], color=INK))
    for row, (name, share) in enumerate((("cat", 0.85), ("fox", 0.12), ("car", 0.03))):
        y = 3.0 - row
        ax.add_patch(plt.Rectangle((11, y - 0.3), 1.9 * share, 0.6, color=VERMILLION))
        ax.text(10.9, y, name, ha="right", va="center", fontsize=16)
    captions = ("edges and patches\nof colour", "parts: ear, eye,\nwhiskers", "the whole", "class\nprobabilities")
    for x, caption in zip((1.28, 4.52, 8.1, 11.9), captions, strict=True):
        ax.text(x, -0.1, caption, ha="center", va="top", fontsize=16)
    for start, end in ((2.5, 3.7), (5.35, 6.45), (9.7, 10.3)):
        ax.annotate(
            "", (end, 2.1), (start, 2.1), arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 3, "mutation_scale": 24}
        )
    return figure


def _ear(ax, x, y, size):
    ax.add_patch(
        plt.Polygon([(x - size / 2, y), (x + size / 2, y), (x, y + size)], facecolor=ORANGE, edgecolor=INK, lw=3)
    )


def _eye(ax, x, y, size):
    ax.add_patch(Ellipse((x, y), 2 * size, 1.2 * size, facecolor="white", edgecolor=INK, lw=2.5))
    ax.add_patch(Ellipse((x, y), 0.4 * size, 1.1 * size, facecolor=INK))


def convolutional_network(stages: Sequence[tuple[int, int]], steps: Sequence[str], outputs: Sequence[str]) -> Figure:
    """Draw a convolutional network from left to right: stacks of feature maps, then a vector, then outputs.

    ``stages``: (channels, pixels in height and width) of the image and of each stack of feature maps after it.
    ``steps``: what happens between two stages, and between the last stage, the flat vector and the outputs.
    ``outputs``: the label of each output, from top to bottom.
    Raises ValueError when steps don't match the stages: there is one for each stage, and one for the outputs.
    """
    if len(steps) != len(stages) + 1:
        raise ValueError(f"{len(stages)} stages need {len(stages) + 1} steps; got {len(steps)}")
    figure, ax = plt.subplots(figsize=(13, 4.6))
    ax.set_aspect("equal")
    ax.set_axis_off()
    x, edges, widest = 0.0, [], max(size for _, size in stages)
    for number, (channels, size) in enumerate(stages):
        side, sheets = 2.6 * (size / widest) ** 0.6, min(channels, 3 + 2 * number)
        for sheet in range(sheets):
            lift = 0.13 * (sheets - 1 - sheet)
            color = LAYER_COLORS[0 if number == 0 else 1]
            corner = (x + lift, -side / 2 + lift - 0.065 * sheets)
            ax.add_patch(plt.Rectangle(corner, side, side, facecolor="white", edgecolor=color, lw=2, zorder=2 + sheet))
        width = side + 0.13 * (sheets - 1)
        ax.text(x + width / 2, -2.0, f"{channels} × {size} × {size}", ha="center", va="top", fontsize=16)
        edges.append((x, x + width))
        x += width + 1.9
    ax.add_patch(plt.Rectangle((x, -1.6), 0.28, 3.2, facecolor="white", edgecolor=BLUE, lw=2))
    channels, size = stages[-1]
    ax.text(x + 0.14, -2.0, f"{channels * size**2:,}", ha="center", va="top", fontsize=16)
    edges.append((x, x + 0.28))
    x += 2.2
    for row, name in enumerate(outputs):
        y = 1.4 - 2.8 * row / max(1, len(outputs) - 1)
        if name:
            ax.add_patch(plt.Circle((x, y), 0.17, facecolor="white", edgecolor=GREEN, lw=2))
        ax.text(x + 0.35, y, name or "⋮", ha="left" if name else "center", va="center", fontsize=14)
    edges.append((x - 0.25, x))
    for (_, start), (end, _), step in zip(edges, edges[1:], steps, strict=False):
        ax.annotate(
            "",
            (end - 0.1, 0),
            (start + 0.1, 0),
            arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 2.5, "mutation_scale": 20},
        )
        ax.text((start + end) / 2, 2.05, step, ha="center", va="bottom", fontsize=14)
        ax.plot([(start + end) / 2] * 2, [0.12, 2.0], color=GREY, lw=0.8, linestyle=":")
    ax.set(xlim=(-0.2, x + 2.2), ylim=(-2.6, 3.3))
    return figure


def residual_block(layers: Sequence[str]) -> Figure:
    """Draw a plain block of ``layers`` and, beside it, the same layers with a shortcut that adds the input to their output."""
    figure, panels = plt.subplots(1, 2, figsize=(11, 5.4))
    last = -1.1 * len(layers)
    for ax, title, formula in zip(panels, ("Plain block", "Residual block"), ("$F(x)$", "$x + F(x)$"), strict=True):
        ax.set_axis_off()
        ax.set_title(title, loc="center", fontsize=18)
        arrow = {"arrowstyle": "-|>", "color": INK, "lw": 2.2, "mutation_scale": 20}
        for row, name in enumerate(layers):
            y = -1.1 * (row + 1)
            ax.annotate("", (0, y + 0.35), (0, y + 0.75), arrowprops=arrow)
            ax.add_patch(plt.Rectangle((-1.5, y - 0.35), 3.0, 0.7, facecolor="#DCEEFB", edgecolor=BLUE, lw=2))
            ax.text(0, y, name, ha="center", va="center", fontsize=15)
        ax.text(0, 0, "$x$", ha="center", va="center", fontsize=20)
        ax.text(0, last - 1.85, formula, ha="center", va="top", fontsize=20)
        if title.startswith("Plain"):
            ax.annotate("", (0, last - 1.8), (0, last - 0.35), arrowprops=arrow)
        else:
            ax.annotate("", (0, last - 0.85), (0, last - 0.35), arrowprops=arrow)
            ax.annotate("", (0, last - 1.8), (0, last - 1.35), arrowprops=arrow)
            ax.plot([0.25, 2.3, 2.3], [0, 0, last - 1.1], color=VERMILLION, lw=3, linestyle="--")
            ax.annotate("", (0.26, last - 1.1), (2.3, last - 1.1), arrowprops=arrow | {"color": VERMILLION, "lw": 3})
            ax.text(2.4, last / 2, "shortcut:\nadds $x$", color=VERMILLION, fontsize=15, va="center")
            ax.add_patch(plt.Circle((0, last - 1.1), 0.25, facecolor="white", edgecolor=VERMILLION, lw=2))
            ax.text(0, last - 1.1, "+", ha="center", va="center", fontsize=18)
        ax.set(xlim=(-3.9, 3.9), ylim=(last - 2.5, 0.4), aspect="equal")
    return figure


def computation_graph(values: Mapping[str, tuple[float, float]]) -> Figure:
    """Draw the computation graph of R = ½ (y − f)² with f = β₀ + β g(w₀ + w x), for one observation.

    ``values``: for each of w0, w, x, z, A, beta0, beta, f, y and R its value from the forward pass and the
    derivative of R with respect to it from the backward pass.
    """
    places = {"w0": (0, 0), "w": (0, 1), "x": (0, 2), "z": (1, 1), "A": (2, 1)}
    places |= {"beta0": (2, 0), "beta": (2, 2), "f": (3, 1), "y": (3, 2), "R": (4, 1)}
    names = {"w0": "$w_0$", "beta0": r"$\beta_0$", "beta": r"$\beta$", "A": "$A = g(z)$"}
    names |= {"z": "$z = w_0 + w x$", "f": r"$f = \beta_0 + \beta A$"}
    names |= {"R": r"$R = \frac{1}{2}(y - f)^2$"}
    edges = ("w0 z", "w z", "x z", "z A", "beta0 f", "beta f", "A f", "f R", "y R")
    figure, ax = plt.subplots(figsize=(12, 5.2))
    text = {"ha": "center", "va": "center", "fontsize": 14}
    for edge in edges:
        (a, b), (c, d) = (places[name] for name in edge.split())
        style = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (c - 0.42, d + 0.12 * (b - d)), (a + 0.42, b), arrowprops=style)
    for name, (a, b) in places.items():
        value, derivative = values[name]
        ax.add_patch(plt.Rectangle((a - 0.42, b - 0.36), 0.84, 0.72, fc="white", ec="black"))
        ax.text(a, b + 0.19, names.get(name, f"${name}$"), **text)
        ax.text(a, b - 0.04, f"{value:.3f}", color=BLUE, weight="bold", **text)
        ax.text(a, b - 0.24, f"∂ {derivative:+.3f}", color=VERMILLION, **text)
    passes = {"forward: values": (-0.6, -0.42, 4.42, BLUE, "-")}
    passes |= {"backward: derivatives of R": (-0.88, 4.42, -0.42, VERMILLION, "--")}
    for name, (row, begin, end, color, dash) in passes.items():
        style = {"arrowstyle": "-|>", "color": color, "lw": 2, "linestyle": dash}
        ax.annotate("", (end, row), (begin, row), arrowprops=style)
        ax.text(2, row, name, color=color, backgroundcolor="white", **text)
    ax.set(xlim=(-0.5, 4.5), ylim=(-1.05, 2.45))
    ax.axis("off")
    return figure


def dropout(sizes: Sequence[int], *, dropped: Sequence[Sequence[int]]) -> Figure:
    """Draw a fully connected network twice: whole, and with some units dropped.

    ``sizes``: units of each layer, from left to right. ``dropped``: for each layer, which units (counted from 0,
    from the top) are crossed out on the right and have lost their connections.
    Raises ValueError when ``dropped`` doesn't match the layers.
    """
    if len(dropped) != len(sizes) or any(
        not 0 <= unit < size for size, units in zip(sizes, dropped, strict=True) for unit in units
    ):
        raise ValueError(
            f"dropped must name units of each of the {len(sizes)} layers with sizes {tuple(sizes)}; got {dropped}"
        )
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.4))
    for ax, gone, title in zip(
        panels, ([()] * len(sizes), dropped), ("prediction: all units", "one step of training"), strict=True
    ):
        spots = [[(2.6 * column, (size - 1) / 2 - row) for row in range(size)] for column, size in enumerate(sizes)]
        for column in range(len(sizes) - 1):
            for i, start in enumerate(spots[column]):
                for j, end in enumerate(spots[column + 1]):
                    if i not in gone[column] and j not in gone[column + 1]:
                        style = {"arrowstyle": "-|>", "color": GREY, "lw": 0.9, "shrinkA": 14, "shrinkB": 14}
                        ax.annotate("", end, start, arrowprops=style)
        for column, layer in enumerate(spots):
            color = LAYER_COLORS[0 if column == 0 else 2 if column == len(sizes) - 1 else 1]
            for unit, (x, y) in enumerate(layer):
                off = unit in gone[column]
                edge = {"edgecolor": "#B6BCC4", "linestyle": ":"} if off else {"edgecolor": color}
                ax.add_patch(plt.Circle((x, y), 0.36, facecolor="white", linewidth=2.4, zorder=2, **edge))
                if off:
                    ax.plot(
                        [x - 0.24, x + 0.24],
                        [y - 0.24, y + 0.24],
                        color=VERMILLION,
                        linestyle="-",
                        linewidth=2.6,
                        zorder=3,
                    )
                    ax.plot(
                        [x - 0.24, x + 0.24],
                        [y + 0.24, y - 0.24],
                        color=VERMILLION,
                        linestyle="-",
                        linewidth=2.6,
                        zorder=3,
                    )
        ax.set_title(title, loc="center", fontsize=16)
        ax.set(xlim=(-0.6, 2.6 * (len(sizes) - 1) + 0.6), ylim=(-max(sizes) / 2 - 0.1, max(sizes) / 2 + 0.1))
        ax.set_aspect("equal")
        ax.set_axis_off()
    return figure


def noise_cloud(rng: np.random.Generator, *, observations: int = 8, copies: int = 25, sigma: float = 0.45) -> Figure:
    """Draw observations, a cloud of copies with noise in x around each, and the least-squares line through either."""
    x = np.linspace(-2, 2, observations)
    y = x + rng.normal(scale=0.25, size=observations)
    cloud = np.repeat(x, copies) + rng.normal(scale=sigma, size=observations * copies)
    figure, ax = plt.subplots(figsize=(8, 4.6))
    ax.plot(cloud, np.repeat(y, copies), ".", color=ORANGE, markersize=5, alpha=0.75, label="noisy copies")
    ax.plot(x, y, "o", color=BLUE, markersize=10, label="observations")
    ends = np.array([-3.0, 3.0])
    for points, responses, color, dash, label in (
        (x, y, BLUE, "-", "fit to the observations"),
        (cloud, np.repeat(y, copies), VERMILLION, "--", "fit to the copies"),
    ):
        ax.plot(ends, np.polyval(np.polyfit(points, responses, 1), ends), color=color, linestyle=dash, label=label)
    ax.set(xlabel="$x$", ylabel="$y$")
    ax.legend()
    return figure


def unrolled(
    steps: Sequence[tuple[str, str, str] | None], *, folded: bool = False, marked: bool = False, target: str = ""
) -> tuple[Figure, list[list]]:
    """Draw a recurrent network step by step, from left to right: input below, state in the middle, output above.

    ``steps``: for each step the labels of input, state and output; None stands for "and so on" and is drawn as dots.
    ``folded``: also draw, on the left, the same network as a loop. ``target``: a label above the last output.
    Returns the figure and, with ``marked``, for each step the artists that mark it (frames of a slider).
    """
    start = 4.0 if folded else 0.0
    spots = [start + 2.2 * step for step in range(len(steps))]
    figure, ax = plt.subplots(figsize=(12, 5.4))
    heights, marks = (0.0, 1.9, 3.8), []

    def arrow(begin, end, label, shift, bend=0.0):
        style = {"arrowstyle": "-|>", "color": INK, "lw": 1.6, "shrinkA": 2, "shrinkB": 2}
        ax.annotate("", end, begin, arrowprops=style | {"connectionstyle": f"arc3,rad={bend}"})
        x, y = ((a + b) / 2 + s for a, b, s in zip(begin, end, shift, strict=True))
        ax.text(x, y, rf"$\mathbf{{{label}}}$", ha="center", va="center", fontsize=15, color=VERMILLION)

    def tower(x, labels):
        for y, label, color in zip(heights, labels, LAYER_COLORS, strict=True):
            ax.add_patch(plt.Rectangle((x - 0.72, y - 0.42), 1.44, 0.84, fc="white", ec=color, lw=2.4, zorder=2))
            ax.text(x, y, label, ha="center", va="center", fontsize=15, color=INK, zorder=3)
        arrow((x, heights[0] + 0.44), (x, heights[1] - 0.44), "W", (0.3, 0))
        arrow((x, heights[1] + 0.44), (x, heights[2] - 0.44), "B", (0.3, 0))

    if folded:
        tower(0.0, (r"$X_\ell$", r"$A_\ell$", r"$O_\ell$"))
        arrow((0.74, 2.1), (0.74, 1.7), "U", (0.62, 0), bend=-1.9)
        ax.text(2.4, heights[1], "=", fontsize=30, ha="center", va="center", color=INK)
    for place, (x, labels) in enumerate(zip(spots, steps, strict=True)):
        if labels is None:
            for y in heights:
                ax.text(x, y, "· · ·", fontsize=24, ha="center", va="center", color=INK)
        else:
            tower(x, labels)
        if place:
            arrow((x - 2.2 + 0.74, heights[1]), (x - 0.74, heights[1]), "U", (0, 0.28))
        if marked:
            shade = plt.Rectangle((x - 0.98, -0.62), 1.96, heights[2] + 1.24, fc="#FDF1B8", ec=ORANGE, lw=2, zorder=0)
            marks.append([ax.add_patch(shade)])
    if target:
        ax.text(spots[-1], heights[2] + 0.75, target, fontsize=16, ha="center", va="center", color=INK)
    ax.set(xlim=(-1.1, spots[-1] + 1.1), ylim=(-0.75, heights[2] + (1.1 if target else 0.75)))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return figure, marks


def trade_off(methods: Mapping[str, tuple[float, float]], *, axes: tuple[str, str]) -> Figure:
    """Draw methods as boxes in a plane without a scale; both axes run from low to high.

    ``methods``: for each name (a line break is kept) its place, both coordinates from 0 to 1.
    ``axes``: what the horizontal and the vertical axis mean.
    """
    figure, ax = plt.subplots(figsize=(9, 5.2))
    for name, place in methods.items():
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": BLUE, "linewidth": 1.8}
        ax.text(*place, name, ha="center", va="center", fontsize=15, bbox=box)
    for end in ((1.0, 0.0), (0.0, 1.0)):
        style = {"arrowstyle": "-|>", "color": INK, "lw": 2, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", end, (0, 0), arrowprops=style)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set_xlabel(f"{axes[0]}: low to high", fontsize=16)
    ax.set_ylabel(f"{axes[1]}: low to high", fontsize=16)
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return figure
