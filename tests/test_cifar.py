"""CIFAR-100 and the weights of ResNet-50 don't come with the course: what notebook 05 does with them once they are there."""

import hashlib
import pickle
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
import pytest
import torch
from torchvision.models import resnet50

from dlcourse import datasets, plots

matplotlib.use("agg")
NOTEBOOK = Path(__file__).resolve().parent.parent / "notebooks" / "05-cnn.ipynb"


@pytest.fixture
def small_cifar(tmp_path, monkeypatch):
    """A CIFAR-100 of 200 + 40 pictures in the format of the published one, pinned in place of it."""
    rng = np.random.default_rng(0)
    pixels = {part: rng.integers(0, 256, (count, 3072), np.uint8) for part, count in (("train", 200), ("test", 40))}
    names = [f"class_{number}" for number in range(100)]
    contents = {"meta": {"fine_label_names": names, "coarse_label_names": [f"super_{k}" for k in range(20)]}}
    for part, data in pixels.items():
        labels = [number % 100 for number in range(len(data))]
        contents[part] = {
            "data": data,
            "fine_labels": labels,
            "coarse_labels": [label // 5 for label in labels],
            "filenames": [f"{number}.png" for number in range(len(data))],
            "batch_label": f"{part} batch 1 of 1",
        }
    pins = {}
    for name, content in contents.items():
        path = tmp_path / "cifar-100-python" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pickle.dumps(content, protocol=2))
        pins[f"cifar-100-python/{name}"] = (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setitem(datasets.FULL_FILES, "CIFAR-100", pins)
    monkeypatch.setenv("DLCOURSE_DATA", str(tmp_path))
    monkeypatch.delenv("DLCOURSE_TIER", raising=False)


def code_of(*labels):
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code" and cell.id != "colab"]
    return [next(source for source in code if f"#| label: {label}\n" in source) for label in labels], code[0]


def run(*labels):
    """Run the notebook's setup cell and the cells with these labels; returns their names."""
    cells, setup = code_of(*labels)
    names = {}
    for source in (setup, *cells):
        exec(compile(source, "<cell>", "exec"), names)
    return names


def test_notebook_draws_75_pictures_and_trains(small_cifar, capsys):
    names = run("code-cifar", "code-superclasses", "fig-cifar100", "code-cnn", "code-fit-network", "code-cifar-train")
    drawn = names["ax"].get_images()
    assert [image.get_array().shape for image in drawn] == [(5 * 32, 15 * 32, 3)]
    said = capsys.readouterr().out
    assert "CIFAR-100 (full: 200 + 40 images)" in said and "CIFAR-100: test accuracy 0." in said
    model, history = names["run"]
    assert model(torch.rand(2, 3, 32, 32)).shape == (2, 100) and len(history) == 8


def test_notebook_goes_on_without_the_files_and_says_how_to_get_them(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DLCOURSE_DATA", str(tmp_path))
    monkeypatch.delenv("DLCOURSE_TIER", raising=False)
    names = run("code-cifar", "code-superclasses", "fig-cifar100", "code-cifar-train", "code-resnet")
    said = capsys.readouterr().out
    assert names["cifar"] is None and "Not run: CIFAR-100" in said
    assert "dlcourse data fetch CIFAR-100" in said and "dlcourse data fetch ResNet-50" in said
    assert "aquatic mammals" in [text.get_text() for text in names["ax"].texts]


def test_notebook_classifies_photographs_with_weights(monkeypatch, capsys):
    torch.manual_seed(0)
    monkeypatch.setattr(datasets, "resnet50", lambda: resnet50(weights=None).eval())
    run("code-resnet")
    lines = [line for line in capsys.readouterr().out.splitlines() if ".jpg: " in line]
    assert [line.split(":")[0] for line in lines] == ["flower.jpg", "china.jpg"]
    assert all(len(line.split(", ")) >= 3 for line in lines)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plots.plt.close("all")
