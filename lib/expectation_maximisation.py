"""Expectation and maximisation (EM): how a mixture of Gaussians finds its parameters.

If we knew which component made each point, each Gaussian would be the mean and covariance of its points. If we knew the
Gaussians, we could say to which share each of them is responsible for a point x_i,

    r_ik = π_k N(x_i; μ_k, Σ_k) / Σ_j π_j N(x_i; μ_j, Σ_j)

So the two are done in turn. The likelihood alone has no maximum: it grows without bound as a component shrinks onto one
point. What is maximised here is the mean log-likelihood less a penalty on narrow components,

    1/n Σ_i log p(x_i) − ε/2 Σ_k tr Σ_k⁻¹

which is the logarithm of an inverse Wishart prior (an improper one). Given the responsibilities, its maximum has the
weights and means of plain EM, and as covariance that of a component's points plus (ε / π_k) I. So no step lowers this
value, and no component becomes narrower than √(ε / π_k). Data are scaled to a variance of 1, so none becomes wider than
about √(1 / π_k): the ridge is never lost in the rounding of float32.

Sources: A. Dempster, N. Laird & D. Rubin, J. R. Stat. Soc. B 39, 1977; the prior: C. Fraley & A. Raftery, J. Classif.
24, 2007; the starting points: D. Arthur & S. Vassilvitskii, k-means++, SODA 2007.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib.numerics.notches import BITS, LONGEST, notches
from lib.numerics.summation import pairwise_sum
from lib.numerics.tables import pick

RIDGE = 1e-6  # ε, where the variance of each feature is 1
NO_POINTS = 1e-30  # a share so small is none: the component stays where it is, and becomes very wide
FAR = 1e10  # standard deviations: more could not be squared in float32
BLOCK = 2**14  # so many pairs of a point and a component are worked on at a time: they stay in a fast cache


class Gaussians(NamedTuple):
    """The parameters of a mixture: log π_k, μ_k, and L_k, the lower Cholesky factor of Σ_k."""

    log_weights: Float[Array, " k"]
    means: Float[Array, "k d"]
    chols: Float[Array, "k d d"]


def log_joint(gaussians: Gaussians, x: Float[Array, "d n"]) -> tuple[Float[Array, "k n"], Float[Array, "k d n"]]:
    """log π_k N(x; μ_k, Σ_k) of points in columns; and z = L_k⁻¹ (x − μ_k), whose squares it sums.

    The mean is taken off before anything is squared, so that no digits are lost far from the origin. A point FAR away
    counts as no farther, so that log densities and their gradients stay finite.
    """
    log_weights, means, chols = gaussians
    width = jnp.abs(chols).max(axis=2, keepdims=True)  # taken out, so that no unit is too small or too large
    steps = jnp.clip((x[None] - means[..., None]) / width, -FAR, FAR)
    z = jnp.einsum("kij,kjn->kin", inverse(chols / width), steps)
    log_volume = jnp.log(jnp.diagonal(chols, axis1=1, axis2=2)).sum(axis=1) + len(x) / 2 * math.log(2 * math.pi)
    return (log_weights - log_volume)[:, None] - jnp.sum(z**2, axis=1) / 2, z


def inverse(chols: Float[Array, "k d d"]) -> Float[Array, "k d d"]:
    return solve_triangular(
        chols, jnp.broadcast_to(jnp.eye(chols.shape[1], dtype=chols.dtype), chols.shape), lower=True
    )


def block_size(k: int, n: int) -> int:
    return max(1, min(BLOCK // k, n))


# --- The steps -----------------------------------------------------------------------------------


@jax.jit
def expectation_maximisation(
    x: Float[Array, "n d"], start: Gaussians, num_steps: Int[Array, ""], tolerance: Float[Array, ""]
) -> tuple[Gaussians, Int[Array, ""]]:
    """EM from `start` on scaled data: at most `num_steps` steps, or until one gains less than `tolerance` nats a point.

    A tolerance of 0 stops at no gain, not even at one that rounding makes negative. Also says how many steps were made.
    """
    blocks = in_blocks(x, len(start.means))

    def goes_on(state: tuple) -> Array:
        steps, _, _, gain = state
        return (steps < num_steps) & ((gain >= tolerance) | (tolerance == 0))

    def go_on(state: tuple) -> tuple:
        steps, gaussians, before, _ = state
        gaussians, value = step(blocks, gaussians)
        return steps + 1, gaussians, value, value - before

    steps, gaussians, _, _ = jax.lax.while_loop(
        goes_on, go_on, (jnp.int32(0), start, -jnp.float32(jnp.inf), jnp.float32(jnp.inf))
    )
    return gaussians, steps


Blocks = tuple[Float[Array, "blocks d m"], Float[Array, "blocks m"]]


def in_blocks(x: Float[Array, "n d"], k: int) -> Blocks:
    """Points in blocks, as columns; and a 1 for each point, a 0 for each zero that fills up the last block."""
    size = block_size(k, len(x))
    padding = -len(x) % size
    real = jnp.pad(jnp.ones(len(x), jnp.float32), (0, padding)).reshape(-1, size)
    return jnp.pad(x, ((0, padding), (0, 0))).reshape(-1, size, x.shape[1]).transpose(0, 2, 1), real


def step(blocks: Blocks, gaussians: Gaussians) -> tuple[Gaussians, Float[Array, ""]]:
    """One step, and the value that it raises: the penalised mean log-likelihood of `gaussians`, before the step."""
    n = blocks[1].sum()
    parts = jax.lax.map(lambda block: expect(gaussians, *block), blocks)
    moments, log_likelihood = jax.tree.map(lambda part: pairwise_sum(jnp.moveaxis(part, 0, -1)) / n, parts)
    return maximise(gaussians, moments), log_likelihood - RIDGE / 2 * jnp.sum(inverse(gaussians.chols) ** 2)


Moments = tuple[Float[Array, " k"], Float[Array, "k d"], Float[Array, "k d d"]]


def expect(gaussians: Gaussians, x: Float[Array, "d m"], real: Float[Array, " m"]) -> tuple[Moments, Float[Array, ""]]:
    """Σ_i r_ik, Σ_i r_ik z and Σ_i r_ik z zᵀ: the weight, mean and scatter of each component's points, in its own z.

    There all numbers are of order 1, however narrow the component is. Also the log-likelihood Σ_i log p(x_i).
    """
    log_p, z = log_joint(gaussians, x)
    greatest = log_p.max(axis=0, keepdims=True)  # taken out, so that not all terms of a far point are 0
    p = jnp.exp(log_p - greatest)
    total = p.sum(axis=0, keepdims=True)
    responsibilities = p * (real[None] / total)
    weighted = responsibilities[:, None] * z
    moments = responsibilities.sum(axis=1), weighted.sum(axis=2), jnp.einsum("kin,kjn->kij", weighted, z)
    return moments, jnp.sum(real[None] * (greatest + jnp.log(total)))


def maximise(gaussians: Gaussians, moments: Moments) -> Gaussians:
    """The parameters that are best for responsibilities with these moments, which are means over the points.

    With the scatter V S Vᵀ of a component's points in its own coordinates, the new covariance is A Aᵀ for the matrix
    A = (L V √S, √(ε/π) I), and Aᵀ = Q R makes Rᵀ its factor. So the covariance, which would have the square of the
    condition number of its factor, is never formed.
    """
    _, means, chols = gaussians
    shares, sums, scatters = moments
    some = jnp.maximum(shares, NO_POINTS)[:, None, None]
    leap = sums / some[:, 0]
    s, v = jnp.linalg.eigh(scatters / some - leap[:, :, None] * leap[:, None])
    root = chols @ v * jnp.sqrt(jnp.maximum(s, 0))[:, None]
    ridge = jnp.sqrt(RIDGE / some) * jnp.eye(means.shape[1], dtype=jnp.float32)[None]
    r = jnp.linalg.qr(jnp.concatenate([root, ridge], axis=2).swapaxes(1, 2), mode="r")
    signs = jnp.where(jnp.diagonal(r, axis1=1, axis2=2) < 0, -1.0, 1.0)
    found = (signs[:, :, None] * r).swapaxes(1, 2)
    return Gaussians(jnp.log(shares), means + jnp.einsum("kij,kj->ki", chols, leap), found)


# --- The start -----------------------------------------------------------------------------------


@jax.jit(static_argnums=2)
def spread_out(key: PRNGKeyArray, x: Float[Array, "n d"], k: int) -> Gaussians:
    """k equal round Gaussians on points of x that lie far apart (k-means++), as wide as the others are far from them.

    Each mean is a point chosen with a probability in proportion to its squared distance from the nearest mean so far;
    the first is any one, as all are equally far from none.
    """

    def choose(distances: Float[Array, " n"], random: tuple[Array, PRNGKeyArray]) -> tuple[Array, Array]:
        share, key = random  # the 23 bits of a share can tell LONGEST points apart
        if n <= LONGEST:
            place = jnp.searchsorted(notches(jnp.log(distances)), (share * 2.0**BITS).astype(jnp.int32), side="right")
        else:
            place = pick(key, jnp.log(distances))
        mean = x[jnp.minimum(place, len(x) - 1)]  # the last, if all points are means already
        return jnp.minimum(distances, jnp.sum((x - mean[None]) ** 2, axis=1)), mean

    n, d = x.shape
    random = jax.random.uniform(key, (k,), jnp.float32), jax.random.split(key, k)
    distances, means = jax.lax.scan(choose, jnp.full(n, 1e20, jnp.float32), random)
    variance = pairwise_sum(distances) / (n * d) + RIDGE * k
    chols = jnp.broadcast_to(jnp.sqrt(variance) * jnp.eye(d, dtype=jnp.float32), (k, d, d))
    return Gaussians(jnp.full(k, -math.log(k), jnp.float32), means, chols)
