"""A multilayer perceptron that slides along the tokens: it predicts each one from a window of earlier ones.

    logits_i = MLP(embeddings of the tokens at window[i], vector of place i)

All places share the network, so it learns from each of them. What lies outside the window it cannot see: the window is
its *receptive field*. With the last k words for a window it is the neural language model of Bengio et al.; with the
pixels above and at the left it is a PixelCNN of one wide layer.

Sources: Y. Bengio, R. Ducharme, P. Vincent & C. Jauvin, A neural probabilistic language model, JMLR 3, 2003; A. van den
Oord, N. Kalchbrenner & K. Kavukcuoglu, Pixel recurrent neural networks, ICML 2016.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.nets.causal import Causal


class WindowMLP(Causal):
    """One hidden layer of `hidden` units and a second one that is added to it, both bent by `jax.nn.gelu`.

    `window[i]` are the places of the tokens that token i is predicted from, each before i, or −1 for nothing. Raises
    TypeError or ValueError where they are not, and for sizes, units or features that are not at least 1.

    >>> network = WindowMLP((3, 2, 4), key=jax.random.key(0), window=[[-1], [0], [1]], hidden=8)
    >>> one, other = network(jnp.array([1, 0, 0])), network(jnp.array([2, 0, 0]))
    >>> (one != other).any(axis=1)  # token 2 is predicted from token 1 alone
    Array([False,  True, False], dtype=bool)
    """

    window: Int[Array, "length width"]
    embedding: Float[Array, "values_and_nothing features"]
    places: Float[Array, "length hidden"]
    first: Float[Array, "width*features hidden"]
    second: Float[Array, "hidden hidden"]
    bias: Float[Array, " hidden"]
    last: Float[Array, "hidden values"]
    margins: Float[Array, " length*values"]

    def __init__(
        self, sizes: Sequence[int], *, key: PRNGKeyArray, window: ArrayLike, hidden: int = 192, features: int = 8
    ) -> None:
        sizes = checks.sizes(sizes)
        length, values = len(sizes), max(sizes)
        hidden, features = checks.whole("hidden", hidden, least=1), checks.whole("features", features, least=1)
        self.window = jnp.asarray(_earlier(window, length), jnp.int32)
        width = self.window.shape[1]
        embedding, places, first, second, last = jax.random.split(key, 5)
        self.embedding = jax.random.normal(embedding, (values + 1, features), jnp.float32) / 2
        self.places = jax.random.normal(places, (length, hidden), jnp.float32) / 4
        self.first = jax.random.normal(first, (width * features, hidden), jnp.float32) / np.float32(
            np.sqrt(max(width * features, 1))
        )
        self.second = jax.random.normal(second, (hidden, hidden), jnp.float32) / np.float32(np.sqrt(hidden))
        self.bias = jnp.zeros(hidden, jnp.float32)
        self.last = jax.random.normal(last, (hidden, values), jnp.float32) / np.float32(10 * np.sqrt(hidden))
        self.margins = jnp.zeros(length * values, jnp.float32)

    def __call__(self, tokens: Int[Array, " length"]) -> Float[Array, "length values"]:
        return jax.vmap(self.at, in_axes=(None, 0))(tokens, jnp.arange(len(tokens), dtype=jnp.int32))

    def at(self, tokens: Int[Array, " length"], place: Int[Array, ""]) -> Float[Array, " values"]:
        window = self.window[place]
        seen = jnp.where(window >= 0, tokens[window], len(self.embedding) - 1)
        h = jax.nn.gelu(self.embedding[seen].reshape(-1) @ self.first + self.places[place])
        h = h + jax.nn.gelu(h @ self.second + self.bias)
        return h @ self.last + self.margins.reshape(-1, self.last.shape[1])[place]

    @property
    def work(self) -> int:
        return len(self.window) * max(self.first.shape)


def _earlier(window: ArrayLike, length: int) -> checks.Array:
    """The window, if it holds only places before each token."""
    window = checks.integers("window", window)
    if window.ndim != 2 or len(window) != length:
        raise ValueError(f"window must have shape ({length}, width), a row for each token; got shape {window.shape}")
    window = np.asarray(window)
    checks.refuse("window", window, _later, "places before their own, or −1 for nothing", np.arange(length)[:, None])
    return window


def _later(window: np.ndarray, place: np.ndarray) -> np.ndarray:
    return (window < -1) | (window >= place)
