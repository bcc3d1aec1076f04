"""A generative adversarial network (GAN): a generator, trained against a network that tells its draws from the data.

    x = mean + scale · generator(z),    z ~ N(0, I)

One can draw from the generator, and that is all: no formula says from which z a given x comes, or whether from any. So
it is trained without a likelihood. A second network, the discriminator D, is a classifier: D(x) are the log odds that x
is real, where half of what it sees are data and half are generated. Both players move at once, each down the slope of
its own loss:

    discriminator    E_data softplus(−D(x)) + E_z softplus(D(generator(z))) + penalty/2 · E_data |∇D(x)|²
    generator        E_z softplus(−D(generator(z)))

softplus(u) = log(1 + exp u), so that softplus(−D) is −log P(real), and softplus(D) is −log P(generated). Against a
generator that stands still, and without the penalty, the best discriminator is

    D(x) = log p_data(x) − log p_generator(x)

and where it is 0 everywhere, the two laws are one. The penalty of steep slopes keeps the players from running in
circles. Noise, added to all that the discriminator sees, lets the two laws overlap from the start, without which it
would be right always and have nothing to teach; two laws that are equal with the noise are equal without it.

Sources: I. Goodfellow et al., Generative adversarial nets, NeurIPS 2014, whose "non-saturating" loss the generator has;
the penalty: L. Mescheder, A. Geiger & S. Nowozin, Which training methods for GANs do actually converge?, ICML 2018; the
noise: C. K. Sønderby et al., Amortised MAP inference for image super-resolution, ICLR 2017.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.density import Sampler
from lib.nets.mlp import Layers, layers, through
from lib.numerics.scaling import mean_and_scale
from lib.training import minimise

NOISE = 0.1  # of the data's scale, where none is given
MEMORY = 0.99  # of Adam, for the squares of gradients; it has none for the gradients, which turn as the rival moves


class GAN(Sampler):
    """Two networks: from latent points (latent_dim,) to observations (*event_shape), and from these to their log odds.

    Observations are taken less their mean and in units of `scale`, one number for all, both of the data. `noise` is the
    standard deviation of what is added to all that the discriminator sees in training, in the units of the data;
    `penalty` weighs its slopes, per unit of scale. Training moves none of these four. The layers bend by `jax.nn.gelu`.

    Raises ValueError for a noise or a penalty that is below 0, and for layers whose shapes do not fit together.

    >>> x = jax.random.normal(jax.random.key(2), (500, 1)) ** 2
    >>> model = GAN.fit(x, 1, key=jax.random.key(0), hidden=(16,), num_steps=500)
    >>> model.sample(jax.random.key(1), 3).shape, model.log_odds(x).shape
    ((3, 1), (500,))
    >>> model.log_prob(x)
    Traceback (most recent call last):
        ...
    AttributeError: GAN has no log_prob, since it is no Density: score its draws (lib.scores)
    """

    generator: Layers
    discriminator: Layers
    mean: Float[Array, "*event_shape"]
    scale: Float[Array, ""]
    noise: Float[checks.Array, ""] = eqx.field(converter=partial(checks.not_negative, "noise"))
    penalty: Float[checks.Array, ""] = eqx.field(converter=partial(checks.not_negative, "penalty"))

    fixed = ("mean", "scale", "noise", "penalty")

    @classmethod
    def untrained(
        cls,
        x: ArrayLike,
        latent_dim: int,
        *,
        key: PRNGKeyArray,
        hidden: Sequence[int] = (128, 128),
        noise: ArrayLike | None = None,
        penalty: ArrayLike = 0.1,
    ) -> Self:
        """Networks with random weights, for data x (n, *event_shape). Raises as `fit` does."""
        x, key = checks.observations("x", x), checks.key(key)
        latent_dim = checks.whole("latent_dim", latent_dim, least=1)
        hidden = checks.sizes(hidden, "hidden", "layer") if len(hidden) else ()
        mean, scale = mean_and_scale(x)
        forger, detective = jax.random.split(key)
        return cls(
            layers((latent_dim, *hidden, mean.size), forger),
            layers((mean.size, *hidden, 1), detective),
            mean,
            scale,
            NOISE * scale if noise is None else checks.not_negative("noise", noise),
            checks.not_negative("penalty", penalty),
        )

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        latent_dim: int,
        *,
        key: PRNGKeyArray,
        hidden: Sequence[int] = (128, 128),
        noise: ArrayLike | None = None,
        penalty: ArrayLike = 0.1,
        num_steps: int = 15_000,
        batch_size: int = 64,
        learning_rate: float = 2e-3,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Trained on data x (n, *event_shape): both networks, in each step, by Adam without momentum.

        `hidden` are the units of the hidden layers of both networks. `noise` is in the units of the data, and a tenth
        of their scale where it is None. The rest are keyword arguments of `minimise`; `learning_rate` is that of the
        first step, and falls to 0 as half a wave of a cosine. The loss that the progress bar shows is the sum of the
        two players': it says nothing about progress.

        Raises TypeError or ValueError for data that are not finite numbers with at least one row, or are all the same,
        where `latent_dim` is no whole number of at least 1, and for a noise or a penalty that is below 0; else as
        `minimise` does.
        """
        start, train = jax.random.split(checks.key(key))
        model = cls.untrained(x, latent_dim, key=start, hidden=hidden, noise=noise, penalty=penalty)
        return minimise(
            adversarial_loss,
            model,
            checks.observations("x", x),
            key=train,
            num_steps=num_steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            optimiser=_without_momentum(checks.whole("num_steps", num_steps, least=1)),
            checkpoint=checkpoint,
        ).parameters

    def __check_init__(self) -> None:
        got = len(self.generator[-1][1]), len(self.discriminator[0][0]), len(self.discriminator[-1][1])
        if got != (self.mean.size, self.mean.size, 1):
            raise ValueError(
                f"generator must give {self.mean.size} numbers, and discriminator take {self.mean.size} and give 1; "
                f"got {got[0]}, {got[1]} and {got[2]}"
            )

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.mean.shape

    @property
    def latent_dim(self) -> int:
        """How many numbers a latent point has."""
        return len(self.generator[0][0])

    def from_noise(self, z: ArrayLike) -> Float[Array, "..."]:
        """The observations (*batch, *event_shape) that the generator makes of latent points (*batch, latent_dim).

        Works under `jit`. Raises TypeError or ValueError where z has the wrong dtype or shape.
        """
        return _from_noise(self, checks.points_at(z, (self.latent_dim,)))

    def log_odds(self, x: ArrayLike) -> Float[Array, "*batch"]:
        """D(x), the discriminator's log odds that each of (*batch, *event_shape) observations is real.

        Works under `jit`. Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _log_odds(self, checks.points_at(x, self.event_shape))

    def _sample(self, key: PRNGKeyArray) -> Float[Array, "*event_shape"]:
        return self._made(jax.random.normal(key, (self.latent_dim,), jnp.float32))

    def _in_units(self, x: Float[Array, "*event_shape"]) -> Float[Array, " numbers"]:
        return ((x - self.mean) / self.scale).ravel()

    def _made(self, z: Float[Array, " d"]) -> Float[Array, "*event_shape"]:
        return self.mean + self.scale * through(self.generator, z).reshape(self.event_shape)


def player_losses(
    model: GAN, x: Float[Array, "n *event_shape"], key: PRNGKeyArray
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The losses of discriminator and generator over rows x and as many draws, in nats per row.

    Each has a gradient in its own player's weights alone.
    """

    def one(x: Float[Array, "*event_shape"], key: PRNGKeyArray) -> tuple[Float[Array, ""], Float[Array, ""]]:
        draw, *blurs = jax.random.split(key, 3)
        made = through(model.generator, jax.random.normal(draw, (model.latent_dim,), jnp.float32))
        level = model.noise / model.scale
        x, made = (
            point + level * jax.random.normal(blur, made.shape, jnp.float32)
            for point, blur in zip((model._in_units(x), made), blurs, strict=True)
        )
        real, slope = jax.value_and_grad(_odds)(x, model.discriminator)
        fake = _odds(jax.lax.stop_gradient(made), model.discriminator)
        judged = _odds(made, jax.lax.stop_gradient(model.discriminator))
        steep = model.penalty / 2 * jnp.sum(slope**2)
        return jax.nn.softplus(-real) + jax.nn.softplus(fake) + steep, jax.nn.softplus(-judged)

    discriminator, generator = jax.vmap(one)(x, jax.random.split(key, len(x)))
    return jnp.mean(discriminator), jnp.mean(generator)


def adversarial_loss(model: GAN, x: Float[Array, "n *event_shape"], key: PRNGKeyArray) -> Float[Array, ""]:
    """A loss for `minimise`, the sum of the two players': along its gradient, each moves down its own."""
    discriminator, generator = player_losses(model, x, key)
    return discriminator + generator


# --- Private parts -------------------------------------------------------------------------------


@cache
def _without_momentum(num_steps: int) -> Callable[[float], optax.GradientTransformation]:
    """Adam for a training of `num_steps` steps, as a function of its first rate."""

    def adam(learning_rate: float) -> optax.GradientTransformation:
        return optax.adam(optax.cosine_decay_schedule(learning_rate, num_steps), b1=0.0, b2=MEMORY)

    return adam


@jax.jit
def _from_noise(model: GAN, z: Array) -> Array:
    x = jax.vmap(model._made)(z.reshape(-1, model.latent_dim))
    return x.reshape(*z.shape[:-1], *model.event_shape)


@jax.jit
def _log_odds(model: GAN, x: Array) -> Array:
    x, batch = x.reshape(-1, *model.event_shape), x.shape[: x.ndim - model.mean.ndim]
    return jax.vmap(lambda x: _odds(model._in_units(x), model.discriminator))(x).reshape(batch)


def _odds(x: Float[Array, " numbers"], discriminator: Layers) -> Float[Array, ""]:
    return through(discriminator, x)[0]
