"""TensorFlow beside PyTorch, for notebook 01: imported quietly, or its cells skipped where it isn't installed."""

from __future__ import annotations

import ast
import importlib
import os
from types import ModuleType

import torch
from IPython import get_ipython

SKIPPED = "Skipped: this cell needs TensorFlow, which is not installed."


def import_tensorflow() -> ModuleType | None:
    """TensorFlow, on the CPU with one thread and without its start-up messages; None where it can't be imported.

    Without it, each cell of the running notebook that uses the name ``tf``, or a name that ends in ``_tf``,
    prints one line instead of failing.
    """
    torch.compiler.reset()  # loads PyTorch's compiler, which crashes when it is first loaded after TensorFlow
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    messages = os.dup(2)  # TensorFlow's C++ core writes to this channel, past Python
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        tf = importlib.import_module("tensorflow")
    except ImportError:
        shell = get_ipython()
        if shell is not None and not any(isinstance(t, _SkipTensorFlow) for t in shell.ast_transformers):
            shell.ast_transformers.append(_SkipTensorFlow())
        return None
    finally:
        os.dup2(messages, 2)
        os.close(messages)
        os.close(nowhere)
    tf.get_logger().setLevel("ERROR")
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return tf


class _SkipTensorFlow(ast.NodeTransformer):
    """Replaces a cell that uses TensorFlow by a line that says so."""

    def visit_Module(self, cell: ast.Module) -> ast.Module:
        names = [part.id for part in ast.walk(cell) if isinstance(part, ast.Name)]
        if all(name.split("_")[-1] != "tf" for name in names):
            return cell
        return ast.parse(f"print({SKIPPED!r})")
