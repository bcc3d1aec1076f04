"""A discrete autoencoder: an observation becomes a few codes, as if it were put into a few words of a small language.

    codes_j = argmax_v logits_jv,    logits = encoder(x),    x̂ = decoder(one_hot(codes))

`num_codes` codes of `num_values` values hold at most num_codes · log2(num_values) bits. A second model then learns
which codes go together, and its draws, decoded, are new observations. The first models that made pictures from text
did this: a transformer predicted the codes of a picture from the words of its description.

No gradient passes through argmax. In training, each code is drawn from softmax(logits_j) instead, by Gumbel noise:

    codes_j = argmax_v (logits_jv + noise_jv),    soft_j = softmax((logits_j + noise_j) / temperature)

The decoder is given the one-hot codes, and the gradient goes back as if it had been given `soft` (*straight-through*).

    loss = mean of (x − x̂)² + β · mean over j of KL(softmax(logits_j) ‖ uniform)

Without the second term, some values of a code are never used.

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
TEMPERATURE = 1.0
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
        num_steps: int = 6000,
        learning_rate: float = 2e-3,
    ) -> Self:
        """Trained on data x (n, *event_shape) by `minimise`, whose keyword arguments these are.

        Raises TypeError or ValueError for data that are not finite numbers with at least one row, or are all the same,
        and where `num_codes` is no whole number of at least 1, or `num_values` none of at least 2; else as `minimise`.
        """
        start, train = jax.random.split(checks.key(key))
        model = cls.untrained(x, num_codes, num_values, key=start)
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
        return self.pca.event_shape

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of values of each code, as the models of codes want it."""
        return (self.num_values,) * self.num_codes

    def encode(self, x: ArrayLike) -> Int[Array, "*batch num_codes"]:
        """The codes, int32 from 0 to num_values − 1, of (*batch, *event_shape) observations: the likeliest ones.

        Works under `jit`. Raises TypeError or ValueError where x has the wrong dtype or shape. A NaN has no meaning
        here: which codes it gets is not stated.
        """
        return _encode(self, checks.points_at(x, self.event_shape))

    def decode(self, codes: ArrayLike) -> Float[Array, "..."]:
        """The observations that (*batch, num_codes) codes stand for.

        Works under `jit`, where a code out of range makes its observation NaN. Raises ValueError for such a code
        elsewhere, and TypeError or ValueError where the codes have the wrong dtype or shape.
        """
        codes = checks.integers("codes", codes)
        if codes.shape[-1:] != (self.num_codes,):
            raise ValueError(f"codes must have shape (*batch, {self.num_codes}); got shape {codes.shape}")
        checks.refuse_levels("codes", codes, self.num_values, called="codes")
        return _decode(self, checks.narrow(codes))


def squared_error(model: DiscreteAutoencoder, x: Float[Array, "n *event_shape"], key: PRNGKeyArray) -> Float[Array, ""]:
    """The mean of (c − ĉ)² over the scaled components c of observations, plus β · the mean of KL(code ‖ uniform).

    A loss for `minimise`: each code is drawn by Gumbel noise from `key`. The first term is 1 for the plain mean of the
    data, up to their noise.
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
    return _logits(model, c / jnp.broadcast_to(model.scales, c.shape)).argmax(-1).astype(jnp.int32)


@jax.jit
def _decode(model: DiscreteAutoencoder, codes: Array) -> Array:
    inside = in_range(codes, model.sizes).all(-1, keepdims=True)
    c = through(model.decoder, jax.nn.one_hot(codes, model.num_values).reshape(*codes.shape[:-1], -1))
    return model.pca.decode(jnp.where(inside, c * jnp.broadcast_to(model.scales, c.shape), jnp.nan))
