"""Principal components: the directions in which data vary most, and what is left of the data if only these are kept.

    z = W (x − μ),    x̂ = μ + Wᵀ z

μ is the mean of the data, and the k rows of W are orthonormal: the eigenvectors of the covariance that have the k
largest eigenvalues. No other linear map to k numbers and back has a smaller mean square of x − x̂, which is the sum of
the variances left out.
Sources: K. Pearson, On lines and planes of closest fit to systems of points in space, Phil. Mag. 2, 1901; H. Hotelling,
Analysis of a complex of statistical variables into principal components, J. Educ. Psychol. 24, 1933.
"""

import math
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from lib import checks


class PCA(eqx.Module):
    """The mean of some data, and the k directions in which they vary most.

    Observations have any shape: those of pictures (n, 32, 32) have components (k, 32, 32), each of them a picture. All
    is in the units of the data; `variances` and `total_variance` are in their square, means over the n observations,
    and so they divide by n. The share of the variance that is explained is variances.sum() / total_variance.

    >>> pca = PCA.fit([[0, 0], [1, 2], [2, 4], [3, 6]], 1)
    >>> pca.encode([3, 6]).round(2), pca.decode([0.0])
    (Array([3.35], dtype=float32), Array([1.5, 3. ], dtype=float32))
    """

    mean: Float[Array, "*event_shape"]
    components: Float[Array, "k *event_shape"]  # orthonormal; the largest variance first
    variances: Float[Array, " k"]  # along the components
    total_variance: Float[Array, ""]  # over all directions

    @classmethod
    def fit(cls, x: ArrayLike, num_components: int) -> Self:
        """From data (n, *event_shape), exactly, in float64 on the host.

        The sign of a component is such that its number of largest size is positive. Where two variances are equal,
        their components are any two orthonormal directions of the plane that they span.

        Raises TypeError for what are not real numbers and for a fractional number of components; ValueError for no
        observations, for values that are not finite or too far from 0 for float32 to tell them apart, and for more
        components than there are directions: n − 1, or the number of features that vary.
        """
        x = _checked(x)
        k = checks.whole("num_components", num_components, least=1)
        flat = x.reshape(len(x), -1)
        varies = flat.min(axis=0) < flat.max(axis=0)
        most = min(len(x) - 1, int(varies.sum()))
        if k > most:
            raise ValueError(
                f"num_components must be at most {most}: x has {len(x)} rows, and {varies.sum()} features that vary; "
                f"got {k}"
            )
        mean = flat.mean(axis=0, dtype=np.float64)
        centred = flat[:, varies] - mean[varies]
        variances, directions = _directions(centred, k)
        components = np.zeros((k, flat.shape[1]))
        components[:, varies] = directions
        total = np.einsum("ij,ij->", centred, centred) / len(x)
        parts = mean.reshape(x.shape[1:]), components.reshape(k, *x.shape[1:]), variances, total
        return cls(*(jnp.asarray(part, jnp.float32) for part in parts))

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.mean.shape

    def encode(self, x: ArrayLike) -> Float[Array, "*batch k"]:
        """The k numbers of each of (*batch, *event_shape) observations: how far it is from the mean, along each
        component.

        Works under `jit`. Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _encode(self, checks.points_at(x, self.event_shape))

    def decode(self, z: ArrayLike) -> Float[Array, "..."]:
        """The observation that each of (*batch, k) rows of numbers stands for: the mean, and so much of each component.

        Works under `jit`. Raises TypeError or ValueError where z has the wrong dtype or shape.
        """
        return _decode(self, checks.points_at(z, self.variances.shape))


# --- Private parts -------------------------------------------------------------------------------


@jax.jit
def _encode(pca: PCA, x: Array) -> Array:
    axes = pca.mean.ndim
    centred = x - jnp.expand_dims(pca.mean, range(x.ndim - axes))
    return jnp.tensordot(centred, jnp.moveaxis(pca.components, 0, -1), axes, precision="highest")


@jax.jit
def _decode(pca: PCA, z: Array) -> Array:
    return jnp.expand_dims(pca.mean, range(z.ndim - 1)) + jnp.tensordot(z, pca.components, 1, precision="highest")


def _directions(x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest variances (k,) of centred float64 points x (n, d), and their directions (k, d).

    They are eigenvectors of xᵀ x, or, if there are fewer points than features, u such that xᵀ u is one. The squares
    cost half of float64's digits: a direction that varies less than 1e-8 of the first one is known no further.
    """
    n, d = x.shape
    scale = abs(x).max()  # so that squares are safe
    x = x / scale
    values, vectors = np.linalg.eigh(x.T @ x if d <= n else x @ x.T)
    top = vectors[:, ::-1][:, :k]
    directions = (top if d <= n else np.linalg.qr(x.T @ top)[0]).T
    largest = np.take_along_axis(directions, abs(directions).argmax(axis=1)[:, None], axis=1)
    variances = np.maximum(values[::-1][:k], 0) * (scale / n * scale)
    return variances, directions * np.sign(largest)


def _checked(data: ArrayLike) -> np.ndarray:
    """Observations (n, *event_shape), finite, at least one, as float32 on the host."""
    x = checks.real_numbers("x", data)
    if x.ndim < 2 or math.prod(x.shape[1:]) == 0:
        raise ValueError(f"x must have shape (n, *event_shape), a row for each observation; got shape {x.shape}")
    if checks.is_traced(x):
        raise TypeError("x must be known before jit; got a tracer")
    checks.finite("x", x)
    x = np.asarray(jax.device_get(x))
    return np.reshape(checks.points("x", x.reshape(len(x), math.prod(x.shape[1:]))), x.shape)
