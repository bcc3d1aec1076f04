"""Kernel density estimation: a small hill over each observation, and the density is their mean.

    p(x) = 1/n Σ_i K(x, x_i)

The kernel K is the density of a step of typical length h, the bandwidth, from x_i. Both kernels here fall off with the
square of a straight distance r,

    K(x, x_i) = exp(−r² / 2h²) / Z(h),    r = |x − x_i|

- `gaussian`: the normal density N(x; x_i, h² I) in the plane, or in any space (n, d). Z = (2π h²)^(d/2).
- `sphere`: the same on a globe. x holds longitudes and latitudes in degrees, and so is h; both become radians, and r is
  the straight line (the chord) between two points of the unit sphere. Since κ (cos θ − 1) = −κ r² / 2, this is the von
  Mises–Fisher density with κ = 1/h², per unit of area of the unit sphere (steradian). Z = 2π h² (1 − exp(−2/h²)).

Sources: M. Rosenblatt, Ann. Math. Stat. 27, 1956; E. Parzen, Ann. Math. Stat. 33, 1962; on the sphere P. Hall,
G. Watson & J. Cabrera, Biometrika 74, 1987; K. Mardia & P. Jupp, Directional Statistics, 2000, §9.3.
"""

import math
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.density import Density
from lib.summation import pairwise_sum

KERNELS = ("gaussian", "sphere")
REACH = 1e18  # bandwidths


class KDE(Density):
    """A kernel density estimate: a hill of width `bandwidth` over each of the points `x` (n, d).

    `bandwidth` is in the unit of x; it may be traced by `jit`, so that a slider moves it. `kernel` is "gaussian", with
    a density per unit of volume in the coordinates of x, or "sphere", with x (n, 2) longitudes and latitudes in degrees
    and a density per steradian; there longitudes may be any number of turns off.

    Raises TypeError for what are not real numbers, ValueError for no rows, a wrong shape, values that are not finite, a
    bandwidth that is not above 0, another kernel, and on the sphere for a latitude beyond 90.

    >>> KDE.fit([[0.0], [1.0]], bandwidth=0.5).log_prob([[0.5], [10.0]])
    Array([  -0.72579134, -162.91893   ], dtype=float32)
    """

    x: Float[checks.Array, "n d"]
    bandwidth: Float[checks.Array, ""]
    kernel: str = eqx.field(static=True)

    def __init__(self, x: ArrayLike, bandwidth: ArrayLike, kernel: str = "gaussian") -> None:
        if kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}; got {kernel!r}")
        self.x = (checks.points if kernel == "gaussian" else checks.degrees)("x", x)
        self.bandwidth = checks.positive("bandwidth", bandwidth)
        self.kernel = kernel

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.x.shape[1:]

    @classmethod
    def fit(cls, x: ArrayLike, bandwidth: ArrayLike, kernel: str = "gaussian") -> Self:
        """The estimate from points x (n, d). There is nothing to be fitted: it keeps them all. Works under `jit`."""
        return cls(x, bandwidth, kernel)

    def _log_prob(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """log mean exp of −r² / 2h², less log Z. The greatest term is taken out first, so that no sum is 0."""
        h = self._width()
        steps = (self._place(self._reachable(x))[None] - self._place(jnp.asarray(self.x))) / h
        exponents = -0.5 * jnp.sum(steps**2, axis=1)
        greatest = jax.lax.stop_gradient(exponents.max())
        log_mean = greatest + jnp.log(pairwise_sum(jnp.exp(exponents - greatest)) / len(self.x))
        return jnp.where(self._on_globe(x), log_mean - self._log_z(h), -jnp.inf)

    def _log_probs(self, x: Float[Array, "n d"]) -> Float[Array, " n"]:
        return jax.lax.map(self._log_prob, x, batch_size=max(1, 2**22 // len(self.x)))

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        which, step = jax.random.split(key)
        x = jnp.asarray(self.x)[jax.random.randint(which, (), 0, len(self.x))]
        if self.kernel == "gaussian":
            return x + self.bandwidth * jax.random.normal(step, x.shape)
        return _walk(x, self._width(), jax.random.uniform(step, (2,)))

    def _width(self) -> Float[Array, ""]:
        """h in the unit of r. On the globe so that κ = 1/h² is a float32: beyond, no difference could be seen."""
        h = jnp.asarray(self.bandwidth)
        return h if self.kernel == "gaussian" else jnp.clip(jnp.deg2rad(h), 1e-15, 1e15)

    def _log_z(self, h: Float[Array, ""]) -> Float[Array, ""]:
        if self.kernel == "gaussian":
            return self.event_shape[0] * (jnp.log(h) + 0.5 * math.log(2 * math.pi))
        return math.log(2 * math.pi) + 2 * jnp.log(h) + jnp.log(-jnp.expm1(-2 / h**2))

    def _reachable(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """x, but no farther from the data than float32 can square; there the log density is below −10³⁵."""
        if self.kernel == "sphere":
            return x
        reach = REACH * self._width()
        return jnp.clip(x, jnp.min(self.x, axis=0) - reach, jnp.max(self.x, axis=0) + reach)

    def _place(self, x: Float[Array, "*n d"]) -> Float[Array, "*n k"]:
        """Where points are in the space in which r is measured."""
        return x if self.kernel == "gaussian" else _unit_vectors(x)

    def _on_globe(self, x: Float[Array, " d"]) -> Array:
        return jnp.array(True) if self.kernel == "gaussian" else jnp.abs(x[1]) <= 90


# --- The sphere ----------------------------------------------------------------------------------


def _unit_vectors(x: Float[Array, "*n 2"]) -> Float[Array, "*n 3"]:
    longitude, latitude = jnp.deg2rad(jnp.remainder(x[..., 0], 360)), jnp.deg2rad(x[..., 1])
    return jnp.stack(
        [jnp.cos(latitude) * jnp.cos(longitude), jnp.cos(latitude) * jnp.sin(longitude), jnp.sin(latitude)], axis=-1
    )


def _walk(x: Float[Array, "2"], h: Float[Array, ""], uniform: Float[Array, "2"]) -> Float[Array, "2"]:
    """A step of the von Mises–Fisher law from a longitude and latitude, in any direction.

    The height t = 1 − cos θ has a density of exp(−κ t) between 0 and 2, which can be inverted (G. Ulrich, Appl. Stat.
    33, 1984). It is small where the step is, so that no digits are lost, as they would be in cos θ.
    """
    t = jnp.clip(-(h**2) * jnp.log1p(uniform[0] * jnp.expm1(-2 / h**2)), 0, 2)
    azimuth = 2 * jnp.pi * uniform[1]
    latitude = jnp.deg2rad(x[1])
    # The step in the frame of x: up, and along the meridian and the parallel, which have directions at the poles too.
    up, side = 1 - t, jnp.sqrt(t * (2 - t))
    north, east = side * jnp.cos(azimuth), side * jnp.sin(azimuth)
    # From there to a frame that is turned about the axis of the globe only, so that x lies on its meridian 0.
    front = up * jnp.cos(latitude) - north * jnp.sin(latitude)
    height = up * jnp.sin(latitude) + north * jnp.cos(latitude)
    longitude = jnp.remainder(x[0] + jnp.rad2deg(jnp.arctan2(east, front)) + 180, 360) - 180
    latitude = jnp.rad2deg(jnp.arctan2(height, jnp.hypot(front, east)))
    return jnp.stack([jnp.where(longitude < 180, longitude, -180), latitude])  # rounding may give 180
