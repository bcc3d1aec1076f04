"""Sliders: what they give, how they say it, and what they refuse."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.live import Checkbox, Dropdown, FloatLogSlider, FloatSlider, IntSlider, SampleAgain
from lib.live.sliders import MAX_SETTINGS


@pytest.mark.parametrize(
    ("slider", "settings", "arguments", "labels"),
    [
        (FloatSlider(value=0, min=-0.1, max=0.2), [-0.1, 0, 0.1, 0.2], np.float32([-0.1, 0, 0.1, 0.2]), "−0.1 0.2"),
        (FloatSlider(value=0.6, min=0, max=1, step=0.3), [0, 0.3, 0.6, 0.9], np.float32([0, 0.3, 0.6, 0.9]), "0 0.9"),
        (FloatLogSlider(value=1, min=-1, max=1, step=1), [0.1, 1, 10], np.float32([0.1, 1, 10]), "0.1 10"),
        (FloatLogSlider(value=1, min=0, max=3.5, step=3), [1, 1000], np.float32([1, 1000]), "1 1000"),
        (IntSlider(value=1000, min=0, max=1100, step=1000), [0, 1000], np.int32([0, 1000]), "0 1,000"),
        (IntSlider(value=-12, min=-12, max=-11), [-12, -11], np.int32([-12, -11]), "−12 −11"),
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


def test_numbers_may_be_those_of_numpy_and_jax():
    assert IntSlider(value=np.int64(3), min=jnp.int32(0), max=np.uint8(7)).setting == 3
    assert FloatSlider(value=jnp.float32(0.1), min=np.float64(0), max=1).setting == 0.1
    assert Checkbox(value=np.True_).setting is True
    assert SampleAgain(np.int32(3)).setting == 3


# --- Words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slider", "words"),
    [
        (FloatSlider(value=10.25, min=0.25, max=30, step=5), "0.25 5.25 10.25 15.25 20.25 25.25"),
        (FloatSlider(value=123.5, min=123, max=125, step=0.5), "123 123.5 124 124.5 125"),
        (FloatSlider(value=1000.01, min=1000, max=1000.03, step=0.01), "1000 1000.01 1000.02 1000.03"),
        (FloatSlider(value=0, min=-0.3, max=0.1), "−0.3 −0.2 −0.1 0 0.1"),
        (FloatSlider(value=-1, min=-1, max=1, step=1 / 3), "−1 −0.667 −0.333 0 0.333 0.667 1"),
        (FloatSlider(value=0, min=-1e-7, max=1e-7, step=1e-7), "−1e−7 0 1e−7"),
        (FloatLogSlider(value=1, min=-8, max=8, step=4), "1e−8 0.0001 1 10000 100000000"),
        (FloatLogSlider(value=1, min=0, max=0.003, step=0.001), "1 1.002 1.005 1.007"),
    ],
)
def test_words_have_as_many_digits_as_the_steps_need(slider, words):
    assert " ".join(map(slider.words, slider.settings())) == words


LOW, STEP = st.floats(-1e4, 1e4), st.floats(1e-3, 1e3)
ROUND_LOW, ROUND_STEP = (
    st.integers(-(10**6), 10**6).map(lambda i: i / 1000),
    st.integers(1, 10**5).map(lambda i: i / 1000),
)


@given(low=LOW | ROUND_LOW, step=STEP | ROUND_STEP, n=st.integers(1, 50), place=st.integers(0, 50))
def test_each_setting_of_a_float_slider_has_words_of_its_own(low, step, n, place):
    assume(abs(low) < 1e5 * step)
    slider = FloatSlider(value=low + min(place, n) * step, min=low, max=low + n * step, step=step)
    speaks(slider, n, min(place, n), lambda _: 0.01 * step)


@given(low=st.floats(-8, 6), step=st.floats(1e-3, 1), n=st.integers(1, 30), place=st.integers(0, 30))
def test_each_setting_of_a_log_slider_has_words_of_its_own(low, step, n, place):
    value = 10 ** (low + min(place, n) * step)
    slider = FloatLogSlider(value=value, min=low, max=low + n * step, step=step)
    speaks(slider, n, min(place, n), lambda setting: 0.005 * setting)


@given(low=st.integers(-(10**9), 10**9), step=st.integers(1, 10**6), n=st.integers(1, 50), place=st.integers(0, 50))
def test_each_setting_of_an_int_slider_has_words_of_its_own(low, step, n, place):
    slider = IntSlider(value=low + min(place, n) * step, min=low, max=low + n * step, step=step)
    speaks(slider, n, min(place, n), lambda _: 0)


def speaks(slider, n, place, error):
    """Where it can stand, each setting has words of its own that read as the setting; Jupyter shows the same."""
    settings = slider.settings()
    assert len(settings) == n + 1
    assert slider.index == place
    words = [slider.words(setting) for setting in settings]
    assert len(set(words)) == len(words)
    assert words == list(slider._options_labels)  # which the widget shows
    assert not any(word in ("−0", "-0") or word.endswith(".") for word in words)
    for word, setting in zip(words, settings, strict=True):
        assert abs(float(word.replace("−", "-").replace(",", "")) - setting) <= error(setting) * (1 + 1e-6)


def test_jupyter_steps_through_the_settings_alone():
    slider = FloatSlider(value=0, min=-0.9, max=0.9, step=0.3)  # -0.9 + 3 * 0.3 is -1.1e-16
    for index, setting in enumerate([-0.9, -0.6, -0.3, 0, 0.3, 0.6, 0.9]):
        slider.index = index
        assert slider.setting == setting
        assert math.copysign(1, slider.setting) == (-1 if setting < 0 else 1)  # no −0


# --- Dropdowns -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([1, 2, 3], "1 2 3"),
        ([("One", 1), ("Two", 2)], "One Two"),
        ([["One", 1], ["Two", 2]], "One Two"),
        ({1: "x", "y": None}, "1 y"),
        ([("none", None), ("array", np.arange(3))], "none array"),
        ([("a", 1), ("b", 1)], "a b"),
        ([None, True, 0.5], "None True 0.5"),
        ([(1, 2, 3), (4, 5, 6)], "(1, 2, 3) (4, 5, 6)"),
        (np.array(["p", "q"]), "p q"),
        (jnp.arange(2), "0 1"),
        ((letter for letter in "ab"), "a b"),
        (range(2), "0 1"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_dropdown_takes_what_ipywidgets_takes(options, words):
    dropdown = Dropdown(options=options)
    assert dropdown.setting == 0
    assert " ".join(map(dropdown.words, dropdown.settings())) == words
    assert words == " ".join(dropdown._options_labels)


@pytest.mark.parametrize(
    ("options", "value", "setting"),
    [
        ({"x": 5, "y": 7}, 7, 1),
        ([("a", 1), ("b", None)], None, 1),
        ([("a", np.arange(2)), ("b", np.arange(3))], np.arange(3), 1),
        (["a", 1], np.int64(1), 1),
        ([("a", jax.random.key(0)), ("b", max)], max, 1),
    ],
)
def test_the_setting_of_a_dropdown_is_a_place_in_the_list(options, value, setting):
    assert Dropdown(options=options, value=value).setting == setting


def test_sample_again_takes_the_next_key():
    again = SampleAgain(3)
    again.click()
    assert again.setting == 4
    assert again.settings()[:2] == [3, 4]
    assert again.argument(4) == jax.random.key(4)
    assert again.words(4) == "sample 2"


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("Slider", [FloatSlider, FloatLogSlider, IntSlider])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"min": 20, "max": 1}, ValueError, "min must be below max, and both finite; got min 20 and max 1"),
        ({"min": 1, "max": 1}, ValueError, "min must be below max"),
        ({"value": 10**9}, ValueError, r"value must lie between min and max, (10\^)?0 and (10\^)?2; got 1e\+09"),
        ({"value": -1}, ValueError, "value must (lie between min and max, 0 and 2|be above 0); got -1"),
        ({"step": 0}, ValueError, "step must be above 0 and at most max − min, 2; got 0"),
        ({"step": -1}, ValueError, "step must be above 0"),
        ({"step": 3}, ValueError, "step must be above 0 and at most max − min, 2; got 3"),
        ({"value": 10, "max": 20, "step": 7}, ValueError, "a whole number of steps of 7 above 0; got 10"),
        ({"value": True}, TypeError, "value must be a (whole )?number; got True"),
        ({"min": None}, TypeError, "min must be a (whole )?number; got None"),
        ({"max": "2"}, TypeError, "max must be a (whole )?number; got '2'"),
        ({"step": 1j}, TypeError, "step must be a (whole )?number; got 1j"),
        ({"value": np.array([1, 2])}, TypeError, "value must be a (whole )?number; got array"),
    ],
)
def test_bad_bounds_are_refused(Slider, arguments, error, message):
    with pytest.raises(error, match=message):
        Slider(**{"value": 1, "min": 0, "max": 2, "step": 1} | arguments)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: IntSlider(value=0, min=0, max=2**31, step=2**20), ValueError, "must fit int32.*max 2147483648"),
        (lambda: IntSlider(value=2**40, min=2**40, max=2**41), ValueError, "must fit int32"),
        (lambda: IntSlider(value=-(2**31) - 1, min=-(2**31) - 1, max=0, step=2**20), ValueError, "must fit int32"),
        (lambda: IntSlider(value=0, min=0, max=10**9), ValueError, "step must leave at most 10,000 settings"),
        (lambda: IntSlider(value=1.5, min=0, max=3), TypeError, "value must be a whole number; got 1.5"),
        (lambda: FloatSlider(value=0, min=0, max=math.inf), ValueError, "both finite; got min 0 and max inf"),
        (lambda: FloatSlider(value=0, min=math.nan, max=1), ValueError, "both finite; got min nan"),
        (lambda: FloatSlider(value=math.nan, min=0, max=1), ValueError, "value must lie between .* got nan"),
        (lambda: FloatSlider(value=0, min=0, max=1, step=math.nan), ValueError, "step must be above 0"),
        (lambda: FloatSlider(value=0, min=0, max=1e39, step=1e38), ValueError, "must lie within float32"),
        (lambda: FloatSlider(value=10**400, min=0, max=1), TypeError, "value must be a number"),
        (lambda: FloatSlider(value=1e6, min=1e6, max=1e6 + 1, step=0.01), ValueError, "float32 tells apart; 1000000.0"),
        (lambda: FloatLogSlider(value=1, min=0, max=1e-6, step=1e-8), ValueError, "float32 tells apart; 1.0"),
        (lambda: FloatLogSlider(value=1, min=-400, max=1), ValueError, "must lie within float32; got min -400"),
        (lambda: FloatLogSlider(value=1, min=-1, max=39), ValueError, "must lie within float32; got min -1 and max 39"),
        (lambda: FloatLogSlider(value=0, min=-1, max=1), ValueError, "value must be above 0; got 0"),
        (lambda: Dropdown(options=[]), ValueError, "options must name at least one"),
        (lambda: Dropdown(options=5), TypeError, "options must be a list or a mapping of options; got 5"),
        (lambda: Dropdown(options=["a", "b", "a"]), ValueError, "options must have labels of their own; 'a' is there"),
        (lambda: Dropdown(options=[("a", 1), ("a ", 2)]), ValueError, "options must have labels of their own; 'a'"),
        (
            lambda: Dropdown(options=["a", "c"], value="b"),
            ValueError,
            "value must be one of the options, a, c; got 'b'",
        ),
        (lambda: Dropdown(options=["a"], value=None), ValueError, "value must be one of the options, a; got None"),
        (lambda: Checkbox(value=1), TypeError, "value must be True or False; got 1"),
        (lambda: SampleAgain(-1), ValueError, "seed must be at least 0"),
        (lambda: SampleAgain(2**31 - 1), ValueError, "seed must be at least 0 and well below"),
        (lambda: SampleAgain(1.5), TypeError, "seed must be a whole number; got 1.5"),
        (lambda: FloatSlider(value=0, min=0, max=1, readout_format=".2f"), TypeError, "readout_format"),
    ],
)
def test_other_bad_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_the_largest_sliders_are_made():
    assert len(IntSlider(value=0, min=0, max=MAX_SETTINGS - 1).settings()) == MAX_SETTINGS
    with pytest.raises(ValueError, match="step must leave at most 10,000 settings"):
        IntSlider(value=0, min=0, max=MAX_SETTINGS)
    ends = -(2**31), 2**31 - 1
    assert IntSlider(value=ends[0], min=ends[0], max=ends[1], step=2**32 - 1).argument(ends[1]) == ends[1]
