"""A multilayer perceptron: matrices with a bend, `jax.nn.gelu`, between any two of them."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

Layers = tuple[tuple[Float[Array, "from to"], Float[Array, " to"]], ...]  # a matrix and what is added, for each


def layers(sizes: tuple[int, ...], key: PRNGKeyArray) -> Layers:
    """Weights between ±1 / √(numbers that come in), so that numbers neither grow nor vanish from layer to layer."""

    def layer(key: PRNGKeyArray, before: int, after: int) -> tuple[Array, Array]:
        most = 1 / math.sqrt(before)
        weight = jax.random.uniform(key, (before, after), jnp.float32, -most, most)
        return weight, jnp.zeros(after, jnp.float32)

    return tuple(map(layer, jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:]))


def through(layers: Layers, h: Float[Array, "*batch _"]) -> Float[Array, "*batch _"]:
    """What the last layer says of rows that enter the first one."""
    for i, (weight, bias) in enumerate(layers):
        h = jax.nn.gelu(h) if i else h
        h = h @ weight + jnp.expand_dims(bias, range(h.ndim - 1))
    return h
