"""Both renderers' sites, each built once a session."""

from pathlib import Path

import pytest
from quarto_project import ROOT, copy_of_sources, render_with_quarto

import render
from dlcourse import environment


@pytest.fixture(scope="session")
def pandoc_site(tmp_path_factory) -> Path:
    """The folder of the site that the offline renderer makes."""
    return render.build(ROOT, tmp_path_factory.mktemp("pandoc") / "site").out


@pytest.fixture(scope="session")
def quarto_project(tmp_path_factory) -> Path:
    """The folder of a project that Quarto has rendered into its _site."""
    if not environment.quarto():
        pytest.skip("Quarto is not installed")
    project = copy_of_sources(tmp_path_factory.mktemp("quarto") / "course ü")
    render_with_quarto(project)
    return project


@pytest.fixture(scope="session")
def quarto_site(quarto_project) -> Path:
    return quarto_project / "_site"
