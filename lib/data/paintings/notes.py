"""The law of the paintings: who paints, which motif, and with what hand.

Before a picture, a painter k writes down a note: the motif c, and seven numbers z, the hand. Their law is

    P(k) P(c | k) N(z | μ_k + s_c, Σ_k)

with a table of motifs for each painter, and a Gaussian that all motifs share but for its mean. Each of the factors that
`brush.py` paints with is a fixed increasing function of its own number of z. So the density of a note, the probability
of each painter given a note, and KL from one painter to another are known in closed form.

A note is a row of eight numbers: that of the motif (see `MOTIFS`), and z.
"""

import math
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray

from lib import checks
from lib.data.paintings import motifs
from lib.data.paintings.brush import Factors
from lib.density import Density
from lib.expectation_maximisation import Gaussians, log_joint
from lib.generative_classifier import GenerativeClassifier
from lib.numerics.tables import pick

MOTIFS = tuple(motif.__name__.replace("_", " ") for motif in motifs.MOTIFS)

# Each factor lies between two ends: z = −∞ gives the first, ∞ the second. On a logarithmic scale, steps multiply.
SCALES = {
    "swirl": (0.0, 1.0, "linear"),
    "length": (0.030, 0.220, "logarithmic"),
    "width": (0.016, 0.080, "logarithmic"),
    "disorder": (0.03, 0.60, "logarithmic"),
    "hue": (-0.5, 0.5, "linear"),
    "vividness": (0.5, 1.4, "logarithmic"),
    "variety": (0.010, 0.080, "logarithmic"),
}
HAND = tuple(SCALES)


class Painter(Density):
    """A painter's law of notes: a table of motifs, and a Gaussian hand with one covariance for all of them.

    `log_shares` (6,) are the log-probabilities of the motifs, in nats; `means` (6, 7) is the mean hand for each motif,
    and `chol` (7, 7) the lower Cholesky factor of the covariance. A density is per unit of z, and counts motifs.

    Raises TypeError for what are no real numbers, ValueError for wrong shapes, shares that do not sum to one, values
    that are not finite, and a factor that is not lower triangular with a diagonal above 0.
    """

    log_shares: Float[checks.Array, " motifs"]
    means: Float[checks.Array, "motifs hand"]
    chol: Float[checks.Array, "hand hand"]

    def __init__(self, log_shares: ArrayLike, means: ArrayLike, chol: ArrayLike) -> None:
        self.log_shares = checks.float32(checks.log_table("log_shares", log_shares))
        self.means, self.chol = checks.reals("means", means), checks.reals("chol", chol)
        hand = len(HAND)
        for name, shape in (("log_shares", (len(MOTIFS),)), ("means", (len(MOTIFS), hand)), ("chol", (hand, hand))):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must have shape {shape}; got shape {getattr(self, name).shape}")
        checks.finite("means", self.means)
        checks.finite("chol", self.chol)
        if not checks.is_traced(self.chol) and (np.triu(self.chol, 1).any() or (np.diag(self.chol) <= 0).any()):
            raise ValueError("chol must be lower triangular, with a diagonal above 0")

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (1 + len(HAND),)

    @classmethod
    def fit(cls, notes: ArrayLike) -> Self:
        """The painter of greatest likelihood, from notes (n, 8): shares, means and the covariance within motifs.

        Raises TypeError for what are not real numbers, ValueError for a wrong shape, values that are not finite, a
        motif that is none, and notes that are too few, or too much alike, for a covariance.
        """
        if checks.is_traced(notes):
            raise TypeError("notes must be known before jit; got a tracer")
        notes = np.asarray(checks.points("notes", checks.rows("notes", notes, 1 + len(HAND))), np.float64)
        motif, hand = notes[:, 0], notes[:, 1:]
        checks.refuse("notes[:, 0]", motif, _no_motif, f"a motif from 0 to {len(MOTIFS) - 1}")
        is_motif = motif[:, None] == np.arange(len(MOTIFS))  # (n, motifs)
        counts = is_motif.sum(0)
        means = is_motif.T @ hand / np.maximum(counts, 1)[:, None]
        apart = hand - means[motif.astype(int)]
        covariance = apart.T @ apart / len(hand)
        if np.linalg.cond(covariance) > 1e10:
            raise ValueError(f"notes must vary in each number of the hand, in more than {len(HAND)} ways; these do not")
        with np.errstate(divide="ignore"):
            log_shares = np.log(counts / len(hand))
        return cls(log_shares, means, np.linalg.cholesky(covariance))

    def _log_prob(self, x: Float[Array, " note"]) -> Float[Array, ""]:
        shares, means, chol = map(jnp.asarray, (self.log_shares, self.means, self.chol))
        is_motif = x[0] == jnp.arange(len(MOTIFS), dtype=jnp.float32)
        chols = jnp.broadcast_to(chol, (len(MOTIFS), *chol.shape))
        log_p, _ = log_joint(Gaussians(shares, means, chols), x[1:, None])
        return jnp.where(is_motif, log_p[:, 0], -jnp.inf).max()

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " note"]:
        shares, means, chol = map(jnp.asarray, (self.log_shares, self.means, self.chol))
        for_motif, for_hand = jax.random.split(key)
        motif = pick(for_motif, shares)
        hand = means[motif] + chol @ jax.random.normal(for_hand, (len(HAND),), jnp.float32)
        return jnp.concatenate([motif[None].astype(jnp.float32), hand])


def kl(p: Painter, q: Painter) -> float:
    """KL(p ‖ q) from one painter to another, in nats: exact; ∞ where q never paints a motif that p does."""
    p_shares, q_shares = (np.exp(np.float64(painter.log_shares)) for painter in (p, q))
    seen = p_shares > 0
    if (q_shares[seen] == 0).any():
        return np.inf
    p_chol, q_chol = np.float64(p.chol), np.float64(q.chol)
    ratio = np.linalg.solve(q_chol, p_chol)
    apart = np.linalg.solve(q_chol, (np.float64(p.means) - np.float64(q.means)).T).T  # (motifs, hand)
    widths = np.log(np.diag(q_chol)).sum() - np.log(np.diag(p_chol)).sum()
    gaussians = 0.5 * ((ratio**2).sum() - len(HAND) + (apart**2).sum(1)) + widths
    return float((p_shares[seen] * (np.log(p_shares[seen] / q_shares[seen]) + gaussians[seen])).sum())


def factors(notes: Float[ArrayLike, "*batch 8"]) -> Factors:
    """What the notes (*batch, 8) mean, as `paint` takes it: each factor between its two ends. Works under `jit`.

    Raises TypeError for what are no real numbers, ValueError for a wrong shape, values that are not finite, and a motif
    that is none.
    """
    notes = checks.points_at(notes, (1 + len(HAND),))
    checks.finite("notes", notes)
    checks.refuse("notes[..., 0]", notes[..., 0], _no_motif, f"a motif from 0 to {len(MOTIFS) - 1}")
    notes = jnp.asarray(notes)
    hand = [_scaled(notes[..., 1 + i], *scale) for i, scale in enumerate(SCALES.values())]
    return Factors(notes[..., 0].astype(jnp.int32), *hand)


def _scaled(z: Array, low: float, high: float, scale: str) -> Array:
    share = jax.nn.sigmoid(z)
    return low + (high - low) * share if scale == "linear" else low * jnp.exp(math.log(high / low) * share)


# --- The five painters ---------------------------------------------------------------------------

NAMES = ("V", "dots", "washes", "fields", "dabs")
SHARES = np.array([0.50, 0.11, 0.11, 0.10, 0.18])  # of all paintings

#     starry  wheat  sunfl.  sea   garden fields
_MOTIF_SHARES = [
    [0.40, 0.35, 0.25, 0.00, 0.00, 0.00],
    [0.10, 0.20, 0.05, 0.30, 0.35, 0.00],
    [0.05, 0.20, 0.00, 0.55, 0.20, 0.00],
    [0.00, 0.00, 0.20, 0.00, 0.00, 0.80],
    [0.10, 0.20, 0.10, 0.25, 0.35, 0.00],
]
#     swirl length width disorder hue vividness variety
_MEANS = [
    [+1.0, +0.6, +0.0, -0.3, 0.0, +1.2, +0.3],
    [-1.8, -2.2, +0.3, +0.9, 0.0, +0.6, +0.9],
    [-2.5, +1.8, +1.1, -1.6, 0.2, -0.5, -1.2],
    [-3.0, +0.8, +0.8, -1.8, 0.0, +0.6, -0.9],
    [-0.8, -0.3, +0.0, +0.5, 0.1, +0.3, +0.6],
]
_DEVIATIONS = [
    [0.8, 0.5, 0.5, 0.5, 0.6, 0.5, 0.5],
    [0.8, 0.5, 0.5, 0.5, 0.8, 0.6, 0.5],
    [0.8, 0.5, 0.5, 0.5, 0.8, 0.6, 0.5],
    [0.5, 0.5, 0.5, 0.5, 0.8, 0.6, 0.5],
    [0.9, 0.6, 0.5, 0.6, 0.8, 0.6, 0.5],
]
_SHIFTS = np.zeros((len(MOTIFS), len(HAND)))  # what a motif does to any painter's hand
_SHIFTS[0, 0] = 0.5  # a starry night swirls more,
_SHIFTS[1, 1] = 0.3  # wheat takes longer strokes,
_SHIFTS[2, :2] = -0.6, -0.5  # and sunflowers shorter ones and calm
_CORRELATIONS = np.eye(len(HAND))
_CORRELATIONS[1, 2] = _CORRELATIONS[2, 1] = 0.5  # long strokes are wide,
_CORRELATIONS[0, 5] = _CORRELATIONS[5, 0] = 0.3  # and swirls are vivid


def _painter(motifs: list[float], mean: list[float], deviations: list[float]) -> Painter:
    with np.errstate(divide="ignore"):
        log_shares = np.log(motifs)
    chol = np.linalg.cholesky(_CORRELATIONS * np.outer(deviations, deviations))
    return Painter(log_shares, np.array(mean) + _SHIFTS, chol)


painters = tuple(map(_painter, _MOTIF_SHARES, _MEANS, _DEVIATIONS))
"""The five painters, in the order of `NAMES`; the first is V."""

law = GenerativeClassifier(np.log(SHARES).astype(np.float32), painters)
"""The law of notes x and painters y: `law.sample(key, n)`, and `law.predict_proba(notes)`, exactly."""


def _no_motif(motif: checks.Array) -> checks.Array:
    return ~((motif >= 0) & (motif < len(MOTIFS)) & (motif == motif // 1))
