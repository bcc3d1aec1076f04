"""Sunflowers: nine flowers in a vase on a table, before a blue or a straw-coloured wall."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from lib.data.paintings.motifs.layers import (
    TURN,
    Layer,
    Plane,
    added,
    blend,
    eightfold,
    everywhere,
    length,
    oklch,
    over,
    scaled,
    step,
    unit,
    vortices,
    wave,
)

FLOWERS = 9


def sunflowers(x: Plane, y: Plane, u: Array, swirl: Array) -> Layer:
    """u (32,) are numbers from 0 to 1 that say where things stand."""
    table = 0.77 + 0.06 * (u[0] - 0.5)
    dx, dy = x - 0.5, y - 0.44

    # The wall and the table.
    places = jnp.array([0.14, 0.87, 0.5]), jnp.array([0.2, 0.28, 0.03])
    spin = vortices(x, y, places, jnp.array([0.13, 0.13, 0.11]), jnp.array([1.5, -1.5, 1.5]))
    straw = step(u[23] - 0.75, 0.1)
    light = wave(x + 0.8 * y + u[1])
    turn = 16 * wave(0.7 * y + 0.8 * x)
    wall = oklch(0.73 + 0.14 * straw + 0.06 * light, 0.08 + 0.015 * straw, 190 + 55 * u[2], turn)
    wall = blend(wall, oklch(0.88 + 0.03 * light, 0.09, 104.0, 8 * wave(x)), straw)
    out = Layer(wall, unit(added((1.0, wave(1.5 * x + u[3])), scaled(3 * swirl, spin))), 0.2 + 0 * x)
    out = over(out, step(y - table, 0.01), oklch(0.72 + 0.06 * wave(7 * y), 0.12, 74.0), (1.0, 0.0), 0.15)

    # The vase and the leaves.
    top, foot = 0.60, 0.90
    v = jnp.clip((y - top) / (foot - top), 0, 1)
    half = 0.085 + 0.055 * jnp.sin(np.pi * (0.9 * v + 0.05))
    glaze = blend(oklch(0.88 - 0.9 * dx, 0.10, 96.0), oklch(0.66 - 0.9 * dx, 0.10, 245.0), step(v - 0.42, 0.05))
    vase = step(half - jnp.abs(dx), 0.01) * step(y - top, 0.01) * step(foot - y, 0.01)
    out = over(out, vase, glaze, (1.0, 2.5 * dx), 0.035)
    size = 0.30 - jnp.sqrt((dx / 1.05) ** 2 + (dy / 0.9) ** 2) + 0.05 * eightfold(dx, dy, 6 * u[4])
    green = oklch(0.48 + 0.10 * wave(4.7 * x + 3.5 * y), 0.10, 140.0, 22 * wave(2.7 * x))
    out = over(out, step(size, 0.02) * step(0.68 - y, 0.01), green, unit((dx, dy - 0.06)), 0.04)

    def flower(out: Layer, place: tuple[Array, Array, Array, Array]) -> tuple[Layer, None]:
        cx, cy, hue, size = place
        radius = 0.078 + 0.036 * size
        ex, ey = x - cx, (y - cy) * 1.08
        d = length(ex, ey)
        ray = eightfold(ex, ey, 6 * size)
        petal = oklch(0.82 + 0.08 * ray - 0.09 * hue, 0.165, 92 - 24 * hue, -14 * (d / radius))
        out = over(out, step(radius * (1 + 0.16 * ray) - d, 0.01), petal, (ex / d, ey / d), 0.24 * radius)
        heart = oklch(0.43 + 0.14 * jnp.cos(9 * d / radius), 0.095, 55 + 25 * hue)
        return over(out, step(0.44 * radius - d, 0.01), heart, (-ey / d, ex / d), 0.14 * radius), None

    out = everywhere(out, x)
    j = jnp.arange(FLOWERS, dtype=jnp.float32)
    angle, out_from = TURN * (j * 0.618 + 0.10 * u[5:14]), 0.25 * jnp.sqrt((8.4 - j) / FLOWERS)
    fx, fy = 0.5 + 1.12 * out_from * jnp.cos(angle), 0.36 + 0.92 * out_from * jnp.sin(angle) + 0.02 * u[14:23]
    return jax.lax.scan(flower, out, (fx, fy, u[5:14], u[14:23]))[0]
