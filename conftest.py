"""Every test runs on the embedded data, with the cores shared out among the workers."""

import importlib.util
import os

os.environ["DLCOURSE_TIER"] = "embedded"
os.environ["DLCOURSE_PROGRESS"] = "0"
os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # spinning OpenMP threads slow each other down on a busy machine
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    # Kernels inherit this. More threads than cores makes training several times slower.
    workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // workers))

# Notebook 01 compares its outputs with a run that had TensorFlow. Where there is none,
# tests/test_notebook_01_without_tensorflow.py executes it instead.
collect_ignore = [] if importlib.util.find_spec("tensorflow") else ["notebooks/01-pytorch-vs-tensorflow.ipynb"]


def pytest_itemcollected(item):
    """A stored picture has its alternative text as text form; nbval must meet that in the fresh output as well."""
    if hasattr(item, "cell") and hasattr(item, "compare_outputs"):
        from dlcourse import execute

        compare, source = item.compare_outputs, item.cell.source
        item.compare_outputs = lambda fresh, stored, **options: compare(
            execute.described(source, fresh), execute.described(source, stored), **options
        )
