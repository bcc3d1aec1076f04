"""A spline coupling: each number that is moved goes along a curve through knots, which the network places.

The curve is that of lib/bijections/spline.py: it can bend from −BOUND to BOUND, as far as its knots allow, and beyond
nothing is moved. Source: C. Durkan, A. Bekasov, I. Murray & G. Papamakarios, Neural spline flows, NeurIPS 2019.
"""

import math
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.bijections.coupling import Coupling
from lib.bijections.spline import spline, spline_inverse

BOUND = 3.0
LEAST = 1e-2  # of a width, a height or a slope, where 1 is what they all are at the start


class SplineCoupling(Coupling):
    """f is a spline of `num_pieces` pieces from −BOUND to BOUND.

    Settings: num_pieces for the widths and as many for the heights of the pieces, whose softmax is their share, and
    num_pieces − 1 for the slopes at the knots between two pieces.

    Raises as `Coupling` does, and where `num_pieces` is no whole number of at least 1.

    >>> layer = SplineCoupling((True, False), key=jax.random.key(0))
    >>> layer.forward(jnp.array([1.0, 2.0]))[0].round(4)  # before training
    Array([1., 2.], dtype=float32)
    """

    num_pieces: int = eqx.field(static=True)

    def __init__(
        self, passes: Sequence[bool], *, key: PRNGKeyArray, hidden: Sequence[int] = (32, 32), num_pieces: int = 16
    ) -> None:
        self.num_pieces = checks.whole("num_pieces", num_pieces, least=1)
        super().__init__(passes, 3 * self.num_pieces - 1, hidden, key)

    def knots(
        self, settings: Float[Array, " num_settings"]
    ) -> tuple[Float[Array, " knots"], Float[Array, " knots"], Float[Array, " knots"]]:
        """The places u, the heights v and the slopes of the num_pieces + 1 knots."""
        widths, heights, slopes = jnp.split(settings, [self.num_pieces, 2 * self.num_pieces])
        inner = LEAST + jax.nn.softplus(slopes + math.log(math.expm1(1 - LEAST)))  # 1 for a setting of 0
        return _places(widths), _places(heights), jnp.pad(inner, 1, constant_values=1)

    def move(self, z: Float[Array, ""], settings: Float[Array, "_"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        return spline(z, *self.knots(settings))

    def move_back(self, x: Float[Array, ""], settings: Float[Array, "_"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        return spline_inverse(x, *self.knots(settings))


def _places(settings: Float[Array, " pieces"]) -> Float[Array, " knots"]:
    """From −BOUND to BOUND, in as many steps as there are settings."""
    shares = LEAST / len(settings) + (1 - LEAST) * jax.nn.softmax(settings)
    return jnp.pad(BOUND * (2 * jnp.cumsum(shares)[:-1] - 1), 1, constant_values=(-BOUND, BOUND))
