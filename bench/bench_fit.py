"""`dlcourse.training.fit` beside what a student would use instead, in one run, as ratios.

Same network (784-512-512-10), same data, batch size 64, stochastic gradient descent, one epoch:

- the DataLoader loop that most PyTorch introductions teach: ToTensor on each sample, collated batches;
- Keras `fit` on TensorFlow, and scikit-learn's `MLPClassifier.partial_fit`, where they are installed;
- the machine's own limit: the epoch's matrix multiplications at the speed of a large one.

Each contender runs `ROUNDS` epochs in turn with the others, and the fastest counts: other programs
on the machine can only make an epoch slower.
"""

from __future__ import annotations

import itertools
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import FashionMNIST

from dlcourse import datasets, training

ROUNDS, BATCH, RATE = 3, 64, 0.1
WIDTHS = (784, 512, 512, 10)


def network() -> nn.Module:
    training.set_seed(0)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )


def contender_fit(fashion):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    def epoch():
        history = training.fit(model, (fashion.X_train, fashion.y_train), optimizer=optimizer, epochs=1, verbose=False)
        return history.rows[0]["train_loss"]

    return epoch


def contender_dataloader(fashion):
    root, _ = datasets.locate("Fashion-MNIST")
    loader = DataLoader(FashionMNIST(root, transform=transforms.ToTensor()), batch_size=BATCH, shuffle=True)
    model, loss_fn = network(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    def epoch():
        total = 0.0
        for images, labels in loader:
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(images)
        return total / len(loader.dataset)

    return epoch


def contender_keras(fashion):
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(width, activation="relu") for width in WIDTHS[1:-1]]
    model = keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(10)])
    model.compile(keras.optimizers.SGD(RATE), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    X, y = fashion.X_train.flatten(1).numpy(), fashion.y_train.numpy()
    return lambda: model.fit(X, y, batch_size=BATCH, epochs=1, verbose=0).history["loss"][0]


def contender_sklearn(fashion):
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        WIDTHS[1:-1], solver="sgd", learning_rate_init=RATE, momentum=0, alpha=0, batch_size=BATCH, random_state=0
    )
    X, y = fashion.X_train.flatten(1).numpy(), fashion.y_train.numpy()

    def epoch():
        model.partial_fit(X, y, classes=np.arange(10))
        return model.loss_

    return epoch


def gemm_rate() -> float:
    """GFLOP/s of a large float32 matrix product, the best of ten."""
    a, b = torch.rand(2048, 2048), torch.rand(2048, 2048)
    best = float("inf")
    for _ in range(10):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * 2048**3 / best / 1e9


def epoch_gflop(n: int) -> float:
    """GFLOP of the matrix products of one epoch: forward, weight gradients, and input gradients but for the first layer."""
    products = [a * b for a, b in itertools.pairwise(WIDTHS)]
    return 2 * n * (3 * sum(products) - products[0]) / 1e9


def main() -> None:
    fashion = datasets.fashion_mnist()
    n = len(fashion.X_train)
    print(
        f"Fashion-MNIST ({fashion.tier}), {n:,} images, batch {BATCH}, {torch.get_num_threads()} threads, best of {ROUNDS} epochs"
    )
    makers = {
        "dlcourse fit": contender_fit,
        "PyTorch, DataLoader loop": contender_dataloader,
        "Keras fit (TensorFlow)": contender_keras,
        "scikit-learn MLPClassifier": contender_sklearn,
    }
    epochs = {}
    for name, make in makers.items():
        try:
            epochs[name] = make(fashion)
        except ImportError as error:
            print(f"{name}: skipped, {error.name} is not installed")
    seconds: dict[str, list[float]] = {name: [] for name in epochs}
    losses: dict[str, list[float]] = {name: [] for name in epochs}
    rates = []
    for _ in range(ROUNDS):
        rates.append(gemm_rate())
        for name, epoch in epochs.items():
            start = time.perf_counter()
            losses[name].append(epoch())
            seconds[name].append(time.perf_counter() - start)
    ours = min(seconds["dlcourse fit"])
    table = pd.DataFrame(
        [
            (name, min(times), min(times) / ours, " ".join(f"{loss:.3f}" for loss in losses[name]))
            for name, times in seconds.items()
        ],
        columns=["contender", "seconds an epoch", "times fit", "loss of epochs 1, 2, …"],
    )
    print(table.to_markdown(index=False, floatfmt=".2f"))
    limit = epoch_gflop(n) / max(rates)
    print(
        f"The epoch is {epoch_gflop(n):.0f} GFLOP of matrix products; at the measured {max(rates):.0f} GFLOP/s they take {limit:.2f} s:"
        f" fit reaches {limit / ours:.0%} of that limit."
    )


if __name__ == "__main__":
    main()
