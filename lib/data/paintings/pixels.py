"""Two numbers that are measured on a picture: how the brush turns, and how colourful it is."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from lib import checks

BLOCK = 4  # pixels along the side of the squares in which a direction is measured
APART = 3  # blocks: between directions that are compared
CLEAR = 1e-3  # as much contrast (squared, per pixel) makes a direction half clear
AT_ONCE = 64  # pictures


def features(pictures: ArrayLike) -> Float[Array, "*batch 2"]:
    """Turning and colourfulness of pictures (*batch, size, size, 3), each from 0 to 1. Works under `jit`.

    Pictures are whole numbers from 0 to 255, or floats from 0 to 1; a side is at least 22 pixels.

    - Turning: the mean of |sin 2(θ − θ′)|, where θ and θ′ are the directions of the brush in two squares of the
      picture, three squares apart; each is weighted by how clear the direction is. It is 0 if all strokes are
      parallel, and near it where strokes are dots.
    - Colourfulness: the mean difference between the largest and the smallest of red, green and blue.

    Raises TypeError for what are not real numbers, ValueError for a wrong shape and for numbers out of range.
    """
    pictures = checks.real_numbers("pictures", pictures)
    height, width, channels = (0, 0, 0, *pictures.shape)[-3:]
    if channels != 3 or height != width or width < (APART + 2) * BLOCK + 2:
        raise ValueError(f"pictures must have shape (*batch, size, size, 3), size ≥ 22; got shape {pictures.shape}")
    most = 255 if jnp.issubdtype(pictures.dtype, jnp.integer) else 1
    checks.refuse("pictures", pictures, _dark_or_bright, f"from 0 to {most}", np.array(most))
    return _features(jnp.asarray(pictures))


# --- Private numerics ----------------------------------------------------------------------------


def _dark_or_bright(pictures: checks.Array, most: checks.Array) -> checks.Array:
    return ~((pictures >= 0) & (pictures <= most))


@jax.jit
def _features(pictures: Array) -> Array:
    *batch, height, width, _ = pictures.shape
    if not batch:
        return _of_one(pictures)
    each = jax.lax.map(_of_one, pictures.reshape(-1, height, width, 3), batch_size=AT_ONCE)
    return each.reshape(*batch, 2)


def _of_one(picture: Array) -> Float[Array, "2"]:
    if jnp.issubdtype(picture.dtype, jnp.integer):
        picture = picture.astype(jnp.float32) / 255
    return jnp.stack([_turning(picture), (picture.max(-1) - picture.min(-1)).mean()])


def _turning(picture: Array) -> Float[Array, ""]:
    """From the structure tensor of the brightness, whose double angle is that of the brush (J. Bigün, 1987)."""
    bright = 0.3 * picture[..., 0] + 0.59 * picture[..., 1] + 0.11 * picture[..., 2]
    gx = (bright[1:-1, 2:] - bright[1:-1, :-2]) / 2
    gy = (bright[2:, 1:-1] - bright[:-2, 1:-1]) / 2
    contrast = _blocks(gx * gx + gy * gy) + CLEAR
    c, s = _blocks(gx * gx - gy * gy) / contrast, _blocks(2 * gx * gy) / contrast
    right = jnp.abs(c[:, APART:] * s[:, :-APART] - s[:, APART:] * c[:, :-APART])
    below = jnp.abs(c[APART:] * s[:-APART] - s[APART:] * c[:-APART])
    return (right.mean() + below.mean()) / 2


def _blocks(plane: Array) -> Array:
    """The means of squares of BLOCK × BLOCK pixels; what is left over at the right and below counts for nothing."""
    rows, columns = (side // BLOCK for side in plane.shape)
    return plane[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK).mean((1, 3))
