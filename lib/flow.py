"""A normalizing flow: noise that is moved, layer after layer, until it lies as the data do.

    x = μ + σ · (f_k ∘ … ∘ f_1)(z),    z standard normal
    log p(x) = log N(z) − Σ_i log |det ∂f_i| − Σ_j log σ_j

Each layer can be undone, so for each x there is one z it came from. Where a layer stretches space, the density becomes
thinner by the same factor; nothing is lost and nothing is counted twice, and so the density is exact.

Sources: E. Tabak & C. Turner, A family of nonparametric density estimation algorithms, Comm. Pure Appl. Math. 66, 2013;
D. Rezende & S. Mohamed, Variational inference with normalizing flows, ICML 2015. For the layers see lib/bijections.
"""

import os
from collections.abc import Callable
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.bijections import Bijection, SplineCoupling
from lib.density import Density
from lib.numerics.summation import pairwise_sum
from lib.training import minimise


class Flow(Density):
    """Layers that move standard normal noise (d,) to where the data are, in units of `scale` and less their `mean`.

    The layers are in the order from noise to data. `Flow(flow.layers[:k], flow.mean, flow.scale)` is the flow that ends
    after k of them, a density of its own.

    >>> x = np.random.default_rng(0).normal(size=(500, 2)) ** 2  # no number below 0
    >>> flow = Flow.fit(x, key=jax.random.key(0), num_layers=4, num_steps=200)
    >>> bool(flow.log_prob([0.5, 0.5]) > flow.log_prob([-0.5, 0.5]) + 2)
    True
    >>> flow.from_noise(flow.to_noise([0.5, 2.0])).round(3)
    Array([0.5, 2. ], dtype=float32)
    """

    layers: tuple[Bijection, ...]
    mean: Float[Array, " d"]
    scale: Float[Array, " d"]

    fixed = ("mean", "scale")

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        *,
        key: PRNGKeyArray,
        layer: Callable[..., Bijection] = SplineCoupling,
        num_layers: int = 8,
        num_steps: int = 1500,
        batch_size: int = 256,
        learning_rate: float = 4e-3,
        weight_decay: float = 0.0,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Trained on points x (n, d), with d of at least 2, so that their mean log density becomes large.

        `layer(passes, key=…)` makes a layer: `SplineCoupling`, `AffineCoupling`, or such a class with settings of its
        own by `functools.partial`. The rest are keyword arguments of `minimise`.
        """
        start, train = jax.random.split(checks.key(key))
        x = np.asarray(checks.points("x", x))
        num_layers = checks.whole("num_layers", num_layers, least=1)
        keys = jax.random.split(start, num_layers)
        layers = tuple(layer(_passes(i, x.shape[1]), key=key) for i, key in enumerate(keys))
        mean, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
        model = cls(layers, jnp.float32(mean), jnp.float32(scale))
        return minimise(
            negative_log_likelihood,
            model,
            x,
            key=train,
            num_steps=num_steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            checkpoint=checkpoint,
        ).parameters

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.mean.shape

    def to_noise(self, x: ArrayLike) -> Float[Array, "*batch d"]:
        """The noise z that each of the points x (*batch, d) came from.

        Works under `jit`. Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _to_noise(self, checks.points_at(x, self.event_shape))

    def from_noise(self, z: ArrayLike) -> Float[Array, "*batch d"]:
        """The points x that noise z (*batch, d) becomes.

        Works under `jit`. Raises TypeError or ValueError where z has the wrong dtype or shape.
        """
        return _from_noise(self, checks.points_at(z, self.event_shape))

    def _log_prob(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        z, log_det = self._inverse(x)
        return log_det - pairwise_sum(z**2 / 2 + jnp.log(2 * jnp.pi) / 2)

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        return self._forward(jax.random.normal(key, self.event_shape, jnp.float32))

    def _forward(self, z: Float[Array, " d"]) -> Float[Array, " d"]:
        for layer in self.layers:
            z, _ = layer.forward(z)
        return self.mean + self.scale * z

    def _inverse(self, x: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        """The noise that x came from, and log |det ∂z/∂x|."""
        z, total = (x - self.mean) / self.scale, -pairwise_sum(jnp.log(self.scale))
        for layer in reversed(self.layers):
            z, log_det = layer.inverse(z)
            total = total + log_det
        return z, total


def negative_log_likelihood(flow: Flow, x: Float[Array, "n d"], _key: PRNGKeyArray) -> Float[Array, ""]:
    """The mean of −log p(x) over points, in nats. A loss for `minimise`; it makes no use of the key."""
    return -jnp.mean(flow._log_probs(x))


# --- Private parts -------------------------------------------------------------------------------


def _passes(layer: int, d: int) -> tuple[bool, ...]:
    """Which numbers pass a layer: those with a 0 in a binary digit of their place, and in the next layer the others.

    Each pair of layers takes the next digit, so any two numbers are on different sides in some of them.
    """
    digit = layer // 2 % max(1, (d - 1).bit_length())
    return tuple((place >> digit) % 2 == layer % 2 for place in range(d))


@jax.jit
def _to_noise(flow: Flow, x: Array) -> Array:
    return jax.vmap(lambda x: flow._inverse(x)[0])(x.reshape(-1, *flow.event_shape)).reshape(x.shape)


@jax.jit
def _from_noise(flow: Flow, z: Array) -> Array:
    return jax.vmap(flow._forward)(z.reshape(-1, *flow.event_shape)).reshape(z.shape)
