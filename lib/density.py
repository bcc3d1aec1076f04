"""The contract that all models share. The class tree is the book's taxonomy of generative models:

    Sampler                  fit(x, …), sample(key, n)
    ├── Density              log_prob(x): explicit and tractable
    ├── LatentVariableModel  elbo(x, key): explicit, and bounded from below
    └── GAN                  implicit: it can be drawn from, and no more

A model is an immutable pytree. `fit` returns it fitted, so there is no state in which it is not. The author of a
model writes the formula for **one** point, `_log_prob(x)` or `_elbo(x, key)`, and `_sample(key)`; the classes here
batch it (vmap), compile it (jit) and check what comes in. Where a batched formulation is faster, a model overrides
`_log_probs` or `_samples`; the formula for one point stays, as what the book shows and what the tests compare with. No
model overrides a public method that is written here: it overrides the private ones that this method calls.

Three promises hold for every model, and tests/contract/test_every_model.py runs each model through them:

- `fit` is strict: bad data raise a clear error, and no fitted model holds a NaN or +inf;
- `log_prob` and `elbo` are total: out of support is −inf, NaN gives NaN, and no index is ever clamped or wrapped;
- compiled agrees with uncompiled. What is on several devices stays there: each device answers for its own rows.

What else is decided, for those models that need it:

- A condition enters by one keyword, `condition=None`: in `fit` as the codes (n, k) of attributes, in `sample` as those
  that are asked for, for each draw or one for all. A model states the `_condition_sizes` that it takes, and refuses a
  condition where it takes none.
- Training moves all floating leaves of a model but those of the fields that its class names in `fixed`, a tuple of
  field names: data (the x of a KDE), edges and settings. What is no array, such as the name of a kernel, is a static
  field. So an optimiser is given the parameters alone, and no author has to mark them.
- A model that has no `log_prob`, or no `elbo`, says so when it is asked for one.
"""

import abc
import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.numerics.parts import in_parts, is_sharded, on_shards


class Sampler(eqx.Module):
    """A model of P(x) that one can draw from."""

    @property
    @abc.abstractmethod
    def event_shape(self) -> tuple[int, ...]:
        """The shape of one observation."""

    if not TYPE_CHECKING:  # else a type checker would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            if kind := {"log_prob": "Density", "elbo": "LatentVariableModel"}.get(name):
                what = f"{type(self).__name__} has no {name}, since it is no {kind}: score its draws (lib.scores)"
                raise AttributeError(what, name=name, obj=self)
            return super().__getattribute__(name)  # the usual error

    @classmethod
    @abc.abstractmethod
    def fit(cls, x: ArrayLike, *args, **kwargs) -> Self:
        """From data (n, *event_shape) to a fitted model; raises TypeError or ValueError where the data are bad."""

    @abc.abstractmethod
    def _sample(self, key: PRNGKeyArray) -> Array:
        """One observation (*event_shape)."""

    def _samples(self, key: PRNGKeyArray, n: int) -> Array:
        """n observations (n, *event_shape); the first m of them do not depend on n."""
        return jax.vmap(self._sample)(jax.random.split(key, n))

    def _samples_given(self, key: PRNGKeyArray, condition: Int[Array, "n k"]) -> Array:
        """An observation for each condition, (n, *event_shape): of models that have `_condition_sizes`."""
        raise NotImplementedError

    @property
    def _condition_sizes(self) -> tuple[int, ...]:
        """How many values each attribute has that a draw may be asked for; () where there is none."""
        return ()

    def sample(self, key: PRNGKeyArray, n: int, condition: ArrayLike | None = None) -> Array:
        """n independent draws (n, *event_shape).

        `key` is a typed key of jax.random.key, and the same key gives the same draws: the first m of n draws are the
        m draws. `condition` asks for attributes by their codes, (k,) for all draws or (n, k) for each; −1 does not ask.

        Raises TypeError for another kind of key, a fractional n, or a condition of a model that takes none or of no
        integers; ValueError for n below 0, and for a condition of another shape or with a code that is out of range.
        """
        key, n = checks.key(key), checks.whole("n", n)
        if condition is None:
            return _samples(self, key, n)
        return _samples_given(self, key, self._asked(condition, (n,)))

    def _asked(self, condition: ArrayLike, batch: tuple[int, ...]) -> Int[checks.Array, "*batch k"]:
        """The condition, one for each of the batch."""
        if not self._condition_sizes:
            raise TypeError(f"condition must be None: this {type(self).__name__} takes none; got {condition!r}")
        return checks.condition("condition", condition, self._condition_sizes, batch)


class _Explicit(Sampler):
    """A sampler with a formula for its density, exact or not: what the two kinds below share."""

    @property
    def _work(self) -> int:
        """How many numbers go through the formula for one observation."""
        return math.prod(self.event_shape)

    def _checked(self, x: ArrayLike) -> checks.Array:
        """Observations (*batch, *event_shape) at which the density is asked for: real numbers, but for codes."""
        return checks.points_at(x, self.event_shape)


class Density(_Explicit):
    """A sampler whose density is explicit and tractable: its exponential sums or integrates to one."""

    @abc.abstractmethod
    def _log_prob(self, x: Array) -> Float[Array, ""]:
        """The log density of one observation (*event_shape), in nats."""

    def _log_probs(self, x: Array) -> Float[Array, " n"]:
        """The log densities of n observations (n, *event_shape)."""
        return jax.vmap(self._log_prob)(x)

    def log_prob(self, x: ArrayLike) -> Float[Array, "*batch"]:
        """The log density of each of (*batch, *event_shape) observations, in nats; −inf out of support.

        Infinity is out of every support, and NaN gives NaN, so the formula of a model meets finite numbers only.
        Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _of_rows(_log_probs, self, self._checked(x))


class LatentVariableModel(_Explicit):
    """A sampler that makes an observation from latent numbers. Its density sums over all of them, and is only bounded.

    What bounds it is no density: its exponential need not sum or integrate to one.
    """

    @abc.abstractmethod
    def _elbo(self, x: Array, key: PRNGKeyArray) -> Float[Array, ""]:
        """An estimate for one observation (*event_shape) whose mean is at most the log density, in nats."""

    def elbo(self, x: ArrayLike, key: PRNGKeyArray) -> Float[Array, "*batch"]:
        """The evidence lower bound of each of (*batch, *event_shape) observations, in nats, estimated with `key`.

        Its mean over keys is at most the log density; a single estimate may be above. Each observation has random
        numbers of its own. NaN gives NaN, and infinity −inf. Raises TypeError or ValueError where x has the wrong dtype
        or shape, and TypeError for a key that is not of jax.random.key.
        """
        x, key = self._checked(x), checks.key(key)
        return _of_rows(_elbos, self, x, jax.random.split(key, x.shape[: x.ndim - len(self.event_shape)]))


def _of_rows(compute: Callable[..., Array], model: _Explicit, x: checks.Array, *others: Array) -> Array:
    """compute(model, x, *others) of (*batch, *event_shape) observations: many of them in parts, each on its device."""
    axes = len(model.event_shape)
    if is_sharded(x):
        batch, sharding = x.ndim - axes, cast(NamedSharding, x.sharding)
        others = jax.device_put(others, NamedSharding(sharding.mesh, PartitionSpec(*sharding.spec[:batch])))
        return on_shards(compute, sharding, batch, (model,), x, *others)
    if checks.is_traced(x) or x.ndim != 1 + axes:
        return compute(model, x, *others)
    return jnp.concatenate(list(in_parts(partial(compute, model), model._work, x, *others)))


# Compiled once for each class and shape; the model itself is an argument, so a new fit compiles nothing.


@jax.jit(static_argnums=2)
def _samples(model: Sampler, key: PRNGKeyArray, n: int) -> Array:
    return model._samples(key, n)


@jax.jit
def _samples_given(model: Sampler, key: PRNGKeyArray, condition: Array) -> Array:
    return model._samples_given(key, condition)


@jax.jit
def _log_probs(model: Density, x: Array) -> Array:
    return _total(model._log_probs, x, x.shape[: x.ndim - len(model.event_shape)])


@jax.jit
def _elbos(model: LatentVariableModel, x: Array, keys: PRNGKeyArray) -> Array:
    return _total(lambda x: jax.vmap(model._elbo)(x, keys.ravel()), x, keys.shape)


def _total(formula: Callable[[Array], Array], x: Array, batch: tuple[int, ...]) -> Array:
    """The formula for rows of finite numbers, of all the observations (*batch, …)."""
    x = x.reshape(-1, *x.shape[len(batch) :])
    if jnp.issubdtype(x.dtype, jnp.integer):
        return formula(x).reshape(batch)
    finite, within = jnp.isfinite(x), tuple(range(1, x.ndim))
    # Numbers that are not finite are taken out before the formula, not only after it: else gradients would be NaN.
    values = formula(jnp.where(finite, x, 0))
    others = jnp.where(jnp.isnan(x).any(within), jnp.nan, -jnp.inf)
    return jnp.where(finite.all(within), values, others).reshape(batch)
