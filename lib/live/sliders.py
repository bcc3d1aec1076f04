"""The sliders. In Jupyter they are ipywidgets; for the page they say through which settings a native control steps."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import jax
import numpy as np
import traitlets


class Slider(widgets.DOMWidget):
    """What explore() asks of a slider, whatever its kind."""

    control = "range"  # the page's control: range, select, checkbox or button

    @property
    def setting(self) -> Any:
        """Where it stands."""
        return self.value

    def settings(self) -> list[Any]:
        """Where it can stand, in order. A button has no end; these are the first few."""
        raise NotImplementedError

    def argument(self, setting: Any) -> Any:
        """What the function is given at a setting."""
        raise NotImplementedError

    def words(self, setting: Any) -> str:
        """The setting in words."""
        return f"{setting:.4g}"


class FloatSlider(Slider, widgets.FloatSlider):
    """A number, float32, from `min` to `max` in steps. Raises ValueError where `value` is not one of the steps."""

    def __init__(self, *, value: float, min: float, max: float, step: float = 0.1, description: str = "") -> None:
        _check(value, min, max, step)
        super().__init__(value=value, min=min, max=max, step=step, description=description)

    def settings(self) -> list[float]:
        return _steps(self.min, self.max, self.step)

    def argument(self, setting: float) -> np.float32:
        return np.float32(setting)


class FloatLogSlider(Slider, widgets.FloatLogSlider):
    """A number, float32, from 10^`min` to 10^`max`; `step` is added to the exponent.

    Raises ValueError where `value` is not at one of the steps.
    """

    def __init__(self, *, value: float, min: float, max: float, step: float = 0.1, description: str = "") -> None:
        _check(math.log10(value) if value > 0 else -math.inf, min, max, step)
        super().__init__(value=value, min=min, max=max, step=step, description=description)

    def settings(self) -> list[float]:
        return [float(f"{10**exponent:.9g}") for exponent in _steps(self.min, self.max, self.step)]

    def argument(self, setting: float) -> np.float32:
        return np.float32(setting)

    def words(self, setting: float) -> str:
        return f"{setting:.3g}"


class IntSlider(Slider, widgets.IntSlider):
    """A whole number, int32, from `min` to `max` in steps. Raises ValueError where `value` is not one of the steps."""

    def __init__(self, *, value: int, min: int, max: int, step: int = 1, description: str = "") -> None:
        _check(value, min, max, step)
        super().__init__(value=value, min=min, max=max, step=step, description=description)

    def settings(self) -> list[int]:
        return list(range(self.min, self.max + 1, self.step))

    def argument(self, setting: int) -> np.int32:
        return np.int32(setting)

    def words(self, setting: int) -> str:
        return f"{setting:,}"


class Dropdown(Slider, widgets.Dropdown):
    """One of some options. The function is given the place of the option in the list, int32, counted from 0.

    Raises ValueError where there is no option, or `value` is none of them.
    """

    control = "select"

    def __init__(self, *, options: Sequence[str] | Mapping[str, Any], value: Any = None, description: str = "") -> None:
        labels, values = list(options), list(options.values() if isinstance(options, Mapping) else options)
        if not labels:
            raise ValueError("options must name at least one; got none")
        value = values[0] if value is None else value
        if value not in values:
            raise ValueError(f"value must be one of the options {values}; got {value!r}")
        super().__init__(options=list(zip(labels, values, strict=True)), value=value, description=description)

    @property
    def setting(self) -> int:
        return self.index

    def settings(self) -> list[int]:
        return list(range(len(self.options)))

    def argument(self, setting: int) -> np.int32:
        return np.int32(setting)

    def words(self, setting: int) -> str:
        return self.options[setting][0]


class Checkbox(Slider, widgets.Checkbox):
    """Yes or no, a bool."""

    control = "checkbox"

    def __init__(self, *, value: bool, description: str = "") -> None:
        super().__init__(value=value, description=description, indent=False)

    def settings(self) -> list[bool]:
        return [False, True]

    def argument(self, setting: bool) -> np.bool:
        return np.bool(setting)

    def words(self, setting: bool) -> str:
        return "yes" if setting else "no"


class SampleAgain(Slider, widgets.Button):
    """A button for an argument that is a key: it starts from jax.random.key(seed), and each press takes the next.

    Raises ValueError for a seed below 0 or near 2³¹.
    """

    control = "button"
    value = traitlets.Int()

    def __init__(self, seed: int) -> None:
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


# --- Private parts -------------------------------------------------------------------------------


def _check(value: float, low: float, high: float, step: float) -> None:
    if not low < high:
        raise ValueError(f"min must be below max; got min {low} and max {high}")
    if not step > 0:
        raise ValueError(f"step must be above 0; got {step}")
    if not low <= value <= high:
        raise ValueError(f"value must lie between min and max, {low:g} and {high:g}; got {value:g}")
    place = (value - low) / step
    if abs(place - round(place)) > 1e-4:
        raise ValueError(f"value must lie a whole number of steps of {step:g} above {low:g}; got {value:g}")


def _steps(low: float, high: float, step: float) -> list[float]:
    """The steps from low up to high, without the noise of the last digits (0.30000000000000004)."""
    return [float(f"{low + step * i:.9g}") for i in range(math.floor((high - low) / step + 1e-4) + 1)]
