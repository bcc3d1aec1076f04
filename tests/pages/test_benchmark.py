"""The benchmark of the pages sees what a browser does, and what it stored is whole. Nothing here is timed."""

import json
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import page
from tests.pages.conftest import PAGES
from tests.pages.test_light import LIMIT


def test_a_visit_tells_the_paint_and_what_was_loaded(browser: Browser, built: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(page.Compressing, directory=str(built))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        paint, sizes = page.visit(browser, f"http://127.0.0.1:{server.server_port}/book/glossary.html")
        server.shutdown()
    assert paint > 0
    assert {"Document", "Stylesheet", "Script", "Font"} <= set(sizes)
    raw = (built / "_static" / "styles" / "all.css").stat().st_size
    assert 1000 < sizes["Stylesheet"] < raw / 2  # it comes compressed


def test_what_is_stored_is_whole() -> None:
    rows = json.loads(page.RESULTS.read_text(encoding="utf-8"))["rows"]
    assert [row["page"] for row in rows] == PAGES
    for row in rows:
        assert 0 < row["q1_s"] <= row["median_s"] <= row["q3_s"]
        assert 20_000 < row["frame_bytes"] <= LIMIT
        assert row["frame_bytes"] < row["bytes"]
