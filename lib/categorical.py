"""The simplest model: one probability for each combination of values.

A table of counts n_c, one for each of the d cells (combinations), becomes a table of probabilities

    P(c) = (n_c + α) / (N + α d)

where N is the number of observations. With α = 0 this is the maximum of the likelihood; with α > 0 it is the
posterior mean of the probabilities under a symmetric Dirichlet(α) prior, and α = 1 is Laplace's rule of succession
(P. S. Laplace, Essai philosophique sur les probabilités, 1814; K. Murphy, Probabilistic Machine Learning, 2022, §4.6).
"""

from collections.abc import Sequence
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.counted import Counted
from lib.discrete import SMALL
from lib.numerics.alias import AliasTable
from lib.numerics.counting import joint, tally
from lib.numerics.tables import cell_of, combinations, look_up, pick, smooth


class Categorical(Counted):
    """One probability for each combination of categorical features.

    `log_probs` is the table of log-probabilities in nats, of shape `sizes`. Raises ValueError where the table does not
    sum to one, or has 2³¹ or more cells.

    >>> model = Categorical.fit([[0, 1], [0, 1], [1, 0], [0, 0]], sizes=(2, 2))
    >>> jnp.exp(model.log_prob(jnp.array([[0, 1], [1, 1]])))
    Array([0.5, 0. ], dtype=float32)
    """

    log_probs: Float[Array | np.ndarray, "*sizes"]

    def __check_init__(self) -> None:
        checks.table_size("log_probs.shape", self.log_probs.shape)
        checks.log_table("log_probs", self.log_probs)

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.log_probs.shape

    @staticmethod
    def count(x: ArrayLike, sizes: Sequence[int]) -> Int[checks.Array, "*sizes"]:
        """How often each combination occurs in codes x (n, features). Counts of parts of the data add up.

        Raises TypeError or ValueError as `fit` does, but no rows give zeros; ValueError for 2³¹ combinations or more.
        """
        sizes = checks.sizes(sizes)
        checks.table_size("sizes", sizes)
        return tally(joint, checks.codes("x", x, sizes), sizes, 1)

    @classmethod
    def from_counts(cls, counts: ArrayLike, alpha: ArrayLike = 0.0) -> Self:
        """The model of a table of counts; `alpha` ≥ 0 is the pseudo-count of each cell. Works under `jit`.

        Raises ValueError for a negative count or alpha, and where nothing was seen and alpha is 0.
        """
        (table,), alpha = checks.smoothed_counts({"counts": counts}, alpha)
        return cls(_smooth(table, alpha))

    def _log_prob(self, x: Int[Array, " features"]) -> Float[Array, ""]:
        return look_up(jnp.ravel(self.log_probs), *cell_of(x, self.sizes))

    def _sample(self, key: PRNGKeyArray) -> Int[Array, " features"]:
        return combinations(pick(key, jnp.ravel(self.log_probs)), self.sizes)

    def _samples(self, key: PRNGKeyArray, n: int) -> Int[Array, "n features"]:
        if self.log_probs.size <= SMALL:
            return super()._samples(key, n)
        return combinations(AliasTable(self._table()).draw(key, n), self.sizes)

    def _table(self) -> Float[Array, " cells"]:
        return jnp.ravel(self.log_probs)


# --- Private numerics ----------------------------------------------------------------------------


@jax.jit
def _smooth(counts: Float[Array, "*sizes"], alpha: Float[Array, ""]) -> Float[Array, "*sizes"]:
    return smooth(jnp.ravel(counts), alpha).reshape(counts.shape)
