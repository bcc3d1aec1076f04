"""What a layer of a normalizing flow must do."""

import abc

import equinox as eqx
from jaxtyping import Array, Float


class Bijection(eqx.Module):
    """A map of points (d,) that can be undone: from the side of the noise z to the side of the data x, and back.

    Near a point it stretches each small volume by |det ∂x/∂z|. Both ways give the logarithm of their own stretching, in
    nats, so the two sum to 0 at a z and its x.
    """

    @abc.abstractmethod
    def forward(self, z: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        """The point x that z becomes, and log |det ∂x/∂z|."""

    @abc.abstractmethod
    def inverse(self, x: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        """The point z that becomes x, and log |det ∂z/∂x|."""

    @property
    @abc.abstractmethod
    def work(self) -> int:
        """How many numbers one point makes, at most, in one step of the computation."""
