"""Laws over a continuum: sums over a grid of cells, in which a density counts as constant.

Densities are per unit of area, and `log_area` holds the log of each cell's area in that unit: steradians on the globe,
square degrees on a map. `inside` is the share of each cell's area on which the truth puts probability (on the world:
land), from 0 to 1. Arrays of any shapes that broadcast against one another will do, and all works under `jit`.

The grid must be fine beside the model: a cell decides by its centre. A model whose probabilities add up to more than
1.05 over the cells is refused. Where they add up to more than 1, `precision` and `coverage` divide them by their sum.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from lib import checks
from lib.numerics.summation import pairwise_sum
from lib.scores.tables import expected, no_share


def precision(log_q: ArrayLike, inside: ArrayLike, log_area: ArrayLike) -> Float[Array, ""]:
    """The share of the model's probability that lies where the truth can be (Sajjadi et al., NeurIPS 2018).

    What the model puts off the grid counts as outside. Blind spot: a model that repeats one possible point has a
    precision of 1. Raises TypeError or ValueError where the shapes do not fit one another, a log density is NaN,
    `inside` is no share or the grid is too coarse.

    >>> float(precision(jnp.log(jnp.array([0.25, 0.75])), jnp.array([1.0, 0.0]), 0.0))
    0.25
    """
    return _precision(*_checked(log_q, inside, log_area))


def coverage(log_q: ArrayLike, inside: ArrayLike, log_area: ArrayLike, mass: float = 0.95) -> Float[Array, ""]:
    """The share of the area where the truth can be that lies in the model's highest-density region.

    That region is the smallest that holds so much of the model's probability (R. Hyndman, Am. Stat. 50, 1996); with a
    `mass` of 1, wherever the model's density is above 0. Cells of equal density are in it together. Blind spot: a model
    that is uniform everywhere covers almost everything. Raises as `precision` does, and for a mass that is not above 0
    and at most 1.

    >>> float(coverage(jnp.log(jnp.array([0.96, 0.04])), jnp.array([1.0, 1.0]), 0.0))
    0.5
    """
    if not checks.is_traced(mass) and not 0 < mass <= 1:
        raise ValueError(f"mass must be above 0 and at most 1; got {mass}")
    return _coverage(*_checked(log_q, inside, log_area), mass)


def kl_by_quadrature(log_p: ArrayLike, log_q: ArrayLike, log_area: ArrayLike) -> Float[Array, ""]:
    """KL(p‖q) = ∫ p log(p / q), in nats, of two densities per unit of one and the same area.

    It is the same in any unit, and ∞ where q is 0 at a cell at which p is not. Direction and blind spot are those of
    `kl`. Raises TypeError or ValueError where the shapes do not fit one another, a log density is NaN, or the grid is
    too coarse for one of the two.

    >>> halves = jnp.log(jnp.array([[2.0, 0.0], [1.0, 1.0]]))
    >>> float(kl_by_quadrature(halves[0], halves[1], jnp.log(0.5)))
    0.6931471824645996
    """
    log_p, log_q, log_area = _arrays(log_p=log_p, log_q=log_q, log_area=log_area)
    _refuse_coarse("log_p", log_p, log_area)
    _refuse_coarse("log_q", log_q, log_area)
    return _kl_by_quadrature(log_p, log_q, log_area)


# --- Private numerics and checks -----------------------------------------------------------------


@jax.jit
def _precision(log_q: Array, inside: Array, log_area: Array) -> Array:
    q = jnp.exp(log_q + log_area)
    hits = pairwise_sum(jnp.ravel(q * jnp.minimum(inside, 1)))
    return hits / jnp.maximum(pairwise_sum(jnp.ravel(q)), 1)


@jax.jit
def _coverage(log_q: Array, inside: Array, log_area: Array, mass: Array) -> Array:
    log_q, inside, area = map(jnp.ravel, (log_q, inside, jnp.exp(log_area)))
    order = jnp.argsort(-log_q)
    q = jnp.exp(log_q) * area
    held = jnp.cumsum(q[order]) / jnp.maximum(pairwise_sum(q), 1)
    last = jnp.sum(held < mass)  # so many cells are not enough
    # Rounding may let fewer cells than all seem to hold a mass of 1.
    some = (last < len(held)) & (mass < 1)
    lowest = jnp.where(some, log_q[order[jnp.minimum(last, len(held) - 1)]], -jnp.inf)
    region = (log_q >= lowest) & (log_q > -jnp.inf)
    possible = inside * area
    return pairwise_sum(jnp.where(region, possible, 0)) / pairwise_sum(possible)


@jax.jit
def _kl_by_quadrature(log_p: Array, log_q: Array, log_area: Array) -> Array:
    return pairwise_sum(jnp.ravel(expected(log_p + log_area, log_p - log_q)))


def _checked(log_q: ArrayLike, inside: ArrayLike, log_area: ArrayLike) -> list[checks.Array]:
    log_q, inside, log_area = _arrays(log_q=log_q, inside=inside, log_area=log_area)
    checks.refuse("inside", inside, no_share, "shares from 0 to 1")
    _refuse_coarse("log_q", log_q, log_area)
    return [log_q, inside, log_area]


def _arrays(**arrays: ArrayLike) -> list[checks.Array]:
    """Real arrays in one shape, none of them with a NaN."""
    found = {name: checks.reals(name, array) for name, array in arrays.items()}
    for name, array in found.items():
        checks.refuse(name, array, _nan, "numbers, none of them nan")
    try:
        shape = np.broadcast_shapes(*(array.shape for array in found.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in found.items())
        raise ValueError(f"shapes must fit one another; got {shapes}") from None
    where = jnp if any(isinstance(array, jax.Array) for array in found.values()) else np
    return [where.broadcast_to(array, shape) for array in found.values()]


def _refuse_coarse(name: str, log_density: checks.Array, log_area: checks.Array) -> None:
    if checks.is_traced(log_density) or checks.is_traced(log_area):
        return
    where = np.float64 if isinstance(log_density, np.ndarray) else jnp.float32
    (total,) = checks.sum_exp(where(log_density) + log_area)
    if not total <= 1.05:
        raise ValueError(
            f"{name} must have a total of at most 1 over the cells; it has {total:.4g}: is it per unit of the area "
            f"that log_area gives, and is the grid fine enough for it?"
        )


def _nan(x: checks.Array) -> checks.Array:
    return x != x
