"""Every test runs on the embedded data, with the cores shared out among the workers."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the tests in the background makes them ignore Ctrl-C, and so would every process they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


def pytest_runtest_logreport(report):
    """For `dlcourse test --twice`: note the name of what failed in the file that it gives."""
    record = os.environ.get("DLCOURSE_FAILED")
    if record and report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        with open(record, "a", encoding="utf-8") as file:
            file.write(report.nodeid + "\n")


pytest_collectreport = pytest_runtest_logreport  # a file that can't even be read has failed as well


def pytest_itemcollected(item):
    """A stored picture has its alternative text as text form; nbval must meet that in the fresh output as well. Drawings
    are compared to a tenth of a pixel."""
    if hasattr(item, "cell") and hasattr(item, "compare_outputs"):
        from dlcourse import execute

        compare, source = item.compare_outputs, item.cell.source
        item.compare_outputs = lambda fresh, stored, **options: compare(
            *(execute.roughly(execute.described(source, outputs)) for outputs in (fresh, stored)), **options
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Notebooks run under fault, all the time, because that costs nothing: their kernels, which start here, reach no host
    (the proxy is a closed port), and a home and a cache that are no folders leave nothing to read data from but data/."""
    if not (hasattr(item, "cell") and os.name == "posix"):
        return (yield)
    from jupyter_core.paths import jupyter_runtime_dir

    fonts = os.environ.get("MPLCONFIGDIR") or str(Path.home() / ".cache/matplotlib")  # Matplotlib's list of them
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", jupyter_runtime_dir())
        patch.setenv("MPLCONFIGDIR", fonts)
        patch.setenv("IPYTHONDIR", os.environ.get("IPYTHONDIR") or str(Path.home() / ".ipython"))
        patch.delenv("DLCOURSE_TIER")
        patch.delenv("DLCOURSE_DATA", raising=False)
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            patch.setenv(name, __file__)
        for name in ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")
            patch.setenv(name.upper(), "http://127.0.0.1:9")
        return (yield)
