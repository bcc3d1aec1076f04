"""A coupling: some numbers of a point pass as they are, and say how each of the others is moved.

    x_a = z_a,    x_b = f(z_b; network(z_a))

f moves each number on its own, along a line, and can be undone. The network need not be undone: to go back, x_a = z_a is
known, and so is what the network says of it. The derivatives ∂x/∂z make a triangular matrix, so the logarithm of its
determinant is the sum of the logarithms of the slopes of f.
Source: L. Dinh, D. Krueger & Y. Bengio, NICE: Non-linear independent components estimation, ICLR workshop 2015.
"""

import abc
from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.bijections.bijection import Bijection
from lib.nets.mlp import Layers, layers, through
from lib.numerics.summation import pairwise_sum

REACH = 5.0  # the network sees numbers from −REACH to REACH; one that is farther off it takes for the nearest of these


class Coupling(Bijection):
    """A coupling of points (d,): number i passes where `passes[i]` is true, else it is moved.

    The network is a multilayer perceptron with layers of `hidden` units. Its last layer starts at 0.

    Raises TypeError or ValueError where no number passes or all do, and where `hidden` are not whole numbers of at
    least 1.
    """

    network: Layers
    passes: tuple[bool, ...] = eqx.field(static=True)

    def __init__(self, passes: Sequence[bool], num_settings: int, *, key: PRNGKeyArray, hidden: Sequence[int]) -> None:
        self.passes = tuple(map(bool, passes))
        if all(self.passes) or not any(self.passes):
            raise ValueError(f"passes must let some numbers pass, and move some others; got {self.passes}")
        hidden = checks.sizes(hidden, "hidden", of="layer")
        *first, (weight, bias) = layers((sum(self.passes), *hidden, len(self._moved) * num_settings), key)
        self.network = (*first, (0 * weight, bias))

    @abc.abstractmethod
    def move(
        self, z: Float[Array, ""], settings: Float[Array, " num_settings"]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Where f puts the number z, and the logarithm of its slope there. Settings of 0 leave all as it is."""

    @abc.abstractmethod
    def move_back(
        self, x: Float[Array, ""], settings: Float[Array, " num_settings"]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The number that f puts at x, and the logarithm of the slope of the way back."""

    def forward(self, z: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        return self._along(self.move, z)

    def inverse(self, x: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        return self._along(self.move_back, x)

    @property
    def _passing(self) -> Int[np.ndarray, "_"]:
        return np.flatnonzero(self.passes)

    @property
    def _moved(self) -> Int[np.ndarray, "_"]:
        return np.flatnonzero(np.logical_not(self.passes))

    def _along(self, move: Callable[..., tuple[Array, Array]], x: Float[Array, " d"]) -> tuple[Array, Array]:
        known, moved = jnp.clip(x[self._passing], -REACH, REACH), self._moved
        settings = through(self.network, known).reshape(len(moved), -1)
        y, log_slopes = jax.vmap(move)(x[moved], settings)
        return x.at[moved].set(y), pairwise_sum(log_slopes)
