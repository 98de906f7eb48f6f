"""The course's results, read from the stored outputs of its notebooks; no score is typed here.

``read("06", "tbl-imdb-results")`` is a table as notebook 06 stores it. ``duels``, ``figures`` and ``costs`` put such
tables together for notebook 08 and the results page. A new comparison is one more line in ``DUELS`` or ``FIGURES``.
"""

from __future__ import annotations

import functools
import json
import re
import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from dlcourse import datasets, training


def folder() -> Path | None:
    """Where the notebooks are: here, in ``notebooks`` below, or beside the package; None where only the package is."""
    places = (Path.cwd(), Path.cwd() / "notebooks", Path(__file__).resolve().parent.parent / "notebooks")
    return next((place for place in places if any(place.glob("02-*.ipynb"))), None)


def notebook(number: str) -> dict:
    """The notebook whose name begins with ``number``. Raises LookupError where it is missing."""
    found = sorted(folder().glob(f"{number}-*.ipynb")) if folder() else []
    if not found:
        raise LookupError(f"notebook {number} is not here: open notebook 08 in the folder that holds all eight")
    return _loaded(found[0], found[0].stat().st_mtime_ns)


@functools.lru_cache
def _loaded(path: Path, changed: int) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def output(number: str, label: str, kind: str) -> str:
    """What the cell ``label`` printed (kind "text") or showed (kind "text/markdown"). Raises LookupError without it."""
    for cell in notebook(number)["cells"]:
        if cell.get("id") == label or f"#| label: {label}\n" in "".join(cell["source"]):
            texts = [o.get(kind) or o.get("data", {}).get(kind) or "" for o in cell.get("outputs", [])]
            if text := "".join("".join(text) for text in texts):
                return text
    raise LookupError(f"notebook {number} has no stored {kind} of {label}: run `make notebooks NB={number}`")


def read(number: str, label: str) -> pd.DataFrame:
    """A stored Markdown table as a data frame of texts, indexed by its first column."""
    lines = [line for line in output(number, label, "text/markdown").splitlines() if line.startswith("|")]
    head, _, *rows = ([field.strip() for field in line.strip().strip("|").split("|")] for line in lines)
    return pd.DataFrame(rows, columns=head).set_index(head[0])


def entry(number: str, label: str, row: str, column: str) -> str:
    """One field of a stored table; with "sum" as row, the sum of its column. Raises LookupError where there is none."""
    table = read(number, label)
    if column not in table or row not in (*table.index, "sum"):
        there = f"columns {list(table.columns)} and rows {list(table.index)}"
        raise LookupError(f"{label} of notebook {number} has no {column!r} of {row!r}, but {there}; name those")
    return f"{table[column].map(number_in).sum():,.0f}" if row == "sum" else table.at[row, column]


def printed(number: str, label: str, pattern: str) -> str:
    """The first group of ``pattern`` in what a cell printed."""
    if found := re.search(pattern, output(number, label, "text")):
        return found[1]
    raise LookupError(f"{label} of notebook {number} doesn't print {pattern!r}: run `make notebooks NB={number}`")


def number_in(text: str) -> float:
    """The first number of a field: 0.896 of "0.896 ± 0.0004", 10001 of "10,001"."""
    return float(re.search(r"[-+−]?\d[\d,]*\.?\d*", text)[0].replace(",", "").replace("−", "-"))


class Duel(NamedTuple):
    """A simple model and a network on one task: two rows of one stored table, and how far they are apart."""

    task: str
    measure: str  # "up" in it: more is better; "down": less is better
    table: tuple[str, str, str]  # notebook, label, column
    rows: tuple[str, str]  # the simple model's and the network's
    gap: tuple  # (label, row, sign, columns) of a stored paired difference, or the number of test cases
    parameters: tuple = ("–", "–")
    counts: str = ""  # the table's column of parameters, where it has one
    seconds: str = ""  # the table's column of seconds


IMDB = ("06", "tbl-imdb-results", "accuracy")
COUNTED = dict(counts="parameters", seconds="seconds")
BEST_TEXT = "ridge, tf-idf, pairs"
RNN_IMDB, NYSE = ("07", "tbl-rnn-imdb", "accuracy"), ("07", "tbl-nyse-results", "test R²")
DUELS = (
    Duel("Fashion-MNIST", "accuracy, up", ("02", "tbl-mlp-results", "test accuracy"),
         ("this notebook: softmax regression", "this notebook: network"), 10_000, (784 * 10 + 10, 669_706)),
    Duel("Fashion-MNIST", "accuracy, up", ("05", "tbl-cnn-results", "accuracy"), ("softmax, longer", "CNN"), 10_000, **COUNTED),
    Duel("MNIST", "error in %, down", ("04", "tbl-mnist-results", "test error"),
         ("multinomial logistic regression", "network, dropout"), 10_000, (784 * 10 + 10, 235_146), seconds="seconds"),
    Duel("Hitters", "error in $1,000, down", ("02", "tbl-hitters", "ten splits"), ("lasso", "network"),
         ("tbl-hitters-paired", "lasso", 1, ("mean", "std")), (20, 50 * 21 + 1)),
    Duel("Hitters", "error in $1,000, down", ("02", "tbl-hitters", "ten splits"), ("random forest", "network"),
         ("tbl-hitters-paired", "random forest", 1, ("mean", "std")), ("–", 50 * 21 + 1)),
    Duel("IMDB", "accuracy, up", IMDB, ("lasso", "network"),
         ("tbl-imdb-differences", "network − lasso", 0.01, ("difference", "from", "to")), **COUNTED),
    Duel("IMDB", "accuracy, up", IMDB, (BEST_TEXT, "network"),
         ("tbl-imdb-differences", "tf-idf with pairs − network", -0.01, ("difference", "from", "to")), **COUNTED),
    Duel("IMDB", "accuracy, up", RNN_IMDB, ("lasso", "LSTM, pooled"),
         ("tbl-rnn-differences", "LSTM, pooled − lasso", 0.01, ("difference", "from", "to")), **COUNTED),
    Duel("IMDB", "accuracy, up", RNN_IMDB, (BEST_TEXT, "LSTM, pooled"),
         ("tbl-rnn-differences", "LSTM, pooled − ridge, tf-idf, pairs", 0.01, ("difference", "from", "to")), **COUNTED),
    Duel("NYSE", "R², up", NYSE, ("AR(5)", "RNN"),
         ("tbl-nyse-differences", "RNN", 1, ("difference", "from", "to")), **COUNTED),
    Duel("NYSE", "R², up", NYSE, ("AR(5)", "AR by a network"),
         ("tbl-nyse-differences", "AR by a network", 1, ("difference", "from", "to")), **COUNTED),
)  # fmt: skip


ALONE = pd.DataFrame({"note": ["The other notebooks are not here. Open this one in the folder that holds all eight."]})


def duels() -> pd.DataFrame:
    """One row for each of ``DUELS``. A difference inside its spread, or whose interval contains zero, has no winner."""
    if folder() is None:
        return ALONE
    rows = []
    for duel in DUELS:
        number, label, column = duel.table
        scores = [number_in(entry(number, label, row, column)) for row in duel.rows]
        if isinstance(duel.gap, int):  # two shares of the same test cases, as if they were independent
            shares = [score / (100 if "%" in duel.measure else 1) for score in scores]
            half = 1.96 * (sum(share * (1 - share) for share in shares) / duel.gap) ** 0.5
            half *= 100 if "%" in duel.measure else 1
            gap, low, high = scores[1] - scores[0], scores[1] - scores[0] - half, scores[1] - scores[0] + half
        else:
            source, row, sign, columns = duel.gap
            gap, *ends = (sign * number_in(entry(number, source, row, name)) for name in columns)
            low, high = sorted(ends) if len(ends) == 2 else (gap - abs(ends[0]), gap + abs(ends[0]))
        ahead = duel.rows[int((gap > 0) == ("up" in duel.measure))] if low * high > 0 else "none"
        digits = ".3f" if "accuracy" in duel.measure or "R²" in duel.measure else ".1f"
        counts = [f"{size:,}" if isinstance(size, int) else size for size in duel.parameters]
        if duel.counts:
            counts = [entry(number, label, row, duel.counts) for row in duel.rows]
        seconds = [entry(number, label, row, duel.seconds) if duel.seconds else "–" for row in duel.rows]
        names = [
            row.removeprefix("this notebook: ").replace("softmax, longer", "softmax regression") for row in duel.rows
        ]
        rows.append({
            "task": f"{duel.task}: {duel.measure.split(', ')[0]}",
            "simple model": f"{names[0]}: {scores[0]:{digits}}",
            "network": f"{names[1]}: {scores[1]:{digits}}",
            "network − simple": f"{gap:+{digits}} ({low:+{digits}} to {high:+{digits}})".replace("-", "−"),
            "ahead": "network" if ahead == duel.rows[1] else "simple" if ahead == duel.rows[0] else "none",
            "parameters": " / ".join(counts),
            "seconds": " / ".join(seconds),
        })  # fmt: skip
    return pd.DataFrame(rows)


class Figure(NamedTuple):
    """A number of the lecture, a published one, and where ours is: (notebook, label, row or "sum", column) or (…, pattern)."""

    what: str
    lecture: str
    published: str
    ours: tuple
    why: str = ""  # where ours differs: one sentence
    runs: str = "–"  # how many seeds or draws stand behind ours, where it depends on them


MLP, MNIST, DESCENT, HITTERS = (
    ("02", "tbl-mlp-results"),
    ("04", "tbl-mnist-results"),
    ("04", "tbl-double-descent"),
    ("02", "tbl-hitters"),
)
FIGURES = (
    Figure("Fashion-MNIST: parameters of the network", "669,706", "–", ("02", "tbl-shapes", "sum", "parameters")),
    Figure("Fashion-MNIST: network as in the tutorial, 5 epochs", "–", "0.64 (PyTorch)", (*MLP, "this notebook: network, tutorial's settings", "test accuracy"), runs="1 seed"),
    Figure("Fashion-MNIST: network", "–", "0.845 (d2l), 0.886 (UvA)", (*MLP, "this notebook: network", "test accuracy"),
           "Two hidden layers, momentum, a falling rate and 12 epochs; d2l has one hidden layer and 10 epochs.", runs="3 seeds"),
    Figure("Fashion-MNIST: CNN", "–", "LeNet + BN 0.876, ResNet-18 0.903 (d2l), TinyVGG 0.884 (ZTM)", ("05", "tbl-cnn-results", "CNN", "accuracy"),
           "Three convolutions with batch normalization; more epochs than TinyVGG's 3, and other rates than d2l's.", runs="3 seeds"),
    Figure("CIFAR-100: CNN", "–", "0.427 (ISLP)", ("05", "code-cifar-train", r"(Not run|test accuracy.*)"),
           "The data set could not be had on the machine that stored these outputs; with it the cell trains the network."),
    Figure("ResNet-50: weight layers", "50", "50", ("05", "tbl-resnet", "sum", "layers")),
    Figure("MNIST: parameters of the network", "235,146", "235,146 (ISLP)", ("02", "tbl-mnist-parameters", "together", "parameters")),
    Figure("MNIST: updates an epoch", "469", "–", ("03", "tbl-batch-sizes", "128", "updates an epoch")),
    Figure("MNIST: network with ridge, error in %", "2.3", "2.3 (ISLP)", (*MNIST, "network, ridge", "test error"),
           "Momentum and a falling learning rate; the penalty was chosen on validation images.", runs="3 seeds"),
    Figure("MNIST: network with dropout, error in %", "1.8", "1.8 (ISLP)", (*MNIST, "network, dropout", "test error"),
           "The lecture's lies inside our 95 % interval, and so does our ridge: no difference.", runs="3 seeds"),
    Figure("MNIST: multinomial logistic regression, error in %", "7.2", "7.2, lab 8.4 (ISLP)", (*MNIST, "multinomial logistic regression", "test error"),
           "Between the book's text and the book's lab: without a penalty it depends on where the fit stops."),
    Figure("MNIST: LDA, error in %", "12.7", "12.7 (ISLP)", (*MNIST, "linear discriminant analysis", "test error")),
    Figure("Double descent: training error at d = 20", "0", "0 (ISLP)", (*DESCENT, "20", "training error"), runs="100 draws"),
    Figure("Hitters: least squares, error in $1,000", "–", "259.7 (ISLP)", (*HITTERS, "least squares", "ISLP's split")),
    Figure("Hitters: lasso, error in $1,000", "–", "235.7 (ISLP)", (*HITTERS, "lasso", "ISLP's split"),
           "Our penalty is chosen by absolute, theirs by squared error."),
    Figure("Hitters: network, error in $1,000", "–", "221.8 (ISLP)", (*HITTERS, "network", "ISLP's split"),
           "Penalty and number of steps are chosen by cross-validation; theirs has dropout and no search.", runs="5 seeds"),
    Figure("IMDB: share of ones in the matrix, in %", "–", "1.3 (ISLP)", ("06", "code-density", r"density ([\d.]+)%")),
    Figure("IMDB: parameters of the network", "160,305", "–", ("06", "tbl-imdb-results", "network", "parameters")),
    Figure("IMDB: lasso", "0.88", "0.88 (ISLP)", (*IMDB[:2], "lasso", "accuracy")),
    Figure("IMDB: network with two hidden layers", "0.88", "0.88, lab 0.845 (ISLP)", (*IMDB[:2], "network", "accuracy"),
           "As in the book's text; its lab prints 0.845 after more epochs, ours stops at the best one on validation data.", runs="3 seeds"),
    Figure("IMDB: simple RNN", "0.76", "0.76 (ISLP)", (*RNN_IMDB[:2], "simple RNN", "accuracy"), runs="1 seed"),
    Figure("IMDB: LSTM", "0.87", "0.87, lab 0.840 (ISLP)", (*RNN_IMDB[:2], "LSTM", "accuracy"),
           "As the book's lab; one that pools all states instead of the last does better (the scoreboard has it).", runs="1 seed"),
    Figure("NYSE: naive forecast, R²", "0.18", "–", (*NYSE[:2], "naive: same as yesterday", "test R²")),
    Figure("NYSE: AR(5), R²", "0.41", "0.413 (ISLP)", (*NYSE[:2], "AR(5)", "test R²")),
    Figure("NYSE: parameters of AR(5)", "16", "–", (*NYSE[:2], "AR(5)", "parameters")),
    Figure("NYSE: RNN, R²", "0.42", "0.415 (ISLP)", (*NYSE[:2], "RNN", "test R²"),
           "The lecture rounds up; over five seeds there is no difference to AR(5).", runs="5 seeds"),
    Figure("NYSE: parameters of the RNN", "205", "205 (ISLP)", (*NYSE[:2], "RNN", "parameters"),
           "PyTorch keeps two bias vectors of 12 numbers where one would do."),
    Figure("NYSE: AR(5) by a network, R²", "0.42", "–", (*NYSE[:2], "AR by a network", "test R²"), runs="5 seeds"),
    Figure("NYSE: AR(5) with the day of the week, R²", "0.46", "0.460 (ISLP)", (*NYSE[:2], "AR(5), day", "test R²")),
    Figure("NYSE: RNN with the day, R²", "0.46", "–", (*NYSE[:2], "RNN, day", "test R²"), runs="5 seeds"),
    Figure("NYSE: AR by a network with the day, R²", "0.46", "0.466 (ISLP)", (*NYSE[:2], "AR by a network, day", "test R²"), runs="5 seeds"),
)  # fmt: skip


def figures() -> pd.DataFrame:
    """Every number of the lecture that a notebook reproduces, beside published ones and ours, with seeds and seconds of one fit."""
    if folder() is None:
        return ALONE
    rows = []
    for figure in FIGURES:
        at = figure.ours
        ours = entry(*at) if len(at) == 4 else printed(*at).lower()
        timed = len(at) == 4 and "seconds" in read(*at[:2]) and at[2] != "sum" and "parameters" not in figure.what
        seconds = entry(*at[:3], "seconds") if timed else "–"
        name = next(folder().glob(f"{at[0]}-*.ipynb")).name
        cell = f"[{at[0]}](../notebooks/{name}#{at[1]})"
        runs = figure.runs.replace(" ", "\u00a0")  # on one line
        rows.append((figure.what, figure.lecture, figure.published, ours, runs, seconds, cell))
    return pd.DataFrame(rows, columns=["what", "lecture", "published", "ours", "runs", "seconds", "section"])


def differences() -> pd.DataFrame:
    """Where ours differs, and why."""
    if folder() is None:
        return ALONE
    table = figures().assign(why=[figure.why for figure in FIGURES])
    return table[table.why != ""][["what", "published", "ours", "why"]]


def costs() -> pd.DataFrame:
    """Seconds, peak memory in GB, data and versions of the stored run of each notebook but 08, which reads them as it runs."""
    if folder() is None:
        return ALONE
    rows = []
    for path in sorted(folder().glob("0[1-7]-*.ipynb")):
        record = notebook(path.stem[:2])["metadata"].get("dlcourse")
        if not record or "memory" not in record:
            raise LookupError(f"{path.name} has no stored run: run `make notebooks NB={path.stem[:2]}`")
        values = (record[key] for key in ("seconds", "memory", "data", "device"))
        rows.append(_cost(path.stem[:2], *values, record["versions"]["torch"]))
    return pd.DataFrame(rows)


def cost_so_far(number: str) -> pd.DataFrame:
    """The same for the notebook that runs here, from the start of its kernel to now."""
    import psutil  # comes with ipykernel

    started = psutil.Process().create_time()
    values = (time.time() - started, training.peak_memory(), datasets.used(), str(training.pick_device()))
    return pd.DataFrame([_cost(number, *values, torch.__version__.split("+")[0])])


def _cost(number: str, seconds: float, memory: float, data: dict, device: str, torch_version: str) -> dict:
    tiers = ", ".join(sorted(set(data.values())))
    return {
        "notebook": number,
        "seconds": round(seconds),
        "memory, GB": memory,
        "data": f"{', '.join(sorted(data))} ({tiers})",
        "PyTorch": f"{torch_version} ({device})",
    }
