"""Sliders: what they give, and what they refuse."""

import jax
import numpy as np
import pytest

from lib.live import Checkbox, Dropdown, FloatLogSlider, FloatSlider, IntSlider, SampleAgain


@pytest.mark.parametrize(
    ("slider", "settings", "arguments", "labels"),
    [
        (FloatSlider(value=0, min=-0.1, max=0.2), [-0.1, 0, 0.1, 0.2], np.float32([-0.1, 0, 0.1, 0.2]), "-0.1 0.2"),
        (FloatLogSlider(value=1, min=-1, max=1, step=1), [0.1, 1, 10], np.float32([0.1, 1, 10]), "0.1 10"),
        (IntSlider(value=1000, min=0, max=1100, step=1000), [0, 1000], np.int32([0, 1000]), "0 1,000"),
        (Dropdown(options=["x", "y"], value="y"), [0, 1], np.int32([0, 1]), "x y"),
        (Dropdown(options={"x": 5, "y": 7}), [0, 1], np.int32([0, 1]), "x y"),
        (Checkbox(value=True), [False, True], np.array([False, True]), "no yes"),
    ],
)
def test_settings_and_arguments(slider, settings, arguments, labels):
    assert slider.settings() == settings
    given = np.stack([slider.argument(setting) for setting in settings])
    assert given.dtype == arguments.dtype
    np.testing.assert_array_equal(given, arguments)
    assert " ".join([slider.words(settings[0]), slider.words(settings[-1])]) == labels
    assert slider.setting in settings


def test_the_setting_of_a_dropdown_is_a_place_in_the_list():
    assert Dropdown(options={"x": 5, "y": 7}, value=7).setting == 1


def test_sample_again_takes_the_next_key():
    again = SampleAgain(3)
    again.click()
    assert again.setting == 4
    assert again.settings()[:2] == [3, 4]
    assert again.argument(4) == jax.random.key(4)
    assert again.words(4) == "sample 2"


@pytest.mark.parametrize("Slider", [FloatSlider, FloatLogSlider, IntSlider])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"value": 10, "min": 20, "max": 1}, "min must be below max; got min 20 and max 1"),
        ({"value": 10, "min": 1, "max": 1}, "min must be below max"),
        ({"value": 1e9, "min": 0, "max": 2}, "value must lie between min and max, 0 and 2"),
        ({"value": -1, "min": 0, "max": 2}, "value must lie between min and max"),
        ({"value": float("nan"), "min": 0, "max": 2}, "value must lie between min and max"),
        ({"value": 10, "min": 0, "max": 20, "step": 0}, "step must be above 0"),
        ({"value": 10, "min": 0, "max": 20, "step": 7}, "value must lie a whole number of steps of 7 above 0"),
    ],
)
def test_bad_bounds_are_refused(Slider, arguments, message):
    if Slider is FloatLogSlider and "lie a whole" in message:
        message = message.replace("7 above 0; got 10", "7 above 0; got 1")
    with pytest.raises(ValueError, match=message):
        Slider(**arguments)


def test_other_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="options must name at least one"):
        Dropdown(options=[])
    with pytest.raises(ValueError, match="value must be one of the options"):
        Dropdown(options=["a"], value="b")
    with pytest.raises(ValueError, match="seed must be at least 0"):
        SampleAgain(-1)
