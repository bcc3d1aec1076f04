"""Sums that keep their digits.

On CPUs XLA adds float32 in a running sum: over a table of 4032 cells it was seen to be off by 2 · 10⁻⁵ of the total.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def pairwise_sum(x: Float[Array, "..."]) -> Float[Array, ""]:
    """Σ x over all entries, added in pairs: the error grows with log n, not with n.

    Source: N. Higham, The accuracy of floating point summation, SIAM J. Sci. Comput. 14, 1993.
    """
    x = jnp.ravel(x)
    while x.size > 1:
        half = (x.size + 1) // 2
        x = x[:half] + jnp.pad(x[half:], (0, 2 * half - x.size))
    return x.sum()  # one entry, or none
