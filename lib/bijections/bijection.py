"""What a layer of a normalizing flow must do."""

import abc

import equinox as eqx
from jaxtyping import Array, Float


class Bijection(eqx.Module):
    """A smooth map of points (d,) that can be undone, from the side of the noise z to the side of the data x.

    Near a point it stretches each small volume by |det ∂x/∂z|. Both ways give the logarithm of their own stretching, so
    the two sum to 0 at points that belong together.
    """

    @abc.abstractmethod
    def forward(self, z: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        """The point x that z becomes, and log |det ∂x/∂z|."""

    @abc.abstractmethod
    def inverse(self, x: Float[Array, " d"]) -> tuple[Float[Array, " d"], Float[Array, ""]]:
        """The point z that becomes x, and log |det ∂z/∂x|."""
