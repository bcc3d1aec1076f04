"""The generative classifier: a density for each label, and Bayes' rule.

Rows of the label k come from a density p(x | k), which any model of ours can be, and a share P(k) of all rows has this
label. What that says about the label of a new x is

    P(k | x) = P(k) p(x | k) / Σ_j P(j) p(x | j)

So it answers by how well each label would explain x, and it can draw new rows too. With naive Bayes as the density of
each label this is the classifier that is called naive Bayes.
Source: A. Ng & M. Jordan, On discriminative vs. generative classifiers, NeurIPS 14, 2001.
"""

from collections.abc import Callable
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.categorical import Categorical
from lib.density import Density


class GenerativeClassifier(eqx.Module):
    """A law of rows with labels: a share and a density for each label.

    `log_priors` (classes,) are the logarithms of the shares P(k), in nats, and `densities` has a `Density` for each
    label, all of them of one shape of observations. It is no `Density` itself: a row is a pair of an x, which may be
    real numbers, and a whole number.

    Raises TypeError for what are no real numbers or no densities. Raises ValueError for shares that do not sum to one,
    for a number of densities that is not theirs, and for densities of different shapes.

    >>> from lib import NaiveBayes
    >>> x, y = [[0, 0], [0, 1], [1, 1], [1, 0]], [0, 0, 1, 1]
    >>> model = GenerativeClassifier.fit(x, y, lambda rows: NaiveBayes.fit(rows, sizes=(2, 2), alpha=1))
    >>> [round(float(p), 3) for p in model.predict_proba([0, 1])]
    [0.75, 0.25]
    """

    log_priors: Float[checks.Array, " classes"]
    densities: tuple[Density, ...]

    def __init__(self, log_priors: ArrayLike, densities: tuple[Density, ...]) -> None:
        self.log_priors = checks.float32(checks.log_table("log_priors", log_priors))
        self.densities = tuple(densities)
        for k, density in enumerate(self.densities):
            if not isinstance(density, Density):
                raise TypeError(f"densities must be fitted densities; densities[{k}] is {density!r}")
            if density.event_shape != self.densities[0].event_shape:
                raise ValueError(
                    f"densities must have one shape of observations; that of densities[{k}] is {density.event_shape}, "
                    f"the first {self.densities[0].event_shape}"
                )
        if self.log_priors.shape != (len(self.densities),):
            raise ValueError(
                f"log_priors must have shape ({len(self.densities)},), one for each of the densities; got shape "
                f"{self.log_priors.shape}"
            )

    @classmethod
    def fit(cls, x: ArrayLike, y: ArrayLike, fit: Callable[[checks.Array], Density]) -> Self:
        """Fit to rows x (n, *event_shape) with labels y (n,), which are whole numbers from 0.

        `fit` is called for each label with its rows, and returns a fitted density. Shares are counted.

        Raises TypeError for labels that are not integers, ValueError for x and y of different lengths and where one of
        the labels from 0 to the largest has no row. What `fit` raises says in a note whose rows they were.
        """
        x = checks.array("x", x)
        if not x.ndim or not len(x):
            raise ValueError(f"x must have at least one row; got shape {x.shape}")
        if checks.is_traced(y):
            raise TypeError("y must be known before jit, so that x can be divided by it; got a tracer")
        y, num_classes = checks.labels("y", y, len(x))
        y = np.asarray(y)
        densities = []
        for label in range(num_classes):
            try:
                densities.append(fit(x[y == label]))
            except (TypeError, ValueError) as error:
                error.add_note(f"x was the rows of label {label}.")
                raise
        return cls(np.log(np.bincount(y) / len(y)), tuple(densities))

    def log_joint(self, x: ArrayLike) -> Float[Array, "*batch classes"]:
        """log P(k) + log p(x | k), in nats, for each label k at each of (*batch, *event_shape) observations.

        It is −inf where the label cannot have made x, and NaN where x is. Raises TypeError or ValueError where x has
        the wrong dtype or shape.
        """
        each = jnp.stack([density.log_prob(x) for density in self.densities], axis=-1)
        return each + jnp.broadcast_to(self.log_priors, each.shape)

    def predict_proba(self, x: ArrayLike) -> Float[Array, "*batch classes"]:
        """P(k | x), the probability of each label, at each of (*batch, *event_shape) observations.

        Where no label can have made x, Bayes' rule is 0 / 0, and so are these: NaN. Raises TypeError or ValueError
        where x has the wrong dtype or shape.
        """
        return jax.nn.softmax(self.log_joint(x))

    def sample(self, key: PRNGKeyArray, n: int) -> tuple[Array, Int[Array, " n"]]:
        """n independent rows x (n, *event_shape) with their labels y (n,).

        The same key gives the same rows, and the first m of n are the m rows. Raises TypeError for another kind of key
        or a fractional n, ValueError for n below 0.
        """
        which, *keys = jax.random.split(checks.key(key), 1 + len(self.densities))
        y = Categorical(self.log_priors).sample(which, n)[:, 0]
        each = jnp.stack([density.sample(key, n) for density, key in zip(self.densities, keys, strict=True)])
        return each[y, jnp.arange(n)], y
