"""An autoregressive model: one token after the other, each given those before it.

    P(x) = Π_i P(x_i | x_0, …, x_{i−1})

This chain rule holds for each joint law and assumes nothing. What is modelled is the factors: a network sees the tokens
before a place and gives the logits of its values. They are made to sum to one over the few values of a token, and so
their product sums to one over all rows of tokens, however many there are. The order is that in which the tokens come.

Sources: Y. Bengio & S. Bengio, Modeling high-dimensional discrete data with multi-layer neural networks, NIPS 1999; for
the networks see lib/nets.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike, DTypeLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.discrete import Discrete
from lib.nets import Causal, MaskedMLP
from lib.numerics.summation import pairwise_sum
from lib.numerics.tables import in_range, is_value, pick
from lib.training import minimise


class Autoregressive(Discrete):
    """Tokens (length,) of `num_values[i]` values each, predicted one after the other by a causal network.

    The logits are divided by `temperature`: above 1 the draws are more varied than what was learnt, below 1 they keep
    to what is likely. At each temperature this is a law of its own, and `log_prob` is exact.

    Raises ValueError where the logits have not the shape (length, largest of `num_values`), and TypeError or ValueError
    for a temperature that `tempered` refuses.

    >>> x = np.array([[0, 0, 1], [1, 1, 0]] * 10)  # tokens 0 and 1 are the same, and 2 is the other value
    >>> model = Autoregressive.fit(x, (2, 2, 2), key=jax.random.key(0), num_steps=100, batch_size=20)
    >>> bool(model.log_prob([0, 0, 1]) > model.log_prob([0, 1, 1]))
    True
    >>> model.log_conditionals([0, 0, 1]).shape  # of each token, and each value that it may have
    (3, 2)
    >>> model.complete(jax.random.key(1), [[1, 0, 0]], num_given=3)  # nothing is left to draw
    Array([[1, 0, 0]], dtype=int32)
    >>> print(f"{jnp.exp(model.tempered(2.0).log_table()).sum():.3f}")
    1.000
    """

    network: Causal
    temperature: Float[Array, ""]
    num_values: tuple[int, ...] = eqx.field(static=True, converter=checks.sizes)

    fixed = ("temperature",)

    def __check_init__(self) -> None:
        checks.positive("temperature", self.temperature)
        refuse_other_logits(self.network, self.sizes, jnp.int32)

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        sizes: Sequence[int],
        *,
        key: PRNGKeyArray,
        network: Callable[..., Causal] = MaskedMLP,
        num_steps: int = 1000,
        batch_size: int = 128,
        num_places: int | None = None,
        learning_rate: float = 1e-2,
        weight_decay: float = 1.0,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Trained on tokens x (n, length), of which token i has the values 0 to sizes[i] − 1.

        `network(sizes, key=…)` makes the network: `MaskedMLP`, `Transformer`, or such a class with settings of its own
        by `functools.partial`. In each step each row of the batch is asked for `num_places` tokens at random places, or
        for all of them where it is None. The rest are keyword arguments of `minimise`.

        Raises TypeError for tokens that are not integers, ValueError for no rows, a wrong shape or a token out of
        range; else as `minimise` does.
        """
        start, train = jax.random.split(checks.key(key))
        sizes = checks.sizes(sizes)
        x = checked_tokens(x, sizes)
        if num_places is not None:
            num_places = checks.whole("num_places", num_places, least=1)
        model = cls(network(sizes, key=start), jnp.float32(1), sizes)
        return minimise(
            _loss(num_places),
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
    def sizes(self) -> tuple[int, ...]:
        return self.num_values

    def tempered(self, temperature: ArrayLike) -> Self:
        """The same model at another temperature, where 1 is that of the training. Works under `jit`.

        Raises TypeError or ValueError for a temperature that is no number from 1.2e-38 to 8e+37.
        """
        checks.positive("temperature", temperature)
        return eqx.tree_at(lambda model: model.temperature, self, jnp.asarray(temperature, jnp.float32))

    def log_conditionals(self, x: ArrayLike) -> Float[Array, "*batch length values"]:
        """log P(x_i = v | x_0, …, x_{i−1}) of each token i of x (*batch, length) and each value v, in nats.

        It is −inf for values that token i has not, and NaN after a token that is out of range. Works under `jit`.
        Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _log_conditionals(self, self._checked(x))

    def complete(self, key: PRNGKeyArray, x: ArrayLike, num_given: int) -> Int[Array, "n length"]:
        """Rows x (n, length) in which all but the first `num_given` tokens are drawn anew, given these.

        What x holds in the others does not matter.
        Raises TypeError or ValueError where the given tokens are no codes, and where there are more than `length`.
        """
        num_given = checks.whole("num_given", num_given)
        if num_given > len(self.sizes):
            raise ValueError(f"num_given must be at most {len(self.sizes)}, the number of tokens; got {num_given}")
        x = checks.codes("x", x, self.sizes)[:, :num_given]
        if num_given:
            checks.refuse_codes("x", x, self.sizes[:num_given])
        return _complete(self, checks.key(key), jnp.asarray(x, jnp.int32))

    @property
    def _work(self) -> int:
        return self.network.work

    def _log_prob(self, x: Int[Array, " length"]) -> Float[Array, ""]:
        inside = in_range(x, self.sizes)
        tokens = jnp.where(inside, x, 0).astype(jnp.int32)
        each = jnp.take_along_axis(self._conditionals(self.network(tokens)), tokens[:, None], axis=1)[:, 0]
        return pairwise_sum(jnp.where(inside, each, -jnp.inf))

    def _sample(self, key: PRNGKeyArray) -> Int[Array, " length"]:
        return self._continued(key, jnp.zeros(0, jnp.int32))

    def _continued(self, key: PRNGKeyArray, start: Int[Array, " given"]) -> Int[Array, " length"]:
        """One row that begins with these tokens."""

        def draw(x: Array, step: tuple[Array, PRNGKeyArray]) -> tuple[Array, None]:
            place, key = step
            log_probs = self._conditionals(self.network.at(x, place), place)
            return x.at[place].set(pick(key, log_probs)), None

        length = len(self.sizes)
        keys = jax.random.split(key, length)[len(start) :]
        x = jnp.zeros(length, jnp.int32).at[: len(start)].set(start)
        return jax.lax.scan(draw, x, (jnp.arange(len(start), length, dtype=jnp.int32), keys))[0]

    def _conditionals(
        self, logits: Float[Array, "*places values"], place: Array | slice = slice(None)
    ) -> Float[Array, "*places values"]:
        """Log-probabilities of the values of all tokens, or of the one at `place`."""
        exists = jnp.asarray(is_value(self.sizes))[place]
        top = jnp.max(logits, axis=-1, keepdims=True, initial=-jnp.inf, where=exists)
        scaled = (logits - jax.lax.stop_gradient(top)) / self.temperature  # at most 0: no temperature makes it infinite
        return jax.nn.log_softmax(jnp.where(exists, scaled, -jnp.inf))


def refuse_other_logits(network: Callable[..., Array], sizes: tuple[int, ...], *dtypes: DTypeLike) -> None:
    """Raise a ValueError unless the network of rows (length,) of these dtypes gives logits (length, values)."""
    inputs = [jax.ShapeDtypeStruct((len(sizes),), dtype) for dtype in dtypes]
    expected, got = (len(sizes), max(sizes)), jax.eval_shape(network, *inputs).shape
    if got != expected:
        raise ValueError(f"network must give logits of shape {expected}, a row for each token; got shape {got}")


def checked_tokens(x: ArrayLike, sizes: tuple[int, ...]) -> checks.Array:
    """Tokens (n, length) to fit to, at least one row, as int32; TypeError or ValueError for others."""
    x = checks.codes("x", x, sizes)
    if len(x) == 0:
        raise ValueError("x must have at least one row; got none")
    checks.refuse_codes("x", x, sizes)
    return x.astype(np.int32)


# --- Private parts -------------------------------------------------------------------------------


@cache
def _loss(num_places: int | None) -> Callable[[Autoregressive, Array, PRNGKeyArray], Float[Array, ""]]:
    """A loss for `minimise`: −log P(row), in nats, on average over the rows; or an estimate from some of its tokens.

    Cached, so that a second training compiles nothing.
    """

    def all_tokens(model: Autoregressive, x: Int[Array, "n length"], _key: PRNGKeyArray) -> Float[Array, ""]:
        return -jnp.mean(jax.vmap(model._log_prob)(x))

    if num_places is None:
        return all_tokens

    def some_tokens(model: Autoregressive, x: Int[Array, "n length"], key: PRNGKeyArray) -> Float[Array, ""]:
        length = x.shape[1]

        def at(row: Array, place: Array) -> Array:
            return model._conditionals(model.network.at(row, place), place)[row[place]]

        places = jax.random.randint(key, (len(x), num_places), 0, length, jnp.int32)
        return -length * jnp.mean(jax.vmap(jax.vmap(at, in_axes=(None, 0)))(x, places))

    return some_tokens


@jax.jit
def _log_conditionals(model: Autoregressive, x: Int[Array, "*batch length"]) -> Float[Array, "*batch length values"]:
    def of(row: Int[Array, " length"]) -> Float[Array, "length values"]:
        inside = in_range(row, model.sizes)
        known = jnp.concatenate([jnp.array([True]), jnp.cumsum(~inside, dtype=jnp.int32)[:-1] == 0])
        logits = model.network(jnp.where(inside, row, 0).astype(jnp.int32))
        return jnp.where(known[:, None], model._conditionals(logits), jnp.nan)

    batch = x.shape[:-1]
    each = jax.vmap(of)(x.reshape(-1, x.shape[-1]))
    return each.reshape(*batch, *each.shape[1:])


@jax.jit
def _complete(model: Autoregressive, key: PRNGKeyArray, given: Int[Array, "n given"]) -> Int[Array, "n length"]:
    return jax.vmap(model._continued)(jax.random.split(key, len(given)), given)
