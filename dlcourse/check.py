"""Checks that stand in the notebooks: each asserts what the prose claims and prints one line.

A check that holds prints ``✓ name: seen``. One that fails raises AssertionError with what was
expected and what was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def equal(name: str, seen: Any, expected: Any) -> None:
    """Assert that two values are the same: shapes, counts, labels, exact arithmetic."""
    if _plain(seen) != _plain(expected):
        raise AssertionError(f"{name}: expected {_show(expected)}, saw {_show(seen)}")
    print(f"✓ {name}: {_show(seen)}")


def close(name: str, seen: Any, expected: Any, *, atol: float = 1e-6, rtol: float = 0.0) -> None:
    """Assert that two arrays or tensors of equal shape agree within ``atol + rtol·|expected|`` everywhere."""
    seen, expected = np.asarray(_plain(seen), float), np.asarray(_plain(expected), float)
    if seen.shape != expected.shape:
        raise AssertionError(f"{name}: expected shape {expected.shape}, saw shape {seen.shape}")
    difference = float(np.max(np.abs(seen - expected), initial=0.0))
    if not np.allclose(seen, expected, atol=atol, rtol=rtol):
        raise AssertionError(f"{name}: expected agreement within {atol:g}, saw a difference of {difference:.3g}")
    # The bound is printed, not the difference, whose last digits depend on the machine.
    print(f"✓ {name}: equal within {max(atol, rtol):g}")


def band(
    name: str, seen: float, bounds: tuple[float, float] | Mapping[str, tuple[float, float]], *, tier: str | None = None
) -> None:
    """Assert low ≤ seen ≤ high, for a metric that depends on training or timing.

    ``bounds`` is (low, high), or one such pair for each data tier:
    ``check.band("test accuracy", accuracy, {"full": (0.88, 0.90), "embedded": (0.83, 0.87)}, tier=data.tier)``.
    """
    low, high = bounds[tier] if isinstance(bounds, Mapping) else bounds
    if not low <= seen <= high:
        raise AssertionError(f"{name}: expected a value from {low:g} to {high:g}, saw {seen:.4g}")
    print(f"✓ {name}: {seen:.4g} lies between {low:g} and {high:g}")


def true(claim: str, holds: Any) -> None:
    """Assert a claim that is best said in words, such as "the loss fell in every epoch"."""
    if not bool(holds):
        raise AssertionError(f"this does not hold: {claim}")
    print(f"✓ {claim}")


def _plain(value: Any) -> Any:
    """Tensors, arrays, lists and torch.Size as nested tuples, so that == gives one answer."""
    if hasattr(value, "tolist"):
        value = value.detach().cpu().tolist() if hasattr(value, "detach") else value.tolist()
    return tuple(_plain(item) for item in value) if isinstance(value, list | tuple) else value


def _show(value: Any) -> str:
    value = _plain(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
