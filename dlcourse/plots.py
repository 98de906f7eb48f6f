"""The look of the course's figures, and the few plots that several notebooks share.

Colours are those of Okabe and Ito (2008), which stay distinct for most colour-blind readers; lines
also differ by dash or marker, so that no figure depends on colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from IPython.display import Markdown
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, YELLOW, INK, GREY = "#CC79A7", "#56B4E9", "#F0E442", "#1F2933", "#6B7280"
PALETTE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
# A number as a table has it, perhaps with its spread or in bold; or a mark that there is none.
NUMBER = re.compile(r"(\*\*)?(–||nan|∞|[-+−]?[\d,.]+(e-?\d+)?( ?(±|–|to) ?[-+−]?[\d,.]+)? ?%?)(\*\*)?")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))


def use_style() -> None:
    """Set the figure style of the course: SVG output, large type, Okabe–Ito colours, dashes by line."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=PALETTE) + cycler(linestyle=DASHES),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.titlesize": 14,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.labelsize": 13,
            "axes.edgecolor": GREY,
            "axes.labelcolor": INK,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "grid.color": "#E5E7EB",
            "font.size": 12,
            "legend.frameon": False,
            "legend.fontsize": 12,
            "lines.linewidth": 2.2,
            "figure.figsize": (8, 4.5),
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "image.cmap": "gray",
            "image.interpolation": "none",  # pixels stay pixels, and the SVG stays small
            "svg.hashsalt": "dlcourse",  # the same picture gives the same bytes
        }
    )
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None}, bbox_inches="tight")
    except AttributeError:  # outside IPython there is no inline backend to set
        pass


def table(frame: pd.DataFrame, *, digits: str = ".3f", index: bool = True) -> Markdown:
    """A data frame as a Markdown table, which every front end shows.

    ``digits`` formats the columns of floats; whole numbers get a comma at every thousand. Numbers stand right, also where they
    are texts such as "0.896 ± 0.001" or "0.874–0.882" and a dash says that there is none; names stand left.
    """
    shown = frame.copy()
    for column in frame.columns[[pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]]:
        style = digits if pd.api.types.is_float_dtype(frame[column]) else ",d"
        shown[column] = [format(value, style) for value in frame[column]]
    right = [all(NUMBER.fullmatch(str(value)) for value in shown.iloc[:, place]) for place in range(shown.shape[1])]
    if not index:
        right[:1] = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes[:1]]  # else a name, if "01"
    align = ["left"] * index + ["right" if number else "left" for number in right]
    return Markdown(shown.to_markdown(index=index, disable_numparse=True, colalign=align))


def images(
    pictures, titles: Sequence[str] = (), *, columns: int = 8, size: float = 1.3, colors: Sequence[str] = ()
) -> Figure:
    """A grid of grey pictures.

    ``pictures``: array or tensor of shape (n, height, width) or (n, 1, height, width), values in [0, 1].
    ``titles``: one short text for each, or none. ``colors``: one colour for each title, or none.
    """
    pictures = np.asarray(pictures)
    pictures = pictures.reshape(-1, *pictures.shape[-2:])
    rows = -(-len(pictures) // columns)
    height = size * (1.3 if len(titles) else 1.0)
    figure, axes = plt.subplots(rows, columns, figsize=(columns * size, rows * height), squeeze=False)
    for position, ax in enumerate(axes.flat):
        ax.axis("off")
        if position < len(pictures):
            ax.imshow(pictures[position], vmin=0, vmax=1)
            if len(titles):
                color = colors[position] if len(colors) else INK
                ax.set_title(titles[position], fontsize=11, loc="center", fontweight="normal", color=color)
    return figure


def curves(frame: pd.DataFrame) -> Figure:
    """Loss, and accuracy where there is one, against epochs: training solid, validation dashed.

    ``frame`` is ``History.frame``: indexed by epoch, with columns such as ``train_loss``.
    """
    metrics = [metric for metric in ("loss", "accuracy") if f"train_{metric}" in frame]
    figure, axes = plt.subplots(1, len(metrics), figsize=(5 * len(metrics), 3.8), squeeze=False)
    for ax, metric in zip(axes.flat, metrics, strict=True):
        for part, color, dash, marker in (("train", BLUE, "-", "o"), ("validation", VERMILLION, "--", "s")):
            if f"{part}_{metric}" in frame:
                label = "training" if part == "train" else part
                ax.plot(frame.index, frame[f"{part}_{metric}"], color=color, linestyle=dash, marker=marker, label=label)
        ax.set(xlabel="epoch", title=metric.capitalize())
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend()
    return figure


def band(ax, at, runs, *args, **line) -> Line2D:
    """Draw several runs as the line of their mean and a band from the lowest to the highest; returns the line.

    ``at``: the n positions on the x-axis. ``runs``: shape (runs, n). The rest goes to ``ax.plot``.
    """
    runs = np.asarray(runs)
    (mean,) = ax.plot(at, runs.mean(axis=0), *args, **line)
    ax.fill_between(at, runs.min(axis=0), runs.max(axis=0), color=mean.get_color(), alpha=0.25, linewidth=0)
    return mean


def confusion(y_true, y_predicted, classes: Sequence[str]) -> Figure:
    """Confusion matrix of counts: one row for each true class, one column for each predicted one."""
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (np.asarray(y_true), np.asarray(y_predicted)), 1)
    figure, ax = plt.subplots(figsize=(6.6, 5.3))
    # The square root keeps the small off-diagonal counts, which are the interesting ones, visible.
    ax.imshow(np.sqrt(counts), cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            shade = "white" if np.sqrt(count) > np.sqrt(counts.max()) * 0.6 else INK
            ax.text(column, row, count, ha="center", va="center", color=shade, fontsize=11)
    ax.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    ax.set_yticks(range(len(classes)), classes)
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.grid(False)
    return figure
