"""Schematic figures that several notebooks need, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

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
