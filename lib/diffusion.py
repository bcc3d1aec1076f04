"""Diffusion: noise is taken away in small steps, each with the help of a denoiser.

    z = cos(t) x + sin(t) ε,    ε standard normal, t an angle from 0 (the data) to π/2 (noise alone)
    from t to the smaller s:  z_s = cos(s) x̂ + sin(s) (r ε̂ + √(1 − r²) ξ),    r = tan(s) / tan(t), ξ new noise

x̂ is the denoiser's guess at x, the mean of all x that z may have come from, and ε̂ the noise that is then in z. If x̂
were x itself, z_s would have exactly the law of x at the angle s. With r = 1 no noise is new, and noise determines what
it becomes: these are the steps of Euler along the arrows of flow matching, in other names.

To train is to guess x by least squares. Each step is a Gaussian, so the way from noise to data is a latent-variable
model, and the errors of the guesses add up to its evidence lower bound:

    log p(x) ≥ −d/2 (log(2π tan²(t_0)) + 1) − ½ Σ_i (1/tan²(t_{i−1}) − 1/tan²(t_i)) E|x − x̂(z_i, t_i)|²

With a condition, the guess may go further than asked: x̂ = (1 − w) x̂(nothing asked) + w x̂(condition), w the guidance.

Sources: J. Ho, A. Jain & P. Abbeel, Denoising diffusion probabilistic models, NeurIPS 2020; J. Sohl-Dickstein et al.,
Deep unsupervised learning using nonequilibrium thermodynamics, ICML 2015; without new noise: J. Song, C. Meng & S.
Ermon, Denoising diffusion implicit models, ICLR 2021; the bound: D. Kingma et al., Variational diffusion models,
NeurIPS 2021; guidance: J. Ho & T. Salimans, Classifier-free diffusion guidance, 2022.
"""

import dataclasses
import math
import os
from collections.abc import Sequence
from functools import partial
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.denoisers import Denoiser, MLPDenoiser
from lib.density import LatentVariableModel
from lib.numerics.scaling import mean_and_scale
from lib.numerics.summation import pairwise_sum
from lib.training import minimise

LEAST = 0.01  # the angle of the least noise, which the last step takes away at once
FAR = 1e15  # units of `scale` from the mean; what is farther is taken for this far
AT_ONCE = 256  # draws: what belongs to more would not stay in the processor's cache


class Diffusion(LatentVariableModel):
    """Points (d,), in `num_timesteps` steps from noise, by a denoiser that may know some attributes of them.

    The denoiser sees points less their `mean` and in units of `scale`, one number for all coordinates, both of the
    data; training does not move these two, nor the guidance. A condition is whole numbers (k,), the code of each
    attribute, or −1 for one that is not asked for. `ExactDenoiser` in place of the network gives the sampler that has
    nothing to learn.

    Raises TypeError for what is no Denoiser, and TypeError or ValueError for a number of steps that is no whole number
    of at least 1, a mean that does not fit the denoiser's points, and a guidance that is no number of at least 0.

    >>> colour = np.random.default_rng(0).integers(0, 2, (500, 1))
    >>> x = np.random.default_rng(1).normal(2 * colour, 0.1, (500, 2))  # around 0 or around 2
    >>> model = Diffusion.fit(x, key=jax.random.key(0), condition=colour, sizes=(2,), num_steps=300, width=32, depth=1)
    >>> for code in (0, 1):
    ...     print(code, model.sample(jax.random.key(1), 100, condition=[code]).mean().round(0) + 0)
    0 0.0
    1 2.0
    >>> bool(model.elbo([0.0, 0.1], jax.random.key(2)) > model.elbo([1.0, 1.0], jax.random.key(2)))
    True
    """

    denoiser: Denoiser
    mean: Float[Array, " d"]
    scale: Float[Array, ""]
    guidance: Float[checks.Array, ""] = eqx.field(default=1.0, converter=partial(checks.not_negative, "guidance"))
    num_timesteps: int = eqx.field(default=50, static=True, converter=partial(checks.whole, "num_timesteps", least=1))

    fixed = ("mean", "scale", "guidance")

    def __check_init__(self) -> None:
        if not isinstance(self.denoiser, Denoiser):
            raise TypeError(f"denoiser must be a Denoiser; got {type(self.denoiser).__name__}")
        if self.denoiser.event_shape != self.mean.shape:
            raise ValueError(f"mean must have the shape {self.denoiser.event_shape}; got {self.mean.shape}")

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        *,
        key: PRNGKeyArray,
        condition: ArrayLike | None = None,
        sizes: Sequence[int] = (),
        width: int = 192,
        depth: int = 3,
        num_timesteps: int = 50,
        num_steps: int = 3000,
        batch_size: int = 512,
        learning_rate: float = 1e-2,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Trained on points x (n, d), and the codes of their attributes, `condition` (n, k), if there are any.

        Attribute j has the codes 0 to sizes[j] − 1. Training shows now many of them, now few, so that one may later ask
        for all, any, or none. The network has `depth` blocks of `width` units. The rest are keyword arguments of
        `minimise`; `num_steps` are those of the training, and `num_timesteps` those from noise to data.

        Raises TypeError or ValueError for data that are not finite numbers (n, d), are all the same, or too far from 0
        for float32 to tell them apart; for attributes that are not codes (n, k) of `sizes`; and for a width, a depth or
        steps that are no whole numbers of at least 1; else as `minimise` does.
        """
        start, train = jax.random.split(checks.key(key))
        x = np.asarray(jax.device_get(checks.points("x", x)))
        codes, sizes = _attributes(condition, sizes, len(x))
        width, depth = checks.whole("width", width, least=1), checks.whole("depth", depth, least=1)
        mean, scale = mean_and_scale(x)
        denoiser = MLPDenoiser.untrained(x.shape[1], sizes, key=start, width=width, depth=depth)
        return minimise(
            denoising_loss,
            cls(denoiser, mean, scale, num_timesteps=num_timesteps),
            (x, codes),
            key=train,
            num_steps=num_steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            checkpoint=checkpoint,
        ).parameters

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.mean.shape

    @property
    def _condition_sizes(self) -> tuple[int, ...]:
        return self.denoiser.sizes

    def with_guidance(self, guidance: ArrayLike) -> Self:
        """The same model, but for the guidance: 0 does not listen, 1 does as asked, and more goes further.

        Raises TypeError or ValueError for what is no number of at least 0.
        """
        return dataclasses.replace(self, guidance=guidance)  # type: ignore[arg-type]  # the field converts it

    def with_timesteps(self, num_timesteps: int) -> Self:
        """The same model, in another number of steps from noise to data.

        Raises TypeError or ValueError for what is no whole number of at least 1.
        """
        return dataclasses.replace(self, num_timesteps=num_timesteps)

    def from_noise(self, z: ArrayLike, condition: ArrayLike | None = None) -> Float[Array, "*batch d"]:
        """What standard normal noise z (*batch, d) becomes if no step adds new noise, in the units of the data.

        `condition` is (*batch, k), or (k,) for all.

        Works under `jit`. Raises TypeError or ValueError where z or the condition has the wrong dtype or shape, and for
        a code that is out of range.
        """
        z = checks.points_at(z, self.event_shape)
        asked = None if condition is None else self._asked(condition, z.shape[:-1])
        return _from_noise(self, z, asked)

    @property
    def _work(self) -> int:
        return self.denoiser.work

    def _elbo(self, x: Float[Array, " d"], key: PRNGKeyArray) -> Float[Array, ""]:
        """The bound, with one noise for the error of each step."""
        x = jnp.clip((x - self.mean) / self.scale, -FAR, FAR)
        angles = self._angles()

        def add(total: Array, at: tuple[Array, Array, PRNGKeyArray]) -> tuple[Array, None]:
            s, t, key = at
            z = jnp.cos(t) * x + jnp.sin(t) * jax.random.normal(key, x.shape, jnp.float32)
            miss = pairwise_sum((x - self._denoised(z, t)) ** 2)
            return total + (1 / jnp.tan(s) ** 2 - (jnp.cos(t) / jnp.sin(t)) ** 2) * miss, None

        keys = jax.random.split(key, self.num_timesteps)
        misses, _ = jax.lax.scan(add, jnp.float32(0), (angles[:-1], angles[1:], keys))
        per_number = math.log(2 * math.pi) + 1 + 2 * jnp.log(jnp.tan(angles[0]) * self.scale)
        return -(misses + len(x) * per_number) / 2

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        return self._drawn(key, None)

    def _samples(self, key: PRNGKeyArray, n: int) -> Float[Array, "n d"]:
        return self._in_groups(key, n, None)

    def _samples_given(self, key: PRNGKeyArray, condition: Int[Array, "n k"]) -> Float[Array, "n d"]:
        return self._in_groups(key, len(condition), condition)

    def _in_groups(self, key: PRNGKeyArray, n: int, condition: Int[Array, "n k"] | None) -> Float[Array, "n d"]:
        """Always as many at once, so that a draw does not depend on n, not even by its rounding."""
        more = max(-n % AT_ONCE, 2 * AT_ONCE - n)  # two groups or more: XLA would cut a single one to n
        rows = jax.random.split(key, n + more), None if condition is None else jnp.pad(condition, ((0, more), (0, 0)))
        return jax.lax.map(lambda row: self._drawn(*row), rows, batch_size=AT_ONCE)[:n]

    def _drawn(self, key: PRNGKeyArray, condition: Int[Array, " k"] | None) -> Float[Array, " d"]:
        first, *rest = jax.random.split(key, self.num_timesteps + 2)
        noise = jax.random.normal(first, self.event_shape, jnp.float32)
        return self._to_data(noise, condition, jnp.stack(rest))

    def _to_data(
        self, z: Float[Array, " d"], condition: Int[Array, " k"] | None, keys: PRNGKeyArray | None
    ) -> Float[Array, " d"]:
        """All steps, from noise to a point in the units of the data; with `keys`, each step has new noise."""
        angles = self._angles()[::-1]

        def move(z: Array, at: tuple) -> tuple[Array, None]:
            t, s, key = at
            noise = None if key is None else jax.random.normal(key, z.shape, jnp.float32)
            return step(z, self._denoised(z, t, condition), t, s, noise), None

        z = jax.lax.scan(move, z, (angles[:-1], angles[1:], None if keys is None else keys[:-1]))[0]
        x = z / jnp.cos(angles[-1])
        if keys is not None:
            x = x + jnp.tan(angles[-1]) * jax.random.normal(keys[-1], x.shape, jnp.float32)
        return self.mean + self.scale * x

    def _angles(self) -> Float[Array, " times"]:
        return jnp.linspace(LEAST, np.pi / 2, self.num_timesteps + 1, dtype=jnp.float32)

    def _denoised(
        self, z: Float[Array, " d"], angle: Float[Array, ""], condition: Int[Array, " k"] | None = None
    ) -> Float[Array, " d"]:
        """The guess at x, in units of `scale`; guided where there is a condition."""
        nothing = self.denoiser(z, angle, jnp.full(len(self.denoiser.sizes), -1))
        if condition is None:
            return nothing
        # In this form, 0 and 1 give the one or the other to the last bit.
        w = jnp.asarray(self.guidance)
        return (1 - w) * nothing + w * self.denoiser(z, angle, condition)


def step(
    z: Float[Array, " d"],
    x: Float[Array, " d"],
    t: Float[Array, ""],
    s: Float[Array, ""],
    noise: Float[Array, " d"] | None,
) -> Float[Array, " d"]:
    """From z at the angle t to the smaller angle s, given the guess x; without `noise`, none is new."""
    guessed = (z - jnp.cos(t) * x) / jnp.sin(t)
    if noise is not None:
        kept = jnp.tan(s) * jnp.cos(t) / jnp.sin(t)
        guessed = kept * guessed + jnp.sqrt(jnp.maximum(1 - kept**2, 0)) * noise
    return jnp.cos(s) * x + jnp.sin(s) * guessed


def denoising_loss(
    model: Diffusion, batch: tuple[Float[Array, "n d"], Int[Array, "n k"]], key: PRNGKeyArray
) -> Float[Array, ""]:
    """The mean of (x − x̂)² / sin²(t) over points and coordinates, in units of `scale` squared. For `minimise`.

    Each point of the batch gets noise of its own, an angle from its own nth part of 0 to π/2, and a share of its
    attributes that is shown, from none to all. It is the mean of (v − v̂)² of lib/denoisers/mlp.py.
    """
    x, codes = batch
    noise, angle, share, shown = jax.random.split(key, 4)
    n = len(x)
    x = (x - model.mean[None]) / model.scale
    part = (jnp.arange(n, dtype=jnp.float32) + jax.random.uniform(angle, (n,), jnp.float32)) / n
    t = LEAST + (np.pi / 2 - LEAST) * part
    z = jnp.cos(t)[:, None] * x + jnp.sin(t)[:, None] * jax.random.normal(noise, x.shape, jnp.float32)
    shares = jax.random.uniform(share, (n, 1), jnp.float32)  # so that all and none are often asked for, too
    asked = jnp.where(jax.random.uniform(shown, codes.shape, jnp.float32) < shares, codes, -1)
    guess = jax.vmap(model.denoiser)(z, t, asked)
    return jnp.mean(((x - guess) / jnp.sin(t)[:, None]) ** 2)


# --- Private parts -------------------------------------------------------------------------------


def _attributes(condition: ArrayLike | None, sizes: Sequence[int], n: int) -> tuple[np.ndarray, tuple[int, ...]]:
    if condition is None:
        if len(sizes):
            raise ValueError(f"sizes must be () where there is no condition; got {tuple(sizes)}")
        return np.zeros((n, 0), np.int32), ()
    sizes = checks.sizes(sizes, of="attribute")
    codes = checks.attributes("condition", condition, sizes, n, "as x has")
    return np.asarray(jax.device_get(codes), np.int32), sizes


@jax.jit
def _from_noise(model: Diffusion, z: Array, condition: Array | None) -> Array:
    asked = None if condition is None else condition.reshape(-1, condition.shape[-1])
    rows = z.reshape(-1, *model.event_shape), asked  # None has nothing to map over
    x = jax.lax.map(lambda row: model._to_data(row[0], row[1], None), rows, batch_size=AT_ONCE)
    return x.reshape(z.shape)
