"""The Fréchet distance between two Gaussians: what papers on pictures report, as "FID"."""

import jax
import numpy as np
from jax.typing import ArrayLike

from lib import checks


def frechet_distance(x: ArrayLike, mean: ArrayLike, covariance: ArrayLike) -> float:
    """The squared Fréchet distance between a normal law and the one with the mean and covariance of draws x (n, d):

        |m − mean|² + tr(S + covariance − 2 (S covariance)^½)

    with m and S those of the draws. It is 0 where both have the same mean and covariance, and in the squared unit of x.
    Papers take for x the features that a network computes from pictures: this is the Fréchet inception distance, FID.
    Blind spots: it sees means and covariances and nothing else, so that ghosts with the right covariance are perfect.
    It is too large by about a constant divided by n, more for some models than for others: at few draws that is most
    of it. Raises TypeError or ValueError where x is no table of finite numbers with at least two rows, or mean (d,) and
    covariance (d, d) do not fit it, and ValueError where the covariance is not symmetric or has a negative eigenvalue.

    Sources: M. Heusel et al., GANs trained by a two time-scale update rule, NeurIPS 2017; the bias: M. J. Chong &
    D. Forsyth, Effectively unbiased FID and Inception Score, CVPR 2020.

    >>> x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])  # its covariance is half the identity
    >>> round(frechet_distance(x, np.array([3.0, 0.0]), np.eye(2) / 2), 6)
    9.0
    """
    x = np.asarray(jax.device_get(checks.finite_rows("x", x)), np.float64)
    if len(x) < 2:
        raise ValueError(f"x must have at least two rows, to have a covariance; got shape {x.shape}")
    mean, covariance = _finite("mean", mean), _finite("covariance", covariance)
    d = x.shape[1]
    if mean.shape != (d,) or covariance.shape != (d, d):
        raise ValueError(
            f"mean and covariance must have shapes ({d},) and ({d}, {d}); got {mean.shape} and {covariance.shape}"
        )
    if not np.allclose(covariance, covariance.T):
        raise ValueError("covariance must be symmetric")
    variances, axes = np.linalg.eigh(covariance)
    if variances[0] < -1e-6 * max(variances[-1], 0):
        raise ValueError(f"covariance must have no eigenvalue below 0; the least is {variances[0]:g}")
    root = axes * np.sqrt(variances.clip(0)) @ axes.T
    own = np.cov(x.T, bias=True).reshape(d, d)
    # The eigenvalues of S · covariance are those of root · S · root, which is symmetric.
    shared = np.sqrt(np.linalg.eigvalsh(root @ own @ root).clip(0)).sum()
    return float(np.sum((x.mean(0) - mean) ** 2) + np.trace(own) + np.trace(covariance) - 2 * shared)


def _finite(name: str, x: ArrayLike) -> np.ndarray:
    x = np.asarray(jax.device_get(checks.real_numbers(name, x)), np.float64)
    checks.finite(name, x)
    return x
