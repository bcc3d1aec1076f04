"""An affine coupling: each number that is moved is stretched and shifted.

    f(z) = exp(s) z + t,    with s and t said by the network

Source: L. Dinh, J. Sohl-Dickstein & S. Bengio, Density estimation using Real NVP, ICLR 2017.
"""

from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from lib.bijections.coupling import Coupling

MOST = 2.0  # the size of s: e² times as wide, or as narrow


class AffineCoupling(Coupling):
    """f stretches by a factor from e⁻² to e², and shifts. Settings: one that a tanh bounds to s, and the shift t.

    >>> layer = AffineCoupling((True, False), key=jax.random.key(0))
    >>> layer.forward(jnp.array([1.0, 2.0]))  # before training
    (Array([1., 2.], dtype=float32), Array(0., dtype=float32))
    """

    def __init__(self, passes: Sequence[bool], *, key: PRNGKeyArray, hidden: Sequence[int] = (64, 64)) -> None:
        super().__init__(passes, 2, hidden, key)

    def move(self, z: Float[Array, ""], settings: Float[Array, "2"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        s, t = _stretch_and_shift(settings)
        return jnp.exp(s) * z + t, s

    def move_back(self, x: Float[Array, ""], settings: Float[Array, "2"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        s, t = _stretch_and_shift(settings)
        return (x - t) * jnp.exp(-s), -s


def _stretch_and_shift(settings: Float[Array, "2"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    return MOST * jnp.tanh(settings[0] / MOST), settings[1]
