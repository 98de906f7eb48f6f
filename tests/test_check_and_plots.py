"""Checks fail when they should; figures and tables come out in the course's form."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
import torch

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from dlcourse import check, diagrams, plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_checks_that_hold_print_one_line_each(capsys):
    check.equal("parameters", 669706, 669_706)
    check.equal("shape", torch.Size([1, 28, 28]), (1, 28, 28))
    check.equal("same numbers", torch.tensor([1, 2]), [1, 2])
    check.close("sum", torch.tensor([1.0]), [1 + 1e-8])
    check.band("accuracy", 0.89, {"full": (0.88, 0.9), "embedded": (0.8, 0.87)}, tier="full")
    check.true("the loss fell", np.bool_(True))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6 and all(line.startswith("✓ ") for line in lines)
    assert lines[0] == "✓ parameters: 669,706"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check.equal("layers", 3, 4), "layers: expected 4, saw 3"),
        (lambda: check.close("sum", [1.0], [1.1]), "sum: expected agreement within 1e-06, saw a difference of 0.1"),
        (lambda: check.close("sum", [1.0, 2.0], [1.0]), r"expected shape \(1,\), saw shape \(2,\)"),
        (lambda: check.close("nan", [float("nan")], [1.0]), "nan: expected agreement"),
        (lambda: check.band("accuracy", 0.5, (0.8, 0.9)), "expected a value from 0.8 to 0.9, saw 0.5"),
        (lambda: check.band("accuracy", float("nan"), (0.8, 0.9)), "saw nan"),
        (lambda: check.band("a", 0.89, {"full": (0.88, 0.9), "embedded": (0.8, 0.87)}, tier="embedded"), "0.87"),
        (lambda: check.true("the loss fell", 3 < 2), "this does not hold: the loss fell"),
    ],
)
def test_checks_fail_with_what_was_expected_and_seen(call, message):
    with pytest.raises(AssertionError, match=message):
        call()


def test_image_grid_accepts_channels_and_hides_empty_places():
    figure = plots.images(torch.rand(5, 1, 28, 28), titles=list("abcde"), columns=3)
    assert len(figure.axes) == 6
    assert [len(ax.images) for ax in figure.axes] == [1, 1, 1, 1, 1, 0]


def test_band_shows_the_mean_of_the_runs_and_their_range():
    _, ax = plt.subplots()
    line = plots.band(ax, [1, 2], [[0, 4], [2, 8]], "s--", label="two runs")
    assert line.get_ydata().tolist() == [1, 6] and line.get_marker() == "s" and line.get_label() == "two runs"
    (band,) = ax.collections
    assert {0, 2, 4, 8} <= set(band.get_paths()[0].vertices[:, 1])
    assert band.get_facecolor()[0, :3].tolist() == list(matplotlib.colors.to_rgb(line.get_color()))


def test_confusion_matrix_counts_true_classes_in_rows():
    figure = plots.confusion([0, 0, 1], [0, 1, 1], ["cat", "dog"])
    texts = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in figure.axes[0].texts}
    assert texts == {(0, 0): "1", (0, 1): "1", (1, 1): "1"}


def test_curves_differ_by_dash_and_by_marker_not_by_colour_alone():
    frame = pd.DataFrame({"train_loss": [2.0, 1.0], "validation_loss": [2.1, 1.5]}, index=[1, 2])
    lines = plots.curves(frame).axes[0].lines
    assert len({line.get_linestyle() for line in lines}) == 2 == len({line.get_marker() for line in lines})


def test_style_changes_dash_with_colour():
    plots.use_style()
    assert len(plots.DASHES) == len(plots.PALETTE) == len(plt.rcParams["axes.prop_cycle"])


def test_table_is_markdown():
    text = plots.table(pd.DataFrame({"model": ["a"], "accuracy": [0.12345]}), index=False).data
    assert text.splitlines()[0].startswith("| model") and "0.123" in text


def test_numbers_stand_right_also_where_they_are_texts():
    frame = pd.DataFrame({
        "model": ["lasso", "network"],
        "accuracy": ["0.878", "0.885 ± 0.002"],
        "interval": ["0.874–0.882", "1.4 to 1.9"],
        "seconds": ["0.9", "–"],
        "gap": ["−0.001", "+0.5"],
        "size": ["100 trees", "1,024"],
    })  # fmt: skip
    for table in (plots.table(frame, index=False), plots.table(frame.set_index("model"))):
        right = [mark.endswith(":") for mark in table.data.splitlines()[1].strip("|").split("|")]
        assert right == [False, True, True, True, True, False]


def test_network_diagram_draws_each_unit_and_dots():
    figure = diagrams.network([["$X_1$", None, "$X_4$"], ["$f$"]], ["in", "out"])
    assert len(figure.axes[0].patches) >= 3
    assert "⋮" in [text.get_text() for text in figure.axes[0].texts]
    with pytest.raises(ValueError, match="2 layers"):
        diagrams.network([["a"], ["b"]], ["only one"])


def hints(*pairs):
    def generator():
        yield from pairs

    return generator


def test_an_answer_is_accepted_refused_or_still_missing(capsys):
    def missing():
        raise NotImplementedError("your code here")
        yield

    check.answer("Exercise 1.1", hints((True, "a"), (True, "b")))
    check.answer("Exercise 1.1", hints((True, "a"), (False, "look at the axis")))
    check.answer("Exercise 1.1", missing)
    assert capsys.readouterr().out.splitlines() == [
        "✓ Exercise 1.1: right in 2 of 2 tests",
        "✗ Exercise 1.1: look at the axis",
        "– Exercise 1.1: not answered yet",
    ]


def test_an_answer_that_crashes_is_told_where_and_stops_nothing(capsys):
    def students_code():
        return 1 + "a"

    def crashing():
        yield students_code() == 2, "never reached"

    check.answer("Exercise 1.1", crashing)
    said = capsys.readouterr().out
    assert said.startswith("✗ Exercise 1.1: your code stopped with TypeError: ")
    assert 'return 1 + "a"' in said


def test_a_solution_must_be_right():
    with pytest.raises(AssertionError, match=r"✗ Exercise 1\.1: look at the axis"):
        check.answer("Exercise 1.1", hints((False, "look at the axis")), required=True)


def test_unrolled_network_has_a_tower_for_each_step_and_marks_where_asked():
    steps = [("$X_1$", "$A_1$", "$O_1$"), None, ("$X_L$", "$A_L$", "$O_L$")]
    figure, marks = diagrams.unrolled(steps, folded=True, target="$Y$")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts.count(r"$\mathbf{W}$") == 3 and texts.count(r"$\mathbf{U}$") == 3  # two towers and the loop
    assert "$O_L$" in texts and "$Y$" in texts and marks == []
    _, marks = diagrams.unrolled(steps, marked=True)
    assert len(marks) == 3
    plt.close("all")


def test_trade_off_puts_each_method_where_it_is_told_to_and_names_both_axes():
    figure = diagrams.trade_off({"lasso": (0.1, 0.9), "deep\nlearning": (0.9, 0.1)}, axes=("flexibility", "clarity"))
    ax = figure.axes[0]
    assert {text.get_text(): text.get_position() for text in ax.texts if text.get_text()} == {
        "lasso": (0.1, 0.9),
        "deep\nlearning": (0.9, 0.1),
    }
    assert "flexibility" in ax.get_xlabel() and "clarity" in ax.get_ylabel()
