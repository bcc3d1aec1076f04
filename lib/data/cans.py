"""Cans: grey pictures of a tin can, made from two numbers, its height and its width. Whoever knows the two knows all.

A picture shows 16 cm by 16 cm, seen slightly from above. Its grey levels are floats from 0 (black) to 255 (white). All
cans stand on the same spot: a taller one has its lid higher up, and a wider one has both sides further out. So edges
*move*, which no sum of a few fixed pictures can do.

The law has three kinds of cans: flat ones for fish, those for soup, and slim ones for a drink. Within each kind, a
taller can is wider too; over all cans, a taller can is narrower. Between the kinds there is hardly any can.
"""

import functools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.gaussian_mixture import GaussianMixture

LOW = np.array([2, 4], np.float32)
"""The least height and width of the law's cans, in centimetres: 2 and 4."""

HIGH = np.array([13, 12], np.float32)
"""The greatest height and width, in centimetres: 13 and 12."""

FRAME = 16.0  # centimetres along the side of a picture
GROUND = 14.5  # centimetres from the top of the picture down to the middle of the can's foot
TILT = 0.2  # a circle is seen as an ellipse whose height is this part of its width

# --- The pictures --------------------------------------------------------------------------------


def render(factors: ArrayLike, size: int = 32) -> Float[Array, "*batch size size"]:
    """The pictures of cans of these heights and widths, (*batch, 2) in centimetres: grey levels from 0 to 255.

    Rows count from the top, columns from the left. Each `size` shows the same can. Edges are soft, a pixel and a half
    wide, so a picture changes smoothly with its factors and can be differentiated by them. Works under `jit`. Factors
    beyond `LOW` and `HIGH` are drawn too, as far as the frame reaches.

    Raises TypeError for what are no real numbers or a fractional size, ValueError for a wrong shape or a size below 1.

    >>> render([[3.5, 8.5], [11.5, 5.5]]).shape
    (2, 32, 32)
    """
    return _render(checks.points_at(factors, (2,)), checks.whole("size", size, least=1))


def _picture(factors: Float[Array, "2"], size: int) -> Float[Array, "size size"]:
    """The picture of one can, painted from back to front."""
    height, radius, pixel = factors[0], factors[1] / 2, FRAME / size
    lid, band = GROUND - height, 0.12 * height
    place = jnp.arange(0.5, size, dtype=factors.dtype) * pixel
    x, y = place[None] - FRAME / 2, place[:, None]

    def lay(on, grey, radius, bottom, top=lid, right=0.0, blur=1.5 * pixel):
        """An upright cylinder in this grey, seen from `top` down to `bottom`, upon what is there already."""
        t = jnp.clip(_depth(x - right, y, radius, top, bottom) / blur + 0.5, 0, 1)
        return on + t * t * (3 - 2 * t) * (grey - on)

    def wrap(on, grey, bottom):
        """The same around the can, a pixel outside it: else its soft sides would let through what is beneath."""
        return lay(on, grey, radius + pixel, bottom - TILT * pixel)

    across = jnp.clip(x / radius, -1, 1)
    light = 1 - 0.35 * (across + 0.4) ** 2  # from the left, on a round wall
    room = lay(225 - 2 * y, 130, 1.1 * radius, GROUND, top=GROUND, right=0.3 * radius, blur=1.5)  # a shadow
    can = wrap(195 * light, 105 * light, GROUND - band)  # the tin and its label,
    can = wrap(can, 195 * light, lid + band)  # the tin above the label,
    can = wrap(can, 245, lid)  # the rim,
    can = lay(can, 170 + 25 * across, radius - 0.45, lid)  # and what it encloses
    return lay(room, can, radius, GROUND)


def _depth(x: Array, y: Array, radius: Array, top: Array, bottom: Array) -> Array:
    """How far inside the outline of a cylinder points lie, in centimetres; outside it is negative.

    The outline has two straight sides from `top` to `bottom`, and half an ellipse at each end. Let v be how far y is
    beyond the sides, over TILT; then the outline is where ρ = √(x² + v²) is the radius, and near it the depth is
    (radius − ρ) / |∇ρ|.
    """
    v = (y - jnp.clip(y, top, bottom)) / TILT
    square = x * x + v * v + 1e-6  # not 0: the root needs a derivative
    return (radius - jnp.sqrt(square)) * jnp.sqrt(square / (x * x + v * v / TILT**2 + 1e-6))


# --- The law -------------------------------------------------------------------------------------

# A mixture of Gaussians over two logits z. The factors are LOW + (HIGH − LOW) · sigmoid(z), and so always in between.
# Of each kind: the middle (in centimetres), the probability, and the spread of z, whose two parts correlate by 0.7.
_shares = (np.array([[3.6, 8.6], [9.4, 7.5], [11.6, 5.6]]) - LOW) / (HIGH - LOW)  # fish, soup, drink
_kinds = GaussianMixture(
    np.log([0.3, 0.4, 0.3]),
    np.log(_shares / (1 - _shares)),
    np.array([0.4, 0.3, 0.35])[:, None, None] * np.array([[1, 0], [0.7, 0.714]]),
)


def sample(key: PRNGKeyArray, n: int) -> Float[Array, "n 2"]:
    """The heights and widths of n independent cans, in centimetres. The first m of n draws are the m draws.

    Raises TypeError for a key that is not of jax.random.key or a fractional n, ValueError for n below 0.
    """
    return jax.nn.sigmoid(_kinds.sample(key, n)) * (HIGH - LOW)[None] + LOW[None]


def log_prob(factors: ArrayLike) -> Float[Array, "*batch"]:
    """The log density of the law at heights and widths (*batch, 2), in nats per square centimetre.

    It is −inf where a factor is not between `LOW` and `HIGH`, and NaN for NaN. Works under `jit`, and so does its
    derivative. Raises TypeError for what are no real numbers, ValueError for a wrong shape.

    >>> log_prob([[9.4, 7.5], [6.0, 8.0], [1.0, 8.0]]).round(1)  # of soup; between soup and fish; too flat
    Array([ -1.6, -15.2,  -inf], dtype=float32)
    """
    return _log_prob(checks.points_at(factors, (2,)))


@jax.jit
def _log_prob(factors: Array) -> Array:
    """p(factors) = p(z) / Π (HIGH − LOW) · share · (1 − share), which is the derivative of the factors by z."""
    flat, width = factors.reshape(-1, 2), (HIGH - LOW)[None]
    share = (flat - LOW[None]) / width
    inside = ((share > 0) & (share < 1)).all(1)
    share = jnp.where(inside[:, None], share, 0.5)  # before the logarithms, else gradients would be NaN
    log_p = _kinds.log_prob(jnp.log(share) - jnp.log1p(-share)) - jnp.log(width * share * (1 - share)).sum(1)
    log_p = jnp.where(jnp.isnan(flat).any(1), jnp.nan, jnp.where(inside, log_p, -jnp.inf))
    return log_p.reshape(factors.shape[:-1])


# --- From pictures back to factors ---------------------------------------------------------------


def read(pictures: ArrayLike) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, " n"]]:
    """The can that looks most like each picture, (n, size, size): its factors (n, 2) in cm, and the distance (n,).

    The distance is the root mean square difference over the pixels, in grey levels. A picture is first compared with
    cans on a grid, a quarter of a centimetre apart, and then the best of them moves by damped least squares (D.
    Marquardt, J. SIAM 11, 1963). So the factors of any can come back to 0.0001 cm, at a distance below 0.001; noise of
    5 grey levels moves them by 0.01 cm. A picture that resembles no can may have a nearer one than the one found.

    Raises TypeError for what are no real numbers, ValueError for a wrong shape, a NaN or an infinity.

    >>> factors, distance = read(render([[3.5, 8.5], [11.5, 5.5]]) + 2)
    >>> factors.round(1).tolist(), distance.round(1).tolist()
    ([[3.5, 8.5], [11.5, 5.5]], [2.0, 2.0])
    """
    x = checks.real_numbers("pictures", pictures)
    if x.ndim != 3 or x.shape[1] != x.shape[2] or x.shape[1] == 0:
        raise ValueError(f"pictures must have shape (n, size, size); got shape {x.shape}")
    checks.finite("pictures", x)
    x = checks.float32(np.asarray(jax.device_get(x)))
    chunks = np.zeros((max(1, -(-len(x) // _CHUNK)), _CHUNK, *x.shape[1:]), np.float32)
    chunks.reshape(-1, *x.shape[1:])[: len(x)] = x
    parts = [jax.device_get(_read(chunk, *_grid(x.shape[1]))) for chunk in chunks]
    factors, distance = (np.concatenate(part)[: len(x)] for part in zip(*parts, strict=True))
    return factors, distance


# --- Private parts -------------------------------------------------------------------------------

_CHUNK = 128  # pictures read at once, a short chunk padded to as many: one compilation


@partial(jax.jit, static_argnums=1)
def _render(factors: Array, size: int) -> Array:
    return jnp.vectorize(partial(_picture, size=size), signature="(2)->(s,s)")(factors)


@functools.cache
def _grid(size: int) -> tuple[Array, Array]:
    """Factors (cans, 2) that are a quarter of a centimetre apart, and their pictures (cans, size, size)."""
    axes = (np.arange(low, high + 0.1, 0.25) for low, high in zip(LOW, HIGH, strict=True))
    factors = jnp.asarray(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2), jnp.float32)
    return factors, render(factors, size)


@jax.jit
def _read(pictures: Array, grid: Array, cans: Array) -> tuple[Array, Array]:
    """Of cans p, the nearest to a picture x is where x · p − |p|² / 2 is greatest. From there on it is fitted."""
    likeness = (
        jnp.tensordot(pictures, cans, ((1, 2), (1, 2)), precision="highest") - (cans * cans).sum((1, 2))[None] / 2
    )
    return jax.vmap(_fitted)(pictures, grid[jnp.argmax(likeness, axis=1)])


def _fitted(picture: Array, start: Array) -> tuple[Array, Array]:
    """The factors of the least distance to the picture, and this distance.

    A step solves JᵀJ · step = Jᵀ gap, with the diagonal of JᵀJ made larger by a share: ten times as large a one after a
    step that did not help, which is taken back, and a tenth of it after one that did.
    """

    def tried(_: int, state: tuple[Array, ...]) -> tuple[Array, ...]:
        trial, share, *best = state
        gap, slopes = _gap_and_slopes(trial, picture)
        new = trial, (gap * gap).sum(), slopes.T @ slopes, gap @ slopes
        better = new[1] < best[1]
        factors, square, curvature, (u, v) = (jnp.where(better, a, b) for a, b in zip(new, best, strict=True))
        share = share * jnp.where(better, 0.1, 10)
        (a, b), (_, d) = curvature * (1 + share * jnp.eye(2, dtype=jnp.float32))
        step = jnp.stack([d * u - b * v, a * v - b * u]) / (a * d - b * b)
        return jnp.clip(factors + step, LOW, HIGH), share, factors, square, curvature, jnp.stack([u, v])

    nothing = jnp.zeros((2, 2), jnp.float32)
    state = start, jnp.float32(1e-2), start, jnp.float32(jnp.inf), nothing, nothing[0]
    _, _, factors, square, *_ = jax.lax.fori_loop(0, 12, tried, state)
    return factors, jnp.sqrt(square / picture.size)


def _gap_and_slopes(factors: Array, picture: Array) -> tuple[Array, Array]:
    """What the picture has beyond that of the can, (pixels,), and the derivatives of the latter, (pixels, 2)."""

    def twice(factors: Array) -> tuple[Array, Array]:
        can = _picture(factors, len(picture))
        return can, can

    slopes, can = jax.jacfwd(twice, has_aux=True)(factors)
    return (picture - can).ravel(), slopes.reshape(-1, 2)
