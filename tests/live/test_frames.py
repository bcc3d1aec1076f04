"""Frames: what is stored for the page can be made again from it, within the error that is stated."""

import base64
from itertools import product

import numpy as np
import pytest

from lib.live import Dropdown, FloatSlider, SampleAgain, frames

SLIDERS = {
    "a": FloatSlider(value=0.5, min=0, max=1, step=0.25),
    "b": Dropdown(options=["x", "y"]),
    "key": SampleAgain(7),
}


def decode(stored):
    """As book/_static/live.js does it."""
    planes = np.frombuffer(base64.b64decode(stored["data"]), np.uint8).reshape(2, -1).astype(np.uint16)
    changes = (planes[0] + 256 * planes[1]).reshape(-1, stored["width"])
    codes = np.cumsum(changes, axis=0, dtype=np.uint16)
    values = stored["low"] + stored["step"] * codes.astype(float)
    special = {65533: -np.inf, 65534: np.inf, 65535: np.nan}
    values = np.select([codes == code for code in special], list(special.values()), values)
    return 10**values if stored["logarithmic"] else values


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32),
        np.random.default_rng(1).integers(-1, 4032, (9, 5, 2), np.int32),
        np.array([[1.0, np.nan], [np.inf, -2.0], [-np.inf, 5.0]]),
        np.full((3, 2), 0.1),
        np.array([[0], [100_000]], np.int32),
        np.array([[True], [False]]),
        np.full((2, 1), np.nan),
    ],
)
def test_frames_come_back(values):
    stored = frames.encode(values)
    finite = values[np.isfinite(values)].astype(float)
    span = finite.max() - finite.min() if finite.size else 0
    whole = np.issubdtype(values.dtype, np.integer) and span < frames.LEVELS
    exact = 0 if whole else span / frames.LEVELS / 2
    np.testing.assert_allclose(decode(stored).reshape(values.shape), values.astype(float), rtol=0, atol=1.001 * exact)
    assert stored["whole"] == whole


def test_the_error_is_that_of_the_frame_in_which_it_weighs_most():
    values = np.random.default_rng(2).normal(size=(20, 3)) * np.logspace(0, -2, 20)[:, None]
    stored = frames.encode(values)
    off = np.abs(decode(stored) - values).max(axis=1) / np.abs(values).max(axis=1)
    assert off.max() <= frames.error(values, stored) <= 3 * off.max()


def test_what_a_logarithmic_axis_shows_is_as_exact_at_its_small_end():
    values = np.array([[1e-6, 1.0], [0.0, 30.0]])
    np.testing.assert_allclose(decode(frames.encode(values, logarithmic=True)), values, rtol=2e-4)


def test_numbers_below_zero_are_stored_too():
    """A scatter's, for example: its y axis may be logarithmic, and its x axis not."""
    values = np.array([[-5.0, 1.0], [3.0, 10.0]])
    stored = frames.encode(values, logarithmic=True)
    np.testing.assert_allclose(decode(stored), values, atol=15 / frames.LEVELS)


def test_all_settings_are_stored_unless_some_are_named():
    assert frames.chosen({}, SLIDERS) == {"a": [0, 0.25, 0.5, 0.75, 1], "b": [0, 1], "key": list(range(7, 15))}
    assert frames.chosen({"a": [0.5, 1.0], "key": (7, 9)}, SLIDERS) == {"a": [0.5, 1.0], "b": [0, 1], "key": [7, 9]}


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"c": [1]}, r"frames must name sliders of the figure, \['a', 'b', 'key'\]; got \['c'\]"),
        ({"a": [0.5, 0.6]}, r"frames\['a'\] must be settings of the slider; 0.6 is none of them"),
        ({"a": [0.0, 1.0]}, r"frames\['a'\] must hold the setting 0.5"),
        ({"a": []}, r"frames\['a'\] must hold the setting 0.5"),
    ],
)
def test_frames_that_do_not_fit_are_refused(chosen, message):
    with pytest.raises(ValueError, match=message):
        frames.chosen(chosen, SLIDERS)


def test_frames_are_in_the_order_of_the_sliders():
    settings = {"a": [1, 2], "b": [10, 20, 30]}
    (values,) = frames.compute(lambda a, b: [np.float32(a + b)], settings)
    assert values.tolist() == [a + b for a, b in product(*settings.values())]


def test_frames_that_are_too_heavy_are_refused():
    noise = np.random.default_rng(0).normal(size=(300, 300))
    with pytest.raises(ValueError, match="frames must take at most 100,000 bytes compressed; they take"):
        frames.check_weight(frames.encode(noise)["data"])
