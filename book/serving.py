"""The built book, served on this machine. `python3 book` reads this file before anything is installed."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each request."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    """A server that has its port for itself: on Windows, an address that is reused is shared with another program."""

    allow_reuse_address = os.name != "nt"


@contextmanager
def served(folder: Path = HTML, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """The address at which a folder is served, from another thread."""
    answers = functools.partial(handler, directory=str(folder))
    with Server(("127.0.0.1", 0), answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
