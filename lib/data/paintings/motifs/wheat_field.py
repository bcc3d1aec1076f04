"""A wheat field under the sun or a storm: whirling sky, far hills, a path, poppies, and two cypresses."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from lib.data.paintings.motifs.layers import (
    TURN,
    Layer,
    Plane,
    added,
    bell,
    blend,
    distances,
    everywhere,
    oklch,
    over,
    scaled,
    step,
    unit,
    vortices,
    wave,
)


def wheat_field(x: Plane, y: Plane, u: Array, swirl: Array) -> Layer:
    """u (32,) are numbers from 0 to 1 that say where things stand."""
    horizon = 0.44 + 0.12 * (u[0] - 0.5)
    whirls = (
        jnp.stack([0.10 + 0.3 * u[1], 0.55 + 0.35 * u[3], 0.3 + 0.4 * u[5]]),
        jnp.stack([0.15 + 0.10 * u[2], 0.20 + 0.08 * u[4], 0.78 + 0.1 * u[6]]),  # the last one is in the wheat
    )
    size = jnp.array([0.085, 0.085, 0.2])
    great = vortices(x, y, whirls, size, jnp.array([1.5, -1.5, 0.8]))
    drift = wave(x + u[7])

    # The sky, with the sun if there is no storm.
    e = distances(x, y, (whirls[0][:2], whirls[1][:2]))
    near = jnp.clip(bell(e / (1.5 * size[:2, None])).sum(0), 0, 1)
    arms = (bell(e / (1.7 * size[:2, None])) * jnp.cos(TURN * e / 0.065 + 6 * u[7])).sum(0)
    band = 0.5 + 0.5 * jnp.cos(TURN * (4.0 * y + 0.15 * drift))
    band = band + swirl * (0.8 * arms - near * (band - 0.5))
    t = jnp.clip(y / horizon, 0, 1)
    storm = step(u[24] - 0.72, 0.1)
    sky = oklch(
        0.63 + 0.13 * t + 0.13 * band - 0.26 * storm,
        0.105 - 0.05 * band + 0.045 * storm,
        242 + 20 * storm + 16 * (u[25] - 0.5),
        -30 * t * (1 - storm),
    )
    sx, sy, radius = 0.15 + 0.7 * u[8], 0.13 + 0.05 * u[9], 0.050 + 0.02 * u[9]
    d = jnp.sqrt((x - sx) ** 2 + (y - sy) ** 2)
    glow = 1.25 * bell(d / radius) + bell(d / (2.6 * radius)) * (0.42 + 0.35 * jnp.cos(2.5 * d / radius))
    sky = blend(sky, oklch(0.91, 0.155, 96.0), jnp.clip(glow, 0, 1) * (1 - storm))
    around = jnp.clip(1.6 * swirl, 0, 1) * bell(d / (2.6 * radius))
    flow = unit(added((1.0, 0.35 * drift), scaled(3 * swirl, great)))
    flow = blend(flow, unit((sy - y, x - sx)), around)
    out = Layer(sky, flow, jnp.clip(0.35 * d + 0.012, 0, 0.2))

    far = horizon - 0.05 - 0.03 * wave(0.9 * x + u[10]) - 0.05 * bell((x - u[11]) / 0.16)
    hill = oklch(0.55 + 0.07 * wave(4 * x + 6 * y), 0.09, 205.0, 35 * wave(x + u[11]))
    out = over(out, step(y - far, 0.01), hill, (1.0, -0.17 * jnp.cos(TURN * (0.9 * x + u[10]))), 0.05)

    # The wheat, which a gust bends.
    depth = jnp.clip((y - horizon) / (1 - horizon), 0, 1)
    gust = wave(1.7 * x - 1.5 * depth + u[12] + 0.25 * jnp.sin(5 * depth + 6 * u[13]))
    gold = oklch(0.81 + 0.055 * gust - 0.15 * depth, 0.15, 86.0, -18 * depth + 9 * gust)
    px = 0.5 + 0.3 * (u[14] - 0.5) + 0.2 * jnp.sin(3.2 * depth + 6 * u[15]) * depth
    path = step(0.02 + 0.10 * depth - jnp.abs(x - px), 0.015)
    gold = blend(gold, oklch(0.62 + 0.08 * gust, 0.105, 130.0), 0.85 * path)
    poppy = step(jnp.sin(41 * x + 9 * u[13]) * jnp.sin(37 * y + 17 * x) - 0.84, 0.05) * step(depth - 0.25, 0.1)
    gold = blend(gold, oklch(0.60, 0.2, 32.0), poppy)
    lean = 0.55 * gust + 0.25 * (u[16] - 0.5)
    stalk = unit(added((lean + (1 - depth) ** 2, -1.0), scaled(1.2 * swirl, great)))
    out = over(out, step(y - horizon, 0.01), gold, stalk, jnp.clip(0.02 + 0.16 * depth - 0.08 * poppy, 0.015, 0.2))

    def cypress(out: Layer, place: tuple[Array, Array, Array]) -> tuple[Layer, None]:
        cx, height, foot = place
        s = jnp.clip((y - (foot - height)) / height, 0, 1)
        axis = cx + 0.012 * jnp.sin(9 * s)
        half = 0.036 * jnp.sqrt(jnp.sin(np.pi * (s * 0.93 + 0.02))) * (1 + 0.2 * jnp.sin(20 * s))
        tree = step(half - jnp.abs(x - axis), 0.012) * step(y - foot + height, 0.01) * step(foot - y, 0.01)
        dark = oklch(0.33 + 0.10 * jnp.cos(55 * (x - axis) + 5 * s), 0.08, 152.0)
        return over(out, tree, dark, (0.4 * jnp.sin(13 * s), -1.0), 0.026), None

    out = everywhere(out, x)
    places = 0.08 + 0.84 * u[17:21:2], 0.20 + 0.20 * u[18:22:2], horizon + 0.06 + jnp.array([0, 0.05])
    return jax.lax.scan(cypress, out, places)[0]
