"""Laws over combinations of categorical features: what tables, trees and networks over codes have in common.

An observation is a row of codes; feature j has the values 0 to sizes[j] − 1.
"""

import abc
import math

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.density import Density
from lib.numerics.alias import AliasTable
from lib.numerics.tables import cell_of, combinations, look_up, once

# Up to this many combinations, the table of all of them is cheaper than the formula for each of many points.
SMALL = 2**16


class Discrete(Density):
    """A law over combinations of categorical features."""

    @property
    @abc.abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """The number of values of each feature."""

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (len(self.sizes),)

    def _checked(self, x: ArrayLike) -> checks.Array:
        return checks.codes_at(x, self.event_shape)

    def log_table(self) -> Float[Array, "*sizes"]:
        """The log-probability of every combination, in nats. Raises ValueError where there are 2³¹ or more."""
        checks.table_size("sizes", self.sizes)
        return _log_table(self)

    def _log_probs(self, x: Int[Array, "n features"]) -> Float[Array, " n"]:
        if math.prod(self.sizes) > min(SMALL, len(x)):
            return super()._log_probs(x)
        return look_up(once(self._table()), *jax.vmap(cell_of, in_axes=(0, None))(x, self.sizes))

    def _samples(self, key: PRNGKeyArray, n: int) -> Int[Array, "n features"]:
        if math.prod(self.sizes) > SMALL:
            return super()._samples(key, n)
        decode = once(combinations(jnp.arange(math.prod(self.sizes), dtype=jnp.int32), self.sizes))
        return decode[once(AliasTable(once(self._table()))).draw(key, n)]

    def _table(self) -> Float[Array, " cells"]:
        return jax.vmap(self._log_prob)(combinations(jnp.arange(math.prod(self.sizes), dtype=jnp.int32), self.sizes))


@jax.jit
def _log_table(model: Discrete) -> Array:
    return model._table().reshape(model.sizes)
