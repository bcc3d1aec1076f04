"""Logistic regression: the probability of each label, straight from the features.

Each label k has a score that is linear in the features, and the scores of all labels become probabilities,

    P(k | x) = exp(s_k) / Σ_j exp(s_j),    s_k = w_k · x + b_k

With two labels only s₁ − s₀ matters, so s₀ is 0, and one row w and one number b are left. Nothing is said about how
probable x itself is: this model can tell labels apart, and cannot draw an x. It minimises

    Σ_i weight_i · (−log P(y_i | x_i)) + l2/2 · Σ |w_k|²

which is convex, by Newton's method (lib/numerics/newton.py), after the features have been brought to one spread in all
directions (lib/numerics/whitening.py). So units do not matter, nor how much the features have in common; and where the
data and the penalty say nothing about the coefficients, they are 0.

Sources: D. Cox, J. R. Stat. Soc. B 20, 1958; K. Murphy, Probabilistic Machine Learning, 2022, §10.2-10.3; when there is
a minimum at all: A. Albert & J. Anderson, Biometrika 71, 1984.
"""

from functools import partial
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int

from lib import checks
from lib.numerics.newton import minimise
from lib.numerics.summation import pairwise_sum
from lib.numerics.whitening import whiten

# What may be squared, and divided by one another, in float32.
WIDTHS, WEIGHTS = np.array([1e-20, 1e20], np.float32), np.array([1e-10, 1e20], np.float32)


class LogisticRegression(eqx.Module):
    """The probability of each label given the features, by scores that are linear in them.

    `coefficients` (classes, features) are in nats per unit of the feature, `intercepts` (classes,) in nats. For two
    classes there is one row, which is that of label 1, as in scikit-learn. Raises TypeError or ValueError
    where they are not finite numbers of such shapes.

    >>> x, y, counts = [[0], [0], [1], [1]], [0, 1, 0, 1], [3, 1, 2, 2]
    >>> model = LogisticRegression.fit(x, y, l2=0.0, weights=counts)
    >>> [[round(float(p), 3) for p in row] for row in model.predict_proba([[0], [1]])]
    [[0.75, 0.25], [0.5, 0.5]]
    """

    coefficients: Float[checks.Array, "rows features"]
    intercepts: Float[checks.Array, " rows"]

    def __init__(self, coefficients: ArrayLike, intercepts: ArrayLike) -> None:
        self.coefficients = checks.reals("coefficients", coefficients)
        self.intercepts = checks.reals("intercepts", intercepts)
        if self.coefficients.ndim != 2 or len(self.coefficients) in (0, 2) or not self.coefficients.size:
            shape = self.coefficients.shape
            raise ValueError(
                "coefficients must have shape (1, features) for two classes, or (classes, features) for 3 or more; got "
                f"shape {shape}"
            )
        if self.intercepts.shape != (len(self.coefficients),):
            raise ValueError(f"intercepts must have shape ({len(self.coefficients)},); got {self.intercepts.shape}")
        checks.finite("coefficients", self.coefficients)
        checks.finite("intercepts", self.intercepts)

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        l2: ArrayLike = 1.0,
        *,
        weights: ArrayLike | None = None,
        num_classes: int | None = None,
    ) -> Self:
        """Fit to points x (n, features) with labels y (n,), which are whole numbers from 0.

        `l2` ≥ 0 is the penalty on each coefficient; the intercepts are free. A row counts `weights` (n,) times, each
        once if none are given: so a table of counts is fitted as it is, and a weight of 0 leaves a row out. The number
        of classes is the largest label plus 1, unless `num_classes` says it.

        Works under `jit` and `vmap`; there, where y has no values yet, `num_classes` must be given. Nothing can be
        refused there: rows with other labels do not count, and where there is no minimum, the model is that of the
        last step, which is finite and sure of the labels that it has seen.

        Coefficients are right to about 1e-4 where each label has a share of the weight of 1e-5 or more, and to 1 % at
        a share of 1e-6.

        Raises TypeError for labels that are not integers and for what are not real numbers. Raises ValueError for no
        rows, wrong shapes, values that are not finite, features whose range is neither 0 nor from 1e-20 to 1e20,
        weights that are neither 0 nor from 1e-10 to 1e20, an l2 that is not from 0 to 1e20, labels out of range, a
        label without a row of weight above 0, and where there is no minimum: with an l2 of 0 none exists if a plane
        separates the labels, also if points of both lie on it. A minimum is missed, too, if float32 cannot tell it
        from none, as where a label is rarer than one row in a million.
        """
        x = _checked_points("x", x)
        y, num_classes = checks.labels("y", y, len(x), num_classes)
        if num_classes < 2:
            raise ValueError("y must hold at least two labels; all rows have the label 0")
        weights = _checked_weights("weights", np.ones(len(x), np.float32) if weights is None else weights, len(x))
        if not checks.is_traced(weights) and not checks.is_traced(y):
            checks.each_label("y", np.asarray(y)[np.asarray(weights) > 0], num_classes)
        l2 = checks.not_negative("l2", l2)
        coefficients, intercepts, is_minimum = _fit(x, checks.narrow(y), weights, l2, num_classes)
        if not checks.is_traced(is_minimum) and not is_minimum:
            raise ValueError(
                "x must not separate the labels where l2 is 0, or next to it: the more sure a model is, the better it "
                f"fits, so the best one lies at infinity; l2 is {l2:g}, give a larger one, such as 1. (Or a label is "
                "rarer than about one row in a million: float32 cannot tell such a minimum from none.)"
            )
        return cls(coefficients, intercepts)

    def predict_proba(self, x: ArrayLike) -> Float[Array, "*batch classes"]:
        """The probability of each label at each of (*batch, features) points; NaN where a score is not finite.

        Raises TypeError or ValueError where x has the wrong dtype or shape.
        """
        return _probabilities(self, checks.points_at(x, self.coefficients.shape[1:]))


# --- Private checks ------------------------------------------------------------------------------


def _checked_points(name: str, data: ArrayLike) -> checks.Array:
    """Data (n, features) to fit to, as `points`, whose squares float32 holds. A feature may be the same in all rows."""
    x = checks.points(name, data)
    if not checks.is_traced(x):
        with np.errstate(over="ignore"):
            width = x.max(axis=0) - x.min(axis=0)
        checks.refuse(f"the range of {name}", width, _beyond, "0, or from 1e-20 to 1e+20, in each feature", WIDTHS)
    return x


def _checked_weights(name: str, weights: ArrayLike, n: int) -> checks.Array:
    weights = checks.reals(name, weights)
    if weights.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), a weight for each row of x; got shape {weights.shape}")
    checks.refuse(name, weights, _beyond, "0, or from 1e-10 to 1e+20", WEIGHTS)
    return weights


def _beyond(x: checks.Array, limits: checks.Array) -> checks.Array:
    return (x != 0) & ~((x >= limits[0]) & (x <= limits[1]))


# --- Private numerics ----------------------------------------------------------------------------


@jax.jit
def _probabilities(model: LogisticRegression, x: Float[Array, "*batch features"]) -> Float[Array, "*batch classes"]:
    scores = jnp.einsum("...d,kd->...k", x, model.coefficients, precision="highest")
    scores = scores + jnp.broadcast_to(model.intercepts, scores.shape)
    if scores.shape[-1] == 1:
        scores = jnp.concatenate([jnp.zeros_like(scores), scores], axis=-1)
    finite = jnp.isfinite(scores).all(axis=-1, keepdims=True)
    return jnp.where(finite, jax.nn.softmax(scores), jnp.nan)


@partial(jax.jit, static_argnums=4)
@jax.default_matmul_precision("highest")
def _fit(
    x: Float[Array, "n d"], y: Int[Array, " n"], weights: Float[Array, " n"], l2: Float[Array, ""], num_classes: int
) -> tuple[Float[Array, "rows d"], Float[Array, " rows"], Bool[Array, ""]]:
    """The coefficients, the intercepts, and whether they are at a minimum. Minimised is the mean over the weights."""
    y = y.astype(jnp.int32)
    weights = jnp.where((y >= 0) & (y < num_classes), weights, 0)
    total = pairwise_sum(weights)
    total = jnp.where(total > 0, total, 1)
    share = weights / total
    features = whiten(x, share, jnp.sqrt(l2.astype(jnp.float32)) / jnp.sqrt(total))
    u = jnp.pad(features.u, ((0, 0), (0, 1)), constant_values=1)  # the last parameter is the intercept
    penalty = jnp.pad(features.penalty, (0, 1))
    is_label = jax.nn.one_hot(y, num_classes, dtype=jnp.float32)
    contrasts = _contrasts(num_classes)
    shape = u.shape[1], contrasts.shape[1]

    def scores(theta: Array) -> Array:
        return u @ theta.reshape(shape) @ contrasts.T

    def value(theta: Array) -> Array:
        s = scores(theta)
        # Looked up: jaxlib 0.10.2 makes of Σ is_label · s a product that is wrong on CPUs from the 16,384th row of a
        # batch on (a relative of github.com/jax-ml/jax/issues/39103).
        own = jnp.take_along_axis(s, jnp.clip(y, 0, num_classes - 1)[:, None], axis=1)
        loss = jax.nn.logsumexp(s - own, axis=1)
        return pairwise_sum(share * loss) + jnp.sum(theta.reshape(shape) * (penalty @ theta.reshape(shape))) / 2

    def derivatives(theta: Array) -> tuple[Array, Array]:
        p = jax.nn.softmax(scores(theta))
        gradient = u.T @ (share[:, None] * (p - is_label)) @ contrasts + penalty @ theta.reshape(shape)
        same = jnp.eye(num_classes, dtype=jnp.float32)
        others = p @ (1 - same)  # 1 − p, but exact where p is nearly 1
        covariance = same[None] * (p * others)[:, None] - (1 - same)[None] * p[:, :, None] * p[:, None]
        bend = jnp.einsum("n,nkl,ka,lb->nab", share, covariance, contrasts, contrasts)
        curvature = jnp.einsum("nab,ni,nj->iajb", bend, u, u).reshape(theta.size, theta.size)
        return gradient.ravel(), curvature + jnp.kron(penalty, jnp.eye(shape[1], dtype=jnp.float32))

    found, is_minimum = minimise(value, derivatives, jnp.zeros(shape[0] * shape[1], jnp.float32))
    found = contrasts @ found.reshape(shape).T
    coefficients = found[:, :-1] @ features.mixing.T
    intercepts = found[:, -1] - coefficients @ features.centre
    first = 1 if num_classes == 2 else 0
    return coefficients[first:], intercepts[first:], is_minimum


def _contrasts(num_classes: int) -> Float[Array, "classes m"]:
    """An orthonormal basis of all scores that sum to 0, as they do at the minimum; for two classes, (0, 1).

    Scores of all kinds would be too many: a number that is added to all of them changes no probability.
    """
    if num_classes == 2:
        return jnp.array([[0], [1]], jnp.float32)
    basis, _ = np.linalg.qr(np.column_stack([np.ones(num_classes), np.eye(num_classes)[:, 1:]]))
    return jnp.array(basis[:, 1:], jnp.float32)
