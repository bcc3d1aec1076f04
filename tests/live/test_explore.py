"""explore(): what moves, what is refused, and what Jupyter and the page are given."""

import ipywidgets as widgets
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from lib.data import avatars, outfits
from lib.live import AvatarGrid, Checkbox, Dropdown, FloatLogSlider, FloatSlider, IntSlider, SampleAgain, explore

X = np.linspace(0, 1, 5)


@pytest.fixture(autouse=True)
def no_figure_left():
    plt.close("all")


def exploration(fn=lambda a: a * X, artist=None, **sliders):
    """A line moved by fn, unless another artist is asked for."""
    fig, ax = plt.subplots()
    artists = (artist or (lambda ax: ax.plot(X, X)))(ax)
    return explore(fig, fn, artists, alt="a line", **(sliders or {"a": FloatSlider(value=1, min=0, max=2)})), artists


def test_a_line_moves_with_its_slider():
    live, (line,) = exploration()
    np.testing.assert_allclose(line.get_ydata(), X)
    live.sliders["a"].value = 2.0
    np.testing.assert_allclose(line.get_ydata(), 2 * X)
    assert live._picture.value == live.draw()


@pytest.mark.parametrize(
    ("slider", "fn", "at_low", "at_high"),
    [
        (FloatSlider(value=1, min=-3, max=2), lambda s: s, -3, 2),
        (FloatLogSlider(value=1, min=-2, max=3), lambda s: s, 0.01, 1000),
        (IntSlider(value=1, min=0, max=7), lambda s: s, 0, 7),
        (Checkbox(value=True), lambda s: jnp.where(s, 1, 0), 0, 1),
        (Dropdown(options=["x", "y", "z"]), lambda s: s, 0, 2),
        (Dropdown(options={"x": 10, "y": 20}), lambda s: s, 0, 1),
        (SampleAgain(5), lambda s: jax.random.key_data(s)[1].astype(int), 5, 6),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, widgets.Widget) else "",
)
def test_every_slider_reaches_both_ends(slider, fn, at_low, at_high):
    live, text = exploration(fn, lambda ax: ax.text(0, 0, "{:.2f}"), s=slider)
    shown = []
    for values in live.ends():
        live.draw(**values)
        shown.append(text.get_text())
    assert shown == [f"{at_low:.2f}", f"{at_high:.2f}"]


def test_sample_again_takes_the_next_key():
    again = SampleAgain(3)
    again.click()
    assert again.value == 4


def test_every_artist_moves():
    fig, ax = plt.subplots()
    codes = outfits.fifty[:4]
    artists = (
        ax.plot(X, X),
        ax.bar(["a", "b"], [1, 2]),
        ax.scatter([0, 1], [0, 1]),
        ax.imshow(np.zeros((2, 3))),
        ax.text(0, 0, "KL = {:.1f} nats"),
        AvatarGrid(ax, codes, columns=2),
    )

    def fn(a):
        empty_last = jnp.array(codes, int).at[3].set(-1)
        return a * X, a * jnp.array([3.0, 4.0]), a * jnp.ones((2, 2)), a * jnp.ones((2, 3)), a, empty_last

    explore(fig, fn, artists, alt="all", a=FloatSlider(value=2, min=0, max=3))
    line, bars, scatter, image, text, grid = artists
    np.testing.assert_allclose(line[0].get_ydata(), 2 * X)
    assert [bar.get_height() for bar in bars] == [6, 8]
    np.testing.assert_allclose(scatter.get_offsets(), 2)
    np.testing.assert_allclose(image.get_array(), 2)
    assert text.get_text() == "KL = 2.0 nats"
    picture = grid.image.get_array()
    np.testing.assert_array_equal(picture[:32, 32:, :3], avatars.draw(codes)[1])
    assert (picture[32:, :32, 3] == 255).all()
    assert (picture[32:, 32:, 3] == 0).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fn": lambda b: b * X}, TypeError, "missing a required argument: 'b'"),
        ({"fn": lambda a: a}, ValueError, r"fn must return an array of shape \(5,\) for artist 0; got shape \(\)"),
        ({"artist": lambda ax: (ax.plot(X, X), ax.text(0, 0, ""))}, ValueError, "fn must return 2 arrays"),
        ({"artist": lambda _: plt.subplots()[1].plot(X, X)}, ValueError, "part of another figure"),
        ({"artist": lambda ax: ax}, TypeError, "artists must be lines, bars"),
        ({"a": widgets.Text("3")}, TypeError, "sliders must be made by lib.live"),
    ],
)
def test_what_does_not_fit_is_refused_at_the_call(arguments, error, message):
    with pytest.raises(error, match=message):
        exploration(**arguments)


def test_a_setting_that_fails_says_so_in_the_figure():
    def fails_beyond_one(a):
        def check(value):
            if value > 1:
                raise ValueError("above 1")
            return np.float32(value)

        return jax.pure_callback(check, jax.ShapeDtypeStruct((), np.float32), a)

    live, _ = exploration(fails_beyond_one, lambda ax: ax.text(0, 0, "{}"))
    with pytest.raises(Exception, match="above 1"):
        live.sliders["a"].value = 2.0
    assert 'role="alert"' in live._picture.value
    live.sliders["a"].value = 0.5
    assert "<svg" in live._picture.value


def test_jupyter_gets_sliders_and_the_page_a_still_picture():
    live, _ = exploration(a=FloatSlider(value=1.5, min=0, max=2, description="scale"))
    bundle = live._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == live._box.model_id
    assert live._box.children == (live.sliders["a"], live._picture)
    assert 'role="img" aria-label="a line"' in bundle["text/html"]
    assert "stands still, at scale = 1.5" in bundle["text/html"]
    assert not plt.get_fignums()  # else Jupyter would show the figure twice


def test_bars_alone_are_one_artist():
    live, bars = exploration(lambda a: a * jnp.array([1.0, 2.0]), lambda ax: ax.bar(["a", "b"], [0, 0]))
    live.draw(a=2)
    assert [bar.get_height() for bar in bars] == [2, 4]
