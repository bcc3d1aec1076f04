"""Sums that keep their digits.

On CPUs XLA adds float32 in a running sum: over a table of 4032 cells it was seen to be off by 2 · 10⁻⁵ of the total.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


@jax.jit
def pairwise_sum(x: Float[Array, "*batch n"]) -> Float[Array, "*batch"]:
    """Σ x over the last axis, added in pairs: the error grows with log n, not with n.

    Source: N. Higham, The accuracy of floating point summation, SIAM J. Sci. Comput. 14, 1993.
    """
    while (n := x.shape[-1]) > 1:
        half = (n + 1) // 2
        padding = [(0, 0)] * (x.ndim - 1) + [(0, 2 * half - n)]
        x = x[..., :half] + jnp.pad(x[..., half:], padding)
    return x.sum(-1)  # one entry, or none
