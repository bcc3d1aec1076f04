"""Laws over finitely many outcomes: exact sums over tables of (log-)probabilities of one and the same shape."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from lib import checks
from lib.numerics.summation import pairwise_sum


def entropy(log_p: ArrayLike) -> Float[Array, ""]:
    """The entropy H(p) = −Σ p log p of a table of log-probabilities, in nats (Shannon, 1948).

    It is the smallest mean of −log q that any model q can reach on data from p. Blind spot: it says how spread out a
    law is and nothing about which outcomes are likely. Raises ValueError where the table does not sum to one.

    >>> float(entropy(jnp.log(jnp.array([0.5, 0.5]))))
    0.6931471824645996
    """
    return _entropy(checks.log_table("log_p", log_p))


def kl(log_p: ArrayLike, log_q: ArrayLike) -> Float[Array, ""]:
    """KL(p‖q) = Σ p log(p / q), in nats: what is lost when data from p are modelled by q (Kullback & Leibler, 1951).

    It is 0 only where q = p, and ∞ where q gives probability 0 to something that p can do. It has a direction: p, the
    truth, comes first. Blind spot: whatever q does where p is 0 costs only the probability spent there. Raises
    ValueError where the shapes differ or a table does not sum to one.

    >>> float(kl(jnp.log(jnp.array([0.5, 0.5])), jnp.log(jnp.array([1.0, 0.0]))))
    inf
    """
    log_p, log_q = checks.log_table("log_p", log_p), checks.log_table("log_q", log_q)
    if log_p.shape != log_q.shape:
        raise ValueError(f"log_p and log_q must have one shape; got {log_p.shape} and {log_q.shape}")
    return _kl(log_p, log_q)


def total_variation(p: ArrayLike, q: ArrayLike) -> Float[Array, ""]:
    """The total variation ½ Σ |p − q| of two tables of probabilities, or of shares: from 0 to 1, without a unit.

    It is the largest difference between the probabilities that p and q give to one and the same event, and has no
    direction. Blind spot: an outcome that q has forgotten costs its probability and no more, where KL(p‖q) is ∞. Of
    *counted* shares it is biased upwards: n draws from p itself do not have the shares p. Raises TypeError where the
    tables are no real numbers, ValueError where the shapes differ or a table does not sum to one.

    >>> float(total_variation(jnp.array([0.5, 0.25, 0.25]), jnp.array([0.5, 0.5, 0.0])))
    0.25
    """
    p, q = _shares("p", p), _shares("q", q)
    if p.shape != q.shape:
        raise ValueError(f"p and q must have one shape; got {p.shape} and {q.shape}")
    return _total_variation(p, q)


def total_correlation(log_p: ArrayLike) -> Float[Array, ""]:
    """KL(p‖product of the margins of p), in nats: how much the features depend on one another (Watanabe, 1960).

    It is 0 only where they are independent, and what independence costs a model of p. Blind spot: it does not say which
    features depend on which. Of *counted* shares it is mostly bias while the table has more cells than there are
    observations. Raises ValueError where the table does not sum to one.

    >>> float(total_correlation(jnp.log(jnp.full((2, 3), 1 / 6))))
    0.0
    """
    return _total_correlation(checks.log_table("log_p", log_p))


def mutual_information(log_p: ArrayLike) -> Float[Array, ""]:
    """The total correlation of a joint table of two features, in nats (Shannon, 1948).

    Raises ValueError where the table has not two axes or does not sum to one.

    >>> float(mutual_information(jnp.log(jnp.array([[0.5, 0.0], [0.0, 0.5]]))))
    0.6931471824645996
    """
    log_p = checks.log_table("log_p", log_p)
    if log_p.ndim != 2:
        raise ValueError(f"log_p must be a table of two features; got shape {log_p.shape}")
    return _total_correlation(log_p)


@jax.jit
def _entropy(log_p: Array) -> Array:
    return 0.0 - pairwise_sum(jnp.ravel(expected(log_p, log_p)))  # of a certain law not −0


@jax.jit
def _kl(log_p: Array, log_q: Array) -> Array:
    return pairwise_sum(jnp.ravel(expected(log_p, log_p - log_q)))


@jax.jit
def _total_variation(p: Array, q: Array) -> Array:
    return pairwise_sum(jnp.ravel(abs(p - q))) / 2


@jax.jit
def _total_correlation(log_p: Array) -> Array:
    axes = range(log_p.ndim)
    margins = [jnp.exp(log_p).sum([other for other in axes if other != axis], keepdims=True) for axis in axes]
    product = sum(jnp.broadcast_to(jnp.log(margin), log_p.shape) for margin in margins)
    return jnp.maximum(_kl(log_p, product), 0)  # rounding may leave −10⁻⁷ where the features are independent


def expected(log_p: Array, value: Array) -> Array:
    """p · value, with 0 · anything = 0: what never happens costs nothing. What may happen and costs ∞, costs ∞."""
    value = jnp.where(log_p > -jnp.inf, value, 0)
    endless = value == jnp.inf  # else a p so small that exp gives 0 would make 0 · ∞
    return jnp.where(endless, jnp.inf, jnp.exp(log_p) * jnp.where(endless, 0, value))


def no_share(x: checks.Array) -> checks.Array:
    """Where x is no number from 0 to 1, but for rounding."""
    return ~((x >= 0) & (x <= 1 + 1e-6))


def _shares(name: str, p: ArrayLike) -> checks.Array:
    """A table of shares as float32, which sum to one within 1e-4."""
    p = checks.reals(name, p)
    checks.refuse(name, p, no_share, "shares from 0 to 1")
    if not checks.is_traced(p):
        total = checks.total(p)
        if abs(total - 1) > 1e-4:
            raise ValueError(f"{name} must sum to one; it sums to {total:.6g}")
    return p
