"""Masked diffusion: tokens are hidden one by one, and a network learns to bring them back, in any order.

    P(x) = Π_i P(x_i | x_0, …, x_{i−1}),    and as well    P(x_hidden | x_shown)    for each set of tokens that is shown

Noise here means to hide: from a row with nothing hidden to one with everything hidden. The way back shows tokens again,
each drawn given those that are shown already. One token at a time, this is an autoregressive model in a random order.
Several at a time are faster and only approximate: tokens of one round are drawn independently of each other. All in one
round are naive Bayes.

The loss hides a random number k of tokens, at random places, and asks for their mean −log P, times the length. On
average it is −log P(x) of an order, on average over all orders.

Sources: J. Austin, D. Johnson, J. Ho, D. Tarlow & R. van den Berg, Structured denoising diffusion models in discrete
state-spaces, NeurIPS 2021; E. Hoogeboom et al., Autoregressive diffusion models, ICLR 2022.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lib import checks
from lib.autoregressive import checked_tokens, refuse_other_logits
from lib.discrete import Discrete
from lib.nets import InfillingMLP
from lib.numerics.summation import pairwise_sum
from lib.numerics.tables import in_range, is_value, pick
from lib.training import minimise

Network = Callable[[Int[Array, " length"], Bool[Array, " length"]], Float[Array, "length values"]]


class MaskedDiffusion(Discrete):
    """Tokens (length,) of `num_values[i]` values each, of which any may be given.

    `network(tokens, shown)` gives logits (length, values) of each token given those that are shown. `log_prob` and
    `sample` go from the first token to the last, one at a time, so that they are exact. In another order the same
    network may give another probability: nothing forces its conditionals to agree with one joint law. The network is
    given 0 for each hidden token. Raises ValueError where its logits have not the shape (length, largest of
    `num_values`).

    >>> x = np.array([[0, 0, 1], [1, 1, 0]] * 10)  # tokens 0 and 1 are the same, and 2 is the other value
    >>> model = MaskedDiffusion.fit(x, (2, 2, 2), key=jax.random.key(0), num_steps=100, batch_size=20)
    >>> log_p = model.log_conditionals([0, 0, 1], shown=[False, False, True])
    >>> log_p.shape
    (3, 2)
    >>> log_p[0].argmax()  # the likelier value of token 0, where token 2 is 1
    Array(0, dtype=int32)
    >>> model.complete(jax.random.key(1), [[0, 0, 1]], shown=[True, True, True])  # nothing is left to draw
    Array([[0, 0, 1]], dtype=int32)
    """

    network: Network
    num_values: tuple[int, ...] = eqx.field(static=True, converter=checks.sizes)

    def __check_init__(self) -> None:
        refuse_other_logits(self.network, self.sizes, jnp.int32, jnp.bool)

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        sizes: Sequence[int],
        *,
        key: PRNGKeyArray,
        network: Callable[..., Network] = InfillingMLP,
        num_steps: int = 2000,
        batch_size: int = 128,
        learning_rate: float = 3e-3,
        weight_decay: float = 1.0,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Trained on tokens x (n, length), of which token i has the values 0 to sizes[i] − 1.

        `network(sizes, key=…)` makes the network. The rest are keyword arguments of `minimise`. Raises TypeError for
        tokens that are not integers, ValueError for no rows, a wrong shape or a token out of range; else as `minimise`
        does.
        """
        start, train = jax.random.split(checks.key(key))
        sizes = checks.sizes(sizes)
        x = checked_tokens(x, sizes)
        return minimise(
            any_order_loss,
            cls(network(sizes, key=start), sizes),
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

    def log_conditionals(self, x: ArrayLike, shown: ArrayLike) -> Float[Array, "*batch length values"]:
        """log P(x_i = v | the shown tokens of x) of each token i and each value v, in nats.

        x are tokens (*batch, length), and `shown` truth values (length,); what x holds at other places does not matter.
        A token that is shown has its own value for certain. It is NaN where a shown token is out of range. Works under
        `jit`. Raises TypeError or ValueError where x or `shown` has the wrong dtype or shape.
        """
        x, shown = self._checked(x), self._shown(shown)
        return _log_conditionals(self, x, shown)

    def complete(self, key: PRNGKeyArray, x: ArrayLike, shown: ArrayLike, at_once: int = 1) -> Int[Array, "n length"]:
        """Rows x (n, length) in which all tokens but the `shown` ones, truth values (length,), are drawn anew.

        Each row is filled in an order of its own, `at_once` tokens a round. Raises TypeError or ValueError where x or
        `shown` has the wrong dtype or shape, a shown token is out of range, or `at_once` is no whole number of at least
        1.
        """
        at_once = checks.whole("at_once", at_once, least=1)
        tokens, shown = checks.codes("x", x, self.sizes), self._shown(shown)
        if not checks.is_traced(shown):
            tokens = checks.library_of(tokens).where(shown, tokens, 0)
            checks.refuse_codes("x", tokens, self.sizes)
        return _complete(self, checks.key(key), checks.narrow(tokens), shown, at_once)

    def _shown(self, shown: ArrayLike) -> Bool[checks.Array, " length"]:
        shown = checks.array("shown", shown)
        if shown.dtype != bool:
            raise TypeError(f"shown must be truth values; got dtype {shown.dtype}")
        if shown.shape != self.event_shape:
            raise ValueError(
                f"shown must have shape {self.event_shape}, a truth value a token; got shape {shown.shape}"
            )
        return shown if checks.is_traced(shown) else np.asarray(shown)

    @property
    def _work(self) -> int:
        return len(self.sizes) ** 2 * max(self.sizes)

    def _log_prob(self, x: Int[Array, " length"]) -> Float[Array, ""]:
        inside = in_range(x, self.sizes)
        tokens = jnp.where(inside, x, 0).astype(jnp.int32)
        places = jnp.arange(len(x), dtype=jnp.int32)

        def at(place: Int[Array, ""]) -> Float[Array, ""]:
            return self._conditionals(tokens, places < place)[place, tokens[place]]

        return pairwise_sum(jnp.where(inside, jax.vmap(at)(places), -jnp.inf))

    def _sample(self, key: PRNGKeyArray) -> Int[Array, " length"]:
        places = jnp.arange(len(self.sizes), dtype=jnp.int32)

        def draw(x: Array, step: tuple[Array, PRNGKeyArray]) -> tuple[Array, None]:
            place, key = step
            return x.at[place].set(pick(key, self._conditionals(x, places < place)[place])), None

        return jax.lax.scan(draw, jnp.zeros_like(places), (places, jax.random.split(key, len(places))))[0]

    def _conditionals(
        self, tokens: Int[Array, " length"], shown: Bool[Array, " length"]
    ) -> Float[Array, "length values"]:
        logits = self.network(jnp.where(shown, tokens, 0), shown)  # no network meets what it must not see
        return jax.nn.log_softmax(jnp.where(jnp.asarray(is_value(self.sizes)), logits, -jnp.inf))

    def _completed(
        self, key: PRNGKeyArray, x: Int[Array, " length"], shown: Bool[Array, " length"], at_once: int
    ) -> Int[Array, " length"]:
        order, key = jax.random.split(key)
        length = len(x)
        # The hidden tokens come first, in random order.
        rank = jnp.argsort(jnp.argsort(jnp.where(shown, 1.0, jax.random.uniform(order, (length,), jnp.float32))))

        def fill(x: Array, step: tuple[Array, PRNGKeyArray]) -> tuple[Array, None]:
            first, key = step
            now = ~shown & (rank >= first) & (rank < first + at_once)
            log_probs = self._conditionals(x, shown | (rank < first))
            drawn = jax.vmap(pick)(jax.random.split(key, length), log_probs)
            return jnp.where(now, drawn, x), None

        firsts = jnp.arange(0, length, at_once, jnp.int32)
        return jax.lax.scan(fill, x, (firsts, jax.random.split(key, len(firsts))))[0]


def any_order_loss(model: MaskedDiffusion, x: Int[Array, "n length"], key: PRNGKeyArray) -> Float[Array, ""]:
    """A loss for `minimise`: −log P(row) in nats, on average over rows and orders, by one random step of each order."""
    n, length = x.shape

    def of(row: Array, key: PRNGKeyArray) -> Array:
        number, order = jax.random.split(key)
        hidden = jax.random.randint(number, (), 1, length + 1, jnp.int32)
        shown = jnp.argsort(jnp.argsort(jax.random.uniform(order, (length,), jnp.float32))) >= hidden
        each = jnp.take_along_axis(model._conditionals(row, shown), row[:, None], axis=1)[:, 0]
        return -length * jnp.sum(jnp.where(shown, 0, each)) / hidden.astype(jnp.float32)

    return jnp.mean(jax.vmap(of)(x, jax.random.split(key, n)))


# --- Private parts -------------------------------------------------------------------------------


@jax.jit
def _log_conditionals(
    model: MaskedDiffusion, x: Int[Array, "*batch length"], shown: Bool[Array, " length"]
) -> Float[Array, "*batch length values"]:
    def of(row: Int[Array, " length"]) -> Float[Array, "length values"]:
        inside = in_range(row, model.sizes)
        row = jnp.where(inside, row, 0).astype(jnp.int32)
        certain = jnp.log(jax.nn.one_hot(row, max(model.sizes), dtype=jnp.float32))
        each = jnp.where(shown[:, None], certain, model._conditionals(row, shown))
        return jnp.where((inside | ~shown).all(), each, jnp.nan)

    each = jax.vmap(of)(x.reshape(-1, x.shape[-1]))
    return each.reshape(*x.shape[:-1], *each.shape[1:])


@partial(jax.jit, static_argnames="at_once")
def _complete(
    model: MaskedDiffusion,
    key: PRNGKeyArray,
    x: Int[Array, "n length"],
    shown: Bool[Array, " length"],
    at_once: int,
) -> Int[Array, "n length"]:
    keys, x = jax.random.split(key, len(x)), x.astype(jnp.int32)
    return jax.vmap(model._completed, in_axes=(0, 0, None, None))(keys, x, shown, at_once)
