"""A network as a denoiser: a perceptron whose layers add to what came in.

It does not guess the point itself, but a mixture of noise and point, v = cos(angle) ε − sin(angle) x, since then its
task is as hard with little noise as with much: v is ε where z is nearly x, and −x where z is nearly ε. The point is
x = cos(angle) z − sin(angle) v.
Source: T. Salimans & J. Ho, Progressive distillation for fast sampling of diffusion models, ICLR 2022.
"""

import math
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib.denoisers.denoiser import Denoiser
from lib.nets.mlp import Layers, layers, through

WAVES = 4  # in which the network sees the angle: of 1, 2, … quarter turns


class MLPDenoiser(Denoiser):
    """Blocks of two layers each, between a first and a last layer; the output of a block is added to its input."""

    first: Layers
    blocks: tuple[Layers, ...]
    last: Layers
    sizes: tuple[int, ...] = eqx.field(static=True)

    @classmethod
    def untrained(cls, d: int, sizes: tuple[int, ...], *, key: PRNGKeyArray, width: int, depth: int) -> Self:
        """`depth` blocks of `width` units, with random weights, for points (d,) and attributes of `sizes`."""
        first, last, *blocks = jax.random.split(key, 2 + depth)
        return cls(
            first=layers((d + 2 * WAVES + sum(sizes), width), first),
            blocks=tuple(layers((width, width, width), key) for key in blocks),
            last=layers((width, d), last),
            sizes=sizes,
        )

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.last[-1][1].shape

    @property
    def work(self) -> int:
        return len(self.first[-1][1])

    def __call__(
        self, z: Float[Array, " d"], angle: Float[Array, ""], condition: Int[Array, " k"]
    ) -> Float[Array, " d"]:
        turns = angle * jnp.arange(1, WAVES + 1, dtype=jnp.float32)
        asked = [
            jax.nn.one_hot(code, size, dtype=jnp.float32) for code, size in zip(condition, self.sizes, strict=True)
        ]
        h = through(self.first, jnp.concatenate([z, jnp.cos(turns), jnp.sin(turns), *asked]))
        for block in self.blocks:
            h = h + through(block, jax.nn.gelu(h)) / math.sqrt(len(self.blocks))
        v = through(self.last, jax.nn.gelu(h))
        return jnp.cos(angle) * z - jnp.sin(angle) * v
