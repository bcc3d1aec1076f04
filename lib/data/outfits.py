"""Outfits: five categorical features, 3 · 8 · 4 · 6 · 7 = 4032 combinations.

`fifty` are the 50 outfits of the article. Nobody knows the law that they came from. So beside them stands `stylist`,
a law that is written down below: each of the 4032 combinations has a known, positive probability, and whatever a
model makes of outfits drawn from it can be scored exactly.

An outfit is a row of five codes, one a feature, in the order of `features`; a code counts the values of its feature
from 0, in the order given there.
"""

import math

import numpy as np
from jax.typing import ArrayLike

from lib import checks
from lib.categorical import Categorical

features: dict[str, tuple[str, ...]] = {
    "accessories": ("Blank", "Round", "Sunglasses"),
    "clothing colour": ("Black", "Blue01", "Gray01", "PastelGreen", "PastelOrange", "Pink", "Red", "White"),
    "clothing type": ("Hoodie", "Overall", "ShirtScoopNeck", "ShirtVNeck"),
    "hair colour": ("Black", "Blonde", "Brown", "PastelPink", "Red", "SilverGray"),
    "hair type": (
        "NoHair",
        "LongHairBun",
        "LongHairCurly",
        "LongHairStraight",
        "ShortHairShortWaved",
        "ShortHairShortFlat",
        "ShortHairFrizzle",
    ),
}
"""The names of the values of each feature, in the order of their codes."""

sizes: tuple[int, ...] = tuple(len(values) for values in features.values())
"""The number of values of each feature: (3, 8, 4, 6, 7)."""

_digits = """
17245 17156 27215 17243 17150 07103 27153 17255 15053 14213
27223 17355 07253 17023 26155 22113 01303 17310 02236 17243
17140 23050 22210 26155 14303 12145 07054 26043 22043 17250
23253 12152 25153 27156 22253 05155 27133 02035 21206 17253
17206 03253 11213 12106 02153 01150 17253 13105 05355 23346
"""
fifty = np.array([[int(digit) for digit in outfit] for outfit in _digits.split()], dtype=np.uint8)
"""The 50 outfits of the article, uint8 (50, 5), read-only.

The first ten rows and the counts of every value are those that the article's source published; the other 40 rows were
never published and are reconstructed here to agree with all the counts. They were shuffled feature by feature, so
nothing about dependence between features can be learned from them.
"""
fifty.flags.writeable = False


def encode(*values: str) -> tuple[int, ...]:
    """The codes of one outfit given by its five value names, in the order of `features`.

    Raises ValueError for a name that its feature has not, and where there are not five.

    >>> encode("Round", "White", "ShirtScoopNeck", "Red", "LongHairStraight")
    (1, 7, 2, 4, 3)
    """
    return tuple(_code(feature, value) for feature, value in zip(features, values, strict=True))


def decode(codes: ArrayLike) -> list[tuple[str, ...]]:
    """The value names of outfits (n, 5), a tuple of five names for each.

    Raises TypeError for codes that are not integers, ValueError for a wrong shape or a code out of range.
    """
    codes = checks.codes("codes", codes, sizes)
    checks.refuse_codes("codes", codes, sizes)
    return [tuple(names[code] for names, code in zip(features.values(), row, strict=True)) for row in codes]


def _code(feature: str, value: str) -> int:
    if value not in features[feature]:
        raise ValueError(f"{feature} must be one of {', '.join(features[feature])}; got {value!r}")
    return features[feature].index(value)


# --- The stylist's law ---------------------------------------------------------------------------
# A Bayesian network over the five features: the probability of an outfit is a product of one conditional table for
# each feature. Every table below has five axes, one a feature, of length 1 where it does not depend on the feature.


def _is(feature: str, *values: str) -> np.ndarray:
    """True where the feature has one of the values."""
    axis = list(features).index(feature)
    hit = np.isin(features[feature], values)
    return hit.reshape([-1 if i == axis else 1 for i in range(len(features))])


def _conditional(feature: str, *tastes: tuple[float, np.ndarray]) -> np.ndarray:
    """P(feature | the features in the tastes): the margin of the 50, times each taste where it holds."""
    axis = list(features).index(feature)
    margin = np.bincount(fifty[:, axis], minlength=sizes[axis]) + 0.5  # nothing is impossible
    weights = margin.reshape([-1 if i == axis else 1 for i in range(len(features))])
    for factor, where in tastes:
        weights = weights * np.where(where, factor, 1.0)
    return weights / weights.sum(axis, keepdims=True)


_silver = _is("hair colour", "SilverGray")
_long = _is("hair type", "LongHairBun", "LongHairCurly", "LongHairStraight")
_overall = _is("clothing type", "Overall")
_white = _is("clothing colour", "White")
_tables = (
    _conditional("hair colour"),
    # Silver-grey hair is worn short or not at all, other hair long.
    _conditional("hair type", (2, _silver & ~_long), (2, ~_silver & _long)),
    # Long hair goes with an overall.
    _conditional("clothing type", (3, _overall & _long), (3, ~_overall & ~_long)),
    # White is for silver-grey hair over an overall, and for other hair over anything else. Clothing colour depends on
    # the two *together* and hardly on either alone, so no tree of pairs can hold this law.
    _conditional("clothing colour", (6, _white & (_silver == _overall)), (1 / 6, _white & (_silver != _overall))),
    # Round glasses go with white, sunglasses with colour.
    _conditional(
        "accessories", (2, _is("accessories", "Round") & _white), (2, _is("accessories", "Sunglasses") & ~_white)
    ),
)

stylist = Categorical(np.log(math.prod(_tables)).astype(np.float32))
"""The stylist's law: a known density over all 4032 outfits, with margins near those of the 50."""
