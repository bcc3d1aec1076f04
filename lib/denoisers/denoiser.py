"""What all denoisers promise: the mean of the points that a noisy one may have come from."""

import abc

import equinox as eqx
from jaxtyping import Array, Float, Int


class Denoiser(eqx.Module):
    """A guess at E[x | z], where z = cos(angle) · x + sin(angle) · ε and ε is standard normal noise.

    The angle goes from 0, where z is the point x, to π/2, where z is noise and no more. Points (d,) are in units in
    which the noise is about as large as they are. A condition (k,) asks for attributes by their codes, from 0 to below
    `sizes`; −1 does not ask. Without attributes, `sizes` is () and a condition has the shape (0,).
    """

    sizes: eqx.AbstractVar[tuple[int, ...]]

    @property
    @abc.abstractmethod
    def event_shape(self) -> tuple[int, ...]:
        """The shape (d,) of a point."""

    @property
    @abc.abstractmethod
    def work(self) -> int:
        """The largest array that one point needs, as a number of numbers."""

    @abc.abstractmethod
    def __call__(
        self, z: Float[Array, " d"], angle: Float[Array, ""], condition: Int[Array, " k"]
    ) -> Float[Array, " d"]:
        """E[x | z, condition], or a guess at it."""
