"""The models of the book, in the order of the book. Read the files in this order and you have read the book in code."""

from lib import scores
from lib.categorical import Categorical
from lib.chow_liu import ChowLiuTree
from lib.density import Density, Sampler
from lib.gaussian_mixture import GaussianMixture
from lib.naive_bayes import NaiveBayes

__all__ = [
    "Categorical",
    "ChowLiuTree",
    "Density",
    "GaussianMixture",
    "NaiveBayes",
    "Sampler",
    "scores",
]
