"""The simplest model: one probability for each combination of values.

A table of counts n_c, one for each of the d cells (combinations), becomes a table of probabilities

    P(c) = (n_c + α) / (N + α d)

where N is the number of observations. With α = 0 this is the maximum of the likelihood; with α > 0 it is the
posterior mean of the probabilities under a symmetric Dirichlet(α) prior, and α = 1 is Laplace's rule of succession
(P. S. Laplace, Essai philosophique sur les probabilités, 1814; K. Murphy, Probabilistic Machine Learning, 2022, §4.6).
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.density import Density
from lib.summation import pairwise_sum


class Categorical(Density):
    """One probability for each combination of categorical features.

    `log_probs` is the table of log-probabilities in nats, of shape `sizes`: feature j has the values 0 to sizes[j] − 1,
    and an observation is a row of codes. Raises ValueError where the table does not sum to one.

    >>> model = Categorical.fit([[0, 1], [0, 1], [1, 0], [0, 0]], sizes=(2, 2))
    >>> jnp.exp(model.log_prob(jnp.array([[0, 1], [1, 1]])))
    Array([0.5, 0. ], dtype=float32)
    """

    log_probs: Float[Array | np.ndarray, "*sizes"]

    def __check_init__(self) -> None:
        checks.log_table("log_probs", self.log_probs)

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.log_probs.shape

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (self.log_probs.ndim,)

    @classmethod
    def fit(cls, x: ArrayLike, sizes: Sequence[int], alpha: ArrayLike = 0.0) -> Self:
        """Fit to codes x (n, features); `alpha` ≥ 0 is the pseudo-count of each cell.

        Raises TypeError for codes that are not integers, ValueError for no rows, a wrong shape, a code out of range
        or a negative alpha.
        """
        counts = cls.count(x, sizes)
        if not checks.is_traced(counts) and not counts.any():
            raise ValueError("x must have at least one row; got none")
        return cls.from_counts(counts, alpha)

    @staticmethod
    def count(x: ArrayLike, sizes: Sequence[int]) -> Int[Array, "*sizes"]:
        """How often each combination occurs in x (n, features). Counts of parts of the data add up."""
        sizes = checks.sizes(sizes)
        if math.prod(sizes) >= 2**31:
            raise ValueError(f"sizes must have a product below 2**31 to be tabulated; got {math.prod(sizes)} cells")
        return _count(checks.codes("x", x, sizes), sizes)

    @classmethod
    def from_counts(cls, counts: ArrayLike, alpha: ArrayLike = 0.0) -> Self:
        """The model of a table of counts. Works under `jit`, so a new alpha recounts and recompiles nothing.

        Raises ValueError for a negative count or alpha, and where nothing was seen and alpha is 0.
        """
        counts, alpha = checks.counts("counts", counts), checks.pseudo_count("alpha", alpha)
        if not (checks.is_traced(counts) or checks.is_traced(alpha)) and alpha == 0 and not counts.any():
            raise ValueError("counts must hold at least one observation where alpha is 0; all of them are 0")
        return cls(_smooth(counts, alpha))

    def _log_prob(self, x: Int[Array, " features"]) -> Float[Array, ""]:
        cell, inside = _cell(x, self.sizes)
        return jnp.where(inside, jnp.ravel(self.log_probs)[cell], -jnp.inf)

    def _sample(self, key: PRNGKeyArray) -> Int[Array, " features"]:
        """Cut a stick of about 2³⁰ notches into pieces as long as the probabilities, and pick one notch.

        Whole notches make it exact where floats are not: a cell of probability 0 has no notch and is never drawn.
        """
        ends = jnp.cumsum(jnp.rint(jnp.exp(jnp.ravel(self.log_probs)) * 2**30).astype(jnp.int32))
        notch = jax.random.randint(key, (), 0, ends[-1])
        cell = jnp.searchsorted(ends, notch, side="right")
        return jnp.stack(jnp.unravel_index(cell, self.sizes)).astype(jnp.int32)


# --- Private numerics ----------------------------------------------------------------------------


def _cell(x: Int[Array, " features"], sizes: tuple[int, ...]) -> tuple[Array, Array]:
    """The place of one combination in the flat table, and whether it is in the table at all (else the place is 0)."""
    inside = jnp.all((x >= 0) & (x < jnp.array(sizes)))
    cell = jnp.zeros((), jnp.int32)
    for code, size in zip(x, sizes, strict=True):  # mixed radix: the last feature counts fastest
        cell = cell * size + code
    return jnp.where(inside, cell, 0), inside


@partial(jax.jit, static_argnums=1)
def _count(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> Int[Array, "*sizes"]:
    cell, inside = jax.vmap(_cell, in_axes=(0, None))(x, sizes)
    return jnp.zeros(math.prod(sizes), jnp.int32).at[cell].add(inside.astype(jnp.int32)).reshape(sizes)


@jax.jit
def _smooth(counts: Float[Array, "*sizes"], alpha: Float[Array, ""]) -> Float[Array, "*sizes"]:
    weights = counts + alpha
    return jnp.log(weights / pairwise_sum(weights))
