"""How many people does a diffusion model need, and does it copy them?

    .venv/bin/python benchmarks/diffusion.py

It trains the model of chapter 5.5 nine times (about ten minutes on two cores) and writes benchmarks/diffusion.json,
which the page book/pages/copying.md shows. Nothing here is a time, so a busy machine does no harm.
"""

import functools
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import timing
from lib import PCA, Diffusion, scores
from lib.data import avatars, outfits
from lib.denoisers import ExactDenoiser

PEOPLE = (300, 1000, 3000, 10_000)
SEEDS = 5  # of the trainings on 3000 people
DRAWS, ASKED = 10_000, 1000
GUIDANCE = (1.0, 2.0, 4.0)
STEPS = 4500  # of each training, as in the chapter
GROUP = 3000  # people in each of two groups


def crowd(first: int, last: int) -> np.ndarray:
    """The outfits of the people from `first` to below `last`."""
    return np.asarray(outfits.stylist.sample(jax.random.key(0), last))[first:]


@functools.cache
def components() -> PCA:
    """Those of the first 1000 people, as in the chapter."""
    return PCA.fit(avatars.draw(crowd(0, 1000)), 48)


def numbers_of(codes: np.ndarray) -> np.ndarray:
    return np.asarray(components().encode(avatars.draw(codes)))


def painted(numbers: Any) -> np.ndarray:
    return np.uint8(np.clip(np.rint(components().decode(numbers)), 0, 255))


@functools.cache
def train(seed: int, first: int, last: int) -> Diffusion:
    """The network of some people of the crowd; each is trained once."""
    codes = crowd(first, last)
    return Diffusion.fit(
        numbers_of(codes), key=jax.random.key(seed), condition=codes, sizes=outfits.sizes, num_steps=STEPS
    )


def judged(pictures: np.ndarray, seen: np.ndarray) -> dict[str, list[float | None]]:
    """Each score with its standard error and the exact sampler's value; none where there is no number."""
    found = {
        "valid at 5": scores.validity(pictures),
        "valid at 10": scores.validity(pictures, 10.0),
        "TV": scores.picture_total_variation(pictures),
        "new": scores.picture_novelty(pictures, seen),
        "coverage": scores.picture_coverage(pictures),
    }
    return {name: [float(value) for value in score] for name, score in found.items()}


def trainings() -> list[dict[str, Any]]:
    """The scores of the network, and of a memoriser, for each number of people."""
    rows = []
    for n in PEOPLE:
        pictures = avatars.draw(crowd(0, n))
        for seed in range(SEEDS if n == 3000 else 1):
            drawn = painted(train(1 + seed, 0, n).sample(jax.random.key(100 + seed), DRAWS))
            rows.append({"people": n, "who": "network", "seed": seed, **judged(drawn, pictures)})
            print(n, seed, {name: round(score[0], 3) for name, score in rows[-1].items() if isinstance(score, list)})
        copies = pictures[np.random.default_rng(0).integers(0, n, DRAWS)]
        rows.append({"people": n, "who": "memoriser", "seed": 0, **judged(copies, pictures)})
    return rows


def outcomes(numbers: Any) -> np.ndarray:
    """Which of the 3552 pictures each draw is, and −1 where it is none."""
    codes, distance = avatars.read(painted(numbers))
    return np.where(distance <= 5, avatars.law().numbers[np.ravel_multi_index(tuple(codes.T), outfits.sizes)], -1)


def groups() -> dict[str, float]:
    """The share of noises from which a network makes the same picture as another model does, without new noise.

    The others are networks, from other first weights or of other people, and exact denoisers: of the law, and, for the
    two groups of people, of the people alone.
    """
    first, second = crowd(0, GROUP), crowd(GROUP, 2 * GROUP)
    noise = jax.random.normal(jax.random.key(7), (ASKED, 48))
    network = train(1, 0, GROUP)

    def exact(points: np.ndarray, log_probs: np.ndarray) -> Diffusion:
        points = (points - np.asarray(network.mean)) / float(network.scale)
        return Diffusion(ExactDenoiser(points, log_probs), network.mean, network.scale)

    def copier(codes: np.ndarray) -> Diffusion:
        return exact(numbers_of(codes), np.full(GROUP, -np.log(GROUP)))

    law = avatars.law()
    models = {
        "network": network,
        "same people": train(2, 0, GROUP),
        "other people": train(1, GROUP, 2 * GROUP),
        "law": exact(np.asarray(components().encode(avatars.pictures()[law.outfits])), law.log_probs),
        "copier": copier(first),
        "other copier": copier(second),
    }
    made = {name: outcomes(model.from_noise(noise)) for name, model in models.items()}

    def agree(one: str, other: str) -> float:
        return float(np.mean((made[one] == made[other]) & (made[one] >= 0)))

    p = np.exp(law.log_probs)
    with_network = {name: agree("network", name) for name in ("same people", "other people", "law")}
    return with_network | {"copiers": agree("copier", "other copier"), "by chance": float(p @ p)}


def obedience() -> list[dict[str, Any]]:
    """Of the valid draws that were asked for one attribute, the share that show it, at each guidance."""
    model = train(1, 0, 3000).with_timesteps(20)
    wanted = np.asarray(outfits.stylist.sample(jax.random.key(8), ASKED))
    rows = []
    for j, feature in enumerate(outfits.features):
        asked = np.full((ASKED, len(outfits.sizes)), -1)
        asked[:, j] = wanted[:, j]
        for w in GUIDANCE:
            drawn = model.with_guidance(w).sample(jax.random.key(9), ASKED, condition=jnp.asarray(asked))
            codes, distance = avatars.read(painted(drawn))
            bald = codes[:, 4] == outfits.features["hair type"].index("NoHair")
            valid = (distance <= 5) & ~(bald & (feature == "hair colour"))  # no hair shows no colour
            obeyed = float(np.mean(codes[valid, j] == wanted[valid, j]))
            rows.append({"feature": feature, "guidance": w, "obeyed": obeyed, "valid": float(np.mean(distance <= 5))})
    return rows


def main() -> None:
    stored = {
        "versions": {name: version(name) for name in ("jax", "equinox", "optax", "numpy")},
        "steps": STEPS,
        "draws": DRAWS,
        "trainings": trainings(),
        "groups": groups(),
        "obedience": obedience(),
    }
    timing.write(Path(__file__).with_suffix(".json"), stored)


if __name__ == "__main__":
    main()
