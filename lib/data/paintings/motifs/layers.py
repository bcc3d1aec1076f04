"""What a motif is made of: colours, soft edges, turning fields, and things in front of things.

A motif says for each of n points what a brush does there. All that it says is planes: arrays (n,) of one number for
each point. They are kept apart (a colour is a tuple of three planes), since XLA joins planes into one loop, and a
stacked array (3, n) stops it: that took ten times as long.

Lengths are in widths of the picture; x goes to the right and y down, both from 0 to 1.
"""

from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Plane = Float[Array, " n"]
Value = Plane | float  # one for each point, or one for all of them
Colour = tuple[Value, Value, Value]  # of OKLab: lightness from 0 to 1, from green to red, from blue to yellow
Direction = tuple[Value, Value]

Planes = TypeVar("Planes")
Vector = TypeVar("Vector", Colour, Direction)

TURN = 2 * np.pi


class Layer(NamedTuple):
    """What the brush does at points: the colour it has, where it goes, and how long a stroke may be."""

    colour: Colour
    flow: Direction
    reach: Value


def over(below: Layer, mask: Value, colour: Colour, flow: Direction, reach: Value) -> Layer:
    """A thing in front of what was there. The mask is 1 on the thing and 0 beside it."""
    return blend(below, Layer(colour, flow, reach), mask)


def everywhere(layer: Layer, x: Plane) -> Layer:
    """The same layer, in which each value is a plane of as many points as x."""
    return jax.tree.map(lambda value: value + jnp.zeros_like(x), layer)


def blend(one: Planes, other: Planes, share: Value) -> Planes:
    """From one to the other, plane by plane: colours, directions or layers."""
    return jax.tree.map(lambda one, other: one + share * (other - one), one, other)


def added(*vectors: Vector) -> Vector:
    return tuple(map(sum, zip(*vectors, strict=True)))  # type: ignore[return-value]


def scaled(factor: Value, vector: Vector) -> Vector:
    return tuple(factor * part for part in vector)  # type: ignore[return-value]


def unit(v: Direction) -> Direction:
    """The direction, of length 1."""
    r = jax.lax.rsqrt(v[0] * v[0] + v[1] * v[1] + 1e-6)
    return v[0] * r, v[1] * r


# --- Colours -------------------------------------------------------------------------------------


def oklch(lightness: Value, chroma: Value, hue: Value, turn: Value = 0.0) -> Colour:
    """The colour of a hue in degrees. `turn` moves the hue: about as many degrees, as long as they are few.

    The turn is a straight step in place of a rotation, so that a hue that varies costs no sine for each point.
    Source: B. Ottosson, A perceptual color space for image processing, 2020.
    """
    hue, turn = jnp.deg2rad(hue), jnp.deg2rad(turn)
    c, s = jnp.cos(hue), jnp.sin(hue)
    return lightness, chroma * (c - s * turn), chroma * (s + c * turn)


# --- Shapes --------------------------------------------------------------------------------------


def step(x: Value, soft: float) -> Array:
    """0 below 0 and 1 above, over a width of `soft`."""
    return jnp.clip(x / soft + 0.5, 0, 1)


def bell(x: Value) -> Array:
    return jnp.exp(-0.5 * x * x)


def wave(x: Value) -> Array:
    return jnp.sin(TURN * x)


def length(x: Plane, y: Plane) -> Plane:
    return jnp.sqrt(x * x + y * y + 1e-6)


def eightfold(x: Plane, y: Plane, phase: Value) -> Plane:
    """cos(8 θ + phase) of the angle θ of the points, by doubling the angle three times: petals and leaves."""
    r = jax.lax.rsqrt(x * x + y * y + 1e-9)
    c, s = x * r, y * r
    for _ in range(3):
        c, s = c * c - s * s, 2 * s * c
    return c * jnp.cos(phase) - s * jnp.sin(phase)


def fraction(x: Value) -> Array:
    return x - jnp.floor(x)


def vortices(x: Plane, y: Plane, at: tuple[Array, Array], radii: Array, turns: Array) -> Direction:
    """The sum of k fields that turn around places `at` of shape (k,); a turn below 0 is to the left."""
    dx, dy = x[None] - at[0][:, None], y[None] - at[1][:, None]
    pull = (turns / radii)[:, None] * jnp.exp((dx * dx + dy * dy) * (-0.5 / radii**2)[:, None])
    return -(pull * dy).sum(0), (pull * dx).sum(0)


def distances(x: Plane, y: Plane, at: tuple[Array, Array]) -> Float[Array, "k n"]:
    """From each of k places `at` to each point."""
    dx, dy = x[None] - at[0][:, None], y[None] - at[1][:, None]
    return jnp.sqrt(dx * dx + dy * dy)
