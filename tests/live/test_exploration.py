"""explore(): what moves, what is refused, and what Jupyter and the page are given."""

import base64
import json
import re

import ipywidgets as widgets
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from lib.data import outfits
from lib.live import (
    AvatarGrid,
    Checkbox,
    Dropdown,
    FloatLogSlider,
    FloatSlider,
    IntSlider,
    SampleAgain,
    explore,
    frames,
)
from lib.medium import VARIABLE

X = np.linspace(0, 1, 5)


@pytest.fixture(autouse=True)
def no_figure_left():
    plt.close("all")


def exploration(fn=lambda a: a * X, artist=None, frames=None, drag=None, **sliders):
    """A line moved by fn, unless another artist is asked for."""
    fig, ax = plt.subplots()
    artists = (artist or (lambda ax: ax.plot(X, X)))(ax)
    sliders = sliders or {"a": FloatSlider(value=1, min=0, max=2)}
    return explore(fig, fn, artists, alt="a line", frames=frames, drag=drag, **sliders)


def text(template):
    return lambda ax: ax.text(0, 0, template)


def test_the_picture_follows_its_slider():
    live = exploration()
    for a in (1.0, 0.2, 2.0):
        live.sliders["a"].value = a
        assert live._html.value == live._picture.draw([a * X.astype(np.float32)])


@pytest.mark.parametrize(
    ("slider", "fn", "at_low", "at_high"),
    [
        (FloatSlider(value=1, min=-3, max=2), lambda s: s, -3, 2),
        (FloatLogSlider(value=1, min=-2, max=3), lambda s: s, 0.01, 1000),
        (IntSlider(value=1, min=0, max=7), lambda s: s, 0, 7),
        (Checkbox(value=True), lambda s: jnp.where(s, 1, 0), 0, 1),
        (Dropdown(options=["x", "y", "z"]), lambda s: s, 0, 2),
        (Dropdown(options={"x": 10, "y": 20}), lambda s: s, 0, 1),
        (SampleAgain(5), lambda s: jax.random.key_data(s)[1].astype(int), 5, 12),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, widgets.Widget) else "",
)
def test_every_slider_reaches_both_ends(slider, fn, at_low, at_high):
    live = exploration(fn, text("{:.2f}"), s=slider)
    for end, number in zip(live.ends(), (at_low, at_high), strict=True):
        assert f">{number:.2f}</text>".replace("-", "−") in live.draw(**end)


def test_every_artist_moves():
    fig, ax = plt.subplots()
    codes = outfits.fifty[:4].astype(int)
    artists = (
        ax.plot(X, X),
        ax.bar(["a", "b"], [1, 2]),
        ax.scatter([0, 1], [0, 1]),
        ax.imshow(np.zeros((2, 3)), vmin=0, vmax=3),
        ax.text(0, 0, "KL = {:.1f} nats"),
        AvatarGrid(ax, codes, columns=2),
    )

    def fn(a):
        empty_last = jnp.array(codes).at[3].set(-1)
        return a * X, a * jnp.array([3.0, 4.0]), a * jnp.ones((2, 2)), a * jnp.ones((2, 3)), a, empty_last

    live = explore(fig, fn, artists, alt="all", a=FloatSlider(value=2, min=0, max=3))
    dressed = np.where([[True], [True], [True], [False]], codes, -1)
    expected = (2 * X, np.array([6, 8]), np.full((2, 2), 2), np.full((2, 3), 2), np.array(2.0), dressed)
    for result, wanted in zip(live.results(), expected, strict=True):
        np.testing.assert_allclose(result, wanted)
    assert live._html.value == live._picture.draw(expected)
    assert live._html.value.count("data-artist=") == 7
    assert "KL = 2.0 nats" in live._html.value


def test_bars_alone_are_one_artist():
    live = exploration(lambda a: a * jnp.array([1.0, 2.0]), lambda ax: ax.bar(["a", "b"], [0, 0]))
    assert [result.tolist() for result in live.results(a=2)] == [[2, 4]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fn": lambda b: b * X}, TypeError, "missing a required argument: 'b'"),
        ({"fn": lambda a: a}, ValueError, r"fn must return an array of shape \(5,\) for artist 0; got \(\)"),
        ({"artist": lambda ax: (ax.plot(X, X), ax.text(0, 0, "{}"))}, ValueError, "fn must return 2 arrays"),
        ({"artist": lambda _: plt.subplots()[1].plot(X, X)}, ValueError, "part of another figure"),
        ({"artist": lambda ax: ax}, TypeError, "artists must be lines, polygons, bars"),
        ({"a": widgets.FloatSlider()}, TypeError, "sliders must be made by lib.live; a is FloatSlider"),
        ({"fn": lambda a: a, "artist": text("{}")}, ValueError, "must say how many decimals"),
        ({"fn": lambda n: jnp.arange(n), "n": IntSlider(value=5, min=1, max=9)}, ValueError, "mask with jnp.where"),
        ({"fn": lambda a: X if a > 1 else -X}, ValueError, "mask with jnp.where, or give frames"),
        ({"fn": lambda n: X[: int(n)], "n": IntSlider(value=5, min=1, max=9)}, ValueError, "mask with jnp.where"),
        ({"frames": {"b": [1]}}, ValueError, "frames must name sliders"),
        (
            {"frames": {"a": ["one"]}},
            ValueError,
            r"frames\['a'\] must be settings of the slider; 'one' is none of them",
        ),
        ({"drag": {None: ("a", "b")}}, ValueError, "drag must name two sliders of the figure"),
        ({"drag": {None: ("a",)}}, ValueError, "drag must name two sliders of the figure"),
        ({"drag": {plt.figure().gca(): ("a", "a")}}, ValueError, "drag must be on axes of fig"),
    ],
)
def test_what_does_not_fit_is_refused_at_the_call(arguments, error, message):
    with pytest.raises(error, match=message):
        exploration(**arguments)


def test_a_figure_without_sliders_is_refused():
    fig, ax = plt.subplots()
    with pytest.raises(TypeError, match="explore needs a slider at least"):
        explore(fig, lambda: 1.0, ax.text(0, 0, "{:.1f}"), alt="a number")


def test_a_figure_without_words_is_refused():
    fig, ax = plt.subplots()
    with pytest.raises(ValueError, match="alt must say what the figure shows"):
        explore(fig, lambda a: a, ax.text(0, 0, "{:.1f}"), alt=" ", a=FloatSlider(value=1, min=0, max=2))


def test_a_setting_that_fails_says_so_in_the_figure():
    def fails_beyond_one(a):
        if a > 1:
            raise ValueError("above 1")
        return a

    live = exploration(fails_beyond_one, text("{:.1f}"), frames={"a": [0.0, 0.5, 1.0]})
    with pytest.raises(ValueError, match="above 1"):
        live.sliders["a"].value = 2.0
    assert 'role="alert"' in live._html.value
    live.sliders["a"].value = 0.5
    assert "<svg" in live._html.value


# --- What Jupyter and the page get ---------------------------------------------------------------


def test_jupyter_gets_sliders_and_a_picture_for_hosts_that_run_nothing():
    live = exploration()
    bundle = live._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == live._box.model_id
    assert live._box.children[:-1] == (live.sliders["a"], live._html)  # and last the caption
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert not plt.get_fignums()  # else Jupyter would show the figure twice


def page(monkeypatch, *args, **settings):
    monkeypatch.setenv(VARIABLE, "1")
    (html,) = exploration(*args, **settings)._repr_mimebundle_().values()
    program, expected = re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)
    return html, program, json.loads(expected)["checks"]


def test_the_page_gets_native_controls_and_a_program(monkeypatch):
    sliders = {
        "a": FloatLogSlider(value=1, min=-1, max=1, step=1, description="α"),
        "which": Dropdown(options=["<x>", "y"], value="y"),
        "also": Checkbox(value=True),
        "key": SampleAgain(5),
    }

    def fn(a, which, also, key):
        return a * X + which + also + 0 * jax.random.key_data(key)[1].astype(float)

    html, program, expected = page(monkeypatch, fn, frames={"key": [5, 6]}, **sliders)
    assert 'role="img" aria-label="a line"' in html
    assert (
        '<label>α <input type="range" name="a" autocomplete="off" min="0" max="2" value="1" aria-valuetext="1">' in html
    )
    assert "<option>&lt;x&gt;</option><option selected>y</option>" in html
    assert '<input type="checkbox" name="also" autocomplete="off" checked> also' in html
    assert '<button type="button" name="key" autocomplete="off">Sample again</button>' in html
    assert program.startswith("liveFigure(")
    places = [check["at"] for check in expected]
    assert places == [
        {},
        *({name: i} for name, n in (("a", 3), ("which", 2), ("also", 2), ("key", 2)) for i in range(n)),
    ]
    np.testing.assert_allclose(expected[1]["results"][0], 0.1 * X + 2)


def test_a_page_with_frames_says_how_exact_they_are(monkeypatch):
    html, program, _ = page(monkeypatch, frames={"a": [0.0, 1.0, 2.0]})
    assert "Computed when the book was built, and stored to 1/130,000 of the range." in html
    assert "frames: [" in program
    assert "def " not in html


def test_what_a_page_cannot_show_is_an_error_of_the_call_not_of_the_display(monkeypatch):
    """Jupyter prints an error of the display and goes on; the book would be built without the figure."""
    monkeypatch.setattr(frames, "MAX_BYTES", 10)
    with pytest.raises(ValueError, match="frames must take at most 10 bytes compressed"):
        page(monkeypatch, frames={"a": [0.0, 1.0, 2.0]})


def test_what_fails_in_jupyter_at_an_end_of_a_slider_fails_the_build(monkeypatch):
    """The page shows avatars by tiles, and never draws the picture that Jupyter shows."""
    codes = jnp.array(outfits.fifty[:4], int)

    def fn(a):
        return codes.at[0, 0].set(jnp.where(a == 2, 99, 0))

    with pytest.raises(ValueError, match="99"):
        page(monkeypatch, fn, lambda ax: AvatarGrid(ax, codes), a=FloatSlider(value=1, min=0, max=2))
