"""Schematic figures that several notebooks need, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from dlcourse.plots import BLUE, GREEN, GREY, INK, ORANGE

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
