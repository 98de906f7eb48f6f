"""Both renderers' sites, each built once for all workers."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from quarto_project import ROOT, copy_of_sources, render_with_quarto

import render
from dlcourse import environment


def once(tmp_path_factory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name` of this session, which the first worker that asks for it fills by `make`; the others wait."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    done = folder.with_suffix(".done")
    with environment.alone(folder.with_suffix(".lock"), f"tests: another worker makes {name}"):
        if not done.exists():
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def pandoc_site(tmp_path_factory) -> Path:
    """The folder of the site that the offline renderer makes."""
    return once(tmp_path_factory, "pandoc-site", lambda folder: render.build(ROOT, folder))


@pytest.fixture(scope="session")
def quarto_project(tmp_path_factory) -> Path:
    """The folder of a project that Quarto has rendered into its _site."""
    if not environment.quarto():
        pytest.skip("Quarto is not installed")
    return once(tmp_path_factory, "course ü", lambda folder: render_with_quarto(copy_of_sources(folder)))


@pytest.fixture(scope="session")
def quarto_site(quarto_project) -> Path:
    return quarto_project / "_site"
