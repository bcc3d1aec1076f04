"""Features without units: shifted, scaled and mixed so that they spread alike in every direction.

A linear model of features x with a penalty of ρ²/2 · |w|² becomes one of features u = (x − c) A. These have the mean 0,
and what the data say about a score u · θ and what the penalty says about it add up to the same in all directions:

    E[u uᵀ] + R = 1,    where θᵀ R θ = ρ² |w|² with w = A θ

So neither units nor features that almost agree make a problem that float32 cannot solve.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

THIN = 1e-5  # where the features spread less than this, once each is scaled, they are taken not to spread at all


class Whitened(NamedTuple):
    """u, c, A and R."""

    u: Float[Array, "n d"]
    centre: Float[Array, " d"]
    mixing: Float[Array, "d d"]
    penalty: Float[Array, "d d"]


def whiten(x: Float[Array, "n d"], share: Float[Array, " n"], penalty: Float[Array, ""]) -> Whitened:
    """Features u of points x that have these shares, which sum to one; `penalty` is ρ.

    A row without a share is left out, whatever stands in it. Directions in which x does not spread have u = 0, so w has
    no part in them; there R is 1.
    """
    seen = share[:, None] > 0
    low, high = jnp.where(seen, x, jnp.inf).min(axis=0), jnp.where(seen, x, -jnp.inf).max(axis=0)
    varies = high > low
    low, width = jnp.where(varies, low, 0), jnp.where(varies, high - low, 1)
    place = jnp.where(seen & varies[None], (x - low[None]) / width[None], 0)  # from 0 to 1, so squares are safe
    mean = share @ place
    place = jnp.where(seen, place - mean[None], 0)
    pull = penalty / width
    scale = jnp.hypot(jnp.sqrt(share @ place**2), pull)
    scale = jnp.where(scale > 0, scale, 1)
    place, pull = place / scale[None], jnp.diag(pull / scale)
    # The matrix E[…] + R is the square of this one. Formed, it would have the square of its condition number.
    root = jnp.linalg.qr(jnp.concatenate([jnp.sqrt(share)[:, None] * place, pull]), mode="r")
    _, spread, axes = jnp.linalg.svd(root)
    thick = spread > THIN
    mixing = jnp.where(thick[None], axes.T / jnp.where(thick, spread, 1)[None], 0)
    pulls = pull @ mixing
    flat = jnp.diag((~thick).astype(jnp.float32))
    return Whitened(place @ mixing, low + width * mean, mixing / (scale * width)[:, None], pulls.T @ pulls + flat)
