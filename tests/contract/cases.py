"""The ground on which each model is tested: data to fit to, and a partition of all that it may be asked about.

A new model joins by one line in GROUNDS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from jaxtyping import Array

import lib
from lib import bijections, nets
from lib.counted import Counted
from lib.data import outfits

KEY = jax.random.key(3)  # by which a bound is estimated
ULP = 8 * np.finfo(np.float32).eps  # compiled agrees with uncompiled within so much


@dataclass(frozen=True)
class Partition:
    """Cells that hold everything. The mass of a cell is the sum of weights · density over the points in it."""

    points: np.ndarray  # (cells, points, *event_shape)
    weights: np.ndarray  # (cells, points)
    index: Callable[[np.ndarray], np.ndarray]  # the cell of each of (n, *event_shape) observations

    def masses(self, model: lib.Density) -> np.ndarray:
        densities = np.exp(np.float64(model.log_prob(self.points.reshape(-1, *self.points.shape[2:]))))
        return (densities.reshape(self.weights.shape) * self.weights).sum(axis=1)


@dataclass(frozen=True)
class Ground:
    """What the promises need to know of a model that is not the same for all."""

    Model: type[lib.Sampler]
    data: np.ndarray
    settings: Mapping[str, dict]  # what `fit` is given beside data, by a name for the tests
    partition: Partition | None = None  # of a Density
    tolerance: float = 2e-5  # of the sum over the partition

    def fit(self, setting: str) -> lib.Sampler:
        return self.Model.fit(self.data, **self.settings[setting])

    @property
    def is_density(self) -> bool:
        return issubclass(self.Model, lib.Density)

    @property
    def is_scored(self) -> bool:
        """Whether the model says how likely an observation is, by a density or a bound."""
        return issubclass(self.Model, lib.Density | lib.LatentVariableModel)

    def score(self, model: lib.Sampler) -> Callable[[np.ndarray], Array]:
        """What the model says of observations: their log densities, or bounds of them by one key."""
        return model.log_prob if self.is_density else partial(model.elbo, key=KEY)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.data.shape[1:]

    @property
    def place(self) -> tuple[int, ...]:
        """Where the second number of an observation is."""
        return tuple(int(i) for i in np.unravel_index(1, self.event_shape))

    @property
    def numbers(self) -> str:
        """What observations are made of, as errors call it."""
        return "integers" if np.issubdtype(self.data.dtype, np.integer) else "real numbers"


def combinations(sizes: tuple[int, ...], event_shape: tuple[int, ...] | None = None) -> Partition:
    """Each combination of codes is a cell with one point, in which the codes are a row or have another shape."""
    points = np.stack(np.unravel_index(np.arange(np.prod(sizes)), sizes), axis=-1)
    return Partition(
        points.reshape(-1, 1, *(event_shape or (len(sizes),))),
        np.ones((len(points), 1)),
        lambda x: np.ravel_multi_index(tuple(x.reshape(len(x), len(sizes)).T), sizes),
    )


def rectangles(first: np.ndarray, second: np.ndarray, fine: int, globe: bool = False) -> Partition:
    """Rectangles between the edges on two axes, cut into `fine` × `fine` parts each; the last cell is the outside.

    On the globe, the axes are the longitude in degrees and the height above the equator's plane, in which equal
    rectangles have equal areas (Archimedes).
    """

    def cut(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = np.linspace(edges[:-1], edges[1:], fine + 1, axis=1)
        return (parts[:, :-1] + parts[:, 1:]) / 2, np.diff(parts)

    (x, width), (y, height) = cut(first), cut(second)
    shape = len(x), len(y), fine, fine
    x, y = (np.broadcast_to(z, shape) for z in (x[:, None, :, None], y[None, :, None, :]))
    points = np.stack([x, np.rad2deg(np.arcsin(y)) if globe else y], axis=-1).reshape(-1, fine**2, 2)
    weights = (width[:, None, :, None] * height[None, :, None, :]).reshape(-1, fine**2)

    def index(x: np.ndarray) -> np.ndarray:
        y = np.sin(np.deg2rad(np.float64(x[:, 1]))) if globe else x[:, 1]
        i, j = np.searchsorted(first, x[:, 0], side="right") - 1, np.searchsorted(second, y, side="right") - 1
        inside = (i >= 0) & (i < len(first) - 1) & (j >= 0) & (j < len(second) - 1)
        return np.where(inside, i * (len(second) - 1) + j, len(points))

    outside = np.zeros((1, fine**2))
    weights = np.concatenate([np.deg2rad(weights) if globe else weights, outside])
    return Partition(np.concatenate([points, points[-1:]]), weights, index)


# --- The data ------------------------------------------------------------------------------------

OUTFITS = np.asarray(outfits.stylist.sample(jax.random.key(0), 300))
ALPHAS = {f"alpha={alpha}": {"sizes": outfits.sizes, "alpha": alpha} for alpha in (0.0, 0.01, 1.0, 1e6)}

# Pictures of 2 × 3 pixels of 3 levels: two in three pixels are like the one at the left, or like the one above.
_random = np.random.default_rng(0)
PICTURES = _random.integers(0, 3, (300, 2, 3), np.int32)
PICTURES[:, :, 1:] = np.where(_random.random((300, 2, 2)) < 2 / 3, PICTURES[:, :, :-1], PICTURES[:, :, 1:])
PICTURES[:, 1] = np.where(_random.random((300, 3)) < 2 / 3, PICTURES[:, 0], PICTURES[:, 1])

_normal = np.random.default_rng(0).normal
PLANE = _normal([1.0, -2.0], [1.0, 0.5], (100, 2)).astype(np.float32)
RANGE = ((-3.0, 5.0), (-5.0, 1.0))

# Around the date line, at a pole, and many turns off.
GLOBE = np.concatenate([_normal([180, 40], [20, 10], (35, 2)), [[10, 90], [-60, -90], [200, 0], [-170.5, 0], [730, 5]]])
GLOBE = GLOBE.astype(np.float32)


# A training of few steps: the promises hold for each network, good or bad.
SHORT = {"sizes": outfits.sizes, "key": jax.random.key(0), "num_steps": 20}
NETWORKS = {
    "MaskedMLP": nets.MaskedMLP,
    "Transformer": partial(nets.Transformer, width=16, depth=1, heads=2),
    "WindowMLP": partial(nets.WindowMLP, window=[[-1, -1], [-1, 0], [0, 1], [1, 2], [2, 3]], hidden=32),
}
FEW = {"key": jax.random.key(0), "num_layers": 3, "num_steps": 20, "learning_rate": 4e-3}
COUPLINGS = {
    "AffineCoupling": partial(bijections.AffineCoupling, hidden=(8,)),
    "SplineCoupling": partial(bijections.SplineCoupling, hidden=(8,), num_pieces=8),
}


def _with_margin(low: float, high: float, cells: int) -> np.ndarray:
    """Edges of cells of which the first and the last should be empty; `high` itself is in the last but one."""
    high = np.nextafter(np.float32(high), np.float32(np.inf))
    return np.concatenate([[low - 1], np.linspace(low, high, cells + 1), [high + 1]])


GROUNDS = {
    "Box": Ground(
        lib.Box,
        PLANE,
        {"": {}},
        rectangles(*(_with_margin(low, high, 7) for low, high in zip(PLANE.min(0), PLANE.max(0), strict=True)), 2),
    ),
    "Histogram": Ground(
        lib.Histogram,
        PLANE,
        {f"alpha={alpha}": {"bins": (8, 12), "range": RANGE, "alpha": alpha} for alpha in (0.0, 0.01, 1e6)},
        rectangles(_with_margin(*RANGE[0], 8), _with_margin(*RANGE[1], 12), 2),
    ),
    "KDE-gaussian": Ground(
        lib.KDE,
        PLANE,
        {f"h={h}": {"bandwidth": h} for h in (0.2, 1.0)},
        rectangles(np.linspace(-9, 11, 26), np.linspace(-9, 5, 18), 16),
    ),
    "KDE-sphere": Ground(
        lib.KDE,
        GLOBE,
        {f"h={h}": {"bandwidth": h, "kernel": "sphere"} for h in (15.0, 100.0)},
        rectangles(np.linspace(-180, 180, 19), np.linspace(-1, 1, 13), 20, globe=True),
    ),
    "GaussianMixture": Ground(
        lib.GaussianMixture,
        PLANE,
        {"k=2": {"num_components": 2, "key": jax.random.key(0)}},
        rectangles(np.linspace(-9, 11, 26), np.linspace(-9, 5, 18), 16),
    ),
    "Flow": Ground(
        lib.Flow,
        PLANE,
        {name: FEW | {"layer": layer} for name, layer in COUPLINGS.items()},
        rectangles(np.linspace(-9, 11, 26), np.linspace(-9, 5, 18), 64),  # a spline's density has kinks at its knots
    ),
    "FlowMatching": Ground(
        lib.FlowMatching,
        PLANE,
        {"": {"key": jax.random.key(0), "num_steps": 200, "batch_size": 64, "hidden": (16, 16), "num_timesteps": 4}},
        rectangles(np.linspace(-9, 11, 26), np.linspace(-9, 5, 18), 16),
    ),
    "Categorical": Ground(lib.Categorical, OUTFITS, ALPHAS, combinations(outfits.sizes), 1e-6),
    "NaiveBayes": Ground(lib.NaiveBayes, OUTFITS, ALPHAS, combinations(outfits.sizes), 1e-6),
    "ChowLiuTree": Ground(lib.ChowLiuTree, OUTFITS, ALPHAS, combinations(outfits.sizes), 1e-6),
    "MarkovMesh": Ground(
        lib.MarkovMesh,
        PICTURES,
        {f"alpha={alpha}": {"num_levels": 3, "alpha": alpha} for alpha in (0.0, 0.01, 1.0, 1e6)},
        combinations((3,) * 6, (2, 3)),
        1e-6,
    ),
    "Autoregressive": Ground(
        lib.Autoregressive,
        OUTFITS,
        {name: SHORT | {"network": network} for name, network in NETWORKS.items()},
        combinations(outfits.sizes),
        1e-6,
    ),
    "MaskedDiffusion": Ground(lib.MaskedDiffusion, OUTFITS, {"": SHORT}, combinations(outfits.sizes), 1e-6),
    "EnergyModel": Ground(
        lib.EnergyModel,
        PLANE,
        {"": {"range": RANGE, "key": jax.random.key(0), "hidden": (8, 8), "num_cells": (320, 240), "num_steps": 20}},
        rectangles(_with_margin(*RANGE[0], 16), _with_margin(*RANGE[1], 12), 24),
    ),
    "VAE": Ground(
        lib.VAE,
        PLANE,
        {"": {"latent_dim": 1, "key": jax.random.key(0), "noise": 0.5, "hidden": (8,), "num_steps": 20}},
    ),
    "Diffusion": Ground(
        lib.Diffusion,
        PLANE,
        {"": {"key": jax.random.key(0), "num_steps": 20, "width": 8, "depth": 1, "num_timesteps": 4}},
    ),
    "GAN": Ground(lib.GAN, PLANE, {"": {"latent_dim": 2, "key": jax.random.key(0), "hidden": (8,), "num_steps": 20}}),
}
FITTED = {f"{name} {setting}": (ground, setting) for name, ground in GROUNDS.items() for setting in ground.settings}
SCORED = {name: case for name, case in FITTED.items() if case[0].is_scored}
DENSITIES = {name: case for name, case in FITTED.items() if case[0].is_density}
BOUNDS = {name: case for name, case in FITTED.items() if issubclass(case[0].Model, lib.LatentVariableModel)}
OF_COUNTS = [name for name, ground in GROUNDS.items() if issubclass(ground.Model, Counted)]
OF_POINTS = [name for name, ground in GROUNDS.items() if ground.numbers == "real numbers"]
