"""Maps that can be undone, and whose stretching of space is known: the layers of a normalizing flow."""

from lib.bijections.affine_coupling import AffineCoupling
from lib.bijections.bijection import Bijection
from lib.bijections.coupling import Coupling
from lib.bijections.spline_coupling import SplineCoupling

__all__ = ["AffineCoupling", "Bijection", "Coupling", "SplineCoupling"]
