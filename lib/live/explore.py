"""Sliders that move a figure. In Jupyter they are live; in the page the figure stands at its default setting."""

import html
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets
import jax
import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.figure import Figure

from lib.live.artists import binding
from lib.live.show import svg


class SampleAgain(widgets.Button):
    """A button for an argument that is a key: it starts from jax.random.key(seed), and each press takes the next."""

    value = traitlets.Int()

    def __init__(self, seed: int) -> None:
        super().__init__(value=seed, description="Sample again", icon="refresh")
        self.on_click(lambda _: self.set_trait("value", self.value + 1))


def explore(fig: Figure, fn: Callable[..., Any], artists: Any, *, alt: str, **sliders: widgets.Widget) -> "Exploration":
    """Let the sliders move the artists of a figure.

    `fn` takes the sliders by name and returns one array, or a tuple of arrays for a tuple of artists (artists.py says
    what moves what). It is compiled by `jax.jit`. A slider gives a number (`FloatSlider`, `FloatLogSlider` and
    `IntSlider`), a truth value (`Checkbox`), the index of an option (`Dropdown`) or a key (`SampleAgain`). `alt` says
    what one should see in the figure at its default setting.

    Raises TypeError or ValueError where the sliders do not fit `fn`, or what it gives does not fit the artists.

        fig, ax = plt.subplots()
        bars = ax.bar(names, theta(1.0))
        explore(fig, theta, bars, alpha=FloatLogSlider(value=1, min=-2, max=2), alt="…")
    """
    return Exploration(fig, fn, artists, alt, sliders)


class Exploration:
    """A figure and the sliders that move it."""

    def __init__(
        self, fig: Figure, fn: Callable[..., Any], artists: Any, alt: str, sliders: dict[str, widgets.Widget]
    ) -> None:
        plt.close(fig)  # else Jupyter shows it a second time
        self.fig, self.alt, self.sliders = fig, alt, sliders
        inspect.signature(fn).bind(**sliders)  # a TypeError that names the missing or unknown slider
        self._fn = jax.jit(fn)
        self._several = type(artists) is tuple  # bars are a tuple too, of another type
        self._bindings = [binding(artist, fig) for artist in (artists if self._several else (artists,))]
        for name, slider in sliders.items():
            if not slider.description:
                slider.description = name
            slider.observe(self._moved, names="value")
        fig.draw_without_rendering()
        fig.set_layout_engine("none")  # laid out once: the axes stand still while what is in them moves
        self._picture = widgets.HTML(self.draw())
        self._box = widgets.VBox([*sliders.values(), self._picture])

    def draw(self, **values: Any) -> str:
        """Move the artists to where the sliders stand, but for the `values` given here, and return the picture."""
        settings = {name: _argument(slider, values.get(name, slider.value)) for name, slider in self.sliders.items()}
        results = self._fn(**settings)
        results = results if self._several else (results,)
        if len(results) != len(self._bindings):
            raise ValueError(f"fn must return {len(self._bindings)} arrays, one for each artist; got {len(results)}")
        for i, (result, (shape, move)) in enumerate(zip(results, self._bindings, strict=True)):
            result = np.asarray(result)
            if result.shape != shape:
                raise ValueError(f"fn must return an array of shape {shape} for artist {i}; got shape {result.shape}")
            move(result)
        return svg(self.fig, self.alt)

    def ends(self) -> Iterator[dict[str, Any]]:
        """Each slider at both of its ends, the others where they stand."""
        for name, slider in self.sliders.items():
            for value in _ends(slider):
                yield {name: value}

    def _moved(self, _change: Any) -> None:
        try:
            self._picture.value = self.draw()
        except Exception as error:  # Jupyter would hide it in a log
            self._picture.value = f'<p role="alert">This setting failed: {html.escape(repr(error))}</p>'
            raise

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        setting = ", ".join(filter(None, map(_shown, self.sliders.values())))
        page = (
            f'<figure class="plot">{self._picture.value}<figcaption>In this page the figure stands still, at '
            f"{html.escape(setting)}. Run the notebook and its sliders move it.</figcaption></figure>"
        )
        return {**self._box._repr_mimebundle_(), "text/html": page}


def _argument(slider: widgets.Widget, value: Any) -> Any:
    """What fn is given for a slider's value."""
    match slider:
        case SampleAgain():
            return jax.random.key(value)
        case widgets.Dropdown():
            return np.int32([option for _, option in slider._options_full].index(value))
        case widgets.Checkbox():
            return np.bool(value)
        case widgets.IntSlider():
            return np.int32(value)
        case widgets.FloatSlider() | widgets.FloatLogSlider():
            return np.float32(value)
    raise TypeError(f"sliders must be made by lib.live; got {slider!r}")


def _ends(slider: widgets.Widget) -> tuple[Any, Any]:
    match slider:
        case SampleAgain():
            return slider.value, slider.value + 1
        case widgets.Dropdown():
            options = [option for _, option in slider._options_full]
            return options[0], options[-1]
        case widgets.Checkbox():
            return False, True
        case widgets.FloatLogSlider():
            return slider.base**slider.min, slider.base**slider.max
    return slider.min, slider.max


def _shown(slider: widgets.Widget) -> str:
    """Where the slider stands, in words."""
    match slider:
        case SampleAgain():
            return ""
        case widgets.Dropdown():
            return f"{slider.description} = {slider.label}"
        case widgets.Checkbox():
            return f"{slider.description}: {'yes' if slider.value else 'no'}"
    return f"{slider.description} = {slider.value:g}"
