"""No test touches the progress of whoever runs it."""

import pytest

from lib.study import progress


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """Where progress is stored during a test."""
    place = tmp_path / "progress.json"
    monkeypatch.setenv(progress.PLACE, str(place))
    return place
