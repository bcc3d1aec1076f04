"""The stored timings are whole. Nothing is timed here: see benchmarks/javascript.py."""

import json

import pytest

from benchmarks import javascript

ROWS = json.loads(javascript.RESULTS.read_text(encoding="utf-8"))["rows"]


def test_every_function_has_a_row():
    chapters = sum(  # a figure with frames has no function in the page, and one that plays has a second, its step
        ("explore(" in (source := "".join(cell["source"])) and "frames=" not in source) + ("=Play(" in source)
        for path in (javascript.timing.ROOT / "chapters").glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    )
    names = [row["function"] for row in ROWS]
    later = [name for name, _, _ in javascript.to_come()]
    assert names[-len(later) :] == later
    assert len(names) == chapters + len(later)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["function"])
def test_the_numbers_of_a_row_fit_together(row):
    assert 0 < row["code_bytes"] <= row["bytes"]
    for kind in ("plain", "sliced"):
        assert 0 <= row[f"{kind}_median_ms"] <= row[f"{kind}_p95_ms"]
