"""A small transformer, as in LLaMA: each token looks back at those that matter to it.

Each token is a vector, to which that of its place is added. A block changes it twice, by adding: first *attention* adds
a mean of what the tokens so far have to say, weighted by how well their keys fit this token's query; then a small
network, *SwiGLU*, works on each token by itself. Before each of the two, *RMSNorm* brings the vector to a fixed length.
Queries and keys are *rotated* by an angle that grows with the place, so that their product knows how far apart two
tokens are.

Token i is predicted from a start symbol and tokens 0, …, i − 1.

Sources: A. Vaswani et al., Attention is all you need, NeurIPS 2017; H. Touvron et al., LLaMA, arXiv 2302.13971, 2023,
with B. Zhang & R. Sennrich, Root mean square layer normalization, NeurIPS 2019; N. Shazeer, GLU variants improve
transformer, arXiv 2002.05202, 2020; J. Su et al., RoFormer, Neurocomputing 568, 2024.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lib import checks
from lib.nets.causal import Causal

BASE = 10_000.0  # no rotation takes more than 2π times as many tokens
EPSILON = 1e-6


class Block(eqx.Module):
    """Attention, then SwiGLU, each after an RMSNorm and each added to what comes in."""

    before_attention: Float[Array, " width"]
    queries_keys_values: Float[Array, "width 3*width"]
    out: Float[Array, "width width"]
    before_network: Float[Array, " width"]
    gate_and_up: Float[Array, "width 2*inner"]
    down: Float[Array, "inner width"]
    heads: int = eqx.field(static=True)

    def __init__(self, width: int, heads: int, *, key: PRNGKeyArray) -> None:
        inner = 8 * width // 3
        keys = jax.random.split(key, 4)
        self.before_attention = self.before_network = jnp.ones(width, jnp.float32)
        self.queries_keys_values = _weights(keys[0], width, 3 * width)
        self.out = _weights(keys[1], width, width)
        self.gate_and_up = _weights(keys[2], width, 2 * inner)
        self.down = _weights(keys[3], inner, width)
        self.heads = heads

    def __call__(
        self, x: Float[Array, "length width"], sees: Bool[Array, "length length"]
    ) -> Float[Array, "length width"]:
        x = x + self._attention(rms_norm(x, self.before_attention), sees)
        gate, up = jnp.split(rms_norm(x, self.before_network) @ self.gate_and_up, 2, axis=-1)
        return x + (jax.nn.silu(gate) * up) @ self.down

    def _attention(
        self, x: Float[Array, "length width"], sees: Bool[Array, "length length"]
    ) -> Float[Array, "length width"]:
        queries, keys, values = (
            part.reshape(len(x), self.heads, -1) for part in jnp.split(x @ self.queries_keys_values, 3, axis=-1)
        )
        fits = jnp.einsum("qhd,khd->hqk", rotated(queries), rotated(keys)) / np.float32(np.sqrt(queries.shape[-1]))
        weights = jax.nn.softmax(jnp.where(sees, fits, -jnp.inf), axis=-1)
        return jnp.einsum("hqk,khd->qhd", weights, values).reshape(x.shape) @ self.out


class Transformer(Causal):
    """`depth` blocks of `heads` heads on vectors of `width` numbers; width must be an even multiple of heads.

    Raises TypeError or ValueError where it is not, and for what is no whole number of at least 1.

    >>> network = Transformer((3, 2, 4), key=jax.random.key(0), width=8, depth=1, heads=2)
    >>> one, other = network(jnp.array([1, 0, 0])), network(jnp.array([1, 1, 0]))
    >>> (one != other).any(axis=1)  # only the logits of token 2 depend on token 1
    Array([False, False,  True], dtype=bool)
    """

    tokens: Float[Array, "values_and_start width"]
    places: Float[Array, "length width"]
    blocks: tuple[Block, ...]
    before_logits: Float[Array, " width"]
    logits: Float[Array, "width values"]
    margins: Float[Array, " length*values"]

    def __init__(
        self, sizes: Sequence[int], *, key: PRNGKeyArray, width: int = 32, depth: int = 2, heads: int = 4
    ) -> None:
        sizes = checks.sizes(sizes)
        width, depth, heads = (
            checks.whole(name, n, least=1) for name, n in {"width": width, "depth": depth, "heads": heads}.items()
        )
        if width % (2 * heads):
            raise ValueError(f"width must be an even multiple of heads; got {width} and {heads}")
        tokens, places, logits, *blocks = jax.random.split(key, 3 + depth)
        self.tokens = jax.random.normal(tokens, (max(sizes) + 1, width), jnp.float32) / 2
        self.places = jax.random.normal(places, (len(sizes), width), jnp.float32) / 2
        self.blocks = tuple(Block(width, heads, key=key) for key in blocks)
        self.before_logits = jnp.ones(width, jnp.float32)
        self.logits = _weights(logits, width, max(sizes)) / 2
        self.margins = jnp.zeros(len(sizes) * max(sizes), jnp.float32)

    def __call__(self, tokens: Int[Array, " length"]) -> Float[Array, "length values"]:
        start = len(self.tokens) - 1
        before = jnp.concatenate([jnp.full(1, start, jnp.int32), tokens[:-1].astype(jnp.int32)])
        x = self.tokens[before] + self.places
        sees = jnp.tri(len(x), dtype=bool)
        for block in self.blocks:
            x = block(x, sees)
        return rms_norm(x, self.before_logits) @ self.logits + self.margins.reshape(len(x), -1)

    @property
    def work(self) -> int:
        return len(self.places) * max(self.blocks[0].gate_and_up.shape[1], self.blocks[0].heads * len(self.places))


def rms_norm(x: Float[Array, "*batch width"], scale: Float[Array, " width"]) -> Float[Array, "*batch width"]:
    """x in units of its root mean square, times a learnt number for each coordinate."""
    return x * jax.lax.rsqrt(jnp.mean(x**2, axis=-1, keepdims=True) + EPSILON) * jnp.broadcast_to(scale, x.shape)


def rotated(x: Float[Array, "length heads size"]) -> Float[Array, "length heads size"]:
    """Each pair of coordinates turned by an angle in proportion to the place; pairs differ in speed."""
    half = x.shape[-1] // 2
    angle = np.arange(len(x))[:, None, None] * BASE ** (-np.arange(half) / half)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    first, second = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)


def _weights(key: PRNGKeyArray, before: int, after: int) -> Float[Array, "before after"]:
    return jax.random.normal(key, (before, after), jnp.float32) / np.float32(np.sqrt(before))
