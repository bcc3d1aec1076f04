"""Pictures of 32 × 32 pixels against the law of avatars: each picture is read, and what was read is judged.

A picture counts as the nearest of the 3552 real pictures. If that one is more than `radius` grey levels away (root mean
square over the 3072 channel values), the picture is *invalid*. So each picture is one of 3553 outcomes, and a model of
pictures, of whatever family, becomes a law over outcomes, which stands beside the true one: `law` of lib.data.avatars.

Real pictures lie 3.6 or more from one another, and most changes of one feature move a picture by more than 6. At a
radius of 10, washed-out pictures count as valid too. What no score here sees is what the distance averages out: one
wrong pixel, or a grain of a few grey levels.

A standard error says how far other pictures of the same model would lie, and not those of another training.

1000 pictures of a memoriser of 300, and of noise, beside what as many of the law itself would have. By its validity
alone, nobody could tell the memoriser from the law:

>>> from lib.data import avatars, outfits
>>> seen, rng = avatars.draw(outfits.stylist.sample(jax.random.key(0), 300)), np.random.default_rng(0)
>>> models = {"memoriser": rng.choice(seen, 1000), "noise": rng.integers(0, 256, (1000, 32, 32, 3), np.uint8)}
>>> def novelty(pictures):
...     return picture_novelty(pictures, seen)
>>> for name, pictures in models.items():
...     for score in (validity, picture_total_variation, novelty, picture_coverage):
...         print(f"{name:10}{score.__name__:24}{score(pictures)}")
memoriser validity                1.000 ± 0.000 (exact sampler: 1.000)
memoriser picture_total_variation 0.562 ± 0.008 (exact sampler: 0.356)
memoriser novelty                 0.000 ± 0.000 (exact sampler: 0.513)
memoriser picture_coverage        0.483 ± 0.007 (exact sampler: 0.740)
noise     validity                0.000 ± 0.000 (exact sampler: 1.000)
noise     picture_total_variation 1.000 ± 0.000 (exact sampler: 0.356)
noise     novelty                 nan ± nan (exact sampler: 0.513)
noise     picture_coverage        0.000 ± 0.000 (exact sampler: 0.740)
"""

import functools
import hashlib

import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Int

from lib import checks
from lib.data.avatars import SIDE, law, read
from lib.data.outfits import features, sizes
from lib.scores.outcomes import outcome_coverage, outcome_novelty, outcome_total_variation, outcome_validity
from lib.scores.samples import Comparison


def validity(pictures: ArrayLike, radius: float = 5.0) -> Comparison:
    """The share of pictures, uint8 (n, 32, 32, 3), that are at most `radius` grey levels from a real one.

    The precision of a model of pictures (Sajjadi et al., NeurIPS 2018; Kynkäänniemi et al., NeurIPS 2019), with the
    true support in place of an estimated one. `exact` is 1. The memoriser has 1 too, and noise has 0. Blind spot: it
    does not see which pictures are missing, and one real picture, repeated, has 1. No valid picture in n says that the
    share is below 3 / n: see `share`.

    Raises TypeError where the pictures are not uint8, ValueError for another shape, for no pictures, and for a radius
    that is not at least 0.

    >>> from lib.data.avatars import pictures
    >>> print(validity(np.concatenate([pictures()[:9], pictures()[:1] // 2])))
    0.900 ± 0.095 (exact sampler: 1.000)
    """
    return outcome_validity(_outcomes("pictures", pictures, radius), _truth())


def outcome_law(pictures: ArrayLike, radius: float = 5.0) -> Float[np.ndarray, "outcomes"]:
    """The share of each outcome among the pictures, float64 (3553,): the 3552 of `law`, and last the invalid ones.

    Draws from the law have shares near its probabilities and, last, 0; the memoriser has the shares of what it saw;
    noise has zeros and, last, 1. Raises as `validity` does.

    >>> from lib.data.avatars import law, pictures
    >>> shares = outcome_law(pictures()[law().outfits[[0, 7, 7, 7]]])
    >>> shares.shape, shares[0], shares[7], shares[-1]
    ((3553,), np.float64(0.25), np.float64(0.75), np.float64(0.0))
    """
    outcomes = _outcomes("pictures", pictures, radius)
    return np.bincount(outcomes, minlength=_invalid() + 1) / len(outcomes)


def picture_total_variation(pictures: ArrayLike, radius: float = 5.0) -> Comparison:
    """The `total_variation` ½ Σ |share − P| between `outcome_law` and the true law: 0 is best, 1 worst.

    `exact` is the floor that sampling noise sets, the expectation for n draws from the law itself. 10,000 pictures of
    the law have .133, of memorisers of 3000 draws about .25, of noise 1. Compare models at one n only: the value falls
    as n grows. Blind spots: it does not say which pictures are missing, and a picture just beyond the radius costs as
    much as noise. The standard error is right within a fifth from n = 1000 on (at 100 it is 14 to 27 % too small), and
    NaN for one picture. Raises as `validity` does.

    >>> from lib.data.avatars import law, pictures
    >>> print(picture_total_variation(pictures()[law().outfits]))  # each real picture once
    0.724 ± 0.005 (exact sampler: 0.212)
    """
    return outcome_total_variation(_outcomes("pictures", pictures, radius), _truth())


def picture_novelty(pictures: ArrayLike, seen: ArrayLike, radius: float = 5.0) -> Comparison:
    """The share of the valid pictures that are none of the pictures `seen`, uint8 (m, 32, 32, 3), in training.

    `exact` is that of the law itself, 1 − P(seen): .117 after 3000 draws. A memoriser has 0, and noise NaN, since it
    has no valid picture. More than `exact` is no better than less: it is too much of what is rare. Blind spot: it does
    not say whether what is new is as likely as it should be. No new picture in n valid ones says that the share is
    below 3 / n: see `share`.

    Raises as `validity` does, for either of the two, and ValueError where a picture `seen` is not valid.

    >>> from lib.data.avatars import pictures
    >>> print(picture_novelty(pictures()[1000:1004], seen=pictures()[1001:2000]))
    0.250 ± 0.217 (exact sampler: 0.798)
    """
    outcomes = _outcomes("pictures", pictures, radius)
    known = np.unique(_outcomes("seen", seen, radius))
    if known[-1] == _invalid():
        distance = _reading(_checked("seen", seen))[1]
        checks.refuse("the distance of seen", distance, _beyond, f"at most {radius:g} grey levels", np.array(radius))
    return outcome_novelty(outcomes, known, _truth())


def picture_coverage(pictures: ArrayLike, radius: float = 5.0) -> Comparison:
    """The probability, under the law, of the pictures that occur at least once: Σ P over them, from 0 to 1.

    `exact` is the expectation for n draws from the law itself, Σ P (1 − (1 − P)ⁿ). 10,000 pictures of the law have
    .952, of a memoriser of 3000 draws .87, of noise 0. A recall (Sajjadi et al., NeurIPS 2018) with the true law in
    place of a sample. Blind spot: one occurrence is enough, so a model that is uniform over outfits has .93. Compare
    models at one n only. The standard error is too large, and much too large once nearly all pictures that a model has
    were drawn: for a memoriser of 3000 about 2 times at n = 10,000, and 5 times or more at 30,000. It is NaN for one
    picture. Raises as `validity` does.

    >>> from lib.data.avatars import law, pictures
    >>> likeliest = law().outfits[law().log_probs.argmax()]
    >>> print(picture_coverage(pictures()[[likeliest] * 100]))
    0.041 ± 0.000 (exact sampler: 0.264)
    """
    return outcome_coverage(_outcomes("pictures", pictures, radius), _truth())


def factors(pictures: ArrayLike, radius: float = 5.0) -> dict[str, Comparison]:
    """For each feature, the total variation between its margin among the valid pictures and its margin under the law.

    Hair colour does not show without hair, so its two margins are those among people with hair. `exact` is the floor:
    the expectation for as many draws from the law as there are valid pictures (with hair). Of 10,000 pictures it is
    .005 to .009, and a memoriser of 3000 draws has about twice that; noise has NaN, since it has no valid picture.
    Blind spot: all margins may be right while the features have nothing to do with one another. The standard error is
    right within a fifth from n = 1000 on. Raises as `validity` does.

    >>> from lib.data.avatars import law, pictures
    >>> for feature, score in factors(pictures()[law().outfits]).items():  # each real picture once
    ...     print(f"{feature:15}", score)
    accessories     0.171 ± 0.008 (exact sampler: 0.009)
    clothing colour 0.357 ± 0.008 (exact sampler: 0.015)
    clothing type   0.243 ± 0.009 (exact sampler: 0.011)
    hair colour     0.271 ± 0.007 (exact sampler: 0.014)
    hair type       0.447 ± 0.008 (exact sampler: 0.014)
    """
    outcomes = _outcomes("pictures", pictures, radius)
    valid, p = outcomes[outcomes < _invalid()], _truth()[: _invalid()]
    codes = dict(zip(features, np.unravel_index(law().outfits, sizes), strict=True))
    has_hair = codes["hair type"] != features["hair type"].index("NoHair")
    result = {}
    for feature, code in codes.items():
        shows = has_hair if feature == "hair colour" else np.ones_like(has_hair)
        margin, shown = np.bincount(code[shows], p[shows]), code[valid[shows[valid]]]
        nothing = Comparison(np.nan, np.nan, np.nan)
        result[feature] = outcome_total_variation(shown, margin / margin.sum()) if len(shown) else nothing
    return result


# --- Private parts: reading ----------------------------------------------------------------------

_KEPT = 64  # readings of 10,000 pictures take 8 MB
_readings: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}


def _outcomes(name: str, pictures: ArrayLike, radius: float) -> Int[np.ndarray, "n"]:
    """Which outcome each picture is: the number of a real picture, or that of "invalid"."""
    limit = checks.real_numbers("radius", radius)
    if limit.shape != () or not limit >= 0:
        raise ValueError(f"radius must be a number of at least 0; got {radius}")
    numbers, distances = _reading(_checked(name, pictures))
    return np.where(distances <= float(limit), numbers, _invalid())


def _checked(name: str, pictures: ArrayLike) -> np.ndarray:
    x = np.asarray(jax.device_get(checks.array(name, pictures)))
    if x.dtype != np.uint8:
        raise TypeError(
            f"{name} must be uint8, grey levels from 0 to 255; got dtype {x.dtype}: round and clip them first, "
            "np.clip(np.rint(x), 0, 255).astype(np.uint8)"
        )
    if x.shape[1:] != (SIDE, SIDE, 3) or len(x) == 0:
        raise ValueError(f"{name} must have shape (n, {SIDE}, {SIDE}, 3), at least one picture; got shape {x.shape}")
    return x


def _reading(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of the real picture that is nearest to each, and its distance.

    Several scores are asked of the same pictures, and reading them takes a hundred times as long as telling by a hash
    that they are the same. So readings are kept, and the oldest one goes.
    """
    digest = hashlib.sha256(pictures.tobytes()).digest()
    if (known := _readings.get(digest)) is not None:
        return known
    codes, distances = read(pictures)
    reading = law().numbers[np.ravel_multi_index(tuple(codes.T), sizes)], distances
    if len(_readings) >= _KEPT:
        _readings.pop(next(iter(_readings)))
    _readings[digest] = reading
    return reading


@functools.cache
def _truth() -> Float[np.ndarray, "outcomes"]:
    """The probability of each picture and, last, of what is none."""
    return np.append(np.exp(law().log_probs), 0.0)


def _invalid() -> int:
    """The outcome "invalid" comes after the real pictures."""
    return len(law().outfits)


def _beyond(distance: np.ndarray, radius: np.ndarray) -> np.ndarray:
    return distance > radius
