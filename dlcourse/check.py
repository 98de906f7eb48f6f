"""Checks that stand in the notebooks: each asserts what the prose claims and prints one line.

A check that holds prints ``✓ name: seen``. One that fails raises AssertionError with what was
expected and what was seen. ``answer`` is for exercises: it tells students how far they are, and
never stops the notebook.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
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


def answer(exercise: str, hints: Callable[[], Iterable[tuple[Any, str]]], *, required: bool = False) -> None:
    """Say how far the answer to an exercise is, in one line that starts with –, ✗ or ✓.

    ``hints()`` calls what the student wrote and yields pairs (holds, hint); the first pair that doesn't
    hold ends the check, and its hint is printed. A NotImplementedError means that the gap hasn't been
    filled yet; any other exception is reported with the line of the student's code that raised it.
    Raises AssertionError, and nothing else, with ``required=True`` when the answer isn't right.
    """
    tests = 0
    try:
        for holds, hint in hints():
            if not bool(holds):
                verdict = f"✗ {exercise}: {hint}"
                break
            tests += 1
        else:
            verdict = f"✓ {exercise}: right in {tests} of {tests} tests"
    except NotImplementedError:
        verdict = f"– {exercise}: not answered yet"
    except Exception as error:
        verdict = f"✗ {exercise}: your code stopped with {type(error).__name__}: {error}{_line_of(error, hints)}"
    if required and not verdict.startswith("✓"):
        raise AssertionError(verdict)
    print(verdict)


def _line_of(error: Exception, hints: Callable) -> str:
    """The last line of the student's code that an exception passed: code of a notebook, and not of the hints."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [frame for frame in frames if frame.f_globals is hints.__globals__ and frame.f_code is not hints.__code__]
    if not own:
        return ""
    line = traceback.extract_stack(own[-1], limit=1)[0].line
    return f" (in the line: {line})" if line else ""


def _plain(value: Any) -> Any:
    """Tensors, arrays, lists and torch.Size as nested tuples, so that == gives one answer."""
    if hasattr(value, "tolist"):
        value = value.detach().cpu().tolist() if hasattr(value, "detach") else value.tolist()
    return tuple(_plain(item) for item in value) if isinstance(value, list | tuple) else value


def _show(value: Any) -> str:
    value = _plain(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
