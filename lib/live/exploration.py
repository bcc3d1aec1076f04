"""Sliders that move a figure: in Jupyter through the kernel, in the page without one (page.py)."""

import base64
import html
import inspect
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import jax
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.live import frames as stored
from lib.live import page
from lib.live.artists import bind
from lib.live.play import Play
from lib.live.show import Picture, captioned, drawing
from lib.live.sliders import Slider
from lib.medium import for_page

_SHAPE_ERRORS = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)


def explore(
    fig: Figure,
    fn: Callable[..., Any],
    artists: Any,
    /,
    *,
    alt: str,
    caption: str = "",
    frames: Mapping[str, Sequence[Any]] | None = None,
    drag: Mapping[Axes, tuple[str, str]] | None = None,
    **sliders: Slider,
) -> "Exploration":
    """Let the sliders move the artists of a figure.

    `fn` takes the sliders by name and returns one array, or a tuple of arrays for a tuple of artists (artists.py says
    what moves what). JAX traces it once; Jupyter runs it compiled, and a page runs the same function as JavaScript.
    sliders.py says what each kind of slider gives. `alt` says what one should see in the figure at first, and
    `caption`, below it, what to move and what to see then.

    A function that JAX cannot trace, or that is slow, needs `frames`: the settings of each slider, by name, at which
    results are stored for the page; a slider that is not named is stored at all of its settings.

    `drag` names, for some axes, two sliders that follow the pointer when it is pressed there: that of x, that of y. It
    does so in a page; Jupyter has the sliders.

    A training that runs in the page is a `Play`, one a figure: play.py says how its state goes from step to step.

    A slider may have any name but `alt`, `caption`, `frames` and `drag`. Raises TypeError or ValueError where the
    sliders do not fit `fn`, or what it gives does not fit the artists.

        fig, ax = plt.subplots()
        bars = ax.bar(names, theta(1.0))
        explore(fig, theta, bars, alpha=FloatLogSlider(value=1, min=-2, max=2), alt="…")
    """
    for name, own in {"alt": alt, "caption": caption, "frames": frames, "drag": drag}.items():
        if isinstance(own, Slider):
            raise TypeError(f"{name} is a setting of the figure, and cannot be the name of a slider: choose another")
    return Exploration(fig, fn, artists, alt, caption, frames, drag or {}, sliders)


class Exploration:
    """A figure and the sliders that move it."""

    def __init__(
        self,
        fig: Figure,
        fn: Callable[..., Any],
        artists: Any,
        alt: str,
        caption: str,
        frames: Mapping[str, Sequence[Any]] | None,
        drag: Mapping[Axes, tuple[str, str]],
        sliders: dict[str, Slider],
    ) -> None:
        plt.close(fig)  # else Jupyter shows it a second time
        self.fig, self.alt, self.caption, self.fn, self.drag, self.sliders = fig, alt, caption, fn, drag, sliders
        if not sliders:
            raise TypeError("explore needs a slider at least, by the name of its argument; show(fig, alt=…) needs none")
        for name, slider in sliders.items():
            if not isinstance(slider, Slider):
                raise TypeError(f"sliders must be made by lib.live; {name} is {slider!r}")
            slider.description = slider.description or name
        self._join(frames)
        for ax, names in drag.items():
            if len(names) != 2 or not all(name in sliders and sliders[name].control == "range" for name in names):
                raise ValueError(f"drag must name two sliders of the figure, {list(sliders)}; got {names!r}")
            if ax.get_figure(root=True) is not fig:
                raise ValueError(f"drag must be on axes of fig; {ax} is part of another figure")
        inspect.signature(fn).bind(**sliders)  # a TypeError that names the missing or unknown slider
        self.frames = None if frames is None else stored.chosen(frames, sliders)
        self._several = type(artists) is tuple  # bars are a tuple too, of another type
        self.artists = [bind(artist, fig) for artist in (artists if self._several else (artists,))]
        self._run = jax.jit(fn) if frames is None else fn
        first = self.results()
        for artist, values in zip(self.artists, first, strict=True):
            artist.move(values)
        with drawing():
            fig.draw_without_rendering()
        fig.set_layout_engine("none")  # laid out once: the axes stand still while what is in them moves
        self._picture = Picture(fig, alt, self.artists)
        self._html = widgets.HTML(self._picture.draw(first))
        for slider in sliders.values():
            slider.observe(self._moved, names="value")
        self._box = widgets.VBox([*sliders.values(), self._html, widgets.HTML(captioned(caption))])
        # Here, not when it is displayed: Jupyter would print that error and go on.
        self._page = page.figure(self) if for_page() else ""

    def _join(self, frames: object) -> None:
        """Tell the play of the figure, if it has one, what its sliders are."""
        plays = {name: slider for name, slider in self.sliders.items() if isinstance(slider, Play)}
        if len(plays) > 1:
            raise TypeError(f"a figure can have one Play; got {', '.join(plays)}")
        if plays and frames is not None:
            raise TypeError(f"frames cannot store {', '.join(plays)}, whose steps have no end: a Play must be traced")
        self.play = next(iter(plays.values()), None)
        for name, play in plays.items():
            play.join(name, self.sliders)

    def results(self, /, **settings: Any) -> list[np.ndarray]:
        """What `fn` gives, an array for each artist, where the sliders stand but for the settings given here."""
        arguments = {name: slider.argument(settings.get(name, slider.setting)) for name, slider in self.sliders.items()}
        try:
            results = self._run(**arguments)
        except _SHAPE_ERRORS as error:
            raise ValueError(
                "fn must do the same work at each setting: no shape, loop or `if` of Python's may depend on a slider. "
                "Compute all of it and mask with jnp.where, or give frames."
            ) from error
        results = [_array(result) for result in (results if self._several else (results,))]
        if len(results) != len(self.artists):
            raise ValueError(f"fn must return {len(self.artists)} arrays, one for each artist; got {len(results)}")
        for i, (result, artist) in enumerate(zip(results, self.artists, strict=True)):
            if result.shape != artist.shape:
                raise ValueError(f"fn must return an array of shape {artist.shape} for artist {i}; got {result.shape}")
            if result.dtype.kind in "cmMOSU":
                raise ValueError(f"fn must return real numbers for artist {i}; got {result.dtype}")
            artist.check(result.dtype)
        return results

    def draw(self, /, **settings: Any) -> str:
        """The picture where the sliders stand, but for the settings given here."""
        return self._picture.draw(self.results(**settings))

    def ends(self) -> Iterator[dict[str, Any]]:
        """Each slider at both of its ends, the others where they stand."""
        for name, slider in self.sliders.items():
            settings = self.frames[name] if self.frames else slider.settings()
            yield from ({name: settings[0]}, {name: settings[-1]})

    def _moved(self, _change: Any) -> None:
        try:
            self._html.value = self.draw()
        except Exception as error:  # Jupyter would hide it in a log
            self._html.value = f'<p role="alert">This setting failed: {html.escape(repr(error))}</p>'
            raise

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        if self._page:
            return {"text/html": self._page}
        file = io.BytesIO()  # for hosts that show notebooks and run nothing
        with drawing():
            self.fig.savefig(file, format="png", dpi=100)
        return {**self._box._repr_mimebundle_(), "image/png": base64.b64encode(file.getvalue()).decode()}


# --- Private parts -------------------------------------------------------------------------------


def _array(result: Any) -> np.ndarray:
    """A result as an array; what is masked has no number."""
    if isinstance(result, np.ma.MaskedArray):
        return np.ma.filled(result.astype(np.float32), np.nan)
    return np.asarray(result)
