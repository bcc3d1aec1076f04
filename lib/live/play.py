"""A state that steps carry on, such as a training that runs while the reader looks on.

In Jupyter the kernel takes the steps, at the ticks of a clock of ipywidgets that runs in the browser. In a page the
step is a JavaScript program, as the picture is, and book/_static/live.js takes one a frame.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import jax
import jax.numpy as jnp
import numpy as np
import traitlets

from lib.live.sliders import INT32, Slider

DTYPES = ("float32", "int32", "uint32", "bool")  # besides typed keys
TICK = 50  # milliseconds, in Jupyter


class Play(Slider, widgets.HBox):
    """A state that a function carries on: by one step at a press, or by one after another while it plays.

    `start` is a pytree of arrays of float32, int32, uint32 or bool, and of typed keys. `step` takes the state by the
    name of this control, and by their names those of the other sliders that it asks for; it returns the state after one
    update, of the same tree, shapes and dtypes. `value` is the number of steps that were taken.

    The figure's function is given the state that stands, and is drawn after each step. Where one update is too little
    to see, let `step` make several in a `jax.lax.fori_loop`. A step to a number that is not finite is not taken, and
    ends the play. Reset gives back the start, and where the sliders stood.

    Raises TypeError where a leaf of `start` is anything else, ValueError where it is not finite.

        def step(state, rate):
            return state - rate * jax.grad(loss)(state)

        explore(fig, picture, artists, state=Play(start, step), rate=FloatSlider(value=0.1, min=0, max=1), alt="…")
    """

    control = "play"
    description = "step"
    value = traitlets.Int()

    def __init__(self, start: Any, step: Callable[..., Any]) -> None:
        _check(start)
        # Arrays of their own, whose dtypes are strict: what the author's become later is nothing to the figure.
        self.start = self.state = jax.tree.map(lambda leaf: leaf if _is_key(leaf) else jnp.array(np.array(leaf)), start)
        self.step = step
        self._update = jax.jit(self.update)
        self._clock = widgets.Play(max=int(INT32.max), interval=TICK, layout={"display": "none"})
        self._toggle = widgets.Button(description="Play")
        one, reset = widgets.Button(description="One step"), widgets.Button(description="Reset")
        self._said = widgets.HTML(self._count)
        super().__init__([self._toggle, one, reset, self._said, self._clock])
        self._toggle.on_click(lambda _: self._turn(not self._clock.playing))
        one.on_click(lambda _: self._one())
        reset.on_click(lambda _: self._reset())
        self._clock.observe(self._ticked, names="value")
        self.observe(lambda _: self._said.set_trait("value", self._count), names="value")

    def join(self, name: str, sliders: Mapping[str, Slider]) -> None:
        """Be the control of this name among the sliders of a figure.

        Raises TypeError where `step` asks for what is none of them, ValueError where it gives another kind of state.
        """
        asked = inspect.signature(self.step).parameters
        self.name, self._asked = name, [own for own in sliders if own in asked]
        self._others = {own: slider for own, slider in sliders.items() if own != name}
        self._starts = {own: slider.value for own, slider in self._others.items()}
        rule = f"step must take {name}, and sliders of the figure, {list(self._others)}"
        if name not in asked:
            raise TypeError(f"{rule}; it takes {', '.join(asked)}")
        try:
            inspect.signature(self.step).bind(**dict.fromkeys(self._asked))
        except TypeError as error:
            raise TypeError(f"{rule}: {error}") from None
        _check_alike(name, self.start, jax.eval_shape(self.update, **self._arguments(self.start)))

    def update(self, /, **arguments: Any) -> Any:
        """What `step` gives; all sliders are given by name, and it takes those that it asks for."""
        return self.step(**{name: arguments[name] for name in self._asked})

    def settings(self) -> list[int]:
        return [*range(51)]

    def argument(self, setting: int) -> Any:
        """The state after so many steps: the one that stands, or from the start with the sliders where they stand."""
        if setting == self.value:
            return self.state
        state = self.start
        for _ in range(setting):
            state = self._update(**self._arguments(state))
        return state

    def words(self, setting: int) -> str:
        return f"{setting:,}"

    # --- In Jupyter ------------------------------------------------------------------------------

    @property
    def _count(self) -> str:
        return f"{self.description} {self.words(self.value)}"

    def _arguments(self, state: Any) -> dict[str, Any]:
        others = {name: slider.argument(slider.setting) for name, slider in self._others.items()}
        return {self.name: state, **others}

    def _ticked(self, _change: Any) -> None:
        if self._clock.playing:  # ticks may still come when it was stopped
            self._take()

    def _one(self) -> None:
        self._turn(False)
        self._take()

    def _take(self) -> None:
        state = self._update(**self._arguments(self.state))
        if _is_finite(state):
            self.state = state
            self.value += 1
            return
        self._turn(False)
        words = f"Step {self.words(self.value + 1)} gave a number that is not finite; Reset starts again."
        self._said.value = f'<span role="alert">{words}</span>'

    def _turn(self, playing: bool) -> None:
        self._clock.playing = playing
        self._toggle.description = "Pause" if playing else "Play"

    def _reset(self) -> None:
        self._turn(False)
        self.state = self.start
        self.value = 0
        self._said.value = self._count  # where the first step failed
        for name, slider in self._others.items():
            slider.set_trait("value", self._starts[name])


# --- Private parts -------------------------------------------------------------------------------


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _is_finite(state: Any) -> bool:
    return all(_is_key(leaf) or np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))


def _kind(leaf: Any) -> str:
    """Such as float32[3, 2]; what is no array is named as it is."""
    return f"{leaf.dtype}{list(leaf.shape)}" if hasattr(leaf, "dtype") else repr(leaf)


def _kinds(state: Any) -> dict[str, str]:
    """What each leaf is, by its path."""
    return {jax.tree_util.keystr(path): _kind(leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(state)}


def _check(start: Any) -> None:
    """Raise TypeError or ValueError where a start cannot be carried."""
    rule = f"start must hold arrays of {', '.join(DTYPES)}, and typed keys"
    leaves = jax.tree_util.tree_leaves_with_path(start)
    if not leaves:
        raise TypeError(f"{rule}; got {start!r}")
    for path, leaf in leaves:
        if not (_is_key(leaf) or str(getattr(leaf, "dtype", "")) in DTYPES):
            raise TypeError(f"{rule}; start{jax.tree_util.keystr(path)} is {_kind(leaf)}")
        if not _is_finite(leaf):
            raise ValueError(f"start must be finite; start{jax.tree_util.keystr(path)} is not")


def _check_alike(name: str, before: Any, after: Any) -> None:
    """Raise ValueError where a step gives a state of another tree, or of other shapes or dtypes."""
    rule = "step must return a state like the one that it takes"
    old, new = _kinds(before), _kinds(after)
    for path in old | new:
        if old.get(path) != new.get(path):
            raise ValueError(f"{rule}: {name}{path} must be {old.get(path, 'absent')}; got {new.get(path, 'nothing')}")
    trees = [str(jax.tree.structure(state)) for state in (before, after)]  # a list is no tuple
    if trees[0] != trees[1]:
        raise ValueError(f"{rule}, {trees[0]}; got {trees[1]}")
