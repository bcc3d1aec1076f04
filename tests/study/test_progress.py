"""Progress: it adds up, and a file that cannot be understood is refused and left as it is."""

import json
import os
from pathlib import Path

import pytest

from lib.study import progress

ROOT = Path(__file__).parents[2]


def test_it_is_kept_with_the_book_or_where_an_installed_lib_is_used(tmp_path, monkeypatch):
    monkeypatch.delenv(progress.PLACE)
    assert progress.path() == ROOT / "progress.json"
    installed = tmp_path / "site-packages" / "lib" / "study" / "progress.py"
    monkeypatch.setattr(progress, "__file__", str(installed))
    monkeypatch.chdir(tmp_path)
    assert progress.path() == tmp_path / "progress.json"


def test_what_was_done_adds_up(file):
    assert progress.load() == {"pages": [], "questions": [], "exercises": []}
    for name in ("a", "b", "a"):
        assert progress.record("exercises", name) == ""
    assert progress.record("questions", "c") == ""
    assert progress.load() == {"pages": [], "questions": ["c"], "exercises": ["a", "b"]}
    assert json.loads(file.read_text())["version"] == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "damaged"),
        ("{", "damaged"),
        ("[]", "damaged"),
        ("null", "damaged"),
        ('{"version": 1, "pages": [], "questions": []}', "damaged"),
        ('{"version": 1, "pages": [], "questions": [], "exercises": [3]}', "damaged"),
        ('{"version": 1, "pages": "x", "questions": [], "exercises": []}', "damaged"),
        ('{"version": "2", "pages": [], "questions": [], "exercises": []}', "damaged"),
        ('{"version": 2, "pages": [], "questions": [], "exercises": [], "more": 1}', "newer version"),
        ('{"version": 2, "chapters": {}}', "newer version"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_left(file, text, word):
    file.write_text(text)
    with pytest.raises(ValueError, match=word):
        progress.load()
    assert word in progress.record("exercises", "a")
    assert file.read_text() == text


def test_a_write_that_fails_loses_nothing(file, monkeypatch):
    progress.record("exercises", "a")
    before = file.read_text()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    assert "No space left" in progress.record("exercises", "b")
    assert file.read_text() == before
    assert list(file.parent.iterdir()) == [file]
