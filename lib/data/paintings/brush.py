"""The brush: strokes along the flow of a motif, laid one upon the other.

160 broad strokes and then 640 fine ones look up at their middles what the motif says there. So a picture has no size of
its own: the same strokes are laid on a canvas of any number of pixels.

The places of the strokes are an R2 sequence (M. Roberts, The unreasonable effectiveness of quasirandom sequences,
2018), which is even after any number of them. It is computed in whole numbers, which wrap: with floats, two programs
made from the same code painted pictures that differed by 25 grey levels.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib.data.paintings.motifs import MOTIFS
from lib.data.paintings.motifs.layers import Layer, Plane, added, everywhere, unit

BROAD, FINE = 160, 640
STROKES = BROAD + FINE
PATCHES = 0.40, 0.27  # of the picture's width: the sides of squares that hold any broad stroke, any fine one
MARGIN = 0.03  # strokes begin this far outside the picture

# Steps of the R2 sequence along x and y: powers of the inverse of the plastic number, in 2⁻³² parts of the width.
STEPS = (np.array([0.7548776662466927, 0.5698402909980532]) * 2**32).astype(np.uint32)


class Factors(NamedTuple):
    """What a painter decides before the first stroke: a motif, and seven numbers. Each is of shape () or (n,)."""

    motif: Int[Array, "*n"]  # which of `MOTIFS`
    swirl: Float[Array, "*n"]  # from 0 to 1: how much the flow turns
    length: Float[Array, "*n"]  # of a fine stroke, in widths of the picture
    width: Float[Array, "*n"]  # of a fine stroke, in widths of the picture
    disorder: Float[Array, "*n"]  # standard deviation of the strokes' angles, in radians
    hue: Float[Array, "*n"]  # by which all colours are turned, in radians
    vividness: Float[Array, "*n"]  # by which all chroma is multiplied
    variety: Float[Array, "*n"]  # standard deviation of the strokes' own lightness, of OKLab


class Strokes(NamedTuple):
    """n strokes, in the order in which they are laid; lengths are in widths of the picture."""

    x: Plane
    y: Plane
    direction: tuple[Plane, Plane]
    half_length: Plane
    half_width: Plane
    bend: Plane  # the stroke runs along the parabola v = bend · u²
    bristles: Plane  # the phase of their pattern
    dry: Plane  # how much the colour runs out towards the end
    light: Plane  # from the side, which a direction catches or not
    colour: tuple[Plane, Plane, Plane]

    def part(self, start: int, end: int) -> "Strokes":
        return jax.tree.map(lambda plane: plane[start:end], self)


def strokes(key: PRNGKeyArray, factors: Factors) -> Strokes:
    """All strokes of a picture. The key says where things stand in the motif, and how each stroke is laid."""
    for_layout, for_places, for_hand = jax.random.split(key, 3)
    layout = jax.random.uniform(for_layout, (32,), jnp.float32)
    hand = jax.random.normal(for_hand, (9, STROKES), jnp.float32)
    broad = jnp.arange(STROKES) < BROAD

    start = jax.random.bits(for_places, (2, 1), jnp.uint32)
    index = np.concatenate([np.arange(BROAD), np.arange(FINE)]).astype(np.uint32) + np.uint32(1)
    even = start + index[None] * STEPS[:, None]  # wraps, as it should
    x, y = (1 + 2 * MARGIN) * 2.0**-24 * (even >> 8).astype(jnp.float32) - MARGIN + 0.012 * hand[0:2]

    # The motif at each place, and a little to the right of it and below, which shows how the flow turns.
    e = 0.02
    layer = _at(factors, layout, jnp.concatenate([x, x + e, x]), jnp.concatenate([y, y, y + e]))
    (fx, right_x, below_x), (fy, right_y, below_y) = (jnp.reshape(part, (3, STROKES)) for part in layer.flow)
    colour, _, reach = jax.tree.map(lambda plane: plane[:STROKES], layer)
    turning = fx * (fx * (right_y - fy) + fy * (below_y - fy)) - fy * (fx * (right_x - fx) + fy * (below_x - fx))
    bend = jnp.clip(0.5 / e * turning, -9, 9)
    c, s = jnp.cos(factors.disorder * hand[2]), jnp.sin(factors.disorder * hand[2])
    direction = c * fx - s * fy, s * fx + c * fy

    # A stroke is as long as the painter likes, but not longer than there is room, and its patch must hold it.
    length = jnp.where(broad, jnp.maximum(1.2 * factors.length, 0.15), factors.length)
    width = jnp.where(broad, jnp.maximum(1.5 * factors.width, 0.07), factors.width)
    room = jnp.where(broad, 2.0, 1.0) * reach + 0.004
    half_length = jnp.minimum(0.5 * length * jnp.exp(0.15 * hand[3]), room)
    half_width = jnp.minimum(0.5 * width * jnp.exp(0.12 * hand[4]), jnp.maximum(half_length, 0.3 * width))
    half_length = jnp.minimum(jnp.maximum(half_length, half_width), jnp.where(broad, 0.165, 0.11))
    bend = bend * jnp.minimum(1, 0.6 / (jnp.abs(bend) * half_length + 1e-6))

    own = jnp.where(broad, 0.5, 1.0) * factors.variety
    colour = added(colour, (own * hand[6], 0.35 * own * hand[7], 0.35 * own * hand[8]))
    dry, light = jnp.where(broad, 0.6, 1.0), 0.042 * (direction[1] - direction[0])
    return Strokes(x, y, direction, half_length, half_width, bend, 3 * hand[5], dry, light, colour)


def lay(canvas: Float[Array, "3 size size"], strokes: Strokes, laid: Array, patch: int) -> Float[Array, "3 size size"]:
    """The canvas after the first `laid` of n strokes, each within a square of `patch` pixels.

    The shapes of all strokes are worked out beforehand, at once; the loop only covers. That is four times as fast.
    """
    size = canvas.shape[1]
    x, y, (tx, ty), a, b, bend, bristles, dry, light, _ = jax.tree.map(lambda plane: plane[:, None, None], strokes)
    row, column = (jnp.clip(jnp.round(at * size - patch / 2), 0, size - patch) for at in (y, x))
    grid = jnp.arange(patch, dtype=jnp.float32) + 0.5
    dy, dx = (row + grid[None, :, None]) / size - y, (column + grid[None, None]) / size - x
    along = dx * tx + dy * ty
    across = (dy * tx - dx * ty - bend * along * along) / b

    # A capsule, which narrows towards its end, with a soft edge of a pixel.
    beyond = jnp.maximum(jnp.abs(along) - (a - b), 0) / b
    inside = (1 - 0.25 * along / a - jnp.sqrt(beyond * beyond + across * across)) * (b * size) + 0.5
    # The bristles are two triangle waves across the stroke.
    hair = _triangle(across * 1.3 + bristles) + _triangle(2.6 * (across * 1.3 + bristles)) - 0.5
    fading = jnp.clip(1 + dry * (jnp.maximum(along, 0) / a) * (1.2 * hair - 0.45), 0, 1)
    is_laid = (jnp.arange(len(strokes.x)) < laid)[:, None, None]
    cover = jnp.where(is_laid, jnp.clip(inside, 0, 1) * fading, 0)
    shade = cover * (0.075 * hair + light * jnp.clip(across, -1, 1))
    lighter = jnp.array([1, 0, 0], jnp.float32)[:, None, None]

    def cover_with(canvas: Array, stroke: tuple[Array, ...]) -> tuple[Array, None]:
        cover, shade, colour, row, column = stroke
        old = jax.lax.dynamic_slice(canvas, (0, row, column), (3, patch, patch))
        new = old + cover[None] * (colour[:, None, None] - old) + shade[None] * lighter
        return jax.lax.dynamic_update_slice(canvas, new, (0, row, column)), None

    corner = row[:, 0, 0].astype(jnp.int32), column[:, 0, 0].astype(jnp.int32)
    return jax.lax.scan(cover_with, canvas, (cover, shade, jnp.stack(strokes.colour, axis=1), *corner))[0]


@partial(jax.jit, static_argnames="size")
def picture(key: PRNGKeyArray, factors: Factors, laid: Array, size: int) -> Float[Array, "size size 3"]:
    """One picture as red, green and blue from 0 to 1, after the first `laid` of its strokes."""
    every = strokes(key, factors)
    broad, fine = every.part(0, BROAD), every.part(BROAD, STROKES)
    ground = jnp.stack([jnp.full((size, size), part.mean()) for part in broad.colour])
    canvas = lay(ground, broad, laid, int(np.ceil(PATCHES[0] * size)))
    canvas = lay(canvas, fine, laid - BROAD, int(np.ceil(PATCHES[1] * size)))
    return _to_rgb(canvas[0], canvas[1], canvas[2])


# --- Private parts -------------------------------------------------------------------------------


def _at(factors: Factors, layout: Array, x: Plane, y: Plane) -> Layer:
    """The motif of the factors at points, with its colours turned and made vivid."""

    def whole(motif: Callable[..., Layer]) -> Callable[..., Layer]:
        return lambda *arguments: everywhere(motif(*arguments), x)

    colour, flow, reach = jax.lax.switch(factors.motif, list(map(whole, MOTIFS)), x, y, layout, factors.swirl)
    c, s = factors.vividness * jnp.cos(factors.hue), factors.vividness * jnp.sin(factors.hue)
    lightness, a, b = colour
    return Layer((lightness, c * a - s * b, s * a + c * b), unit(flow), reach)


def _triangle(x: Array) -> Array:
    return jnp.abs(x - jnp.floor(x) - 0.5)


def _to_rgb(lightness: Array, a: Array, b: Array) -> Float[Array, "size size 3"]:
    """OKLab as red, green and blue from 0 to 1. A square root stands for sRGB's curve: it has the same bits everywhere.

    Source: B. Ottosson, A perceptual color space for image processing, 2020.
    """
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3  # what the three kinds of cones of an eye receive
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return jnp.stack([jnp.sqrt(jnp.clip(linear, 0, 1)) for linear in (red, green, blue)], axis=-1)
