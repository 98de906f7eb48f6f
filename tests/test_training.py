"""fit, evaluate and predict do what their docstrings say."""

import contextlib
import subprocess
import sys

import pytest
import torch
from torch import nn

from dlcourse import training


@pytest.fixture
def blobs():
    """Two well separated clouds of points in the plane, 400 in all."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(400) % 2
    return torch.randn(400, 2, generator=generator) + 4 * y[:, None], y


def network(seed=0):
    training.set_seed(seed)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
    return model, torch.optim.SGD(model.parameters(), lr=0.1)


def test_fit_learns_and_reports_every_epoch(blobs):
    model, optimizer = network()
    history = training.fit(model, blobs, optimizer=optimizer, epochs=4, validation=blobs, verbose=False)
    assert list(history.frame.index) == [1, 2, 3, 4]
    assert set(history.frame) == {"train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds"}
    assert training.evaluate(model, blobs)["accuracy"] > 0.97


def test_fit_is_the_loop_that_notebook_02_writes_out(blobs):
    X, y = blobs
    model, optimizer = network()
    torch.manual_seed(5)
    training.fit(model, blobs, optimizer=optimizer, epochs=2, batch_size=32, verbose=False)
    plain, optimizer = network()
    torch.manual_seed(5)
    for _ in range(2):
        for batch in torch.randperm(len(X)).split(32):
            optimizer.zero_grad()
            loss = nn.CrossEntropyLoss()(plain(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
    for ours, theirs in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_run_on_the_cpu_repeats_bit_for_bit(blobs):
    losses = []
    for _ in range(2):
        model, optimizer = network(seed=3)
        losses.append(training.fit(model, blobs, optimizer=optimizer, epochs=2, verbose=False).frame.train_loss)
    assert losses[0].equals(losses[1])


def test_patience_stops_early_and_restores_the_best_weights(blobs):
    X, y = blobs
    model, _ = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    validation = (X, 1 - y)  # the better the fit, the worse this gets: the first epoch stays the best
    history = training.fit(
        model, blobs, optimizer=optimizer, epochs=50, validation=validation, patience=3, verbose=False
    )
    assert history.best_epoch == 1
    assert len(history.rows) == 4
    assert training.evaluate(model, validation)["loss"] == pytest.approx(history.frame.validation_loss[1])


def test_scheduler_steps_once_an_epoch(blobs):
    model, optimizer = network()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    training.fit(model, blobs, optimizer=optimizer, epochs=3, scheduler=scheduler, verbose=False)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1 / 8)


def test_regression_has_no_accuracy(blobs):
    X, _ = blobs
    model = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    y = X @ torch.tensor([1.0, -2.0])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    history = training.fit(model, (X, y), optimizer=optimizer, epochs=30, loss_fn=nn.MSELoss(), verbose=False)
    assert "train_accuracy" not in history.frame
    assert set(training.evaluate(model, (X, y), loss_fn=nn.MSELoss())) == {"loss"}
    assert history.frame.train_loss.iloc[-1] < 0.01


def test_evaluate_weights_the_last_smaller_batch_rightly(blobs):
    model, _ = network()
    whole = training.evaluate(model, blobs, batch_size=400)
    parts = training.evaluate(model, blobs, batch_size=150)
    assert parts["loss"] == pytest.approx(whole["loss"])
    assert parts["accuracy"] == whole["accuracy"]


def test_evaluate_and_predict_switch_dropout_off_and_leave_the_mode_as_it_was(blobs):
    model = nn.Sequential(nn.Linear(2, 50), nn.Dropout(0.5), nn.Linear(50, 2)).train()
    assert torch.equal(training.predict(model, blobs[0]), training.predict(model, blobs[0]))
    training.evaluate(model, blobs)
    assert model.training
    assert not training.predict(model, blobs[0]).requires_grad


def test_bad_input_says_what_was_given_and_what_to_do(blobs):
    X, y = blobs
    model, optimizer = network()
    with pytest.raises(ValueError, match="400 and 399"):
        training.fit(model, (X, y[:-1]), optimizer=optimizer, epochs=1)
    with pytest.raises(ValueError, match="validation="):
        training.fit(model, blobs, optimizer=optimizer, epochs=1, patience=2)
    with pytest.raises(ValueError, match="epochs"):
        training.fit(model, blobs, optimizer=optimizer, epochs=0)
    with pytest.raises(ValueError, match="0 and 0"):
        training.evaluate(model, (X[:0], y[:0]))
    with pytest.raises(FloatingPointError, match="learning rate"):
        training.fit(model, (X * float("nan"), y), optimizer=optimizer, epochs=1, verbose=False)


def test_progress_bar_leaves_no_trace_when_switched_off(blobs, capfd):
    model, optimizer = network()
    training.fit(model, blobs, optimizer=optimizer, epochs=2)
    seen = capfd.readouterr()
    assert seen.out.count("epoch") == 2 and "\r" not in seen.out
    assert seen.err == ""


@pytest.mark.parametrize("spoil", [False, True])
def test_fit_leaves_pytorchs_settings_as_they_were(blobs, spoil):
    X, y = blobs
    model, optimizer = network()
    before = torch.backends.mkldnn.matmul.fp32_precision
    with contextlib.suppress(FloatingPointError):
        training.fit(model, (X * float("nan") if spoil else X, y), optimizer=optimizer, epochs=1, verbose=False)
    assert torch.backends.mkldnn.matmul.fp32_precision == before


def test_fast_matrix_products_keep_float32_precision():
    a, b = torch.rand(64, 784), torch.rand(784, 512)
    exact = a.double() @ b.double()
    with training._fast_linear_layers(batch_size=64):
        error = ((a @ b - exact).abs() / exact).max()
    assert error < 1e-5


def test_parameter_count_leaves_frozen_parameters_out():
    model = nn.Sequential(nn.Linear(784, 512), nn.Linear(512, 512), nn.Linear(512, 10))
    assert training.parameter_count(model) == 669_706
    model[0].requires_grad_(False)
    assert training.parameter_count(model) == 669_706 - 784 * 512 - 512


def test_distort_moves_each_image_by_its_own_matrix():
    torch.manual_seed(0)
    images = torch.rand(4, 2, 6, 8)
    matrices = torch.eye(2, 3).repeat(4, 1, 1)
    matrices[1, 0, 0] = -1.0  # x comes from -x: mirrored
    matrices[2, 0, 2] = -2 / 8  # each pixel comes from its left neighbour: one pixel to the right
    matrices[3, 1, 2] = 2 / 6  # from the one below: one pixel up
    before = images.clone()
    kept, mirrored, right, up = training.distort(images, matrices)
    assert torch.equal(images, before)
    assert torch.allclose(kept, images[0], atol=1e-5)
    assert torch.allclose(mirrored, images[1].flip(2), atol=1e-5)
    assert torch.allclose(right[..., 1:], images[2, ..., :-1], atol=1e-5)
    assert torch.allclose(right[..., 0], torch.zeros(2, 6), atol=1e-5)
    assert torch.allclose(up[:, :-1], images[3, :, 1:], atol=1e-5)


def test_distort_of_many_images_is_that_of_each_alone():
    torch.manual_seed(0)
    images, matrices = torch.rand(1003, 1, 5, 5), torch.randn(1003, 2, 3)
    together = training.distort(images, matrices)
    for k in (0, 999, 1000, 1002):
        assert torch.allclose(together[k], training.distort(images[k : k + 1], matrices[k : k + 1])[0], atol=1e-5)


def test_distort_refuses_matrices_that_do_not_match():
    with pytest.raises(ValueError, match=r"one for each; got \(3, 1, 4, 4\) and \(2, 2, 3\)"):
        training.distort(torch.rand(3, 1, 4, 4), torch.rand(2, 2, 3))


def test_peak_memory_remembers_what_was_freed():
    before = training.peak_memory()
    torch.ones(100_000_000).sum()  # 0.4 GB, freed at once
    assert training.peak_memory() >= max(before, 0.5)


@pytest.mark.skipif(sys.platform == "win32", reason="there, no process begins as a copy of another")
def test_peak_memory_is_not_that_of_the_process_that_started_this_one():
    held = torch.ones(250_000_000)  # 1 GB
    code = "from dlcourse import training; print(training.peak_memory())"
    command = [sys.executable, "-c", code]
    # With preexec_fn the child begins as a copy of this process, as the kernels of notebooks do.
    shown = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=lambda: None).stdout
    assert held[-1] == 1 and 0.1 < float(shown) < 0.9
