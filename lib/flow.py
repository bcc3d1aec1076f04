"""A normalizing flow: noise that is moved, layer after layer, until it lies as the data do.

    x = μ + σ f_k(… f_2(f_1(z)) …),    z standard normal
    log p(x) = log N(z) − Σ_i log |det ∂f_i| − Σ_j log σ_j

Each layer f_i can be undone, so each x comes from one z. Where a layer stretches a volume, the density on it falls by
the same factor. So the probability in the volume stays what it was, and the density is exact.

Sources: E. Tabak & C. Turner, A family of nonparametric density estimation algorithms, Comm. Pure Appl. Math. 66, 2013;
D. Rezende & S. Mohamed, Variational inference with normalizing flows, ICML 2015. For the layers see lib/bijections.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Self

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.bijections import Bijection, SplineCoupling
from lib.density import Density
from lib.numerics.summation import pairwise_sum
from lib.training import minimise

FAR = 1e8  # units of `scale` from the mean: the density is 0 there, and what is farther is taken for this far


class Flow(Density):
    """Layers that move standard normal noise (d,) to where the data are, in units of `scale` (d,) and less `mean` (d,).

    The layers are in the order from noise to data. `Flow(flow.layers[:k], flow.mean, flow.scale)` is the flow that ends
    after k of them, a density of its own. Densities are per unit of volume of the data.

    Raises TypeError for what are not real numbers or bijections, ValueError for wrong shapes, a mean that is not
    finite, a scale that is not from 1e-20 to 1e+20, and a layer for points of another shape.

    >>> x = jax.random.exponential(jax.random.key(0), (500, 2))  # no number is below 0
    >>> flow = Flow.fit(x, key=jax.random.key(0), num_layers=2, num_steps=200)
    >>> bool(flow.log_prob([0.3, 0.3]) > flow.log_prob([-0.3, 0.3]) + 2)
    True
    >>> flow.from_noise(flow.to_noise([0.5, 2.0])).round(3)
    Array([0.5, 2. ], dtype=float32)
    """

    layers: tuple[Bijection, ...]
    mean: Float[Array, " d"]
    scale: Float[Array, " d"]

    fixed = ("mean", "scale")

    def __init__(self, layers: Sequence[Bijection], mean: ArrayLike, scale: ArrayLike) -> None:
        self.layers, self.mean, self.scale = tuple(layers), *_checked_units(mean, scale)
        for i, layer in enumerate(self.layers):
            if not isinstance(layer, Bijection):
                raise TypeError(f"layers must be bijections; layers[{i}] is {layer!r}")
            if layer.event_shape != self.event_shape:
                raise ValueError(
                    f"layers must take points of the shape of mean, {self.event_shape}; layers[{i}] takes those of "
                    f"shape {layer.event_shape}"
                )

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        *,
        key: PRNGKeyArray,
        layer: Callable[..., Bijection] = SplineCoupling,
        num_layers: int = 8,
        noise: float = 0.0,
        num_steps: int = 2000,
        batch_size: int = 256,
        learning_rate: float = 1e-2,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Trained on points x (n, d), of at least two features, so that their mean log density becomes large.

        `layer(passes, key=…)` makes a layer: `SplineCoupling`, `AffineCoupling`, or such a class with settings of its
        own by `functools.partial`. In each step, new normal noise of the standard deviation `noise`, in the units of
        the data, is added to the points. So what is learnt is the law of the blurred points, and a few points do not
        become as many peaks. The rest are keyword arguments of `minimise`.

        Raises TypeError for what are not real numbers, ValueError for no rows, a wrong shape, a single feature, values
        that are not finite or too far from 0 for float32 to tell them apart, and a feature in which all points agree;
        else as `minimise` does.
        """
        start, train = jax.random.split(checks.key(key))
        x = checks.varied_points("x", x)
        if x.shape[1] == 1:
            raise ValueError(f"x must have at least two features, one to be moved given another; got shape {x.shape}")
        keys = jax.random.split(start, checks.whole("num_layers", num_layers, least=1))
        layers = [layer(_passes(i, x.shape[1]), key=key) for i, key in enumerate(keys)]
        return minimise(
            _loss(float(checks.not_negative("noise", noise))),
            cls(layers, x.mean(axis=0, dtype="float64"), x.std(axis=0, dtype="float64")),
            x,
            key=train,
            num_steps=num_steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            checkpoint=checkpoint,
        ).parameters

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.mean.shape

    def to_noise(self, x: ArrayLike) -> Float[Array, "*batch d"]:
        """The noise z that each of the points x (*batch, d) comes from.

        Works under `jit`. Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _to_noise(self, checks.points_at(x, self.event_shape))

    def from_noise(self, z: ArrayLike) -> Float[Array, "*batch d"]:
        """The point x that each noise z (*batch, d) becomes.

        Works under `jit`. Raises TypeError or ValueError where z has the wrong dtype or shape.
        """
        return _from_noise(self, checks.points_at(z, self.event_shape))

    @property
    def _work(self) -> int:
        return max((layer.work for layer in self.layers), default=super()._work)

    def _log_prob(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        z, log_det = self._back(jnp.clip((x - self.mean) / self.scale, -FAR, FAR))
        return log_det - pairwise_sum(z**2 / 2 + jnp.log(2 * jnp.pi) / 2 + jnp.log(self.scale))

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        return self._forth(jax.random.normal(key, self.event_shape, jnp.float32))

    def _forth(self, z: Float[Array, " d"]) -> Float[Array, " d"]:
        for layer in self.layers:
            z, _ = layer.forward(z)
        return self.mean + self.scale * z

    def _back(self, z: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        """The noise of a point in units of `scale` from the mean, and log |det| of the way back through all layers."""
        total = jnp.float32(0)
        for layer in reversed(self.layers):
            z, log_det = layer.inverse(z)
            total = total + log_det
        return z, total


# --- Private parts -------------------------------------------------------------------------------


@cache
def _loss(noise: float) -> Callable[[Flow, Array, PRNGKeyArray], Float[Array, ""]]:
    """The mean of −log p over points that noise has moved, in nats."""

    def negative_log_likelihood(flow: Flow, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, ""]:
        if noise:
            x = x + noise * jax.random.normal(key, x.shape, jnp.float32)
        return -jnp.mean(flow._log_probs(x))

    return negative_log_likelihood


def _passes(layer: int, d: int) -> tuple[bool, ...]:
    """Which of d numbers pass a layer: those whose place has a 0 in some binary digit; in the next layer, all others.

    Each pair of layers takes the next digit. The places of any two numbers differ in a digit, so after all pairs each
    number was moved given each other one.
    """
    digit = layer // 2 % (d - 1).bit_length()
    return tuple(place >> digit & 1 == layer % 2 for place in range(d))


def _checked_units(mean: ArrayLike, scale: ArrayLike) -> tuple[Array, Array]:
    mean, scale = checks.reals("mean", mean), checks.reals("scale", scale)
    if mean.ndim != 1 or mean.shape != scale.shape or 0 in mean.shape:
        raise ValueError(f"mean and scale must have the same shape (d,); got {mean.shape} and {scale.shape}")
    checks.finite("mean", mean)
    checks.refuse("scale", scale, lambda scale: ~((scale >= 1e-20) & (scale <= 1e20)), "from 1e-20 to 1e+20")
    return jnp.asarray(mean), jnp.asarray(scale)


@jax.jit
def _to_noise(flow: Flow, x: Array) -> Array:
    z = (x.reshape(-1, *flow.event_shape) - flow.mean[None]) / flow.scale[None]
    return jax.vmap(flow._back)(z)[0].reshape(x.shape)


@jax.jit
def _from_noise(flow: Flow, z: Array) -> Array:
    return jax.vmap(flow._forth)(z.reshape(-1, *flow.event_shape)).reshape(z.shape)
