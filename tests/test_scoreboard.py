"""The scoreboard says what the notebooks have stored, and names what is missing."""

import json
import shutil
from pathlib import Path

import pytest

from dlcourse import plots, scoreboard

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
TABLE = "| model   | accuracy   |\n|:--------|:-----------|\n| lasso   | 0.878 ± 0.001 |\n| network | 10,001 |"


@pytest.fixture
def here(monkeypatch):
    monkeypatch.chdir(NOTEBOOKS)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A folder with one small notebook 02, in which the process works."""
    shown = {"output_type": "display_data", "data": {"text/markdown": TABLE}, "metadata": {}}
    said = {"output_type": "stream", "name": "stdout", "text": "density 1.29%\n"}
    cells = [
        {"id": "tbl-a", "source": "#| label: tbl-a\nx", "outputs": [said, shown]},
        {"id": "tbl-b", "source": "#| label: tbl-b\nx", "outputs": []},
    ]
    (tmp_path / "02-toy.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("label", "table", "digits"),
    [
        ("tbl-scoreboard", scoreboard.duels, ".3f"),
        ("tbl-lecture-figures", scoreboard.figures, ".3f"),
        ("tbl-differences", scoreboard.differences, ".3f"),
    ],
)
def test_notebook_08_shows_what_the_other_notebooks_have_stored(here, label, table, digits):
    stored = scoreboard.output("08", label, "text/markdown")
    assert stored == plots.table(table(), digits=digits, index=False).data, (
        f"{label} of notebook 08 is not what the notebooks say now; run `make notebooks NB=08` and commit the result"
    )


def test_the_table_of_costs_has_the_stored_runs_and_its_own_run_so_far(here):
    lines = scoreboard.output("08", "tbl-course-cost", "text/markdown").splitlines()
    rows = [[field.strip() for field in line.strip("|").split("|")] for line in lines]
    others = plots.table(scoreboard.costs(), digits=".1f", index=False).data.splitlines()
    assert rows[2:-1] == [[field.strip() for field in line.strip("|").split("|")] for line in others[2:]], (
        "the costs in notebook 08 are not those that the notebooks record; run `make notebooks NB=08`"
    )
    record = scoreboard.notebook("08")["metadata"]["dlcourse"]
    number, seconds, memory, data, *_ = rows[-1]
    assert number == "08" and "(full)" in data
    assert record["seconds"] / 2 < int(seconds) < record["seconds"] + 20  # the kernel starts before the first cell
    assert 0.1 < float(memory) <= record["memory"] + 0.1


def test_two_processes_ended_with_the_weights_of_one(here):
    table = scoreboard.read("08", "tbl-two-processes")
    for column in ("difference after 1 step", "after 10 steps"):
        assert float(table.at["two processes", column]) <= 1e-6


def test_every_comparison_has_a_winner_or_none_and_every_figure_a_place(here):
    assert set(scoreboard.duels().ahead) <= {"network", "simple", "none"}
    for link in scoreboard.figures().section:
        path, label = link.partition("(")[2].rstrip(")").split("#")
        assert label in (NOTEBOOKS / path).resolve().read_text(encoding="utf-8")


def test_the_number_of_seeds_is_that_of_the_table(here):
    """A column of the table counts them, or its caption or the code of that notebook does in words."""
    words = {"3 seeds": "three seeds", "5 seeds": "five networks", "100 draws": "100 draws"}
    for figure in scoreboard.FIGURES:
        number, label, row, *_ = figure.ours
        if figure.runs in ("–", "1 seed"):
            spread = scoreboard.entry(*figure.ours) if len(figure.ours) == 4 else ""
            assert "±" not in spread or number == "02", figure.what
            continue
        table = scoreboard.read(number, label)
        if "seeds" in table:
            assert f"{table.at[row, 'seeds']} seeds" == figure.runs, figure.what
        else:
            text = "".join("".join(cell["source"]) for cell in scoreboard.notebook(number)["cells"])
            assert words[figure.runs] in text, figure.what


def test_a_table_comes_back_as_it_was_stored(toy):
    table = scoreboard.read("02", "tbl-a")
    assert table.index.name == "model" and table.at["lasso", "accuracy"] == "0.878 ± 0.001"
    assert scoreboard.number_in(table.at["lasso", "accuracy"]) == 0.878
    assert scoreboard.number_in(table.at["network", "accuracy"]) == 10_001
    assert scoreboard.number_in("−47.0") == -47
    assert scoreboard.printed("02", "tbl-a", r"density ([\d.]+)%") == "1.29"


def test_what_is_missing_is_named_with_its_remedy(toy):
    for label in ("tbl-b", "tbl-c"):
        with pytest.raises(LookupError, match=f"notebook 02 has no stored .* of {label}: run `make notebooks NB=02`"):
            scoreboard.read("02", label)
    with pytest.raises(LookupError, match="doesn't print 'speed"):
        scoreboard.printed("02", "tbl-a", "speed")
    with pytest.raises(LookupError, match="notebook 06 is not here"):
        scoreboard.read("06", "tbl-a")


def test_a_changed_score_changes_the_scoreboard(here, tmp_path, monkeypatch):
    before = scoreboard.duels()
    for path in NOTEBOOKS.glob("0*.ipynb"):
        shutil.copy(path, tmp_path)
    path = next(tmp_path.glob("02-*.ipynb"))
    text = path.read_text(encoding="utf-8")
    assert "175.4 ± 20.3" in text
    path.write_text(text.replace("175.4 ± 20.3", "275.4 ± 20.3"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert not scoreboard.duels().equals(before)


def test_without_the_other_notebooks_the_tables_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(scoreboard, "__file__", str(tmp_path / "site-packages" / "dlcourse" / "scoreboard.py"))
    monkeypatch.chdir(tmp_path)
    assert scoreboard.folder() is None
    for table in (scoreboard.duels, scoreboard.figures, scoreboard.differences, scoreboard.costs):
        assert "other notebooks are not here" in table().note[0]
