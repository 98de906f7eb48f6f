"""The built site on this machine, for ``dlcourse serve`` and the browser tests."""

from __future__ import annotations

import functools
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Site(SimpleHTTPRequestHandler):
    """Serves the files of one folder: no list of a folder, no hidden file, nothing that a link leads to outside."""

    # All types are fixed here: the system's own table, which Python would ask, differs from machine to machine.
    extensions_map = {  # noqa: RUF012 (as in the class above)
        "": "application/octet-stream",
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".ipynb": "application/x-ipynb+json",
        ".jpg": "image/jpeg",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
        ".woff": "font/woff",
    }

    def guess_type(self, path) -> str:
        return self.extensions_map.get(Path(path).suffix.lower(), self.extensions_map[""])

    def send_head(self):
        root = Path(self.directory).resolve()
        try:
            inside = Path(self.translate_path(self.path)).resolve().relative_to(root).parts
        except (ValueError, OSError):  # outside, or no name that a file can have
            inside = (".",)
        # Quarto names figures of decks "..-notebooks-…": two dots hide nothing.
        if any(part.startswith(".") and not part.startswith("..") for part in inside):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_) -> None:
        pass


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the folder at 127.0.0.1; port 0 takes a free one. Raises OSError if the port is taken."""
    return ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Site, directory=str(folder)))
