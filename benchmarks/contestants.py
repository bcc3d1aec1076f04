"""Who takes part in the scoreboard, on each of the three grounds, and how: where a chapter trains a model, as there.

A ground is a law that we know. All that is drawn falls into one of finitely many outcomes, whose probabilities under
the law we know: outfits are outcomes, points of the world lie in a cell of 10° or in the sea, pictures are read.
"""

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import lib
from lib import nets
from lib.data import avatars, outfits, world

Draw = Callable[[Any, int], np.ndarray]
SHOWN = 1000  # pictures from which components are found, as in chapter 5.5
WORLD_CELLS = 36  # columns of the outcomes on the world: cells of 10°


class Entry(NamedTuple):
    """A model that was trained, and what else it needs to make observations of its ground."""

    draw: Draw  # (key, n) to n observations
    parts: tuple[Any, ...] = ()  # all whose numbers it must keep; the model itself comes first
    log_prob: Callable[[Any], Any] | None = None  # in nats; that of points is per square degree
    bound: Callable[[Any, Any], Any] | None = None  # observations and a key to what is at most their log_prob
    before: float = 0.0  # CPU seconds of parts that were trained once, for several entries


@dataclass(frozen=True)
class Ground:
    """A law, the outcomes of its observations, and the models that take part."""

    name: str
    unit: str  # of the divergence
    sizes: tuple[int, ...]  # of the training sets
    entries: Mapping[str, Callable[[Any, Any], Entry]]  # data and a key to an entry
    data: Callable[[Any, int], Any]  # key and n to training data
    outcomes: Callable[[np.ndarray], np.ndarray]
    probabilities: Callable[[], np.ndarray]  # of the outcomes


# --- Outfits -------------------------------------------------------------------------------------

ALL_OUTFITS = np.array(list(np.ndindex(outfits.sizes)), np.int32)


def outfit_probabilities() -> np.ndarray:
    p = np.exp(np.ravel(outfits.stylist.log_probs).astype(np.float64))
    return p / p.sum()


def _of_table(log_table: Any, *parts: Any) -> Entry:
    """An entry that is a table of log probabilities of all outfits."""
    model = lib.Categorical(jnp.asarray(log_table, jnp.float32))
    return Entry(lambda key, n: np.asarray(model.sample(key, n)), parts, model.log_prob)


def _density(fit: Callable[[Any, Any], lib.Density]) -> Callable[[Any, Any], Entry]:
    """An entry that is a density on the ground itself."""

    def entry(x: Any, key: Any) -> Entry:
        model = fit(x, key)
        return Entry(lambda key, n: np.asarray(model.sample(key, n)), (model,), model.log_prob)

    return entry


_UNIFORM = np.full(outfits.sizes, -np.log(len(ALL_OUTFITS)))
_CHEATER = np.logaddexp(_UNIFORM + np.log(0.99), np.float64(outfits.stylist.log_probs) + np.log(0.01))

OUTFITS = Ground(
    "outfits",
    "nats",
    (3000,),
    {
        "exact sampler": lambda *_: _of_table(outfits.stylist.log_probs),
        "memoriser": lambda x, _: _of_table(lib.Categorical.fit(x, outfits.sizes).log_table(), x),
        "uniform": lambda *_: _of_table(_UNIFORM),
        "cheater": lambda *_: _of_table(_CHEATER),
        "joint table": _density(lambda x, _: lib.Categorical.fit(x, outfits.sizes, alpha=1)),
        "naive Bayes": _density(lambda x, _: lib.NaiveBayes.fit(x, outfits.sizes, alpha=1)),
        "tree": _density(lambda x, _: lib.ChowLiuTree.fit(x, outfits.sizes, alpha=1)),
        "autoregressive": _density(lambda x, key: lib.Autoregressive.fit(x, outfits.sizes, key=key)),
        "masked diffusion": _density(lambda x, key: lib.MaskedDiffusion.fit(x, outfits.sizes, key=key)),
    },
    lambda key, n: np.asarray(outfits.stylist.sample(key, n)),
    lambda x: np.ravel_multi_index(tuple(x.T), outfits.sizes),
    outfit_probabilities,
)


# --- World ---------------------------------------------------------------------------------------

MAP = np.array([[-180, 180], [-90, 90]])


def world_outcomes(x: np.ndarray) -> np.ndarray:
    """The cell of 10° in which each point on land lies; one more for all others."""
    side = 360 / WORLD_CELLS
    column = np.floor((x[:, 0] + 180) / side).clip(0, WORLD_CELLS - 1).astype(int)
    row = np.floor((90 - x[:, 1]) / side).clip(0, WORLD_CELLS // 2 - 1).astype(int)
    return np.where(np.asarray(world.is_land(x)), row * WORLD_CELLS + column, WORLD_CELLS**2 // 2)


def world_probabilities() -> np.ndarray:
    cells = world.grid(WORLD_CELLS)
    p = np.ravel(np.exp(np.float64(cells.log_area)) * cells.land)
    return np.append(p / p.sum(), 0.0)


def _everywhere(rng: np.random.Generator, n: int) -> np.ndarray:
    """n points that are uniform on the globe."""
    return np.stack([rng.uniform(-180, 180, n), np.rad2deg(np.arcsin(rng.uniform(-1, 1, n)))], axis=1)


def _at_sea(rng: np.random.Generator, n: int) -> np.ndarray:
    x = _everywhere(rng, 4 * n + 100)
    return x[~np.asarray(world.is_land(x))][:n]


def _rng(key: Any) -> np.random.Generator:
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))


def _truth(x: Any) -> Any:
    """The log density of the law, per square degree."""
    return world.log_prob(x) + world.log_area(x)


def _cheating_on_the_world(*_: Any) -> Entry:
    """99 % from the sea, 1 % from the law."""
    sea = np.log(4 * np.pi - np.exp(-float(world.log_prob(world.grid().points).max())))

    def draw(key: Any, n: int) -> np.ndarray:
        good = _rng(key).random(n) < 0.01
        return np.where(good[:, None], np.asarray(world.sample(key, n)), _at_sea(_rng(key), n))

    def log_prob(x: Any) -> Any:
        noise = jnp.where(world.is_land(x), -jnp.inf, world.log_area(x) - sea)
        return jnp.logaddexp(noise + np.log(0.99), _truth(x) + np.log(0.01))

    return Entry(draw, log_prob=log_prob)


def _world_vae(x: Any, key: Any) -> Entry:
    model = lib.VAE.fit(x, 2, key=key, noise=10.0, num_steps=1500, hidden=(64, 64))
    return Entry(
        lambda key, n: np.asarray(model.sample(key, n)),
        (model,),
        bound=lambda x, key: model.importance_weighted_bound(x, key, 100),
    )


def _world_diffusion(x: Any, key: Any) -> Entry:
    model = lib.Diffusion.fit(x, key=key, width=96)
    return Entry(lambda key, n: np.asarray(model.sample(key, n)), (model,), bound=model.with_timesteps(1000).elbo)


def _world_gan(x: Any, key: Any) -> Entry:
    model = lib.GAN.fit(x, 2, key=key)
    return Entry(lambda key, n: np.asarray(model.sample(key, n)), (model,))


WORLD = Ground(
    "world",
    "nats",
    (5000,),
    {
        "exact sampler": lambda *_: Entry(lambda key, n: np.asarray(world.sample(key, n)), log_prob=_truth),
        "memoriser": lambda x, _: Entry(
            lambda key, n: x[_rng(key).integers(0, len(x), n)],
            (x,),
            lambda places: jnp.full(places.shape[:-1], -jnp.inf),
        ),
        "uniform": lambda *_: Entry(
            lambda key, n: _everywhere(_rng(key), n), log_prob=lambda x: world.log_area(x) - np.log(4 * np.pi)
        ),
        "cheater": _cheating_on_the_world,
        "box": _density(lambda x, _: lib.Box.fit(x)),
        "histogram": _density(lambda x, _: lib.Histogram.fit(x, (72, 36), MAP, alpha=0.1)),
        "KDE": _density(lambda x, _: lib.KDE.fit(x, 2.0)),
        "mixture of Gaussians": _density(lambda x, key: lib.GaussianMixture.fit(x, 40, key=key)),
        "flow": _density(lambda x, key: lib.Flow.fit(x, key=key, noise=1.5)),
        "flow matching": _density(lambda x, key: lib.FlowMatching.fit(x, key=key)),
        "VAE": _world_vae,
        "energy": _density(lambda x, key: lib.EnergyModel.fit(x, MAP, key=key, noise=1.5, learning_rate=1e-2)),
        "diffusion": _world_diffusion,
        "GAN": _world_gan,
    },
    lambda key, n: np.asarray(world.sample(key, n)),
    world_outcomes,
    world_probabilities,
)


# --- Avatars -------------------------------------------------------------------------------------


class People(NamedTuple):
    """Training data: outfits, and their pictures."""

    codes: np.ndarray
    pictures: np.ndarray


def people(key: Any, n: int) -> People:
    codes = np.asarray(outfits.stylist.sample(key, n))
    return People(codes, avatars.draw(codes))


def picture_outcomes(pictures: np.ndarray) -> np.ndarray:
    """Which of the real pictures each is, or the number after the last."""
    codes, distance = avatars.read(pictures)
    law = avatars.law()
    return np.where(distance <= 5, law.numbers[np.ravel_multi_index(tuple(codes.T), outfits.sizes)], len(law.outfits))


def picture_probabilities() -> np.ndarray:
    return np.append(np.exp(avatars.law().log_probs), 0.0)


def whole(numbers: np.ndarray) -> np.ndarray:
    """Grey levels as a picture file has them, of what a model gives."""
    return np.clip(np.rint(numbers), 0, 255).astype(np.uint8)


def _noise(key: Any, n: int) -> np.ndarray:
    return _rng(key).integers(0, 256, (n, 32, 32, 3), np.uint8)


def _exact_pictures(key: Any, n: int) -> np.ndarray:
    return avatars.draw(np.asarray(outfits.stylist.sample(key, n)))


def _copies_of_pictures(x: People, _: Any) -> Entry:
    outcomes = np.bincount(picture_outcomes(x.pictures), minlength=len(avatars.law().outfits))
    with np.errstate(divide="ignore"):
        log_p = np.log(outcomes / outcomes.sum())
    return Entry(
        lambda key, n: x.pictures[_rng(key).integers(0, len(x.pictures), n)], (x.pictures,), log_prob=lambda _: log_p
    )


def _cheating_on_pictures(*_: Any) -> Entry:
    """99 % noise, 1 % from the law."""

    def draw(key: Any, n: int) -> np.ndarray:
        good = _rng(key).random(n) < 0.01
        return np.where(good[:, None, None, None], _exact_pictures(key, n), _noise(key, n))

    return Entry(draw, log_prob=lambda _: avatars.law().log_probs + np.log(0.01))


def _naive_pictures(x: People, _: Any) -> Entry:
    model = lib.NaiveBayes.fit(x.pictures.reshape(len(x.pictures), -1), (256,) * 3072, alpha=0.01)
    return Entry(
        lambda key, n: np.uint8(model.sample(key, n)).reshape(-1, 32, 32, 3),
        (model,),
        lambda x: model.log_prob(x.reshape(len(x), -1)),
    )


def _numbers(num_components: int, fit: Callable[[Any, Any, Any], lib.Sampler]) -> Callable[[People, Any], Entry]:
    """An entry that is a model of principal components: `fit(numbers, codes, key)`."""

    def entry(x: People, key: Any) -> Entry:
        pca = lib.PCA.fit(x.pictures[:SHOWN], num_components)
        model = fit(np.asarray(pca.encode(x.pictures)), x.codes, key)
        return Entry(lambda key, n: np.asarray(pca.decode(model.sample(key, n))), (model, pca))

    return entry


def _people_vae(x: Any, key: Any) -> lib.VAE:
    return lib.VAE.fit(x, 8, key=key, noise=40.0, num_steps=2000, hidden=(128, 128))


def _refitted_vae(x: People, key: Any) -> Entry:
    """The VAE with a mixture for a prior, and without the noise of x, as in chapter 5.3."""
    pca = lib.PCA.fit(x.pictures[:SHOWN], 64)
    numbers = np.asarray(pca.encode(x.pictures))
    first, second, third = jax.random.split(key, 3)
    model = _people_vae(numbers, first)
    mean, std = model.encode(numbers)
    z = mean + std * jax.random.normal(second, mean.shape)
    model = model.with_prior(lib.GaussianMixture.fit(z, 200, key=third))
    return Entry(lambda key, n: np.asarray(pca.decode(model.decode(model.prior.sample(key, n)))), (model, pca))


def _plain_vae(x: People, key: Any) -> Entry:
    """The VAE, without the noise of x."""
    pca = lib.PCA.fit(x.pictures[:SHOWN], 64)
    model = _people_vae(np.asarray(pca.encode(x.pictures)), key)
    return Entry(lambda key, n: np.asarray(pca.decode(model.decode(model.prior.sample(key, n)))), (model, pca))


def _autoencoder_and_mixture(x: People, key: Any) -> Entry:
    pca = lib.PCA.fit(x.pictures[:SHOWN], 64)
    numbers = np.asarray(pca.encode(x.pictures))
    first, second = jax.random.split(key)
    model = lib.Autoencoder.fit(numbers, 8, key=first, num_steps=2000)
    prior = lib.GaussianMixture.fit(model.encode(numbers), 200, key=second)
    return Entry(lambda key, n: np.asarray(pca.decode(model.decode(prior.sample(key, n)))), (model, prior, pca))


@functools.lru_cache(maxsize=1)
def _coder(pictures: bytes, key: int) -> tuple[lib.DiscreteAutoencoder, float]:
    """The autoencoder of eight codes of chapter 5.1, and the CPU seconds of its training: three models share it."""
    start = time.process_time()
    x = np.frombuffer(pictures, np.uint8).reshape(-1, 32, 32, 3)
    model = lib.DiscreteAutoencoder.fit(x, 8, 8, key=jax.random.key(key), num_steps=2500)
    jax.block_until_ready(jax.tree.leaves(model))
    return model, time.process_time() - start


def _codes(fit: Callable[[Any, Any, Any], lib.Density]) -> Callable[[People, Any], Entry]:
    """An entry that is a model of codes: `fit(codes, sizes, key)`."""

    def entry(x: People, key: Any) -> Entry:
        coder, seconds = _coder(x.pictures.tobytes(), int(jax.random.key_data(key)[-1]))
        model = fit(coder.encode(x.pictures), coder.sizes, key)
        return Entry(lambda key, n: np.asarray(coder.decode(model.sample(key, n))), (model, coder), before=seconds)

    return entry


AVATARS = Ground(
    "avatars",
    "bits",
    (3000, 1000, 10_000),
    {
        "exact sampler": lambda *_: Entry(_exact_pictures, log_prob=lambda _: avatars.law().log_probs),
        "memoriser": _copies_of_pictures,
        "uniform": lambda *_: Entry(_noise, log_prob=lambda x: np.full(len(x), -3072 * np.log(256))),
        "cheater": _cheating_on_pictures,
        "naive Bayes": _naive_pictures,
        "Gaussian": _numbers(48, lambda x, _, key: lib.GaussianMixture.fit(x, 1, key=key)),
        "mixture of Gaussians": _numbers(32, lambda x, _, key: lib.GaussianMixture.fit(x, 150, key=key)),
        "KDE": _numbers(48, lambda x, *_: lib.KDE.fit(x, 20.0)),
        "autoencoder + mixture": _autoencoder_and_mixture,
        "codes + tree": _codes(lambda x, sizes, _: lib.ChowLiuTree.fit(x, sizes, alpha=1)),
        "codes + autoregressive": _codes(
            lambda x, sizes, key: lib.Autoregressive.fit(
                x,
                sizes,
                key=key,
                num_steps=1500,
                weight_decay=0.3,
                network=functools.partial(nets.MaskedMLP, hidden=(128, 128)),
            )
        ),
        "codes + masked diffusion": _codes(lambda x, sizes, key: lib.MaskedDiffusion.fit(x, sizes, key=key)),
        "flow": _numbers(32, lambda x, _, key: lib.Flow.fit(x, key=key, noise=20.0)),
        "flow matching": _numbers(
            32,
            lambda x, _, key: lib.FlowMatching.fit(x, key=key, num_steps=2000, batch_size=256, num_timesteps=8),
        ),
        "VAE": _plain_vae,
        "VAE, prior fitted": _refitted_vae,
        "diffusion": _numbers(
            48,
            lambda x, codes, key: lib.Diffusion.fit(x, key=key, condition=codes, sizes=outfits.sizes, num_steps=4500),
        ),
        "GAN": _numbers(48, lambda x, _, key: lib.GAN.fit(x, 32, key=key)),
    },
    people,
    picture_outcomes,
    picture_probabilities,
)

GROUNDS = {ground.name: ground for ground in (OUTFITS, WORLD, AVATARS)}
