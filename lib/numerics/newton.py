"""Newton's method: the least value of a convex function, found from parabola to parabola.

Near θ the function is about f(θ) + gᵀ d + dᵀ H d / 2, with its gradient g and its second derivatives H. The step
d = −H⁻¹ g leads to the minimum of that. Where it leads too far, so that f would rise, it is halved until f does not.
Once it is near, each step doubles the number of digits that are right.

Source: S. Boyd & L. Vandenberghe, Convex Optimization, 2004, §9.5.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_factor, cho_solve
from jaxtyping import Array, Bool, Float

MAX_STEPS = 64
PRECISE = 1e-9  # once a step promises to gain less, the one after it would gain less than float32 can tell
ROUNDING = 1e-6  # of the value: so much it may seem to rise
FLAT = 1e-6  # a function that bends less than this is no parabola to float32, but a plane or a slope without end

Vector = Float[Array, " p"]


def minimise(
    value: Callable[[Vector], Float[Array, ""]],
    derivatives: Callable[[Vector], tuple[Vector, Float[Array, "p p"]]],
    start: Vector,
) -> tuple[Vector, Bool[Array, ""]]:
    """Where a convex function, whose values and second derivatives are of order 1, is least; and whether it is there.

    `derivatives` gives the gradient and the matrix of second derivatives. Where a function has no minimum, or one that
    float32 cannot tell from none, the answer is False and a place far out, which is finite.
    """

    def goes_on(state: tuple) -> Array:
        steps, _, gain, _ = state
        return (steps < MAX_STEPS) & (gain > PRECISE)

    def go_on(state: tuple) -> tuple:
        steps, theta, _, _ = state
        before, (gradient, curvature) = value(theta), derivatives(theta)
        # What is added keeps the factor real where rounding does not, and is small beside what counts as a minimum.
        step = -cho_solve(cho_factor(curvature + FLAT / 10 * unit), gradient)
        step = jnp.where(jnp.isfinite(step).all(), step, 0)

        def too_long(size: Array) -> Array:
            return ~(value(theta + size * step) <= before + ROUNDING * jnp.abs(before)) & (size > ROUNDING)

        size = jax.lax.while_loop(too_long, lambda size: size / 2, jnp.float32(1))
        return steps + 1, theta + size * step, -gradient @ step / 2, curvature

    unit = jnp.eye(len(start), dtype=jnp.float32)
    _, theta, gain, curvature = jax.lax.while_loop(goes_on, go_on, (jnp.int32(0), start, jnp.float32(jnp.inf), unit))
    return theta, (gain <= PRECISE) & (jnp.linalg.eigvalsh(curvature).min() >= FLAT)
