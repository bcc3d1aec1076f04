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
from functools import partial
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.density import Density

KERNELS = ("gaussian", "sphere")
REACH = 1e15  # bandwidths; farther away nothing is told apart, so that float32 holds all squares
LARGEST = np.finfo(np.float32).max
AT_ONCE = 2**20  # so many distances are held in memory at a time


class KDE(Density):
    """A kernel density estimate: a hill of width `bandwidth` over each of the points `x` (n, d).

    `bandwidth` is in the unit of x; it may be traced by `jit`, so that a slider moves it. `kernel` is "gaussian", with
    a density per unit of volume in the coordinates of x, or "sphere", with x (n, 2) longitudes and latitudes in degrees
    and a density per steradian; there longitudes may be any number of turns off, and draws have theirs in [−180, 180).

    Raises TypeError for what are not real numbers, ValueError for no rows, a wrong shape, values that are not finite or
    too far from 0 for float32 to tell them apart, a bandwidth that is not above 0, another kernel, and on the sphere
    for a latitude beyond 90.

    >>> KDE.fit([[0.0], [1.0]], bandwidth=0.5).log_prob([[0.5], [10.0]])
    Array([  -0.72579134, -162.91893   ], dtype=float32)
    """

    x: Float[checks.Array, "n d"]
    bandwidth: Float[checks.Array, ""]
    kernel: str = eqx.field(static=True)

    def __init__(self, x: ArrayLike, bandwidth: ArrayLike, kernel: str = "gaussian") -> None:
        if kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}; got {kernel!r}")
        self.x = (checks.points if kernel == "gaussian" else _degrees)("x", x)
        self.bandwidth = checks.positive("bandwidth", bandwidth)
        self.kernel = kernel

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.x.shape[1:]

    @classmethod
    def fit(cls, x: ArrayLike, bandwidth: ArrayLike, kernel: str = "gaussian") -> Self:
        """The estimate from points x (n, d). There is nothing to be fitted: it keeps them all. Works under `jit`."""
        return cls(x, bandwidth, kernel)

    def on_grid(self, *axes: ArrayLike) -> Float[Array, "*lengths"]:
        """The log density, in nats, at all points of a grid in the plane with axes (a,) and (b,): shape (a, b).

        It is that of `log_prob` within 2e-5 nats, for the gaussian kernel with d = 2. The kernel is a product of one
        factor for each axis, so the sum over the data is a product of matrices, of shapes (a, n) and (n, b): n (a + b)
        exponentials, not n a b. Only where a point of the grid is more than some eleven bandwidths from all data, where
        that product would be too small for float32, the whole grid takes the slow way of `log_prob`.

        Raises TypeError or ValueError for axes that are not two lists of finite numbers, and for a KDE of another kind.
        """
        if self.kernel != "gaussian" or self.event_shape != (2,):
            raise ValueError(f"on_grid needs the gaussian kernel and d = 2; got {self.kernel}, d = {self.x.shape[1]}")
        if len(axes) != 2:
            raise ValueError(f"on_grid needs two axes; got {len(axes)}")
        return _on_grid(self, *(_axis(f"axis {j}", axis) for j, axis in enumerate(axes)))

    def _log_prob(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return self._log_mean(self._place(jnp.asarray(self.x)).T, x)

    def _log_probs(self, x: Float[Array, "n d"]) -> Float[Array, " n"]:
        log_prob = partial(self._log_mean, self._place(jnp.asarray(self.x)).T)
        # For a gradient, the distances are worked out again rather than kept.
        return jax.lax.map(jax.checkpoint(log_prob), x, batch_size=max(1, AT_ONCE // len(self.x)))

    @property
    def _work(self) -> int:
        return len(self.x)

    def _log_mean(self, centres: Float[Array, "k n"], x: Float[Array, " d"]) -> Float[Array, ""]:
        """log 1/n Σ exp(−r² / 2h²) / Z; differences are squared as they are, so that no digits cancel."""
        h = self._width()
        squares = sum(_scaled(place - centre, h) ** 2 for place, centre in zip(self._place(x), centres, strict=True))
        log_prob = jax.nn.logsumexp(-squares / 2) - math.log(len(self.x)) - self._log_z(h)
        return log_prob if self.kernel == "gaussian" else jnp.where(jnp.abs(x[1]) <= 90, log_prob, -jnp.inf)

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        which, step = jax.random.split(key)
        x = jnp.asarray(self.x)[jax.random.randint(which, (), 0, len(self.x), jnp.int32)]
        if self.kernel == "gaussian":
            # Of the widest hills, float32 does not hold all places.
            return jnp.clip(x + self.bandwidth * jax.random.normal(step, x.shape, jnp.float32), -LARGEST, LARGEST)
        return _walk(x, self._width(), jax.random.uniform(step, (2,), jnp.float32))

    def _width(self) -> Float[Array, ""]:
        """h in the unit of r. On the globe so that κ = 1/h² is a float32: beyond, no difference could be seen."""
        h = jnp.asarray(self.bandwidth)
        return h if self.kernel == "gaussian" else jnp.clip(jnp.deg2rad(h), 1e-15, 1e15)

    def _log_z(self, h: Float[Array, ""]) -> Float[Array, ""]:
        if self.kernel == "gaussian":
            return self.x.shape[1] * (jnp.log(h) + 0.5 * math.log(2 * math.pi))
        kappa = 1 / h**2
        return math.log(4 * math.pi) + jnp.log(-jnp.expm1(-2 * kappa) / (2 * kappa))

    def _place(self, x: Float[Array, "*n d"]) -> Float[Array, "*n k"]:
        """Where points are in the space in which r is measured."""
        return x if self.kernel == "gaussian" else _unit_vectors(x)


# --- Private numerics ----------------------------------------------------------------------------


def _scaled(difference: Float[Array, "*n"], h: Float[Array, ""]) -> Float[Array, "*n"]:
    return jnp.clip(difference * (1 / h), -REACH, REACH)


@jax.jit
def _on_grid(model: KDE, first: Float[Array, " a"], second: Float[Array, " b"]) -> Float[Array, "a b"]:
    x, n, h = jnp.asarray(model.x), len(model.x), jnp.asarray(model.bandwidth)

    def factor(axis: Array, coordinate: Array) -> Array:
        return jnp.exp(-(_scaled(axis[:, None] - coordinate[None], h) ** 2) / 2)

    def product(x: Array) -> Array:
        return jnp.matmul(factor(first, x[:, 0]), factor(second, x[:, 1]).T, precision="highest")

    rows = min(n, max(1, AT_ONCE // (len(first) + len(second) + 1)))  # of data, so that the factors stay small
    blocks = (n - 1) // rows  # after the first one, which has what is over, or as many rows

    def add(i: Array, total: Array) -> Array:
        return total + product(jax.lax.dynamic_slice(x, [n - (i + 1) * rows, 0], [rows, 2]))

    mean = jax.lax.fori_loop(0, blocks, add, product(x[: n - blocks * rows])) / n

    def exact() -> Array:
        points = jnp.stack(jnp.meshgrid(first, second, indexing="ij"), axis=-1)
        return model._log_probs(points.reshape(-1, 2)).reshape(mean.shape)

    # Terms below 10⁻³⁸ are lost: to a mean above 10⁻³¹ they are nothing.
    return jax.lax.cond((mean > 1e-31).all(), lambda: jnp.log(mean) - model._log_z(h), exact)


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


# --- Private checks ------------------------------------------------------------------------------


def _degrees(name: str, x: ArrayLike) -> checks.Array:
    """Data (n, 2) to fit to: longitudes, which may be any number of turns off, and latitudes from −90 to 90."""
    x = checks.points(name, x)
    if x.shape[1] != 2:
        raise ValueError(f"{name} must have shape (n, 2), longitudes and latitudes in degrees; got shape {x.shape}")
    checks.refuse(name, x, _off_the_globe, "latitudes from -90 to 90 in its second column")
    return x


def _off_the_globe(x: Any) -> checks.Array:
    return abs(x) > np.array([[np.inf, 90]], np.float32)


def _axis(name: str, x: ArrayLike) -> checks.Array:
    """Numbers (k,) along an axis: finite and real."""
    x = checks.real_numbers(name, x)
    if x.ndim != 1:
        raise ValueError(f"{name} must have shape (k,); got shape {x.shape}")
    checks.finite(name, x)
    return checks.float32(x)
