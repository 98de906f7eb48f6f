"""Builds the website and the decks with Pandoc, for where Quarto cannot be installed."""

from .check import RenderError
from .site import Built, build

__all__ = ["Built", "RenderError", "build"]
