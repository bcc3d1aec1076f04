"""A mixture of Gaussians: a few soft clouds of points, each with its own place, size and direction.

    p(x) = Σ_k π_k N(x; μ_k, Σ_k),    Σ_k = L_k L_kᵀ

A point is made in two steps: choose a component k with probability π_k, then draw from its Gaussian. Which component it
was is not seen, so the parameters are found by expectation and maximisation (lib/expectation_maximisation.py).
Source: C. Bishop, Pattern Recognition and Machine Learning, 2006, §9.2.
"""

from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.density import Density
from lib.expectation_maximisation import Gaussians, block_size, expectation_maximisation, log_joint, spread_out
from lib.numerics.tables import pick

MAX_CONDITION = 1e6  # of a Cholesky factor: beyond, float32 cannot tell it from a singular one


class GaussianMixture(Density):
    """A mixture of k Gaussians with full covariances.

    `log_weights` (k,) are the logarithms of the weights, in nats; `means` (k, d) and `chols` (k, d, d), the lower
    Cholesky factors L of the covariances L Lᵀ, are in the units of the data, and a density is per unit of volume.

    Raises TypeError for what are not real numbers, ValueError for wrong shapes, values that are not finite, weights
    that do not sum to one, and a factor that is not lower triangular, has a diagonal not above 0, or is singular
    to float32.

    >>> x = jnp.array([[0.0], [1.0], [5.0], [6.0]])
    >>> model = GaussianMixture.fit(x, 2, key=jax.random.key(0))
    >>> [round(float(mean), 3) for mean in sorted(model.means[:, 0])]
    [0.5, 5.5]
    """

    log_weights: Float[checks.Array, " k"]
    means: Float[checks.Array, "k d"]
    chols: Float[checks.Array, "k d d"]

    def __init__(self, log_weights: ArrayLike, means: ArrayLike, chols: ArrayLike) -> None:
        self.log_weights, self.means, self.chols = _checked_parameters(log_weights, means, chols)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.means.shape[1:]

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        num_components: int,
        *,
        key: PRNGKeyArray,
        num_steps: int = 200,
        tolerance: ArrayLike = 1e-5,
    ) -> Self:
        """Fit to points x (n, d) by EM, from means that `key` picks among the points (k-means++).

        EM stops after `num_steps`, or earlier, once a step gains less than `tolerance` nats per point; with a tolerance
        of 0 all steps are made. Where it ends depends on where it starts: another key may find a better fit. `key` may
        be traced: vmap over keys tries many.

        No component becomes narrower than 0.001 / √π_k of the standard deviation of x. So a single point that is very
        far from the others, which makes that deviation large, widens all components: leave such points out.

        Raises TypeError for what are not real numbers, ValueError for no rows, a wrong shape, values that are not
        finite or too far from 0 for float32 to tell them apart, a feature in which all points agree, num_components
        below 1 or above n, and a tolerance below 0.
        """
        x = checks.varied_points("x", x)
        k = checks.whole("num_components", num_components, least=1)
        if k > len(x):
            raise ValueError(f"num_components must be at most the number of rows of x, {len(x)}; got {k}")
        num_steps = min(checks.whole("num_steps", num_steps), 2**31 - 1)  # more would take years
        tolerance = checks.not_negative("tolerance", tolerance)
        centre, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
        scaled = ((x - centre) / scale).astype(np.float32)
        start = spread_out(checks.key(key), scaled, k)
        (log_weights, means, chols), _ = expectation_maximisation(scaled, start, num_steps, tolerance)
        centre, scale = jnp.float32(centre), jnp.float32(scale)
        return cls(log_weights, means * scale[None] + centre[None], chols * scale[None, :, None])

    def _log_prob(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        log_p, _ = log_joint(self._gaussians(), x[:, None])
        return jax.nn.logsumexp(log_p[:, 0])

    def _log_probs(self, x: Float[Array, "n d"]) -> Float[Array, " n"]:
        return jax.lax.map(self._log_prob, x, batch_size=block_size(len(self.means), len(x)))

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        log_weights, means, chols = self._gaussians()
        which, where = jax.random.split(key)
        k = pick(which, log_weights)
        return means[k] + chols[k] @ jax.random.normal(where, self.event_shape, jnp.float32)

    def _gaussians(self) -> Gaussians:
        return Gaussians(*map(jnp.asarray, (self.log_weights, self.means, self.chols)))


# --- Private checks ------------------------------------------------------------------------------


def _checked_parameters(
    log_weights: ArrayLike, means: ArrayLike, chols: ArrayLike
) -> tuple[checks.Array, checks.Array, checks.Array]:
    """The parameters of k Gaussians in d dimensions: weights that sum to one, means, lower Cholesky factors."""
    log_weights, given, chols = (
        checks.reals("log_weights", log_weights),
        checks.real_numbers("means", means),
        checks.reals("chols", chols),
    )
    means = checks.float32(given)
    if means.ndim != 2 or 0 in means.shape:
        raise ValueError(f"means must have shape (k, d), a row for each component; got shape {means.shape}")
    k, d = means.shape
    if log_weights.shape != (k,):
        raise ValueError(f"log_weights must have shape ({k},), one for each of the means; got {log_weights.shape}")
    if chols.shape != (k, d, d):
        raise ValueError(f"chols must have shape ({k}, {d}, {d}), one for each of the means; got {chols.shape}")
    if not any(map(checks.is_traced, (log_weights, means, chols))):
        checks.log_table("log_weights", log_weights)
        checks.finite("means", given)
        checks.finite("chols", chols)
        small = jax.device_get(chols)
        checks.refuse("chols", small, lambda chols: np.triu(chols, 1) != 0, "lower triangular")
        tiny, diagonal = np.finfo(np.float32).tiny, np.diagonal(small, axis1=1, axis2=2)
        checks.refuse("the diagonals of chols", diagonal, lambda diagonal: diagonal < tiny, f"at least {tiny:.2g}")
        rows = small / np.abs(small).max(axis=2, keepdims=True)
        condition, rule = np.abs(np.linalg.inv(np.float64(rows))).max(axis=(1, 2)), f"at most {MAX_CONDITION:g}"
        checks.refuse("the condition of chols", condition, lambda condition: condition > MAX_CONDITION, rule)
        checks.precise("means", given, 10 * np.linalg.norm(small, axis=2))  # about as wide as a component's points are
    return log_weights, means, chols
