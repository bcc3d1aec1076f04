"""A masked multilayer perceptron: all conditionals P(x_i | x_0, …, x_{i−1}) in one pass through one network.

Each hidden unit has a *degree* d from 1 to length − 1, and may see the first d tokens only: it takes input from tokens
0, …, d − 1 and from units of degree at most d. The logits of token i take input from units of degree at most i. So no
path leads from a token to its own logits. Weights that would make one are set to 0 by a mask. The logits also see the
tokens before them directly, so that the hidden units are free for what tokens say together.

Source: M. Germain, K. Gregor, I. Murray & H. Larochelle, MADE: Masked autoencoder for distribution estimation, ICML
2015.
"""

from collections.abc import Sequence
from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.nets.causal import Causal
from lib.nets.mlp import through


class MaskedMLP(Causal):
    """Tokens as one-hot vectors, layers of `hidden` units that bend by `jax.nn.gelu`, and logits.

    Raises TypeError or ValueError where `sizes` or `hidden` are not whole numbers of at least 1.

    >>> network = MaskedMLP((3, 2, 4), key=jax.random.key(0), hidden=(8,))
    >>> one, other = network(jnp.array([1, 0, 0])), network(jnp.array([1, 1, 0]))
    >>> (one != other).any(axis=1)  # only the logits of token 2 depend on token 1
    Array([False, False,  True], dtype=bool)
    """

    weights: tuple[Float[Array, "before after"], ...]
    biases: tuple[Float[Array, " after"], ...]
    direct: Float[Array, "length*values length*values"]
    length: int = eqx.field(static=True)

    def __init__(self, sizes: Sequence[int], *, key: PRNGKeyArray, hidden: Sequence[int] = (64, 64)) -> None:
        sizes = checks.sizes(sizes)
        self.length, ends = len(sizes), len(sizes) * max(sizes)
        widths = (ends, *checks.sizes(hidden, "hidden", of="layer"), ends)
        shapes = list(pairwise(widths))
        self.weights = tuple(map(_start, jax.random.split(key, len(shapes)), self._masks(shapes)))
        self.biases = tuple(jnp.zeros(after, jnp.float32) for after in widths[1:])
        self.direct = jnp.zeros((ends, ends), jnp.float32)

    def __call__(self, tokens: Int[Array, " length"]) -> Float[Array, "length values"]:
        values = len(self.direct) // self.length
        x = jax.nn.one_hot(tokens, values, dtype=jnp.float32).reshape(-1)
        masks = self._masks([weight.shape for weight in self.weights])
        masked = [(w * mask, bias) for w, mask, bias in zip(self.weights, masks, self.biases, strict=True)]
        place = np.arange(len(x)) // values
        before = (place[:, None] < place).astype(np.float32)
        return (through(tuple(masked), x) + x @ (self.direct * before)).reshape(self.length, values)

    @property
    def work(self) -> int:
        return max(weight.shape[1] for weight in self.weights)

    def _masks(self, shapes: Sequence[tuple[int, ...]]) -> list[Float[np.ndarray, "before after"]]:
        """Which weights of each layer there are: 1, or 0. The degree of a token is its place, counted from 1."""
        ends = np.arange(shapes[0][0]) * self.length // shapes[0][0] + 1
        units = [self._degrees(after) for _, after in shapes[:-1]]
        degrees = [ends, *units]
        masks = [before[:, None] <= after for before, after in pairwise(degrees)]
        return [mask.astype(np.float32) for mask in (*masks, degrees[-1][:, None] < ends)]

    def _degrees(self, units: int) -> Int[np.ndarray, " units"]:
        """Of the units of a layer: in turn 1, 2, …, length − 1, or evenly spaced ones where there are fewer units."""
        most = max(self.length - 1, 1)
        return np.arange(units) * max(units, most) // units % most + 1


def _start(key: PRNGKeyArray, mask: Float[np.ndarray, "before after"]) -> Float[Array, "before after"]:
    """Random weights whose sums are of about the size of what is summed, counting only those that the mask leaves."""
    return jax.random.normal(key, mask.shape, jnp.float32) / np.float32(
        np.sqrt(np.maximum(mask.sum(0, keepdims=True), 1))
    )
