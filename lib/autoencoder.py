"""An autoencoder: one network squeezes an observation into a few numbers, another one makes it again from these.

    z = encoder(x),    x̂ = decoder(z),    loss = mean of (x − x̂)²

The few numbers are the *latent* point z. Nothing says what they mean: the loss asks only that x can be made again. With
linear networks this finds the plane of the principal components (lib/pca.py); bends in between let it do better.
Sources: G. Hinton & R. Salakhutdinov, Reducing the dimensionality of data with neural networks, Science 313, 2006; for
the linear case P. Baldi & K. Hornik, Neural Networks 2, 1989.
"""

import math
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.nets.mlp import Layers, layers, through
from lib.numerics.scaling import mean_and_scale
from lib.training import minimise

HIDDEN = (128, 64)  # units of the encoder's two hidden layers; the decoder has them in reverse


class Autoencoder(eqx.Module):
    """Two networks with two hidden layers each, from observations (*event_shape) to latent points and back.

    Observations are taken less their mean and in units of `scale`, one number for all, both of the data; training does
    not move these two. The layers bend by `jax.nn.gelu`.
    """

    encoder: Layers
    decoder: Layers
    mean: Float[Array, "*event_shape"]
    scale: Float[Array, ""]

    fixed = ("mean", "scale")

    @classmethod
    def untrained(cls, x: ArrayLike, latent_dim: int, *, key: PRNGKeyArray) -> Self:
        """Networks with random weights, for data x (n, *event_shape). Raises as `fit` does."""
        x, key = checks.observations("x", x), checks.key(key)
        latent_dim = checks.whole("latent_dim", latent_dim, least=1)
        sizes = math.prod(x.shape[1:]), *HIDDEN, latent_dim
        there, back = jax.random.split(key)
        return cls(layers(sizes, there), layers(sizes[::-1], back), *mean_and_scale(x))

    @classmethod
    def fit(
        cls, x: ArrayLike, latent_dim: int, *, key: PRNGKeyArray, num_steps: int = 3000, learning_rate: float = 4e-3
    ) -> Self:
        """Trained on data x (n, *event_shape) by `minimise`, whose keyword arguments these are.

        Raises TypeError or ValueError for data that are not finite numbers with at least one row, or are all the same,
        and where `latent_dim` is no whole number of at least 1; else as `minimise` does.
        """
        start, train = jax.random.split(checks.key(key))
        model = cls.untrained(x, latent_dim, key=start)
        return minimise(
            squared_error,
            model,
            checks.observations("x", x),
            key=train,
            num_steps=num_steps,
            learning_rate=learning_rate,
        ).parameters

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.mean.shape

    @property
    def latent_dim(self) -> int:
        """How many numbers a latent point has."""
        return len(self.encoder[-1][1])

    def encode(self, x: ArrayLike) -> Float[Array, "*batch latent_dim"]:
        """The latent points of (*batch, *event_shape) observations.

        Works under `jit`. Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _encode(self, checks.points_at(x, self.event_shape))

    def decode(self, z: ArrayLike) -> Float[Array, "..."]:
        """The observations that (*batch, latent_dim) latent points stand for.

        Works under `jit`. Raises TypeError or ValueError where z has the wrong dtype or shape.
        """
        return _decode(self, checks.points_at(z, (self.latent_dim,)))


def squared_error(model: Autoencoder, x: Float[Array, "n *event_shape"], _key: PRNGKeyArray) -> Float[Array, ""]:
    """The mean of (x − x̂)² over all numbers of all observations, in units of `scale` squared: 1 for the plain mean.

    A loss for `minimise`; it has no noise, so it makes no use of the key.
    """
    return jnp.mean(((model.decode(model.encode(x)) - x) / model.scale) ** 2)


# --- Private parts -------------------------------------------------------------------------------


@jax.jit
def _encode(model: Autoencoder, x: Array) -> Array:
    axes = model.mean.ndim
    batch = x.shape[: x.ndim - axes]
    centred = (x - jnp.expand_dims(model.mean, range(len(batch)))) / model.scale
    return through(model.encoder, centred.reshape(*batch, -1))


@jax.jit
def _decode(model: Autoencoder, z: Array) -> Array:
    x = through(model.decoder, z).reshape(*z.shape[:-1], *model.mean.shape)
    return jnp.expand_dims(model.mean, range(z.ndim - 1)) + model.scale * x
