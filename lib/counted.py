"""Laws over codes that are fitted from counts: the joint table, naive Bayes and trees.

Counts say what the data say, and add up over parts of the data; what the slider says, the pseudo-count α, comes after.
"""

import abc
from collections.abc import Sequence
from typing import Any, Self

import jax
from jax.typing import ArrayLike

from lib import checks
from lib.discrete import Discrete


class Counted(Discrete):
    """A law over combinations of categorical features that is made of counts."""

    @staticmethod
    @abc.abstractmethod
    def count(x: ArrayLike, sizes: Sequence[int]) -> Any:
        """What the model needs to know of codes x (n, features): a pytree of integer tables, of the model's own.

        x may be a file, np.memmap, that is larger than the memory: it is counted part by part. The tables are int64 of
        NumPy, or int32 under `jit`. Raises TypeError or ValueError where the dtype, the shape or a code is wrong.
        """

    @classmethod
    @abc.abstractmethod
    def from_counts(cls, counts: Any, alpha: ArrayLike = 0.0) -> Self:
        """The model of some counts. Works under `jit`, so a new alpha recounts and recompiles nothing."""

    @classmethod
    def fit(cls, x: ArrayLike, sizes: Sequence[int], alpha: ArrayLike = 0.0) -> Self:
        """Fit to codes x (n, features); `alpha` ≥ 0 is the pseudo-count.

        Raises TypeError for codes that are not integers, ValueError for no rows, a wrong shape, a code out of range
        or a negative alpha.
        """
        counts = cls.count(x, sizes)
        table = jax.tree.leaves(counts)[0]
        if not checks.is_traced(table) and not table.any():
            raise ValueError("x must have at least one row; got none")
        return cls.from_counts(counts, alpha)
