"""How many people does a diffusion model need, and does it copy them?

    .venv/bin/python benchmarks/diffusion.py

It trains the model of chapter 5.5 nine times (about ten minutes on two cores) and writes benchmarks/diffusion.json,
which the page book/pages/copying.md shows. Nothing here is a time, so a busy machine does no harm.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lib import PCA, Diffusion, scores
from lib.data import avatars, outfits
from lib.denoisers import ExactDenoiser

PEOPLE = (300, 1000, 3000, 10_000)
SEEDS = 5  # of the trainings on 3000 people
DRAWS, ASKED = 10_000, 1000
GUIDANCE = (1.0, 2.0, 4.0)
STEPS = 4500  # of each training, as in the chapter
GROUP = 3000  # people in each of two groups


class People:
    """Some people, as 48 numbers each: the principal components are those of the first 1000, as in the chapter."""

    def __init__(self, codes: np.ndarray) -> None:
        self.codes, self.pictures = codes, avatars.draw(codes)
        self.pca = PCA.fit(avatars.draw(crowd(1000)), 48)
        self.numbers = np.asarray(self.pca.encode(self.pictures))

    def train(self, seed: int) -> Diffusion:
        return Diffusion.fit(
            self.numbers, key=jax.random.key(seed), condition=self.codes, sizes=outfits.sizes, num_steps=STEPS
        )

    def painted(self, numbers: Any) -> np.ndarray:
        return np.uint8(np.clip(np.rint(self.pca.decode(numbers)), 0, 255))


def crowd(n: int) -> np.ndarray:
    return np.asarray(outfits.stylist.sample(jax.random.key(0), n))


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
        people = People(crowd(n))
        for seed in range(SEEDS if n == 3000 else 1):
            model = people.train(1 + seed)
            drawn = people.painted(model.sample(jax.random.key(100 + seed), DRAWS))
            rows.append({"people": n, "who": "network", "seed": seed, **judged(drawn, people.pictures)})
            print(n, seed, {name: round(score[0], 3) for name, score in rows[-1].items() if isinstance(score, list)})
        copies = people.pictures[np.random.default_rng(0).integers(0, n, DRAWS)]
        rows.append({"people": n, "who": "memoriser", "seed": 0, **judged(copies, people.pictures)})
    return rows


def outcomes(people: People, numbers: Any) -> np.ndarray:
    """Which of the 3552 pictures each draw is, and −1 where it is none."""
    codes, distance = avatars.read(people.painted(numbers))
    return np.where(distance <= 5, avatars.law().numbers[np.ravel_multi_index(tuple(codes.T), outfits.sizes)], -1)


def groups() -> dict[str, float]:
    """The share of noises from which a network makes the same picture as another model does, without new noise.

    The others are networks, from other first weights or of other people, and exact denoisers: of the law, and, for the
    two groups of people, of the people alone.
    """
    codes = crowd(2 * GROUP)
    first, second = People(codes[:GROUP]), People(codes[GROUP:])
    noise = jax.random.normal(jax.random.key(7), (ASKED, 48))
    network = first.train(1)

    def exact(points: np.ndarray, log_probs: np.ndarray) -> Diffusion:
        points = (points - np.asarray(network.mean)) / float(network.scale)
        return Diffusion(ExactDenoiser(points, log_probs), network.mean, network.scale)

    def copier(people: People) -> Diffusion:
        return exact(people.numbers, np.full(GROUP, -np.log(GROUP)))

    law = avatars.law()
    models = {
        "network": network,
        "same people": first.train(2),
        "other people": second.train(1),
        "law": exact(np.asarray(first.pca.encode(avatars.pictures()[law.outfits])), law.log_probs),
        "copier": copier(first),
        "other copier": copier(second),
    }
    made = {name: outcomes(first, model.from_noise(noise)) for name, model in models.items()}

    def agree(one: str, other: str) -> float:
        return float(np.mean((made[one] == made[other]) & (made[one] >= 0)))

    p = np.exp(law.log_probs)
    with_network = {name: agree("network", name) for name in ("same people", "other people", "law")}
    return with_network | {"copiers": agree("copier", "other copier"), "by chance": float(p @ p)}


def obedience() -> list[dict[str, Any]]:
    """Of the valid draws that were asked for one attribute, the share that show it, at each guidance."""
    people = People(crowd(3000))
    model = people.train(1).with_timesteps(20)
    wanted = np.asarray(outfits.stylist.sample(jax.random.key(8), ASKED))
    rows = []
    for j, feature in enumerate(outfits.features):
        asked = np.full((ASKED, len(outfits.sizes)), -1)
        asked[:, j] = wanted[:, j]
        for w in GUIDANCE:
            drawn = model.with_guidance(w).sample(jax.random.key(9), ASKED, condition=jnp.asarray(asked))
            codes, distance = avatars.read(people.painted(drawn))
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
    Path(__file__).with_suffix(".json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
