"""What a model is worth against a known truth. Every score states its blind spots; nats divided by log 2 are bits."""

from lib.scores.quadrature import coverage, kl_by_quadrature, precision
from lib.scores.samples import Estimate, novelty, share
from lib.scores.tables import entropy, kl, mutual_information, total_correlation

__all__ = [
    "Estimate",
    "coverage",
    "entropy",
    "kl",
    "kl_by_quadrature",
    "mutual_information",
    "novelty",
    "precision",
    "share",
    "total_correlation",
]
