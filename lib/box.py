"""The uniform density on a box: every point in it is as likely as any other.

    p(x) = Π_j 1 / (high_j − low_j)   where low_j ≤ x_j ≤ high_j for every j, and 0 elsewhere

The smaller the box, the larger the density in it. So the likelihood of some points is largest for the smallest box
that holds them all: low and high are the least and the greatest value of each coordinate. That is the classical
example of a maximum of the likelihood at which no derivative vanishes (G. Casella & R. Berger, Statistical Inference,
2nd ed. 2002, §7.2).
"""

from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.density import Density


class Box(Density):
    """The uniform density on the box from `low` to `high`, each of shape (d,), its faces included.

    A density is per unit of volume: of the product of the units of the coordinates. Under `jit`, where nothing can be
    refused, a box that is inside out is nowhere: its log density is −inf everywhere.

    Raises TypeError or ValueError where `low` and `high` are not finite numbers of one shape (d,), or where low is not
    below high: a box without width has no density. Also where the box is so narrow, so far from 0, that float32 would
    move its faces by more than 1e-4 of its width.

    >>> Box.fit([[0, 1], [2, 1], [1, 5]]).log_prob([[1, 3], [3, 3]])
    Array([-2.0794415,       -inf], dtype=float32)
    """

    low: Float[checks.Array, " d"]
    high: Float[checks.Array, " d"]

    def __init__(self, low: ArrayLike, high: ArrayLike) -> None:
        self.low, self.high = _checked_corners(low, high)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.low.shape

    @classmethod
    def fit(cls, x: ArrayLike) -> Self:
        """The smallest box around points x (n, d): the one of maximal likelihood.

        Raises TypeError for what are not real numbers, ValueError for no rows, a wrong shape, values that are not
        finite or too far from 0 for float32 to tell them apart, and a coordinate in which all points agree.
        """
        x = checks.points("x", x)
        return cls(x.min(axis=0), x.max(axis=0))

    def _log_prob(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        inside = jnp.all((self.low <= x) & (x <= self.high))
        return jnp.where(inside, -jnp.sum(jnp.log(self.high - self.low)), -jnp.inf)

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        share = jax.random.uniform(key, self.event_shape, jnp.float32)
        return share * (self.high - self.low) + self.low  # at most high, however rounded: share is below 1 − 2⁻²⁴


# --- Private checks ------------------------------------------------------------------------------


def _checked_corners(low: ArrayLike, high: ArrayLike) -> tuple[checks.Array, checks.Array]:
    """The corners of a box as float32: finite, and low below high, by no more than float32 can hold."""
    given = checks.real_numbers("low", low), checks.real_numbers("high", high)
    low, high = map(checks.float32, given)
    if low.ndim != 1 or low.shape != high.shape or not low.size:
        raise ValueError(f"low and high must have one shape (d,); got shapes {low.shape} and {high.shape}")
    checks.finite("low", given[0])
    checks.finite("high", given[1])
    if not checks.is_traced(low) and not checks.is_traced(high):
        with np.errstate(over="ignore"):
            width = np.subtract(*jax.device_get((high, low)))
        least = np.finfo(np.float32).tiny  # XLA takes a smaller width for 0
        rule = f"at least {least:.2g} and finite, for a box needs a width on each axis"
        checks.refuse("high - low", width, lambda width: ~((width >= least) & (width < np.inf)), rule)
        checks.precise("low", given[0], width)
        checks.precise("high", given[1], width)
    return low, high
