"""The benchmark of the pages sees what a browser does, and what it stored is whole. Nothing here is timed."""

import json
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import page
from book.serving import served
from tests.book.conftest import PAGES
from tests.book.test_light import LIMIT


def test_a_visit_tells_the_paint_and_what_was_loaded(browser: Browser, built: Path) -> None:
    with served(built, page.Compressing) as site:
        paint, sizes = page.visit(browser, f"{site}/book/pages/glossary.html")
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
