"""A garden: five round trees, a river, and beds of flowers."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from lib.data.paintings.motifs.layers import (
    Layer,
    Plane,
    added,
    blend,
    eightfold,
    everywhere,
    oklch,
    over,
    scaled,
    step,
    unit,
    vortices,
    wave,
)

TREES = 5


def garden(x: Plane, y: Plane, u: Array, swirl: Array) -> Layer:
    """u (32,) are numbers from 0 to 1 that say where things stand."""
    horizon = 0.36 + 0.12 * (u[0] - 0.5)
    t = jnp.clip(y / horizon, 0, 1)
    places = jnp.stack([u[20], u[22]]), jnp.stack([0.3 * u[21], 0.6 + 0.3 * u[23]])
    spin = scaled(3 * swirl, vortices(x, y, places, jnp.array([0.15, 0.2]), jnp.array([1.5, -1.5])))

    # Sky, lawn, river.
    cloud = wave(0.9 * x + 1.7 * y + 0.2 * wave(1.7 * x) + u[1])
    sky = oklch(0.80 + 0.10 * t + 0.04 * cloud, 0.075 - 0.04 * t - 0.02 * cloud, 245 - 25 * u[1], 60 * t * u[2])
    out = Layer(sky, unit(added((1.0, 0.2 * wave(x)), spin)), 0.2 + 0 * x)
    depth = jnp.clip((y - horizon) / (1 - horizon), 0, 1)
    lawn = oklch(0.78 - 0.22 * depth + 0.06 * wave(2 * x + 3 * depth + u[3]), 0.12, 118.0, 24 * depth)
    blades = unit(added((0.7 * wave(1.1 * x + u[9]), -1.0), spin))
    out = over(out, step(y - horizon, 0.01), lawn, blades, 0.02 + 0.10 * depth)
    middle = 0.5 + 0.30 * (u[4] - 0.5) + 0.5 * (u[5] - 0.5) * depth + 0.10 * jnp.sin(5 * depth + 6 * u[5])
    river = step(0.025 + 0.19 * depth - jnp.abs(x - middle), 0.015) * step(y - horizon, 0.01)
    shine = wave(6 * depth**0.7 + 0.2 * wave(2 * x))
    water = oklch(0.76 - 0.17 * depth + 0.05 * shine, 0.075, 240 - 25 * u[1], 18 * shine)
    out = over(out, river, water, (1.0, 0.0), 0.02 + 0.10 * depth)

    # Flower beds: specks of two colours.
    bed = step(wave(1.3 * x + 1.1 * depth + u[6]) + 0.9 * depth - 0.65, 0.2) * step(y - horizon - 0.08, 0.02)
    speck = jnp.sin(53 * x + 20 * y) * jnp.sin(47 * y - 13 * x)
    pale, strong = oklch(0.87, 0.12, jnp.where(u[8] > 0.5, 305.0, 88.0)), oklch(0.68, 0.17, 5 + 40 * u[7])
    flower = blend(pale, strong, (speck > 0).astype(jnp.float32))
    out = over(out, bed * (1 - river) * step(jnp.abs(speck) - 0.28, 0.1), flower, (1.0, 0.3), 0.025)

    def tree(out: Layer, place: tuple[Array, Array, Array, Array]) -> tuple[Layer, None]:
        cx, cy, radius, hue = place
        ex, ey = (x - cx) / radius, 0.75 * (y - cy) / radius
        light = 0.7 * (ex - ey)
        trunk = step(0.010 - jnp.abs(x - cx), 0.006) * step(y - cy, 0.01) * step(cy + 1.9 * radius - y, 0.01)
        out = over(out, trunk, oklch(0.42, 0.06, 55.0), (0.0, 1.0), 0.03)
        crown = step(1 - jnp.sqrt(ex * ex + ey * ey) + 0.10 * eightfold(ex, ey, 9 * hue), 0.12)
        green = oklch(0.55 + 0.10 * light, 0.11, 148 - 34 * hue, -14 * light)
        return over(out, crown, green, (-ey - 0.4, ex), 0.035), None

    out = everywhere(out, x)
    j = jnp.arange(TREES, dtype=jnp.float32)
    radius = 0.075 + 0.06 * u[15:20]
    cy = horizon - 0.45 * radius + 0.05 * jnp.array([0.0, 1, 0, 1, 0])
    return jax.lax.scan(tree, out, ((j + 0.15 + 0.7 * u[10:15]) / TREES, cy, radius, u[10:15]))[0]
