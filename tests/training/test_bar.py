"""The bar is one line that is rewritten, in a terminal and in Jupyter; elsewhere nothing is shown."""

import io
import os
import re
import sys
from types import SimpleNamespace

import IPython.display
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lib import medium
from lib.training import bar, minimise


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    """Each look at it takes a second."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        self.now += 1
        return self.now


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.delenv(medium.VARIABLE, raising=False)
    # Not sys itself: pytest puts its own stderr there after this.
    monkeypatch.setattr(bar, "sys", SimpleNamespace(stderr=(terminal := Terminal()), modules=sys.modules))
    monkeypatch.setattr(bar, "time", Clock())
    monkeypatch.setattr(bar.shutil, "get_terminal_size", lambda: os.terminal_size((100, 24)))
    return terminal


def train(num_steps=120):
    return minimise(
        lambda p, x, _: jnp.mean((x - p) ** 2), jnp.zeros(()), np.ones(5), key=jax.random.key(1), num_steps=num_steps
    )


def test_the_line_says_step_loss_rate_and_time_left():
    assert bar.line(50, 1000, 0.123456, 0, 0.0) == "step 50 of 1000, loss 0.1235"
    assert bar.line(250, 1000, 1234.5, 200, 20.0) == "step 250 of 1000, loss 1234, 10 steps/s, 1:15 left"
    assert bar.line(1000, 1000, 1e-9, 950, 0.5) == "step 1000 of 1000, loss 1e-09, 1900 steps/s, 0:00 left"


def test_a_terminal_shows_one_line_that_is_rewritten(terminal):
    train()
    before, *lines = terminal.getvalue().split("\r")
    assert before == ""
    assert [len(line) for line in lines] == [99, 99, 100]  # each covers the one before it
    assert re.fullmatch(r"\[#{4}-{6}\] step 50 of 120, loss 0\.\d+ *", lines[0])
    assert re.fullmatch(r"\[#{8}-{2}\] step 100 of 120, loss 0\.\d+, 50 steps/s, 0:00 left *", lines[1])
    assert re.fullmatch(r"\[#{10}\] step 120 of 120, loss 0\.\d+, 35 steps/s, 0:00 left *\n", lines[2])


def test_the_line_fits_a_narrow_terminal(terminal, monkeypatch):
    monkeypatch.setattr(bar.shutil, "get_terminal_size", lambda: os.terminal_size((30, 24)))
    train(50)
    assert terminal.getvalue() == "\r[##########] step 50 of 50, l\n"


def test_a_line_is_drawn_ten_times_a_second_at_most(terminal, monkeypatch):
    monkeypatch.setattr(bar.time, "monotonic", iter(np.arange(100) * 0.03).__next__)
    train(1000)  # 20 updates in 0.6 seconds
    assert terminal.getvalue().count("\r") == 6
    assert "step 1000 of 1000" in terminal.getvalue()


def test_an_error_begins_on_a_line_of_its_own(terminal):
    def loss(p, *_):
        return jax.lax.cond(p < -60, lambda p: p + jnp.nan, lambda p: p, p)

    rates = {"learning_rate": 1.0, "optimiser": optax.sgd}
    with pytest.raises(FloatingPointError):
        minimise(loss, jnp.zeros(()), np.ones(5), key=jax.random.key(1), num_steps=500, **rates)
    assert re.fullmatch(r"\r\[#-{9}\] step 50 of 500, loss -24.5 *\n", terminal.getvalue())


def test_jupyter_shows_one_element_that_is_rewritten(terminal, monkeypatch):
    shown = []

    def update(bundle, *, raw):
        assert raw
        shown.append(bundle)

    def display(bundle, *, display_id, raw):
        assert display_id
        update(bundle, raw=raw)
        return SimpleNamespace(update=update)

    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=None))
    monkeypatch.setattr(IPython.display, "display", display)
    train()
    assert [bundle["text/plain"].partition(",")[0] for bundle in shown] == [
        f"step {step} of 120" for step in (50, 100, 120)
    ]
    assert shown[1]["text/html"].startswith('<progress value="0.833" aria-label="Training"></progress> step 100 of 120')
    assert terminal.getvalue() == ""


def test_a_page_shows_nothing(terminal, monkeypatch, capsys):
    monkeypatch.setenv(medium.VARIABLE, "1")
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=None))
    train()
    assert terminal.getvalue() + capsys.readouterr().out == ""


def test_a_file_shows_nothing(capfd):
    train()
    assert capfd.readouterr() == ("", "")
