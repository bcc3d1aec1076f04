"""The sliders. In Jupyter they are ipywidgets; for the page they say through which settings a native control steps.

Each setting has words of its own, which Python alone makes: Jupyter and the page show the same.
"""

import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import jax
import numpy as np
import traitlets

MAX_SETTINGS = 10_000  # of one slider: more are no use to a hand, and weigh on the page
INT32, FLOAT32 = np.iinfo(np.int32), np.finfo(np.float32)

_FIRST = object()  # the value of a dropdown whose author gave none


class Slider(widgets.DOMWidget):
    """What explore() asks of a slider, whatever its kind."""

    control = "range"  # the page's control: range, select, checkbox or button

    @property
    def setting(self) -> Any:
        """Where it stands."""
        return self.value

    def settings(self) -> list[Any]:
        """Where it can stand, in order. A button has no end; these are the first few."""
        return [setting for _, setting in self.options]

    def argument(self, setting: Any) -> Any:
        """What the function is given at a setting."""
        return np.int32(setting)

    def words(self, setting: Any) -> str:
        """The setting in words, which are those of no other setting."""
        raise NotImplementedError


class Steps(Slider, widgets.SelectionSlider):
    """A slider that steps through some settings, none of them between two of its places."""

    def __init__(self, settings: Sequence[Any], start: int, words: Sequence[str], description: str) -> None:
        super().__init__(options=list(zip(words, settings, strict=True)), index=start, description=description)
        self._words = dict(zip(settings, words, strict=True))

    def words(self, setting: Any) -> str:
        return self._words[setting]


class FloatSlider(Steps):
    """A number, float32, from `min` in steps up to `max`, or up to the last step before it.

    Raises ValueError where `value` is not one of the settings, float32 does not tell the settings apart, or there are
    more than `MAX_SETTINGS` of them; TypeError where an argument is no number.
    """

    def __init__(self, *, value: float, min: float, max: float, step: float = 0.1, description: str = "") -> None:
        value, low, high, step = _numbers(float, value=value, min=min, max=max, step=step)
        n = _count(low, high, step)
        # Without the noise of the last digits: 0.30000000000000004, or 5.6e-17 in place of 0.
        decimals = 12 - math.floor(math.log10(_largest(low, high)))
        settings = [round(low + step * i, decimals) + 0.0 for i in range(n)]
        _check_float32(settings, "min, max and step")
        super().__init__(settings, _place(value, low, high, step), _decimal_words(settings, step), description)

    def argument(self, setting: float) -> np.float32:
        return np.float32(setting)


class FloatLogSlider(Steps):
    """A number, float32, from 10^`min` up to 10^`max`; `step` is added to the exponent.

    Raises ValueError and TypeError as a FloatSlider does.
    """

    def __init__(self, *, value: float, min: float, max: float, step: float = 0.1, description: str = "") -> None:
        value, low, high, step = _numbers(float, value=value, min=min, max=max, step=step)
        n = _count(low, high, step)
        if low < math.log10(FLOAT32.tiny) or high > math.log10(FLOAT32.max):
            raise ValueError(f"10^min and 10^max must lie within float32; got min {low:g} and max {high:g}")
        if not value > 0:
            raise ValueError(f"value must be above 0; got {value:g}")
        settings = [float(f"{10 ** (low + step * i):.9g}") for i in range(n)]
        _check_float32(settings, "step")
        start = _place(math.log10(value), low, high, step, power="10^", got=f"{value:g}")
        super().__init__(settings, start, _digit_words(settings), description)

    def argument(self, setting: float) -> np.float32:
        return np.float32(setting)


class IntSlider(Steps):
    """A whole number, int32, from `min` in steps up to `max`, or up to the last step before it.

    Raises ValueError where `value` is not one of the settings, `min` or `max` does not fit int32, or there are more
    than `MAX_SETTINGS` settings; TypeError where an argument is no whole number.
    """

    def __init__(self, *, value: int, min: int, max: int, step: int = 1, description: str = "") -> None:
        value, low, high, step = _numbers(operator.index, value=value, min=min, max=max, step=step)
        if not INT32.min <= low <= high <= INT32.max and low < high:
            raise ValueError(f"min and max must fit int32, which ends at ±2³¹; got min {low} and max {high}")
        n = _count(low, high, step)
        settings = [low + step * i for i in range(n)]
        words = [f"{setting:,}".replace("-", "−") for setting in settings]
        super().__init__(settings, _place(value, low, high, step), words, description)


class Dropdown(Slider, widgets.Dropdown):
    """One of some options: values, pairs of a label and a value, or a mapping of labels to values, as in ipywidgets.

    The function is given the place of the option in the list, int32, counted from 0; so is `value` once it is made,
    while the constructor takes one of the options' values.

    Raises ValueError where there is no option, two have one label, or `value` is none of them.
    """

    control = "select"

    def __init__(
        self, *, options: Iterable[Any] | Mapping[Any, Any], value: Any = _FIRST, description: str = ""
    ) -> None:
        if not isinstance(options, Iterable):
            raise TypeError(f"options must be a list or a mapping of options; got {options!r}")
        listed = list(options.items() if isinstance(options, Mapping) else options)
        pairs = all(isinstance(each, list | tuple) and len(each) == 2 for each in listed)
        labels = [" ".join(str(each[0] if pairs else each).split()) for each in listed]  # as HTML joins spaces
        values = [each[1] if pairs else each for each in listed]
        if not labels:
            raise ValueError("options must name at least one; got none")
        if twice := [label for i, label in enumerate(labels) if label in labels[:i]]:
            raise ValueError(f"options must have labels of their own; {twice[0]!r} is there twice")
        places = [0] if value is _FIRST else [i for i, each in enumerate(values) if _equal(each, value)]
        if not places:
            raise ValueError(f"value must be one of the options, {', '.join(labels)}; got {value!r}")
        # The places are the values of the widget: what an option stands for may be None, an array, or there twice.
        super().__init__(
            options=[(label, i) for i, label in enumerate(labels)], value=places[0], description=description
        )

    def words(self, setting: int) -> str:
        return self.options[setting][0]


class Checkbox(Slider, widgets.Checkbox):
    """Yes or no, a bool. Raises TypeError where `value` is no bool."""

    control = "checkbox"

    def __init__(self, *, value: bool, description: str = "") -> None:
        if not isinstance(value, bool | np.bool):
            raise TypeError(f"value must be True or False; got {value!r}")
        super().__init__(value=bool(value), description=description, indent=False)

    def settings(self) -> list[bool]:
        return [False, True]

    def argument(self, setting: bool) -> np.bool:
        return np.bool(setting)

    def words(self, setting: bool) -> str:
        return "yes" if setting else "no"


class SampleAgain(Slider, widgets.Button):
    """A button for an argument that is a key: it starts from jax.random.key(seed), and each press takes the next.

    Raises ValueError where `seed` is below 0 or near 2³¹; TypeError where it is no whole number.
    """

    control = "button"
    value = traitlets.Int()

    def __init__(self, seed: int) -> None:
        (seed,) = _numbers(operator.index, seed=seed)
        if not 0 <= seed < 2**31 - 1000:
            raise ValueError(f"seed must be at least 0 and well below 2**31; got {seed}")
        super().__init__(value=seed, description="Sample again", icon="refresh")
        self.seed = seed
        self.on_click(lambda _: self.set_trait("value", self.value + 1))

    def settings(self) -> list[int]:
        return [self.seed + i for i in range(8)]

    def argument(self, setting: int) -> jax.Array:
        return jax.random.key(setting)

    def words(self, setting: int) -> str:
        return f"sample {setting - self.seed + 1}"


# --- Settings ------------------------------------------------------------------------------------


def _numbers(kind: Any, **given: Any) -> list[Any]:
    """The numbers that the author gave, as floats or as ints: NumPy's and JAX's are taken too, bools and texts not."""
    found = []
    for name, number in given.items():
        try:
            if isinstance(number, bool | np.bool | str | bytes):
                raise TypeError
            found.append(kind(number))
        except (TypeError, ValueError, OverflowError):
            wanted = "a whole number" if kind is operator.index else "a number"
            raise TypeError(f"{name} must be {wanted}; got {number!r}") from None
    return found


def _count(low: float, high: float, step: float) -> int:
    """How many settings there are from low to high."""
    if not (low < high and math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"min must be below max, and both finite; got min {low:g} and max {high:g}")
    if not 0 < step <= (high - low) * (1 + 1e-4):
        raise ValueError(f"step must be above 0 and at most max − min, {high - low:g}; got {step:g}")
    n = math.floor((high - low) / step + 1e-4) + 1
    if n > MAX_SETTINGS:
        raise ValueError(f"step must leave at most {MAX_SETTINGS:,} settings from {low:g} to {high:g}; got {step:g}")
    return n


def _place(value: float, low: float, high: float, step: float, power: str = "", got: str = "") -> int:
    """Which of the settings the value is."""
    got = got or f"{value:g}"
    if not low - 1e-4 * step <= value <= high + 1e-4 * step:
        raise ValueError(f"value must lie between min and max, {power}{low:g} and {power}{high:g}; got {got}")
    place = (value - low) / step
    if abs(place - round(place)) > 1e-4:
        raise ValueError(f"value must lie a whole number of steps of {step:g} above {low:g}; got {got}")
    return round(place)


def _check_float32(settings: list[float], what: str) -> None:
    """Raise ValueError where two settings are one number in float32, or one is none."""
    if _largest(*settings) > float(FLOAT32.max):
        raise ValueError(f"min and max must lie within float32; got {settings[0]:g} and {settings[-1]:g}")
    given = np.array(settings, np.float32)
    if (np.diff(given) == 0).any():
        i = int(np.argmin(np.diff(given)))
        raise ValueError(
            f"{what} must give settings that float32 tells apart; {settings[i]!r} and {settings[i + 1]!r} are one"
        )


def _largest(*numbers: float) -> float:
    return max(map(abs, numbers))


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are one; arrays may be among them."""
    return one is other or bool(np.array_equal(one, other))


# --- Words ---------------------------------------------------------------------------------------


def _decimal_words(settings: list[float], step: float) -> list[str]:
    """Each with as many decimals as all need; where that never ends, as many as show a hundredth of a step."""
    enough = 2 - math.floor(math.log10(step))
    for decimals in range(enough + 2):
        rounded = [round(setting, decimals) for setting in settings]
        if rounded == settings:
            break
    else:
        rounded = [round(setting, enough) + 0.0 for setting in settings]
    return [_plain(setting) for setting in rounded]


def _digit_words(settings: list[float]) -> list[str]:
    """Each with three digits, or as many more as tell them apart; in full where all are whole numbers, such as 2ⁿ."""
    if all(abs(setting - round(setting)) < 1e-6 * setting for setting in settings):
        return [_plain(round(setting)) for setting in settings]
    for digits in range(3, 10):
        words = [_plain(float(f"{setting:.{digits}g}")) for setting in settings]
        if len(set(words)) == len(words):
            break
    return words


def _plain(number: float) -> str:
    """The shortest text that reads as this number, with a power of ten only where it is far from 1."""
    near = number == 0 or 1e-6 <= abs(number) < 1e15
    text = (
        np.format_float_positional(number, trim="-")
        if near
        else np.format_float_scientific(number, trim="-", exp_digits=1)
    )
    return text.replace("-", "−")
