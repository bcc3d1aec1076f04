"""A training that is stopped from the keyboard, and goes on: what each model that is trained must pass."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from lib.training import bar


def bits(tree: Any) -> list[bytes]:
    return [np.asarray(x).tobytes() for x in jax.tree.leaves(tree)]


def interrupt(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """From here on, each training is stopped once its bar has come to the step `at`."""

    def update(_: object, step: int, __: float) -> None:
        if step >= at:
            raise KeyboardInterrupt

    monkeypatch.setattr(bar.ProgressBar, "update", update)


def assert_goes_on_after_a_break(
    fit: Callable[..., Any], path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`fit(path)`, stopped at step 50 and called again, gives the bits of the model `whole`, made without a break."""
    with monkeypatch.context() as patch:
        interrupt(patch, 50)
        with pytest.raises(KeyboardInterrupt):
            fit(path)
    assert path.exists()
    assert bits(fit(path)) == bits(whole)
