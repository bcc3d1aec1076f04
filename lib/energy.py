"""An energy-based model: a network gives each point any number, its energy, and low energies are likely.

    p(x) = exp(−E(x)) / Z for x in a box, and 0 outside of it,    Z = ∫ exp(−E(x)) dx over the box

Nothing binds the network: its energies need not be positive, and no layer must be undone. The price is Z. Here the box
is cut into cells, and Z is the sum over their middles. On a map these are 4050 numbers in each step of the training,
and that is a luxury which nobody has where a point has more than a few coordinates.

Two things need no Z. The slope of the log density, the score

    ∇ log p(x) = −∇E(x)

is that of the energy alone, for Z does not depend on x. And a walk that follows the score, and is shaken by noise as
much as it is led, comes to the law p if its steps are small: Langevin dynamics.

    x ← x + ε/2 · ∇ log p(x) + √ε · noise,    noise standard normal

Sources: Y. LeCun et al., A tutorial on energy-based learning, in Predicting Structured Data, MIT Press 2006; for the
walk, G. Roberts & R. Tweedie, Exponential convergence of Langevin distributions and their discrete approximations,
Bernoulli 2, 1996. For trainings that need no Z: A. Hyvärinen, Estimation of non-normalized statistical models by score
matching, JMLR 6, 2005; P. Vincent, A connection between score matching and denoising autoencoders, Neural Computation
23, 2011; Y. Song & S. Ermon, Generative modeling by estimating gradients of the data distribution, NeurIPS 2019.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lib import checks
from lib.density import Density
from lib.histogram import Histogram, edges_of, refuse_outside
from lib.nets.mlp import Layers, layers, through
from lib.training import minimise

WAVES = (1.0, 2.0, 4.0)  # in which the network sees a coordinate: so many half periods from the middle to an end
CELLS = (90, 45)  # of 4° on a map


class EnergyModel(Density):
    """Points (d,) in a box, between the pair (low, high) that `range` has for each axis; its faces belong to it.

    The network sees each coordinate from −1 to 1 within the box, and waves of it; its layers bend by `jax.nn.gelu`. The
    energy that it gives is in nats. `num_cells`, a number for each axis or one for all, are the cells over whose
    middles Z is summed. What is narrower than a cell, the sum does not see. So with other cells
    `EnergyModel(model.network, model.range, (360, 180))` is a test: its densities should be the same.

    `sample` draws a cell by its share of Z, and a place in it evenly. So draws have a density that is constant in each
    cell: within a cell it is off by up to a factor of exp(½ Σ_j |slope of E along axis j| · width of the cell along j),
    if E is nearly straight there.

    Raises TypeError or ValueError for a range that is no pairs low < high, and for cells that are no whole numbers of
    at least 1, that have not one number for each axis, or that float32 cannot tell apart.

    >>> x = np.random.default_rng(0).uniform(0.5, 1, (500, 2))  # a quarter of the box
    >>> model = EnergyModel.fit(x, [(0, 1), (0, 1)], key=jax.random.key(0), hidden=(16,), num_steps=200)
    >>> model.log_prob([[0.8, 0.7], [0.2, 0.7], [1.2, 0.7]]).round()
    Array([  2.,  -4., -inf], dtype=float32)
    >>> difference = model.log_prob([0.8, 0.7]) - model.log_prob([0.2, 0.7])
    >>> bool(abs(difference + model.energy([0.8, 0.7]) - model.energy([0.2, 0.7])) < 1e-5)  # Z cancels
    True
    """

    network: Layers
    range: tuple[tuple[float, float], ...] = eqx.field(static=True)
    num_cells: tuple[int, ...] = eqx.field(static=True)

    def __init__(self, network: Layers, range: ArrayLike, num_cells: int | Sequence[int] = CELLS) -> None:
        edges = edges_of(num_cells, range, "num_cells")
        self.network = network
        self.range = tuple((float(axis[0]), float(axis[-1])) for axis in edges)
        self.num_cells = tuple(len(axis) - 1 for axis in edges)

    @classmethod
    def start(
        cls,
        range: ArrayLike,
        *,
        key: PRNGKeyArray,
        hidden: Sequence[int] = (64, 64, 64),
        num_cells: int | Sequence[int] = CELLS,
    ) -> Self:
        """A model with random weights and layers of `hidden` units, for a training of your own by `minimise`.

        Raises TypeError or ValueError as the class does, and for layers that are no whole numbers of at least 1.
        """
        d = len(edges_of(num_cells, range, "num_cells"))
        sizes = (d * (1 + 2 * len(WAVES)), *checks.sizes(hidden, "hidden", of="layer"), 1)
        return cls(layers(sizes, checks.key(key)), range, num_cells)

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        range: ArrayLike,
        *,
        key: PRNGKeyArray,
        hidden: Sequence[int] = (64, 64, 64),
        num_cells: int | Sequence[int] = CELLS,
        noise: float = 0.0,
        num_steps: int = 800,
        batch_size: int = 512,
        learning_rate: float = 5e-3,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Trained on points x (n, d) of the box by maximum likelihood: the least mean energy + log Z, in nats.

        Z is summed anew in each step. In each step, new normal noise of the standard deviation `noise`, in the units of
        the data, moves the points; the faces of the box reflect it. So the model learns a slightly blurred law, and
        likelihood cannot reward a hole in the energy at each point. Cells that are wider than such holes are worse than
        none: the network digs between their middles, where Z does not see it.

        The rest are keyword arguments of `minimise`. Raises TypeError or ValueError for data that are not finite
        numbers (n, d), or not in the range; for a noise below 0; else as `start` and `minimise` do.
        """
        start, train = jax.random.split(checks.key(key))
        model = cls.start(range, key=start, hidden=hidden, num_cells=num_cells)
        x = checks.points("x", checks.rows("x", x, len(model.range)))
        refuse_outside(x, model.range)
        return minimise(
            _loss(float(checks.not_negative("noise", noise))),
            model,
            x,
            key=train,
            num_steps=num_steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            checkpoint=checkpoint,
        ).parameters

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (len(self.range),)

    def energy(self, x: ArrayLike) -> Float[Array, "*batch"]:
        """The energy of each of the points (*batch, d), in nats: log p is −energy − log Z. It is ∞ outside of the box.

        NaN gives NaN. Works under `jit`. Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _energy(self, checks.points_at(x, self.event_shape))

    def score(self, x: ArrayLike) -> Float[Array, "*batch d"]:
        """The slopes ∂ log p / ∂x at points (*batch, d), in nats per unit of the data; 0 outside of the box.

        They are those of −energy, and Z is not summed. NaN gives NaN. Works under `jit`. Raises TypeError or ValueError
        where x has the wrong dtype or shape.
        """
        return _score(self, checks.points_at(x, self.event_shape))

    def langevin(
        self, x: ArrayLike, key: PRNGKeyArray, step_size: ArrayLike, num_steps: int
    ) -> Float[Array, "*batch d"]:
        """Where the points x (*batch, d) are after `num_steps` steps x + step_size/2 · score + √step_size · noise.

        `step_size` is in squared units of the data: without a score, the noise moves a coordinate by √step_size at
        a step, root mean square. The faces of the box reflect each step, and a point that begins outside is reflected
        into it first. After many steps the points have the law p in the limit of step_size → 0 only: a Gaussian of
        variance v ends with the variance v / (1 − step_size / 4v). How many steps are many depends on p. Valleys
        between hills of p are crossed rarely.

        The noise of step i is drawn with `fold_in(key, i)`, so that m steps are the first m of n. A point that is not
        finite gives NaN. Works under `jit`. Raises TypeError or ValueError where x has the wrong dtype or shape, for
        a step_size that is not above 0, and a num_steps that is no whole number of at least 0; TypeError for a key that
        is not of jax.random.key.
        """
        x, key = checks.points_at(x, self.event_shape), checks.key(key)
        step_size = jnp.asarray(checks.positive("step_size", step_size))
        return _langevin(self, x, key, step_size, jnp.int32(checks.whole("num_steps", num_steps)))

    @property
    def _work(self) -> int:
        return max(weight.shape[0] for weight, _ in self.network)

    def _log_prob(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return -_energy_of(self, x) - self._log_z()

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        return self._histogram()._sample(key)

    def _samples(self, key: PRNGKeyArray, n: int) -> Float[Array, "n d"]:
        return self._histogram()._samples(key, n)

    def _energy(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """Of a point in the box. The last bias is not trained: what is added to all energies changes nothing."""
        u = (x - self._middle) / (self._width / 2)
        seen = [u, *(wave(np.float32(np.pi * f) * u) for f in WAVES for wave in (jnp.cos, jnp.sin))]
        *others, (weight, bias) = self.network
        return through((*others, (weight, jax.lax.stop_gradient(bias))), jnp.concatenate(seen))[0]

    def _log_z(self) -> Float[Array, ""]:
        """The log of the integral of exp(−E) over the box."""
        volumes = np.log(np.asarray(self._width, np.float64) / self.num_cells)  # of a cell, axis by axis
        return jax.nn.logsumexp(-jax.vmap(self._energy)(self._centres())) + np.float32(volumes.sum())

    def _centres(self) -> Float[Array, "cells d"]:
        """The middles of the cells, those along the last axis first."""
        axes = [
            low + (np.arange(cells) + 0.5) / cells * (high - low)
            for (low, high), cells in zip(self.range, self.num_cells, strict=True)
        ]
        return jnp.asarray(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes)), jnp.float32)

    def _histogram(self) -> Histogram:
        """The law of the draws."""
        shares = jax.nn.log_softmax(-jax.vmap(self._energy)(self._centres()))
        return Histogram(shares.reshape(self.num_cells), np.asarray(self.range, np.float64))

    @property
    def _low(self) -> Float[np.ndarray, " d"]:
        return np.asarray(self.range, np.float32)[:, 0]

    @property
    def _high(self) -> Float[np.ndarray, " d"]:
        return np.asarray(self.range, np.float32)[:, 1]

    @property
    def _width(self) -> Float[np.ndarray, " d"]:
        return self._high - self._low

    @property
    def _middle(self) -> Float[np.ndarray, " d"]:
        return self._low + self._width / 2

    def _inside(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        return jnp.all((self._low <= x) & (x <= self._high))

    def _reflected(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """Where a point is if the faces of the box are mirrors."""
        far = jnp.mod(x - self._low, 2 * self._width)
        return jnp.clip(self._low + jnp.minimum(far, 2 * self._width - far), self._low, self._high)


# --- Private parts -------------------------------------------------------------------------------


@cache
def _loss(noise: float) -> Callable[[EnergyModel, Array, PRNGKeyArray], Float[Array, ""]]:
    """The mean of −log p over points that noise has moved, in nats."""

    def negative_log_likelihood(model: EnergyModel, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, ""]:
        if noise:
            x = jax.vmap(model._reflected)(x + noise * jax.random.normal(key, x.shape, jnp.float32))
        return jnp.mean(jax.vmap(model._energy)(x)) + model._log_z()

    return negative_log_likelihood


def _energy_of(model: EnergyModel, x: Float[Array, " d"]) -> Float[Array, ""]:
    """Of any point: ∞ outside of the box, and NaN for NaN."""
    inside = model._inside(x)
    energy = jnp.where(inside, model._energy(jnp.where(inside, x, model._middle)), jnp.inf)
    return jnp.where(jnp.isnan(x).any(), jnp.nan, energy)


@jax.jit
def _energy(model: EnergyModel, x: Array) -> Array:
    return jax.vmap(partial(_energy_of, model))(x.reshape(-1, *model.event_shape)).reshape(x.shape[:-1])


@jax.jit
def _score(model: EnergyModel, x: Array) -> Array:
    slopes = -jax.vmap(jax.grad(partial(_energy_of, model)))(x.reshape(-1, *model.event_shape)).reshape(x.shape)
    return jnp.where(jnp.isnan(x).any(axis=-1, keepdims=True), jnp.nan, slopes)


@jax.jit
def _langevin(
    model: EnergyModel, x: Array, key: PRNGKeyArray, step_size: Float[Array, ""], num_steps: Int[Array, ""]
) -> Array:
    def step(i: Int[Array, ""], x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        noise = jax.random.normal(jax.random.fold_in(key, i), x.shape, jnp.float32)
        slopes = -jax.vmap(jax.grad(model._energy))(x)
        return jax.vmap(model._reflected)(x + step_size / 2 * slopes + jnp.sqrt(step_size) * noise)

    rows = jax.vmap(model._reflected)(x.reshape(-1, *model.event_shape))
    return jax.lax.fori_loop(0, num_steps, step, rows).reshape(x.shape)
