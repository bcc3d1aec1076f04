"""A starry night: whirls and stars with haloes, a crescent moon, hills, lamps in a valley, and a cypress."""

import jax.numpy as jnp
from jaxtyping import Array

from lib.data.paintings.motifs.layers import (
    TURN,
    Layer,
    Plane,
    added,
    bell,
    blend,
    distances,
    fraction,
    oklch,
    over,
    scaled,
    step,
    unit,
    vortices,
    wave,
)

STARS = 8  # the last or the first of them is the moon


def starry_night(x: Plane, y: Plane, u: Array, swirl: Array) -> Layer:
    """u (32,) are numbers from 0 to 1 that say where things stand."""
    horizon = 0.72 + 0.08 * (u[0] - 0.5)
    left = u[15] < 0.5  # the cypress stands on the left, the moon on the right

    # Where the stars are, and how large.
    star = jnp.arange(STARS, dtype=jnp.float32)
    moon = (star == jnp.where(left, STARS - 1, 0)).astype(jnp.float32)
    sx = (star + 0.5 + 0.7 * (u[1:9] - 0.5)) / STARS
    sy = 0.05 + 0.45 * fraction(star * 0.618 + 0.6 * u[24:32])
    sx = blend(sx, jnp.where(left, 0.87 - 0.13 * u[10], 0.13 + 0.13 * u[10]), moon)
    sy = blend(sy, 0.13 + 0.05 * u[16], moon)
    radius = blend(0.022 + 0.024 * fraction(u[11] + star * 0.37) ** 1.5, jnp.float32(0.075), moon)
    distance = distances(x, y, (sx, sy))
    d = distance / radius[:, None]
    core, halo = bell(d / 0.85), bell(d / 1.9) * (0.62 + 0.38 * jnp.cos(3.0 * d))
    cores, haloes, moonlight = core.max(0), halo.max(0), (core * moon[:, None]).max(0)

    # Two great whirls, and a small one around each star.
    whirls = jnp.stack([0.28 + 0.22 * u[17], 0.58 + 0.2 * u[19]]), jnp.stack([0.33 + 0.10 * u[18], 0.44 + 0.10 * u[20]])
    size = jnp.array([0.13, 0.10])
    great = vortices(x, y, whirls, size, jnp.array([1.5, -1.5]))
    small = vortices(x, y, (sx, sy), 1.7 * radius, 1.6 * jnp.ones(STARS))
    drift = wave(1.1 * x + u[21])
    flow = unit(added((1.0, 0.45 * drift), scaled(3.2 * swirl, great), scaled(3.2 * swirl, small)))

    # The sky: bands that follow the wind, and spiral arms within the whirls.
    e = distances(x, y, whirls)
    arms = (bell(e / (1.6 * size[:, None])) * jnp.cos(TURN * e / 0.075 + u[12] * 6)).sum(0)
    near = jnp.clip(bell(e / (1.4 * size[:, None])).sum(0), 0, 1)
    band = 0.5 + 0.5 * jnp.cos(TURN * (4.6 * y + 0.22 * drift))
    band = band + swirl * (arms * 0.75 - (band - 0.5) * near)
    t = jnp.clip(y / horizon, 0, 1)
    sky = oklch(0.34 + 0.20 * t**1.5 + 0.17 * band, 0.135 - 0.02 * t, 270 - 22 * u[9], -18 * t - 22 * band)
    sky = blend(sky, oklch(0.80, 0.085, 170.0, -30 * haloes), jnp.clip(1.25 * haloes, 0, 1))
    sky = blend(sky, oklch(0.92, 0.165, 100.0, -18 * moonlight), jnp.clip(1.5 * cores, 0, 1))
    out = Layer(sky, flow, jnp.clip(0.45 * distance.min(0) + 0.012, 0, 0.2))

    # A piece is cut out of the moon.
    mx, my = (sx * moon).sum() + 0.03, (sy * moon).sum() - 0.016
    cut = step(0.042 - jnp.sqrt((x - mx) ** 2 + (y - my) ** 2), 0.01)
    out = over(out, cut, oklch(0.76, 0.13, 72.0), flow, 0.02)

    # Hills, meadows, lamps.
    ridge = horizon + 0.03 * wave(1.1 * x + u[22]) - 0.055 * bell((x - 0.2 - 0.6 * u[13]) / 0.16)
    meadow = horizon + 0.09 + 0.03 * wave(1.5 * x + u[23])
    down = 0.19 * jnp.cos(TURN * (1.1 * x + u[22]))
    hill = oklch(0.43 + 0.07 * jnp.cos(38 * (y - ridge)), 0.095, 250.0)
    out = over(out, step(y - ridge, 0.01), hill, (1.0, down), 0.06)
    grass = oklch(0.40 + 0.10 * wave(9 * y + 2 * x), 0.085, 175.0, -45 * wave(2.3 * x + u[22]))
    out = over(out, step(y - meadow, 0.01), grass, (1.0, 0.5 * down), 0.06)
    lx = 0.08 + (jnp.arange(5, dtype=jnp.float32) + 0.6 * u[3:8]) * 0.19
    ly = horizon + 0.063 + 0.03 * wave(1.5 * lx + u[23])
    lamp = bell((x[None] - lx[:, None]) / 0.014) * bell((y[None] - ly[:, None]) / 0.016)
    out = over(out, jnp.clip(1.2 * lamp.sum(0), 0, 1), oklch(0.86, 0.155, 82.0), (1.0, 0.0), 0.014)

    # The cypress, in front of all.
    foot = jnp.where(left, 0.14 + 0.10 * u[16], 0.76 + 0.10 * u[16])
    top = 0.10 + 0.16 * u[14]
    s = jnp.clip((y - top) / (1 - top), 0, 1)
    axis = foot + 0.018 * jnp.sin(9 * s)
    half = 0.10 * s**0.8 * (1 + 0.20 * jnp.sin(24 * s))
    dark = oklch(0.26 + 0.09 * jnp.cos(46 * (x - axis) + 7 * s), 0.06, 152.0, -40 * jnp.sin(30 * s + 40 * (x - axis)))
    tree = step(half - jnp.abs(x - axis), 0.01) * step(y - top, 0.01)
    return over(out, tree, dark, (0.45 * jnp.sin(15 * s) + 1.5 * (x - axis), -1.0), 0.045)
