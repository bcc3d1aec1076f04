"""A network that sees some tokens of a row and says of each other one how plausible its values are.

    logits = MLP(one-hot of each token, or of "hidden")

It is the plain multilayer perceptron: no mask is needed, as what it must not see is not given to it. Which tokens are
shown may differ from row to row, so one network knows the conditionals of all orders. Source: B. Uria, I. Murray & H.
Larochelle, A deep and tractable density estimator, ICML 2014.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lib import checks
from lib.nets.mlp import Layers, layers, through


class InfillingMLP(eqx.Module):
    """Layers of `hidden` units that bend by `jax.nn.gelu`.

    Raises TypeError or ValueError where `sizes` or `hidden` are not whole numbers of at least 1.

    >>> network = InfillingMLP((3, 2, 4), key=jax.random.key(0), hidden=(8,))
    >>> network(jnp.array([1, 0, 0]), jnp.array([True, False, True])).shape
    (3, 4)
    """

    layers: Layers
    length: int = eqx.field(static=True)

    def __init__(self, sizes: Sequence[int], *, key: PRNGKeyArray, hidden: Sequence[int] = (128, 128)) -> None:
        sizes = checks.sizes(sizes)
        self.length = len(sizes)
        hidden = checks.sizes(hidden, "hidden", of="layer")
        self.layers = layers((len(sizes) * (max(sizes) + 1), *hidden, len(sizes) * max(sizes)), key)

    def __call__(self, tokens: Int[Array, " length"], shown: Bool[Array, " length"]) -> Float[Array, "length values"]:
        """The logits of each token given those that are shown; of a token that is shown itself they mean nothing."""
        values = len(self.layers[-1][1]) // self.length
        x = jax.nn.one_hot(jnp.where(shown, tokens, values), values + 1, dtype=jnp.float32).reshape(-1)
        return through(self.layers, x).reshape(self.length, values)
