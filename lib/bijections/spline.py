"""A smooth rising curve through some knots, in closed form both ways: the monotone rational-quadratic spline.

Between two knots (u₀, v₀) and (u₁, v₁), where the curve has the slopes d₀ and d₁, with θ = (z − u₀) / (u₁ − u₀) and the
mean slope m = (v₁ − v₀) / (u₁ − u₀), it is

    f(z) = v₀ + (v₁ − v₀) (m θ² + d₀ θ (1 − θ)) / (m + (d₀ + d₁ − 2m) θ (1 − θ))

To go back, one solves a quadratic equation for θ. Beyond the first and the last knot, which lie on the diagonal, f(z)
is z itself.
Sources: J. Gregory & R. Delbourgo, Piecewise rational quadratic interpolation to monotonic data, IMA J. Numer. Anal. 2,
1982; C. Durkan, A. Bekasov, I. Murray & G. Papamakarios, Neural spline flows, NeurIPS 2019.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def spline(
    z: Float[Array, ""], u: Float[Array, " knots"], v: Float[Array, " knots"], slopes: Float[Array, " knots"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """f(z), and log f′(z), of the curve that goes through the knots (u, v) with these slopes.

    u and v rise, the first and the last knot have u = v, and slopes are above 0. Nothing of this is checked.

    >>> x, log_slope = spline(jnp.float32(0.0), jnp.array([-1.0, 0, 1]), jnp.array([-1, 0.5, 1]), jnp.ones(3))
    >>> print(x, log_slope)
    0.5 0.0
    """
    inside = (u[0] <= z) & (z < u[-1])
    u0, u1, v0, v1, d0, d1 = _piece(z, u, u, v, slopes)
    m = (v1 - v0) / (u1 - u0)
    theta = jnp.where(inside, z - u0, 0) / (u1 - u0)
    x = v0 + (v1 - v0) * (m * theta**2 + d0 * theta * (1 - theta)) / (m + (d0 + d1 - 2 * m) * theta * (1 - theta))
    return jnp.where(inside, x, z), jnp.where(inside, _log_slope(theta, m, d0, d1), 0)


def spline_inverse(
    x: Float[Array, ""], u: Float[Array, " knots"], v: Float[Array, " knots"], slopes: Float[Array, " knots"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The z at which the spline is x, and the logarithm of the slope of the way back, −log f′(z).

    >>> z, log_slope = spline_inverse(jnp.float32(0.5), jnp.array([-1.0, 0, 1]), jnp.array([-1, 0.5, 1]), jnp.ones(3))
    >>> print(z, log_slope)
    0.0 -0.0
    """
    inside = (v[0] <= x) & (x < v[-1])
    u0, u1, v0, v1, d0, d1 = _piece(x, v, u, v, slopes)
    m = (v1 - v0) / (u1 - u0)
    height = jnp.where(inside, x - v0, 0)
    # θ is a root of aθ² + bθ + c. Of its two formulas this one subtracts no nearly equal numbers.
    bend = height * (d0 + d1 - 2 * m)
    a, b, c = (v1 - v0) * (m - d0) + bend, (v1 - v0) * d0 - bend, -m * height
    theta = 2 * c / (-b - jnp.sqrt(jnp.maximum(b**2 - 4 * a * c, 0)))
    z = u0 + theta * (u1 - u0)
    return jnp.where(inside, z, x), jnp.where(inside, -_log_slope(theta, m, d0, d1), 0)


# --- Private parts -------------------------------------------------------------------------------


def _piece(at: Array, edges: Array, u: Array, v: Array, slopes: Array) -> tuple[Array, ...]:
    """u₀, u₁, v₀, v₁, d₀, d₁ of the piece in which `at` lies between two edges; of an end where it is beyond all."""
    k = jnp.sum(at >= edges[1:-1], dtype=jnp.int32)
    return u[k], u[k + 1], v[k], v[k + 1], slopes[k], slopes[k + 1]


def _log_slope(theta: Array, m: Array, d0: Array, d1: Array) -> Array:
    rest = 1 - theta
    above = d1 * theta**2 + 2 * m * theta * rest + d0 * rest**2
    return 2 * (jnp.log(m) - jnp.log(m + (d0 + d1 - 2 * m) * theta * rest)) + jnp.log(above)
