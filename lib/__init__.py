"""The models of the book, in the order of the book. Read the files in this order and you have read the book in code."""

from lib import scores
from lib.categorical import Categorical
from lib.density import Density, Sampler

__all__ = ["Categorical", "Density", "Sampler", "scores"]
