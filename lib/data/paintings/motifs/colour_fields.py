"""Colour fields: rectangles of five colours, and a disc in front of them in seven pictures of ten."""

import jax.numpy as jnp
from jaxtyping import Array

from lib.data.paintings.motifs.layers import (
    Layer,
    Plane,
    added,
    fraction,
    length,
    oklch,
    over,
    scaled,
    step,
    unit,
    vortices,
)

SHARES = (0.24, 0.46, 0.64, 0.78)  # where one colour ends and the next begins, of numbers from 0 to 1
COLOURS = ((0.42, 0.13, 262.0), (0.83, 0.15, 86.0), (0.60, 0.17, 33.0), (0.72, 0.09, 205.0), (0.92, 0.03, 95.0))


def colour_fields(x: Plane, y: Plane, u: Array, swirl: Array) -> Layer:
    """u (32,) are numbers from 0 to 1 that say where things stand."""
    xs, ys = _cuts(u[0:4]), _cuts(u[4:8])
    row = (y[None] > ys[:, None]).sum(0).astype(jnp.float32)
    column = (x[None] > xs[:, None]).sum(0).astype(jnp.float32)
    pair = fraction(row * 0.618 + u[8]) < 0.5  # in half of the rows two columns are one
    column = jnp.where(pair, jnp.floor(column / 2), column)

    # Multiples of irrational numbers, so that neighbours differ.
    pick = fraction(column * 0.381966 + row * 0.7245 + u[9])
    shade = fraction(column * 0.7549 + row * 0.5698 + u[19]) - 0.5
    conditions = [pick < share for share in SHARES]
    lightness, chroma, hue = (jnp.select(conditions, of[:4], of[4]) for of in zip(*COLOURS, strict=True))
    colour = oklch(lightness + 0.10 * shade, chroma, hue + 18 * shade)

    spin = vortices(x, y, (u[15:17], u[17:19]), jnp.array([0.2, 0.2]), jnp.array([1.5, -1.5]))
    across = fraction(column * 0.5 + row * 0.618 + u[20]) < 0.5  # the brush goes across some, and down the others
    flow = jnp.where(across, 1.0, 0.0), jnp.where(across, 0.0, 1.0)
    wide = jnp.stack([xs[1], xs[3], jnp.float32(9), jnp.float32(9)])  # the cuts of a row of pairs; 9 is none
    to_cut = jnp.abs(x[None] - jnp.where(pair[None], wide[:, None], xs[:, None])).min(0)
    reach = jnp.maximum(jnp.where(across, to_cut, jnp.abs(y[None] - ys[:, None]).min(0)), 0.012)
    out = Layer(colour, unit(added(flow, scaled(3 * swirl, spin))), reach)

    ex, ey = x - (0.25 + 0.5 * u[10]), y - (0.25 + 0.5 * u[11])
    d = length(ex, ey)
    disc = jnp.where(u[13] < 0.7, step(0.12 + 0.07 * u[12] - d, 0.008), 0)
    return over(out, disc, oklch(0.66, 0.2, 38 + 50 * u[14]), (-ey / d, ex / d), 0.05)


def _cuts(u: Array) -> Array:
    """Where four cuts divide a side, from 0 to 1, in their order."""
    return jnp.sort((jnp.arange(4, dtype=jnp.float32) + 0.55 + 0.75 * (u - 0.5)) / 4 * 0.95)
