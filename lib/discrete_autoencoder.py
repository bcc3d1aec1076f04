"""A discrete autoencoder: an observation becomes a few codes, as if it were put into a few words of a small language.

    codes_j = argmax_v logits_jv,    logits = encoder(x),    x̂ = decoder(one_hot(codes))

`num_codes` codes of `num_values` values hold at most num_codes · log2(num_values) bits. A second model, the *prior*,
learns which codes go together; its draws, decoded, are new observations. So worked the first models that made pictures
from text: a transformer was the prior, and read the description first.

No gradient passes through argmax. In training, each code is drawn from softmax(logits_j) instead, by Gumbel noise:

    codes_j = argmax_v (logits_jv + noise_jv),    soft_j = softmax((logits_j + noise_j) / temperature)

    loss = mean of (x − x̂)² + β · mean over j of KL(softmax(logits_j) ‖ uniform)

The decoder is given one-hot codes, and the gradient goes back as if it had been given `soft` (*straight-through*). The
second term keeps the values of a code in use; with more of it, a simple prior models the codes better.

Sources: A. van den Oord, O. Vinyals & K. Kavukcuoglu, Neural discrete representation learning, NeurIPS 2017; A. Ramesh
et al., Zero-shot text-to-image generation, ICML 2021; E. Jang, S. Gu & B. Poole, and C. Maddison, A. Mnih & Y. W. Teh,
both on relaxations of discrete draws by Gumbel noise, ICLR 2017.
"""

from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.nets.mlp import Layers, layers, through
from lib.numerics.tables import in_range
from lib.pca import PCA
from lib.training import minimise

HIDDEN = (256, 256)  # units of the encoder's two hidden layers; the decoder has them in reverse
COMPONENTS = 64  # principal components that the networks see of an observation, if it has as many
TEMPERATURE = 1.0  # at which the codes are drawn in training
BETA = 0.04


class DiscreteAutoencoder(eqx.Module):
    """Two networks with two hidden layers each, from observations (*event_shape) to codes and back.

    The networks see principal components, each in units of `scales`, the root of its standard deviation times their
    mean. So what varies little counts for more in the loss than it does in a picture, where glasses are few pixels.
    Training moves neither components nor scales. The layers bend by `jax.nn.gelu`.
    """

    encoder: Layers
    decoder: Layers
    pca: PCA
    scales: Float[Array, " k"]
    num_codes: int = eqx.field(static=True)
    num_values: int = eqx.field(static=True)

    fixed = ("pca", "scales")

    @classmethod
    def untrained(cls, x: ArrayLike, num_codes: int, num_values: int, *, key: PRNGKeyArray) -> Self:
        """Networks with random weights, for data x (n, *event_shape). Raises as `fit` does."""
        x, key = checks.observations("x", x), checks.key(key)
        num_codes = checks.whole("num_codes", num_codes, least=1)
        num_values = checks.whole("num_values", num_values, least=2)
        varies = int((x.min(axis=0) < x.max(axis=0)).sum())
        if not varies:
            raise ValueError("x must hold observations that differ; all of them are the same")
        pca = PCA.fit(x, min(COMPONENTS, varies, len(x) - 1))
        deviations = jnp.sqrt(jnp.maximum(pca.variances, 1e-6 * pca.variances[0]))
        widths = len(deviations), *HIDDEN, num_codes * num_values
        there, back = jax.random.split(key)
        scales = jnp.sqrt(deviations * deviations.mean())
        return cls(layers(widths, there), layers(widths[::-1], back), pca, scales, num_codes, num_values)

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        num_codes: int,
        num_values: int,
        *,
        key: PRNGKeyArray,
        num_steps: int = 8000,
        learning_rate: float = 2e-3,
    ) -> Self:
        """Trained on data x (n, *event_shape) by `minimise`, whose keyword arguments these are.

        Raises TypeError or ValueError for data that are not finite numbers with at least one row, or are all the same,
        for `num_codes` below 1 or `num_values` below 2, or not whole; else as `minimise` does.
        """
        x, (start, train) = checks.observations("x", x), jax.random.split(checks.key(key))
        model = cls.untrained(x, num_codes, num_values, key=start)
        done = minimise(squared_error, model, x, key=train, num_steps=num_steps, learning_rate=learning_rate)
        return done.parameters

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.pca.event_shape

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of values of each code, as the models of codes want it."""
        return (self.num_values,) * self.num_codes

    def encode(self, x: ArrayLike) -> Int[Array, "*batch num_codes"]:
        """The likeliest codes of (*batch, *event_shape) observations: int32, from 0 to num_values − 1.

        An observation that is not finite has codes of −1, which stand for nothing. Works under `jit`. Raises TypeError
        or ValueError where x has the wrong dtype or shape.
        """
        return _encode(self, checks.points_at(x, self.event_shape))

    def decode(self, codes: ArrayLike) -> Float[Array, "..."]:
        """The observations that (*batch, num_codes) codes stand for.

        Raises ValueError for a code out of range; under `jit` its observation is NaN. Raises TypeError or ValueError
        where the codes have the wrong dtype or shape.
        """
        codes = checks.integers("codes", codes)
        if codes.shape[-1:] != (self.num_codes,):
            raise ValueError(f"codes must have shape (*batch, {self.num_codes}); got shape {codes.shape}")
        checks.refuse_levels("codes", codes, self.num_values, called="codes")
        return _decode(self, checks.narrow(codes))


def squared_error(model: DiscreteAutoencoder, x: Float[Array, "n *event_shape"], key: PRNGKeyArray) -> Float[Array, ""]:
    """The mean of (c − ĉ)² over the scaled components c of observations, plus β · the mean of KL(code ‖ uniform).

    A loss for `minimise`, with the Gumbel noise of `key`. The plain mean of the data has 1 for the first term.
    """
    c = model.pca.encode(x) / model.scales[None]
    log_p = jax.nn.log_softmax(_logits(model, c))
    noisy = log_p + jax.random.gumbel(key, log_p.shape)
    hard = jax.nn.one_hot(noisy.argmax(-1), model.num_values, dtype=noisy.dtype)
    soft = jax.nn.softmax(noisy / TEMPERATURE)
    drawn = hard + soft - jax.lax.stop_gradient(soft)  # the value of `hard`, with the gradient of `soft`
    error = jnp.mean((through(model.decoder, drawn.reshape(len(x), -1)) - c) ** 2)
    kl = jnp.log(model.num_values) + jnp.mean(jnp.sum(jnp.exp(log_p) * log_p, axis=-1))
    return error + BETA * kl


# --- Private parts -------------------------------------------------------------------------------


def _logits(model: DiscreteAutoencoder, c: Float[Array, "*batch k"]) -> Float[Array, "*batch num_codes num_values"]:
    return through(model.encoder, c).reshape(*c.shape[:-1], model.num_codes, model.num_values)


@jax.jit
def _encode(model: DiscreteAutoencoder, x: Array) -> Array:
    c = model.pca.encode(x)
    logits = _logits(model, c / jnp.broadcast_to(model.scales, c.shape))
    known = jnp.isfinite(logits).all((-2, -1))[..., None]
    return jnp.where(known, logits.argmax(-1).astype(jnp.int32), -1)


@jax.jit
def _decode(model: DiscreteAutoencoder, codes: Array) -> Array:
    inside = in_range(codes, model.sizes).all(-1, keepdims=True)
    c = through(model.decoder, jax.nn.one_hot(codes, model.num_values).reshape(*codes.shape[:-1], -1))
    return model.pca.decode(jnp.where(inside, c * jnp.broadcast_to(model.scales, c.shape), jnp.nan))
