"""What a model is worth against a known truth. Every score states its blind spots; nats divided by log 2 are bits."""

from lib.scores.frechet import frechet_distance
from lib.scores.outcomes import outcome_coverage, outcome_novelty, outcome_total_variation, outcome_validity
from lib.scores.pictures import (
    factors,
    outcome_law,
    picture_coverage,
    picture_novelty,
    picture_total_variation,
    validity,
)
from lib.scores.quadrature import coverage, kl_by_quadrature, precision
from lib.scores.samples import Comparison, Estimate, novelty, share
from lib.scores.tables import entropy, kl, mutual_information, total_correlation, total_variation

__all__ = [
    "Comparison",
    "Estimate",
    "coverage",
    "entropy",
    "factors",
    "frechet_distance",
    "kl",
    "kl_by_quadrature",
    "mutual_information",
    "novelty",
    "outcome_coverage",
    "outcome_law",
    "outcome_novelty",
    "outcome_total_variation",
    "outcome_validity",
    "picture_coverage",
    "picture_novelty",
    "picture_total_variation",
    "precision",
    "share",
    "total_correlation",
    "total_variation",
    "validity",
]
