"""The sea at dusk: a low sun and its path on the water, a far island, and a boat."""

import jax.numpy as jnp
from jaxtyping import Array

from lib.data.paintings.motifs.layers import (
    Layer,
    Plane,
    added,
    bell,
    blend,
    oklch,
    over,
    scaled,
    step,
    unit,
    vortices,
    wave,
)


def sea_at_dusk(x: Plane, y: Plane, u: Array, swirl: Array) -> Layer:
    """u (32,) are numbers from 0 to 1 that say where things stand."""
    horizon = 0.50 + 0.16 * (u[0] - 0.5)
    t = jnp.clip(y / horizon, 0, 1)
    places = jnp.stack([u[13], u[15]]), jnp.stack([0.35 * u[14], 0.6 + 0.3 * u[16]])
    spin = scaled(3 * swirl, vortices(x, y, places, jnp.array([0.15, 0.2]), jnp.array([1.5, -1.5])))

    # The sky and the sun.
    sky = blend(oklch(0.60 + 0.14 * u[2], 0.085, 278 - 30 * u[3]), oklch(0.87, 0.115, 30 + 45 * u[1]), t**1.6)
    band = wave(3.2 * y + 0.10 * wave(x + u[4]) + u[5])
    sky = added(sky, (0.04 * band, 0.02 * band, 0.0))
    sx, sy = 0.2 + 0.6 * u[6], horizon - 0.06 - 0.16 * u[7]
    d = jnp.sqrt((x - sx) ** 2 + (y - sy) ** 2) / 0.062
    sky = blend(sky, oklch(0.90, 0.12, 75.0), 0.5 * bell(d / 2.4))
    sky = blend(sky, oklch(0.95, 0.13, 96 - 30 * u[1]), step(1 - d, 0.2))
    out = Layer(sky, unit(added((1.0, 0.0), spin)), jnp.clip(0.05 * d, 0.025, 0.2))

    # The water, and the sun's path on it.
    w = jnp.clip((y - horizon) / (1 - horizon), 0, 1)
    water = blend(oklch(0.70, 0.075, 235 - 25 * u[3]), oklch(0.40, 0.085, 255 - 25 * u[3]), w)
    ripple = wave(7 * (w + 0.15) ** 0.6 + 0.12 * wave(1.5 * x + u[8]))
    water = added(water, (0.045 * ripple, 0.0045 * ripple, 0.009 * ripple))
    glint = bell((x - sx) / (0.025 + 0.09 * w)) * (0.55 + 0.45 * ripple)
    water = blend(water, oklch(0.91, 0.115, 70.0), 0.85 * jnp.clip(glint, 0, 1))
    flow = unit(added((1.0, 0.12 * wave(1.3 * x + u[8])), spin))
    out = over(out, step(y - horizon, 0.008), water, flow, 0.03 + 0.15 * w)

    # An island and a boat.
    rise = 0.075 * jnp.clip(1 - ((x - u[9]) / (0.16 + 0.12 * u[10])) ** 2, 0, 1)
    island = step(y - horizon + rise, 0.008) * step(horizon - y, 0.008)
    out = over(out, island, oklch(0.47, 0.065, 288.0), (1.0, 0.0), 0.06)
    bx, by = 0.12 + 0.76 * u[11], horizon + 0.12 + 0.1 * u[12]
    h = (by - y) / 0.17
    sail = step(0.055 * (1 - h) - jnp.abs(x - bx - 0.015 * h), 0.01) * step(h, 0.06) * step(1 - h, 0.06)
    out = over(out, sail, oklch(0.92 - 0.8 * (x - bx), 0.05, 65.0), (0.1, 1.0), 0.022)
    hull = step(0.065 - jnp.abs(x - bx), 0.01) * step(y - by + 0.004, 0.01) * step(by + 0.026 - y, 0.01)
    return over(out, hull, oklch(0.35, 0.09, 38.0), (1.0, 0.0), 0.022)
