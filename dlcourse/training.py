"""Training and evaluation of PyTorch models from tensors in memory.

``fit`` is the loop that notebook 02 writes out in full, with the batches cut from tensors that
already lie on the model's device: nothing is decoded, collated or copied sample by sample. On a CPU
it also chooses the faster of PyTorch's two libraries for matrix products. ``make bench`` compares it
with the usual DataLoader loop.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm


def set_seed(seed: int = 0) -> None:
    """Seed Python, NumPy and PyTorch, so that a run on the CPU can be repeated bit for bit."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def pick_device() -> torch.device:
    """The fastest device there is: an NVIDIA GPU (cuda), an Apple GPU (mps), else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def parameter_count(model: nn.Module) -> int:
    """The number of learnable parameters: the sizes of all weights and biases, added up."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def device_of(model: nn.Module) -> torch.device:
    """The device that the model's parameters lie on."""
    return next(model.parameters()).device


def peak_memory() -> float:
    """The most memory that this process has held at any time so far, in GB (10^9 bytes)."""
    if sys.platform == "win32":
        import psutil  # comes with ipykernel

        return psutil.Process().memory_info().peak_wset / 1e9
    if sys.platform == "linux":  # where getrusage counts the process that started this one as well
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024 / 1e9
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9


@dataclass
class History:
    """What ``fit`` saw, one dictionary an epoch.

    Keys: ``epoch`` (from 1), ``train_loss`` (mean over the batches of the epoch, while it was being
    trained), ``train_accuracy`` for classification, ``seconds``, and with validation data
    ``validation_loss`` and ``validation_accuracy`` (at the end of the epoch).
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int | None = None  # the epoch whose weights the model has after early stopping

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a data frame, indexed by epoch."""
        return pd.DataFrame(self.rows).set_index("epoch")

    def plot(self):
        """Draw loss and, for classification, accuracy against epochs; returns the figure."""
        from dlcourse import plots

        return plots.curves(self.frame)


def fit(
    model: nn.Module,
    data: tuple[Tensor, Tensor],
    *,
    optimizer: torch.optim.Optimizer,
    epochs: int,
    loss_fn: Callable[[Tensor, Tensor], Tensor] | None = None,
    batch_size: int = 64,
    validation: tuple[Tensor, Tensor] | None = None,
    patience: int | None = None,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
    verbose: bool = True,
) -> History:
    """Train ``model`` in place by minibatch gradient descent; return its ``History``.

    ``data`` and ``validation`` are pairs (X, y): X of shape (n, …) as the model takes it, y of shape
    (n,) and dtype int64 for classification, or float of the model's output shape for regression.
    ``loss_fn`` is cross-entropy unless given. Every epoch visits the observations in a new random
    order drawn from PyTorch's global generator; the last batch may be smaller.
    With ``patience``, training stops once the validation loss hasn't improved for that many epochs,
    and the model gets the weights of its best epoch back. ``scheduler`` changes the learning rate of
    ``optimizer`` after every epoch.

    Raises ValueError when X and y differ in length, when there is nothing to train on, or when
    ``patience`` comes without ``validation``; FloatingPointError when the loss stops being finite.
    """
    X, y = _on_device(data, model, "data")
    if validation is not None:
        validation = _on_device(validation, model, "validation")
    elif patience is not None:
        raise ValueError("patience needs validation data: pass validation=(X_validation, y_validation)")
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs and batch_size must be 1 or more, not {epochs} and {batch_size}")
    loss_fn = loss_fn or nn.CrossEntropyLoss()
    history, best_loss, best_weights = History(), float("inf"), None
    # The bar goes away when the loop ends. `make notebooks` switches it off, so none is ever stored.
    bar = tqdm(
        total=epochs, leave=False, unit="epoch", disable=not verbose or os.environ.get("DLCOURSE_PROGRESS") == "0"
    )
    with bar:
        for epoch in range(1, epochs + 1):
            start = time.perf_counter()
            with _fast_linear_layers(batch_size):
                row = {"epoch": epoch, **_train_epoch(model, X, y, loss_fn, optimizer, batch_size)}
            if scheduler is not None:
                scheduler.step()
            if not np.isfinite(row["train_loss"]):
                raise FloatingPointError(
                    f"the loss is {row['train_loss']} in epoch {epoch}: training diverged."
                    " Try a smaller learning rate, and look for NaN or infinite values in X."
                )
            if validation is not None:
                scores = evaluate(model, validation, loss_fn=loss_fn)
                row |= {f"validation_{name}": value for name, value in scores.items()}
            row["seconds"] = time.perf_counter() - start
            history.rows.append(row)
            bar.update()
            if verbose:
                tqdm.write(_line(row, epochs))
            if patience is not None:
                if row["validation_loss"] < best_loss:
                    best_loss, history.best_epoch = row["validation_loss"], epoch
                    best_weights = copy.deepcopy(model.state_dict())
                elif epoch - history.best_epoch >= patience:
                    break
    if best_weights is not None:
        model.load_state_dict(best_weights)
    return history


@contextlib.contextmanager
def _fast_linear_layers(batch_size: int):
    """Let PyTorch hand the products of Linear layers to oneDNN on the CPU, where that keeps float32 precision.

    By default they go to Intel's MKL, which is up to half as fast on AMD processors. PyTorch's switch formally allows
    bfloat16 products; oneDNN uses them on some processors (those with AMX), and then the switch stays off.
    """
    if batch_size < 16 or not _onednn_keeps_float32():  # for a few rows MKL is the faster one
        yield
        return
    matmul = torch.backends.mkldnn.matmul
    before, matmul.fp32_precision = matmul.fp32_precision, "bf16"
    try:
        yield
    finally:
        matmul.fp32_precision = before


@functools.cache
def _onednn_keeps_float32() -> bool:
    """Whether oneDNN is there and, with the switch on, still multiplies in float32: measured on one product."""
    matmul = getattr(torch.backends.mkldnn, "matmul", None)
    if matmul is None or not hasattr(matmul, "fp32_precision") or not torch.backends.mkldnn.is_available():
        return False
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.rand(size, generator=generator) for size in ((64, 784), (784, 512)))
    before, matmul.fp32_precision = matmul.fp32_precision, "bf16"
    try:
        product = a @ b
    finally:
        matmul.fp32_precision = before
    exact = a.double() @ b.double()
    # Float32 is off by about 1e-6 here, bfloat16 by more than 1e-4.
    return bool(((product - exact).abs() / exact).max() < 1e-5)


def _train_epoch(model, X, y, loss_fn, optimizer, batch_size) -> dict[str, float]:
    model.train()
    classification = not y.is_floating_point()
    # Sums stay on the device: reading a number back after every batch would make a GPU wait.
    loss_sum, correct = torch.zeros((), device=X.device), torch.zeros((), device=X.device)
    for batch in torch.randperm(len(X)).to(X.device).split(batch_size):
        X_batch, y_batch = X[batch], y[batch]
        optimizer.zero_grad()
        output = model(X_batch)
        loss = loss_fn(output, y_batch)
        loss.backward()
        optimizer.step()
        loss_sum += loss.detach() * len(batch)
        if classification:
            correct += (output.detach().argmax(dim=1) == y_batch).sum()
    scores = {"train_loss": loss_sum.item() / len(X)}
    if classification:
        scores["train_accuracy"] = correct.item() / len(X)
    return scores


@torch.no_grad()
def evaluate(
    model: nn.Module,
    data: tuple[Tensor, Tensor],
    *,
    loss_fn: Callable[[Tensor, Tensor], Tensor] | None = None,
    batch_size: int = 1000,
) -> dict[str, float]:
    """Mean ``loss`` and, for integer y, ``accuracy`` in [0, 1] on data = (X, y), without training.

    Raises ValueError when X and y differ in length or are empty.
    """
    X, y = _on_device(data, model, "data")
    loss_fn = loss_fn or nn.CrossEntropyLoss()
    was_training = model.training
    model.eval()
    loss_sum = correct = 0.0
    for X_batch, y_batch in zip(X.split(batch_size), y.split(batch_size), strict=True):
        output = model(X_batch)
        loss_sum += loss_fn(output, y_batch).item() * len(X_batch)
        if not y.is_floating_point():
            correct += (output.argmax(dim=1) == y_batch).sum().item()
    model.train(was_training)
    scores = {"loss": loss_sum / len(X)}
    return scores if y.is_floating_point() else scores | {"accuracy": correct / len(X)}


@torch.no_grad()
def predict(model: nn.Module, X: Tensor, *, batch_size: int = 1000) -> Tensor:
    """The model's outputs for X, shape (n, outputs), on the CPU, computed in evaluation mode."""
    was_training = model.training
    model.eval()
    device = device_of(model)
    output = torch.cat([model(X_batch.to(device)).cpu() for X_batch in X.split(batch_size)])
    model.train(was_training)
    return output


def distort(images: Tensor, matrices: Tensor) -> Tensor:
    """Shift, zoom, turn, shear or mirror every image of a batch, each by a matrix of its own.

    ``images``: floats of shape (n, channels, height, width). ``matrices``: shape (n, 2, 3), on any device. The pixel
    at (x, y) of a new image comes from the place matrix · (x, y, 1) of the original, where x and y run from −1 to 1
    across the picture; between pixels the original is interpolated linearly, and outside it is 0. Returns new images.

    Raises ValueError when the matrices don't match the images.
    """
    if images.ndim != 4 or matrices.shape != (len(images), 2, 3):
        raise ValueError(
            "images of shape (n, channels, height, width) need matrices of shape (n, 2, 3), one for each;"
            f" got {tuple(images.shape)} and {tuple(matrices.shape)}"
        )
    parts = []
    for some, moves in zip(images.split(1000), matrices.to(images).split(1000), strict=True):  # saves memory
        places = nn.functional.affine_grid(moves, some.shape, align_corners=False)
        parts.append(nn.functional.grid_sample(some, places, align_corners=False))
    return torch.cat(parts)


def _on_device(data: tuple[Tensor, Tensor], model: nn.Module, name: str) -> tuple[Tensor, Tensor]:
    X, y = data
    if len(X) != len(y) or len(X) == 0:
        raise ValueError(f"{name}=(X, y) must hold equally many observations, at least one; got {len(X)} and {len(y)}")
    device = device_of(model)
    return X.to(device), y.to(device)


def _line(row: dict[str, float], epochs: int) -> str:
    """Such as ``epoch  1/12: loss 0.557, validation 0.443; accuracy 0.797, validation 0.837; 1.5 s``."""
    parts = []
    for metric in ("loss", "accuracy"):
        if f"train_{metric}" in row:
            validation = f", validation {row[f'validation_{metric}']:.3f}" if f"validation_{metric}" in row else ""
            parts.append(f"{metric} {row[f'train_{metric}']:.3f}{validation}")
    return f"epoch {row['epoch']:{len(str(epochs))}}/{epochs}: " + "; ".join([*parts, f"{row['seconds']:.1f} s"])
