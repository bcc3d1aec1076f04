"""A variational autoencoder (VAE): a latent-variable model, trained together with a network that inverts it.

    z ~ prior,    x = decoder(z) + noise · ε,    ε ~ N(0, I);    q(z | x) = N(mean(x), diag std(x)²), by the encoder

The density of x is an integral over all z, which nobody can compute. But each draw z ~ q(z | x) has a log weight

    log w = log p(x | z) + log p(z) − log q(z | x)

and E[w] = p(x). The logarithm is concave, so E[log w] is at most log p(x): this is the ELBO, the evidence lower bound.
What is missing is KL(q(z | x) ‖ p(z | x)), so to train is to raise the bound, and to bring q to the true posterior. The
mean of K weights is nearer to p(x): E[log (w_1 + … + w_K) / K] is a bound as well, and no lower with more draws.

With no hidden layers the model is probabilistic principal component analysis, and all of this is known exactly.

Sources: D. Kingma & M. Welling, Auto-encoding variational Bayes, ICLR 2014; D. Rezende, S. Mohamed & D. Wierstra,
Stochastic backpropagation and approximate inference in deep generative models, ICML 2014; more draws: Y. Burda, R.
Grosse & R. Salakhutdinov, Importance weighted autoencoders, ICLR 2016; the linear case: M. Tipping & C. Bishop,
Probabilistic principal component analysis, J. R. Stat. Soc. B 61, 1999, and J. Lucas et al., Don't blame the ELBO!,
NeurIPS 2019; a prior that is fitted to the latent points: B. Dai & D. Wipf, Diagnosing and enhancing VAE models, ICLR
2019.
"""

import dataclasses
import math
import os
from collections.abc import Sequence
from functools import partial
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.density import Density, LatentVariableModel
from lib.gaussian_mixture import GaussianMixture
from lib.nets.mlp import Layers, layers, through
from lib.numerics.scaling import mean_and_scale
from lib.numerics.summation import pairwise_sum
from lib.training import minimise

FAR = 1e15  # in units of the noise: more could not be squared in float32
SEEN = 1e4  # in units of the data's scale: the encoder takes a number that is farther off for this far
NARROW = 20.0  # log standard deviations of q are between −20 and 20
NOISE = 0.1  # of the data's scale, where no noise is given


class VAE(LatentVariableModel):
    """Two networks, from observations (*event_shape) to Gaussians over latent points, and from latent points back.

    Observations are taken less their mean and in units of `scale`, one number for all, both of the data. `noise` is a
    standard deviation in the units of the data, and `prior` a density of latent points. Training moves none of these
    four. The layers bend by `jax.nn.gelu`. The encoder's last layer gives the mean of q and the logarithms of its
    standard deviations.

    Raises TypeError where the prior is no Density, ValueError where its points have not as many numbers as the decoder
    takes, for a noise that is not above 0, and for layers whose shapes do not fit together.

    >>> angles = jnp.linspace(0, jnp.pi, 100)
    >>> x, key = jnp.stack([jnp.cos(angles), jnp.sin(angles)], axis=1), jax.random.key(0)
    >>> model = VAE.fit(x, 1, key=key, noise=0.1, hidden=(16,), num_steps=300)
    >>> elbo = model.elbo(x, key).mean()
    >>> bool(elbo < model.importance_weighted_bound(x, key, 20).mean())  # which is nearer to the log density
    True
    >>> mean, std = model.encode(x)
    >>> refitted = model.with_prior(GaussianMixture.fit(mean, 2, key=key))
    >>> bool(elbo < refitted.elbo(x, key).mean()), refitted.sample(key, 3).shape
    (True, (3, 2))
    """

    encoder: Layers
    decoder: Layers
    mean: Float[Array, "*event_shape"]
    scale: Float[Array, ""]
    noise: Float[checks.Array, ""] = eqx.field(converter=partial(checks.positive, "noise"))
    prior: Density

    fixed = ("mean", "scale", "noise", "prior")

    @classmethod
    def untrained(
        cls,
        x: ArrayLike,
        latent_dim: int,
        *,
        key: PRNGKeyArray,
        noise: ArrayLike | None = None,
        hidden: Sequence[int] = (256, 256),
    ) -> Self:
        """Networks with random weights, for data x (n, *event_shape), and a standard normal prior. Raises as `fit`."""
        x, key = checks.observations("x", x), checks.key(key)
        latent_dim = checks.whole("latent_dim", latent_dim, least=1)
        hidden = checks.sizes(hidden, "hidden", "layer") if len(hidden) else ()
        mean, scale = mean_and_scale(x)
        noise = NOISE * scale if noise is None else checks.positive("noise", noise)
        there, back = jax.random.split(key)
        return cls(
            layers((mean.size, *hidden, 2 * latent_dim), there),
            layers((latent_dim, *hidden[::-1], mean.size), back),
            mean,
            scale,
            noise,
            standard_normal(latent_dim),
        )

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        latent_dim: int,
        *,
        key: PRNGKeyArray,
        noise: ArrayLike | None = None,
        hidden: Sequence[int] = (256, 256),
        num_steps: int = 3000,
        batch_size: int = 128,
        learning_rate: float = 4e-3,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Trained on data x (n, *event_shape), with the standard normal prior.

        `noise` is in the units of the data, and a tenth of their scale where it is None. `hidden` are the units of the
        encoder's hidden layers; the decoder has them in reverse. The rest are keyword arguments of `minimise`.

        Raises TypeError or ValueError for data that are not finite numbers with at least one row, or are all the same,
        where `latent_dim` is no whole number of at least 1, and for a noise that is not above 0; else as `minimise`
        does.
        """
        start, train = jax.random.split(checks.key(key))
        model = cls.untrained(x, latent_dim, key=start, noise=noise, hidden=hidden)
        return minimise(
            negative_elbo,
            model,
            checks.observations("x", x),
            key=train,
            num_steps=num_steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            checkpoint=checkpoint,
        ).parameters

    def __check_init__(self) -> None:
        if not isinstance(self.prior, Density):
            raise TypeError(f"prior must be a Density of latent points; got {type(self.prior).__name__}")
        if self.prior.event_shape != (self.latent_dim,):
            raise ValueError(f"prior must have points of shape ({self.latent_dim},); got {self.prior.event_shape}")
        expected = self.mean.size, 2 * self.latent_dim, self.mean.size
        got = len(self.encoder[0][0]), len(self.encoder[-1][1]), len(self.decoder[-1][1])
        if got != expected:
            raise ValueError(
                f"encoder must take {expected[0]} numbers and give {expected[1]}, and decoder give {expected[2]}; got "
                f"{got[0]}, {got[1]} and {got[2]}"
            )

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.mean.shape

    @property
    def latent_dim(self) -> int:
        """How many numbers a latent point has."""
        return len(self.decoder[0][0])

    def with_prior(self, prior: Density) -> Self:
        """The same model with another density of latent points (latent_dim,), such as one that is fitted to them.

        Raises TypeError for what is no Density, ValueError where its points have another shape.
        """
        return dataclasses.replace(self, prior=prior)

    def encode(self, x: ArrayLike) -> tuple[Float[Array, "*batch latent_dim"], Float[Array, "*batch latent_dim"]]:
        """The mean and the standard deviations of q(z | x), for (*batch, *event_shape) observations.

        Works under `jit`. Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _encode(self, checks.points_at(x, self.event_shape))

    def decode(self, z: ArrayLike) -> Float[Array, "..."]:
        """The mean of the observations that (*batch, latent_dim) latent points stand for, without the noise.

        Works under `jit`. Raises TypeError or ValueError where z has the wrong dtype or shape.
        """
        return _decode(self, checks.points_at(z, (self.latent_dim,)))

    def log_weights(self, x: ArrayLike, key: PRNGKeyArray, num_draws: int) -> Float[Array, "num_draws *batch"]:
        """log w of `num_draws` draws z ~ q(z | x) for each of (*batch, *event_shape) observations, in nats.

        Each is an `elbo` with a key of its own. Raises as `elbo` does, and where `num_draws` is no whole number of at
        least 1.
        """
        keys = jax.random.split(checks.key(key), checks.whole("num_draws", num_draws, least=1))
        return jnp.stack([self.elbo(x, key) for key in keys])

    def importance_weighted_bound(self, x: ArrayLike, key: PRNGKeyArray, num_draws: int) -> Float[Array, "*batch"]:
        """log (w_1 + … + w_K) / K of K = `num_draws` draws for each of (*batch, *event_shape) observations, in nats.

        On average it is at most log p(x), to which it comes closer with more draws. Raises as `log_weights` does.
        """
        log_weights = self.log_weights(x, key, num_draws)
        return jax.nn.logsumexp(log_weights, axis=0) - math.log(num_draws)

    @property
    def _work(self) -> int:
        return sum(len(bias) for _, bias in self.encoder + self.decoder)

    def _elbo(self, x: Float[Array, "*event_shape"], key: PRNGKeyArray) -> Float[Array, ""]:
        """log w of one draw."""
        mean, log_std = self._posterior(x)
        step = jax.random.normal(key, mean.shape, jnp.float32)
        z = mean + jnp.exp(log_std) * step
        off = jnp.clip((x - self._decoded(z)) / self.noise, -FAR, FAR).ravel()
        log_likelihood = _log_normal(off) - off.size * jnp.log(self.noise)
        log_q = _log_normal(step) - pairwise_sum(log_std)
        return log_likelihood + self.prior._log_prob(z) - log_q

    def _sample(self, key: PRNGKeyArray) -> Float[Array, "*event_shape"]:
        latent, noise = jax.random.split(key)
        mean = self._decoded(self.prior._sample(latent))
        return mean + self.noise * jax.random.normal(noise, mean.shape, jnp.float32)

    def _posterior(self, x: Float[Array, "*event_shape"]) -> tuple[Float[Array, " d"], Float[Array, " d"]]:
        """The mean and the log standard deviations of q(z | x)."""
        seen = jnp.clip((x - self.mean) / self.scale, -SEEN, SEEN)
        mean, log_std = jnp.split(through(self.encoder, seen.ravel()), 2)
        return mean, jnp.clip(log_std, -NARROW, NARROW)

    def _decoded(self, z: Float[Array, " d"]) -> Float[Array, "*event_shape"]:
        return self.mean + self.scale * through(self.decoder, z).reshape(self.event_shape)


def negative_elbo(model: VAE, x: Float[Array, "n *event_shape"], key: PRNGKeyArray) -> Float[Array, ""]:
    """A loss for `minimise`: the mean of −elbo over the rows, one draw each, in nats per number of an observation."""
    return -jnp.mean(jax.vmap(model._elbo)(x, jax.random.split(key, len(x)))) / model.mean.size


def standard_normal(d: int) -> GaussianMixture:
    """N(0, I) in d dimensions."""
    return GaussianMixture(jnp.zeros(1), jnp.zeros((1, d)), jnp.eye(d)[None])


# --- Private parts -------------------------------------------------------------------------------


@jax.jit
def _encode(model: VAE, x: Array) -> tuple[Array, Array]:
    batch = x.shape[: x.ndim - model.mean.ndim]
    mean, log_std = jax.vmap(model._posterior)(x.reshape(-1, *model.event_shape))
    return mean.reshape(*batch, -1), jnp.exp(log_std).reshape(*batch, -1)


@jax.jit
def _decode(model: VAE, z: Array) -> Array:
    x = jax.vmap(model._decoded)(z.reshape(-1, model.latent_dim))
    return x.reshape(*z.shape[:-1], *model.event_shape)


def _log_normal(x: Float[Array, " d"]) -> Float[Array, ""]:
    """log N(x; 0, I)."""
    return -(pairwise_sum(x**2) + x.size * math.log(2 * math.pi)) / 2
