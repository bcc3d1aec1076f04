"""Scores of pictures: known values, plain NumPy, and standard errors against the spread of many draws."""

import re

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from lib.data.avatars import draw, law, pictures
from lib.data.outfits import features, sizes, stylist
from lib.scores import (
    factors,
    outcome_law,
    picture_coverage,
    picture_novelty,
    picture_total_variation,
    share,
    total_variation,
    validity,
)
from lib.scores import pictures as scores

OUTFITS = np.array(list(np.ndindex(sizes)), np.int32)
P = np.exp(np.ravel(stylist.log_probs).astype(np.float64))
P /= P.sum()  # of outfits
REAL = pictures()[law().outfits]
TRUTH = np.bincount(law().numbers, P)  # of pictures
NOISE = np.random.default_rng(0).integers(0, 256, (50, 32, 32, 3)).astype(np.uint8)
BALD = features["hair type"].index("NoHair")
LOOK_UP = {picture.tobytes(): codes for picture, codes in zip(REAL, OUTFITS[law().outfits], strict=True)}


@pytest.fixture(autouse=True)
def _no_readings(monkeypatch):
    monkeypatch.setattr(scores, "_readings", {})


@pytest.fixture
def only_real(monkeypatch):
    """Real pictures are looked up, which takes a tenth of the time. tests/data/test_avatars.py has the same result."""

    def read(images):
        return np.array([LOOK_UP[image.tobytes()] for image in images]), np.zeros(len(images))

    monkeypatch.setattr(scores, "read", read)


def sample(seed, n, p=P):
    """The codes of n outfits."""
    return OUTFITS[np.random.default_rng(seed).choice(len(p), n, p=p)]


def memoriser(seed, n, training=0):
    """n of the 3000 outfits that it saw."""
    return np.random.default_rng(seed).choice(sample(training, 3000), n)


# --- Valid or not --------------------------------------------------------------------------------


def test_validity_is_that_of_the_nearest_of_all_pictures():
    rng = np.random.default_rng(0)
    level = np.linspace(0, 12, 60)[:, None, None, None]
    noisy = REAL[rng.integers(0, 3552, 60)] + level * rng.standard_normal((60, 32, 32, 3))
    noisy = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    distance = np.array([np.sqrt(np.square(np.float32(REAL) - image).mean((1, 2, 3))).min() for image in noisy])
    for radius in (0, 2.5, 5.0, np.float32(7), 50):
        assert validity(noisy, radius) == (*share(distance <= radius), 1)
    assert 0 < validity(noisy).value < validity(noisy, radius=10).value < 1
    assert validity(noisy, np.inf) == (1, 0, 1)


def test_a_pixel_may_change_by_exactly_the_radius():
    """160 grey levels in the three channels of one of 1024 pixels: √(3 · 160² / 3072) = 5."""
    changed = REAL[:2].copy()
    changed[:, 0, 0] -= np.uint8(160)
    changed[1, 0, 0, 0] -= 1
    assert validity(changed[:1]).value == 1
    assert validity(changed[1:]).value == 0
    assert validity(changed, radius=np.nextafter(5, 0)).value == 0
    np.testing.assert_array_equal(outcome_law(changed)[[0, 1, -1]], [0.5, 0, 0.5])


SCORES = {
    "validity": validity,
    "outcome law": outcome_law,
    "total variation": picture_total_variation,
    "novelty": lambda x, radius: picture_novelty(x, x if radius > 7 else REAL[:9], radius),
    "coverage": picture_coverage,
    "factors": lambda x, radius: list(factors(x, radius).values()),
}


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES.keys())
def test_each_score_honours_the_radius(score):
    """Each number is off by 7 grey levels, so that the pictures are noise at a radius of 5, and real at one of 10."""
    real = REAL[::100]
    shifted = real + np.where(real < 128, 7, -7).astype(np.uint8)
    np.testing.assert_array_equal(score(shifted, 10.0), score(real, 10.0))
    np.testing.assert_array_equal(score(shifted, 5.0), score(NOISE[: len(real)], 5.0))


def test_pictures_of_training_are_known_within_the_radius():
    with pytest.raises(ValueError, match="the distance of seen must be at most 3 grey levels"):
        picture_novelty(REAL[:5], REAL[:5] - (REAL[:5] > 128) * np.uint8(4), radius=3)
    assert picture_novelty(REAL[:5], REAL[:5] - (REAL[:5] > 128) * np.uint8(9), radius=10).value == 0


def test_noise_is_never_valid():
    assert validity(NOISE) == (0, 0, 1)
    assert outcome_law(NOISE)[-1] == 1
    assert picture_total_variation(NOISE)[:2] == pytest.approx((1, 0))
    assert picture_coverage(NOISE)[:2] == (0, 0)
    assert np.isnan(picture_novelty(NOISE, REAL[:9])[:2]).all()
    assert all(np.isnan(score).all() for score in factors(NOISE).values())


# --- Known values --------------------------------------------------------------------------------


def test_the_outcome_law_has_the_share_of_each_picture():
    codes = sample(0, 500)
    found = outcome_law(np.concatenate([draw(codes), NOISE]))
    assert (found.shape, found.dtype) == ((3553,), np.float64)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found[-1] == 50 / 550
    counts = [np.all(draw(codes) == real, (1, 2, 3)).sum() for real in REAL]
    np.testing.assert_array_equal(found[:-1], np.array(counts) / 550)


def test_bald_heads_are_one_picture_whatever_the_colour_of_the_hair():
    assert outcome_law(draw([[1, 7, 2, colour, BALD] for colour in range(6)])).max() == 1


def test_one_picture_for_ever():
    same = REAL[[100] * 20]
    assert validity(same) == (1, 0, 1)
    assert picture_total_variation(same)[:2] == pytest.approx((1 - TRUTH[100], 0))
    assert picture_coverage(same)[:2] == pytest.approx((TRUTH[100], 0))
    assert picture_novelty(same, REAL[100:101])[:2] == (0, 0)
    assert picture_novelty(same, REAL[:100])[:2] == (1, 0)


@pytest.mark.usefixtures("only_real")
def test_half_of_the_law_is_never_drawn():
    """Of the other half each picture is drawn more often than it should be, so all that is missing is the total."""
    drawn = TRUTH * (np.arange(3552) % 2)
    counts = np.ceil(20_000 * drawn / drawn.sum()).astype(int)
    half = np.repeat(REAL, counts, axis=0)
    missing = TRUTH[::2].sum()
    assert picture_total_variation(half).value == pytest.approx(missing, abs=1e-12)
    assert picture_coverage(half).value == pytest.approx(1 - missing, abs=1e-12)
    assert picture_novelty(half, REAL[1::2]).value == 0
    assert picture_novelty(half, REAL[::2])[0::2] == pytest.approx((1, 1 - missing))


@pytest.mark.usefixtures("only_real")
def test_the_total_variation_is_that_of_the_two_tables():
    x = draw(sample(1, 300))
    expected = total_variation(outcome_law(x), np.append(TRUTH, 0))
    assert picture_total_variation(x).value == pytest.approx(float(expected), abs=1e-6)


@pytest.mark.usefixtures("only_real")
def test_novelty_is_that_of_sets():
    drawn, seen = draw(sample(2, 400)), draw(sample(3, 1000))
    known = {picture.tobytes() for picture in seen}
    new = share(np.array([picture.tobytes() not in known for picture in drawn]))
    law_of_new = sum(p for p, real in zip(TRUTH, REAL, strict=True) if real.tobytes() not in known)
    assert picture_novelty(drawn, seen) == (*new, pytest.approx(law_of_new))
    assert picture_novelty(drawn, drawn)[:2] == (0, 0)


def test_novelty_is_asked_of_valid_pictures_only():
    mixed = np.concatenate([REAL[:4], NOISE])
    assert picture_novelty(mixed, REAL[1:4])[:2] == share(np.arange(4) == 0)


@pytest.mark.usefixtures("only_real")
def test_factors_are_the_margins_of_the_codes():
    codes = sample(4, 2000, np.roll(P, 5))
    found = factors(draw(codes))
    assert list(found) == list(features)
    for j, feature in enumerate(features):
        shows = (lambda of: of[:, 4] != BALD) if feature == "hair colour" else (lambda of: np.full(len(of), True))
        shares = np.bincount(codes[shows(codes), j], minlength=sizes[j]) / shows(codes).sum()
        margin = np.bincount(OUTFITS[shows(OUTFITS), j], P[shows(OUTFITS)]) / P[shows(OUTFITS)].sum()
        assert found[feature].value == pytest.approx(abs(shares - margin).sum() / 2, abs=1e-12)
        assert found[feature].exact == pytest.approx(expected_variation(margin, shows(codes).sum()))


def test_invalid_pictures_have_no_factors():
    x = draw(sample(5, 50))
    assert factors(np.concatenate([x, NOISE])) == factors(x)


def test_hair_that_does_not_show_has_no_colour():
    found = factors(draw([[1, 7, 2, 0, BALD]] * 3))
    assert np.isnan(found.pop("hair colour")).all()
    assert np.isfinite(list(found.values())).all()


# --- What an exact sampler has -------------------------------------------------------------------


def expected_variation(p, n):
    """½ Σ E|N / n − p|, outcome by outcome and count by count."""
    count = np.arange(n + 1)
    return sum((stats.binom.pmf(count, n, q) * abs(count / n - q)).sum() for q in p) / 2


@pytest.mark.parametrize("n", [1, 2, 30, 400])
@pytest.mark.usefixtures("only_real")
def test_the_floor_is_the_mean_of_the_binomials(n):
    assert picture_total_variation(REAL[:n]).exact == pytest.approx(expected_variation(TRUTH, n), rel=1e-9)
    assert picture_coverage(REAL[:n]).exact == pytest.approx((TRUTH * (1 - (1 - TRUTH) ** n)).sum(), rel=1e-9)


@pytest.mark.usefixtures("only_real")
def test_ten_thousand_draws_of_the_law():
    """The figures that the docstrings give, and five standard errors for chance."""
    exact, seen = draw(sample(6, 10_000)), draw(sample(7, 3000))
    for score, mark, error in [
        (picture_total_variation(exact), 0.133, 0.003),
        (picture_coverage(exact), 0.952, 0.0016),
    ]:
        assert score.exact == pytest.approx(mark, abs=5e-4)
        assert score.value == pytest.approx(score.exact, abs=5 * error)
    new = picture_novelty(exact, seen)
    assert new.exact == pytest.approx(0.118, abs=5 * 0.004)  # by another sample of 3000
    assert new.value == pytest.approx(new.exact, abs=5 * 0.0033)
    for score in factors(exact).values():
        assert 0.004 < score.exact < 0.01
        assert score.value < 0.025


@pytest.mark.usefixtures("only_real")
def test_ten_thousand_draws_of_memorisers():
    for seed in range(3):
        x, seen = draw(memoriser(seed + 1000, 10_000, training=seed)), draw(sample(seed, 3000))
        assert picture_novelty(x, seen)[:2] == (0, 0)
        assert picture_total_variation(x).value == pytest.approx(0.251, abs=5 * 0.007)
        assert picture_coverage(x).value == pytest.approx(0.87, abs=0.02)
        assert max(score.value for score in factors(x).values()) < 0.05


@pytest.mark.usefixtures("only_real")
def test_a_model_that_is_uniform_over_outfits_covers_almost_everything():
    x = draw(sample(9, 10_000, np.full(4032, 1 / 4032)))
    assert picture_coverage(x).value == pytest.approx(0.93, abs=0.05)
    assert picture_total_variation(x).value == pytest.approx(0.706, abs=0.02)


# --- Standard errors -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", [sample, memoriser], ids=["law", "memoriser"])
@pytest.mark.usefixtures("only_real")
def test_standard_errors_are_the_spread_of_many_draws(model):
    repeats, n = 150, 1000  # the spread is known to 6 %, and five times this is 30 %
    seen = draw(sample(0, 300))
    found = []
    for seed in range(1, repeats + 1):
        x = draw(model(seed, n))
        found.append([picture_total_variation(x), picture_coverage(x), picture_novelty(x, seen), *factors(x).values()])
    value, error, exact = np.moveaxis(np.array(found), -1, 0)
    spread, stated = value.std(0), np.sqrt(np.square(error).mean(0))
    assert (abs(stated / spread - 1) < 0.35).all(), stated / spread
    if model is sample:
        assert (abs(value.mean(0) - exact.mean(0)) < 5 * spread / np.sqrt(repeats)).all()


@pytest.mark.usefixtures("only_real")
def test_the_standard_error_of_coverage_is_too_large_where_nearly_all_pictures_were_drawn():
    """As the docstring says. All but a few draws have all 300, so that the spread is known but roughly."""
    seen, value, error = draw(sample(0, 300)), [], []
    for seed in range(60):
        score = picture_coverage(np.random.default_rng(seed).choice(seen, 2000))
        value.append(score.value)
        error.append(score.standard_error)
    assert np.sqrt(np.square(error).mean()) > 2 * np.std(value)


def test_one_picture_has_no_spread():
    assert np.isnan(picture_total_variation(REAL[:1]).standard_error)
    assert np.isnan(picture_coverage(REAL[:1]).standard_error)


@pytest.mark.usefixtures("only_real")
def test_a_score_has_no_randomness_of_its_own():
    x = draw(sample(8, 100))
    assert picture_total_variation(x) == picture_total_variation(x.copy())


# --- Reading -------------------------------------------------------------------------------------


def test_pictures_are_read_once(monkeypatch):
    reads, read = [], scores.read
    monkeypatch.setattr(scores, "read", lambda images: reads.append(len(images)) or read(images))
    x = REAL[:10].copy()
    for score in (validity, outcome_law, picture_total_variation, picture_coverage, factors):
        score(x)
        score(jnp.asarray(x), radius=3)
    picture_novelty(x, x)
    assert reads == [10]
    x[0] = 0
    assert validity(x).value == 0.9
    assert reads == [10, 10]


@pytest.mark.usefixtures("only_real")
def test_old_readings_go(monkeypatch):
    monkeypatch.setattr(scores, "_KEPT", 3)
    for i in range(5):
        assert validity(REAL[i : i + 1]).value == 1
    assert len(scores._readings) == 3


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("score", [validity, outcome_law, picture_total_variation, picture_coverage, factors])
@pytest.mark.parametrize(
    ("x", "radius", "error", "message"),
    [
        (
            NOISE.astype(float),
            5.0,
            TypeError,
            "pictures must be uint8, grey levels from 0 to 255; got dtype float64: round and clip them first, "
            "np.clip(np.rint(x), 0, 255).astype(np.uint8)",
        ),
        (np.full(NOISE.shape, np.nan), 5.0, TypeError, "got dtype float64: round and clip"),
        (jnp.asarray(NOISE, jnp.bfloat16), 5.0, TypeError, "got dtype bfloat16: round and clip"),
        (NOISE.astype(int) + 300, 5.0, TypeError, "got dtype int64: round and clip"),
        (NOISE.astype(np.int8), 5.0, TypeError, "got dtype int8: round and clip"),
        (NOISE > 99, 5.0, TypeError, "got dtype bool: round and clip"),
        (NOISE.astype(str), 5.0, TypeError, "pictures must be uint8"),
        (NOISE[0], 5.0, ValueError, "must have shape (n, 32, 32, 3), at least one picture; got shape (32, 32, 3)"),
        (NOISE[..., 0], 5.0, ValueError, "got shape (50, 32, 32)"),
        (NOISE.reshape(50, 3, 32, 32), 5.0, ValueError, "got shape (50, 3, 32, 32)"),
        (np.uint8(0), 5.0, ValueError, "got shape ()"),
        (NOISE[:0], 5.0, ValueError, "at least one picture; got shape (0, 32, 32, 3)"),
        (np.ma.masked_equal(NOISE, NOISE[0, 0, 0, 0]), 5.0, ValueError, "pictures[0, 0, 0, 0] is masked"),
        (NOISE, -1, ValueError, "radius must be a number of at least 0; got -1"),
        (NOISE, np.nan, ValueError, "radius must be a number of at least 0; got nan"),
        (NOISE, [5.0], ValueError, "radius must be a number of at least 0; got [5.0]"),
        (NOISE, "5", TypeError, "radius must be real numbers"),
        (NOISE, None, TypeError, "radius must be real numbers"),
    ],
)
def test_bad_input_is_refused(score, x, radius, error, message):
    with pytest.raises(error, match=re.escape(message)):
        score(x, radius)


@pytest.mark.parametrize(
    ("seen", "error", "message"),
    [
        (NOISE.astype(np.float32), TypeError, "seen must be uint8"),
        (NOISE[:0], ValueError, "seen must have shape (n, 32, 32, 3), at least one picture"),
        (OUTFITS[:9].astype(np.uint8), ValueError, "seen must have shape (n, 32, 32, 3)"),
        (
            np.concatenate([REAL[:2], NOISE]),
            ValueError,
            "the distance of seen must be at most 5 grey levels; the distance of seen[2] is",
        ),
    ],
)
def test_pictures_that_are_not_from_training_are_refused(seen, error, message):
    with pytest.raises(error, match=re.escape(message)):
        picture_novelty(REAL[:5], seen)
