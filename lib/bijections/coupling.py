"""A coupling: some numbers of a point pass as they are, and say how each of the others is moved.

    x_a = z_a,    x_b = f(z_b; network(z_a))

f moves each number along its own line, and can be undone. The network need not be: on the way back x_a = z_a is known,
and so is what the network says of it. The matrix of the derivatives ∂x/∂z is triangular, so the logarithm of its
determinant is the sum of the logarithms of the slopes of f.
Source: L. Dinh, D. Krueger & Y. Bengio, NICE: Non-linear independent components estimation, ICLR workshop 2015.
"""

import abc
from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.bijections.bijection import Bijection
from lib.nets.mlp import Layers, layers, through
from lib.numerics.summation import pairwise_sum

REACH = 5.0  # the network takes a number beyond ±REACH for ±REACH: far from all data it has learnt nothing


class Coupling(Bijection):
    """A coupling of points (d,): number i passes where `passes[i]` is true, else it is moved.

    The network is a multilayer perceptron that gives `num_settings` numbers for each number that is moved. Its last
    layer starts at 0, so that nothing is moved before training.

    Raises TypeError or ValueError where `hidden` are not whole numbers of at least 1, and where no number passes or all
    do.
    """

    network: Layers
    passes: tuple[bool, ...] = eqx.field(static=True)

    def __init__(self, passes: Sequence[bool], num_settings: int, hidden: Sequence[int], key: PRNGKeyArray) -> None:
        self.passes = tuple(map(bool, passes))
        passing, moved = sum(self.passes), len(self.passes) - sum(self.passes)
        if not (passing and moved):
            raise ValueError(f"passes must let some numbers pass, and not all; got {self.passes}")
        sizes = passing, *checks.sizes(hidden, "hidden", of="layer"), moved * num_settings
        *first, (weight, bias) = layers(sizes, checks.key(key))
        self.network = *first, (0 * weight, bias)

    @abc.abstractmethod
    def move(
        self, z: Float[Array, ""], settings: Float[Array, " num_settings"]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """f(z), and the logarithm of the slope of f at z. With settings of 0, f(z) is z."""

    @abc.abstractmethod
    def move_back(
        self, x: Float[Array, ""], settings: Float[Array, " num_settings"]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The z at which f is x, and the logarithm of the slope of this way back: minus that of f at z."""

    def forward(self, z: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        return self._along(self.move, z)

    def inverse(self, x: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        return self._along(self.move_back, x)

    @property
    def work(self) -> int:
        return max(len(bias) for _, bias in self.network)

    def settings(self, x: Float[Array, " d"]) -> Float[Array, "moved num_settings"]:
        """What the network says of the numbers that are moved, given those that pass."""
        passing = np.flatnonzero(self.passes)
        return through(self.network, jnp.clip(x[passing], -REACH, REACH)).reshape(len(x) - len(passing), -1)

    def _along(self, move: Callable[..., tuple[Array, Array]], x: Float[Array, " d"]) -> tuple[Array, Array]:
        moved = np.flatnonzero(np.logical_not(self.passes))
        y, log_slopes = jax.vmap(move)(x[moved], self.settings(x))
        return x.at[moved].set(y), pairwise_sum(log_slopes)
