"""Every test runs on the embedded data, with the cores shared out among the workers."""

import os

os.environ["DLCOURSE_TIER"] = "embedded"
os.environ["DLCOURSE_PROGRESS"] = "0"
workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
# Kernels inherit this. More threads than cores makes training several times slower.
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
