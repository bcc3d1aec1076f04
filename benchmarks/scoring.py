"""What a row of the scoreboard holds: a model is trained, it draws, and the draws are scored.

A row says what was trained, and then each score: a number, or null, for which `why_null` has the reason. `divergence`
is KL(law ‖ model), in nats for outfits and points, in bits for pictures; `divergence_bound` is at least that. The other
scores are of 10,000 draws, with their standard errors in `standard_error`. `numbers` are all those that the model must
keep. Times are CPU seconds, added over the cores, with what it takes to compile: they say less on another machine than
the ratio of two of them.
"""

import functools
import time
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from benchmarks.contestants import ALL_OUTFITS, GROUNDS, Entry, Ground, People, whole
from lib import PCA, scores
from lib.data import avatars, outfits, world

DRAWS, TIMED = 10_000, 1000
COMPONENTS = 48  # of pictures, for the Fréchet distance
SCORES = ("divergence", "divergence_bound", "valid", "valid_at_10", "TV", "novelty", "coverage", "factors", "frechet")
NO_PICTURE = "what it draws is never exactly a real picture, so that its divergence would be infinite"
NO_FORMULA = "no formula says how likely an observation is"
Row = dict[str, Any]
Found = tuple[float, float | None] | str  # a value and its standard error, if it is sampled; or why there is none


def row(name: str, model: str, seed: int, n: int) -> Row:
    """Train a model, draw from it, and score the draws."""
    ground = GROUNDS[name]
    data = ground.data(jax.random.key(1000 + seed), n)
    start = time.process_time()
    entry = ground.entries[model](data, jax.random.key(seed))
    jax.block_until_ready(jax.tree.leaves(eqx.filter(entry.parts, eqx.is_array)))
    trained = time.process_time() - start
    draws = entry.draw(jax.random.key(2000 + seed), DRAWS)
    entry.draw(jax.random.key(3000 + seed), TIMED)  # which may compile
    start = time.process_time()
    entry.draw(jax.random.key(4000 + seed), TIMED)
    drawn = time.process_time() - start
    found = divergence(ground, entry) | of_draws(ground, draws, data)
    reasons = {score: value for score, value in found.items() if isinstance(value, str)}
    values = {score: None if isinstance(value, str) else value[0] for score, value in found.items()}
    errors = {score: value[1] for score, value in found.items() if not isinstance(value, str) and _is_known(value[1])}
    return {
        "ground": name,
        "model": model,
        "seed": seed,
        "n_train": n,
        **values,
        "why_null": reasons,
        "standard_error": errors,
        "can": abilities(entry),
        "numbers": sum(x.size for x in jax.tree.leaves(eqx.filter(entry.parts, eqx.is_array))),
        "train_s": trained + entry.before,
        "draw_1000_s": drawn,
    }


def _is_known(standard_error: float | None) -> bool:
    """Not of what is exact, nor of a share among so few draws that nobody can say."""
    return standard_error is not None and bool(np.isfinite(standard_error))


def abilities(entry: Entry) -> list[str]:
    """What one may ask the model for, beside draws."""
    made = [part for part in entry.parts if isinstance(part, eqx.Module) and not isinstance(part, PCA)]
    can = {
        "density": entry.log_prob is not None,
        "bound": entry.bound is not None,
        "latent": any(hasattr(part, "encode") or hasattr(part, "to_noise") for part in made),
        "condition": any(getattr(part, "_condition_sizes", ()) for part in made),
    }
    return [name for name, has in can.items() if has]


def divergence(ground: Ground, entry: Entry) -> dict[str, Found]:
    """KL(law ‖ model), exact where the density is known, and else the least that is known to be enough."""
    none = "it has a density, which is exact"
    if entry.bound is not None:
        bound = {"divergence_bound": world_bound(entry)}
        return {"divergence": "its density is an integral that nobody can compute", **bound}
    if entry.log_prob is None:
        why = NO_FORMULA
        if ground.name == "avatars":
            why = NO_PICTURE
        return {"divergence": why, "divergence_bound": why}
    if ground.name == "world":
        cells = world.grid(180) if entry.parts else world.grid()  # a formula is cheap, and knows where the coast is
        q = entry.log_prob(cells.points) - world.log_area(cells.points)
        truth = float(world.log_prob(world.grid().points).max())
        with np.errstate(divide="ignore"):
            log_land = cells.log_area + np.log(cells.land)
        kl = float(scores.kl_by_quadrature(truth, q, log_land))
    else:
        x = ALL_OUTFITS if ground.name == "outfits" else avatars.pictures()[avatars.law().outfits]
        log_q = np.asarray(entry.log_prob(x), np.float64)
        p = ground.probabilities()[: log_q.size]  # without what is no picture
        kl = float(p @ (np.log(p) - log_q) / (np.log(2) if ground.unit == "bits" else 1))
    if np.isinf(kl):
        return {"divergence": "infinite: it rules out what can happen", "divergence_bound": none}
    return {"divergence": (kl, None), "divergence_bound": none}


def world_bound(entry: Entry) -> Found:
    """The mean over fresh points of log p(x) less a bound of log q(x)."""
    assert entry.bound is not None
    x = world.sample(jax.random.key(5000), 1000)
    excess = np.float64(world.log_prob(x) + world.log_area(x)) - np.float64(entry.bound(x, jax.random.key(6000)))
    return float(excess.mean()), float(excess.std() / np.sqrt(len(excess)))


def of_draws(ground: Ground, draws: np.ndarray, data: Any) -> dict[str, Found]:
    """All scores of draws."""
    p = ground.probabilities()
    if ground.name != "avatars":
        outcomes = ground.outcomes(draws)
        found: dict[str, Found] = {
            "valid": scores.outcome_validity(outcomes, p)[:2],
            "TV": scores.outcome_total_variation(outcomes, p)[:2],
            "coverage": scores.outcome_coverage(outcomes, p)[:2],
            "valid_at_10": "only pictures have a distance from the nearest",
            "frechet": "it is for pictures",
        }
        if ground.name == "outfits":
            margins = [
                scores.outcome_total_variation(draws[:, j], p.reshape(outfits.sizes).sum(axis=others_than(j)))
                for j in range(len(outfits.sizes))
            ]
            found["factors"] = max(margins)[:2]
            found["novelty"] = scores.outcome_novelty(outcomes, ground.outcomes(data), p)[:2]
        else:
            found["factors"] = "points have no attributes"
            found["novelty"] = scores.novelty(draws, data)
        return found
    assert isinstance(data, People)
    distance = frechet(draws), None
    draws = whole(draws)
    valid = scores.validity(draws)
    found = {
        "valid": valid[:2],
        "valid_at_10": scores.validity(draws, 10.0)[:2],
        "TV": scores.picture_total_variation(draws)[:2],
        "coverage": scores.picture_coverage(draws)[:2],
        "frechet": distance,
    }
    if not valid.value:
        return found | dict.fromkeys(("novelty", "factors"), "none of its draws is a person")
    factors = max(scores.factors(draws).values(), key=lambda score: -1.0 if np.isnan(score.value) else score.value)
    return found | {"novelty": scores.picture_novelty(draws, data.pictures)[:2], "factors": factors[:2]}


def others_than(j: int) -> tuple[int, ...]:
    return tuple(i for i in range(len(outfits.sizes)) if i != j)


class Features(NamedTuple):
    """Principal components of pictures, of which the law's mean and covariance are known."""

    pca: PCA
    scale: float
    mean: np.ndarray
    covariance: np.ndarray


@functools.cache
def features() -> Features:
    """In a unit in which the variances are one on average."""
    law = avatars.law()
    real, p = avatars.pictures()[law.outfits], np.exp(law.log_probs)
    pca = PCA.fit(real, COMPONENTS)
    x = np.float64(pca.encode(real))
    mean = p @ x
    covariance = (x - mean).T * p @ (x - mean)
    scale = np.sqrt(np.trace(covariance) / COMPONENTS)
    return Features(pca, scale, mean / scale, covariance / scale**2)


def frechet(pictures: np.ndarray) -> float:
    """Of pictures, or of what a model gives before it is rounded."""
    known = features()
    return scores.frechet_distance(np.asarray(known.pca.encode(pictures)) / known.scale, known.mean, known.covariance)
