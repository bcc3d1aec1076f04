"""The painters' law, the pictures that it makes, and what is measured on them."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from scipy import stats

from lib.data import paintings
from lib.data.make.paintings import code
from lib.data.paintings import Painter, factors, features, kl, law, measured, paint, paint_all, painters
from lib.data.paintings.measurements import FILE
from tests.contract.statistics import assert_drawn_from
from tests.javascript.comparison import Case, compare, in_chromium

KEY = jax.random.key(0)
V, DOTS, WASHES, FIELDS, DABS = painters
NOTE = np.array([0, 1.5, 0.6, 0, -0.3, 0, 1.2, 0.3], np.float32)
SHEET = Path(__file__).with_name("paintings.png")  # the six motifs, by one hand; `store` below wrote it


def sheet() -> np.ndarray:
    """The six motifs side by side, uint8 (64, 384, 3)."""
    notes = np.tile(NOTE, (6, 1))
    notes[:, 0] = range(6)
    return np.hstack(paint_all(jax.random.split(KEY, 6), notes))


def store() -> None:
    """After a change that is meant: `.venv/bin/python -c "from tests.data.test_paintings import store; store()"`."""
    Image.fromarray(sheet()).save(SHEET, optimize=True)


# --- The law -------------------------------------------------------------------------------------


def by_scipy(painter: Painter, note: np.ndarray) -> float:
    motif, covariance = int(note[0]), np.float64(painter.chol) @ np.float64(painter.chol).T
    return painter.log_shares[motif] + stats.multivariate_normal(painter.means[motif], covariance).logpdf(note[1:])


def test_a_density_is_that_of_scipy():
    notes, _ = law.sample(KEY, 20)
    for painter in painters:
        expected = [by_scipy(painter, np.asarray(note)) for note in notes]
        np.testing.assert_allclose(painter.log_prob(notes), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("motif", [-1, 6, 0.5, 1e9])
def test_what_is_no_motif_has_no_density(motif):
    assert V.log_prob(np.r_[motif, NOTE[1:]]) == -np.inf


def test_the_posterior_is_that_of_bayes():
    notes, _ = law.sample(KEY, 20)
    joint = np.exp([[np.log(share) + by_scipy(painter, np.asarray(note)) for note in notes]
                    for share, painter in zip(paintings.SHARES, painters, strict=True)])  # fmt: skip
    np.testing.assert_allclose(law.predict_proba(notes), (joint / joint.sum(0)).T, atol=1e-5)


def test_the_law_is_sampled():
    notes, who = law.sample(KEY, 50_000)
    assert_drawn_from(paintings.SHARES, np.asarray(who))
    for k, painter in enumerate(painters):
        own = np.asarray(notes)[np.asarray(who) == k]
        assert_drawn_from(np.exp(np.float64(painter.log_shares)), own[:, 0].astype(int))
        z = np.linalg.solve(painter.chol, (own[:, 1:] - painter.means[own[:, 0].astype(int)]).T)
        bound = 7 / np.sqrt(z.shape[1])  # standard errors
        assert np.abs(z.mean(1)).max() < bound
        assert np.abs(np.cov(z) - np.eye(7)).max() < 2 * bound


def test_kl_is_the_mean_of_log_ratios():
    notes = DABS.sample(KEY, 100_000)
    ratios = np.float64(DABS.log_prob(notes)) - np.float64(DOTS.log_prob(notes))
    assert abs(kl(DABS, DOTS) - ratios.mean()) < 6 * ratios.std() / np.sqrt(len(ratios))
    assert kl(V, V) == pytest.approx(0, abs=1e-6)
    assert kl(DABS, V) == np.inf  # V never paints the sea


def test_a_painter_is_found_again():
    fitted = Painter.fit(V.sample(KEY, 20_000))
    assert 0 < kl(V, fitted) < 0.005
    assert np.exp(fitted.log_shares).sum() == pytest.approx(1)
    assert fitted.log_prob(np.r_[3, NOTE[1:]]) == -np.inf


def test_the_likelihood_is_largest_at_the_fit():
    notes = V.sample(KEY, 300)
    fitted = Painter.fit(notes)
    best = fitted.log_prob(notes).sum()
    assert best > V.log_prob(notes).sum()
    for scale in (0.99, 1.01):
        assert best > Painter(fitted.log_shares, fitted.means, scale * fitted.chol).log_prob(notes).sum()
        assert best > Painter(fitted.log_shares, scale * fitted.means, fitted.chol).log_prob(notes).sum()


@pytest.mark.parametrize(
    ("notes", "error", "words"),
    [
        (np.tile(NOTE, (5, 1))[:, :7], ValueError, r"notes must have shape \(n, 8\)"),
        (np.tile(np.r_[6, NOTE[1:]], (9, 1)), ValueError, r"a motif from 0 to 5; notes\[:, 0\]\[0\] is 6"),
        (np.tile(np.r_[0, NOTE[1:6], np.nan, 0], (9, 1)), ValueError, "notes must be finite"),
        (np.tile(NOTE, (9, 1)), ValueError, "notes must vary in each number of the hand"),
        (np.array(V.sample(KEY, 7)), ValueError, "notes must vary in each number of the hand"),
        ([["starry"] * 8], TypeError, "notes must be real numbers"),
    ],
)
def test_bad_notes_are_refused(notes, error, words):
    with pytest.raises(error, match=words):
        Painter.fit(notes)


def test_each_factor_rises_between_its_ends():
    notes = np.zeros((101, 8), np.float32)
    notes[:, 1:] = np.linspace(-12, 12, 101)[:, None]
    for factor, (low, high, scale) in zip(factors(notes)[1:], paintings.SCALES.values(), strict=True):
        values = np.asarray(factor)
        assert (np.diff(values) >= 0).all()
        np.testing.assert_allclose(values[[0, -1]], [low, high], atol=1e-4)
        middle = (low + high) / 2 if scale == "linear" else np.sqrt(low * high)
        assert values[50] == pytest.approx(middle, abs=1e-6)


# --- The pictures --------------------------------------------------------------------------------


def test_the_pictures_are_the_stored_ones():
    with Image.open(SHEET) as image:
        stored = np.asarray(image)
    assert np.abs(sheet().astype(int) - stored).max() <= 1  # of 255: another processor may round otherwise


def test_two_programs_paint_the_same():
    """To a grey level, and nearly everywhere to the bit: no picture may hang on how XLA joins loops."""
    notes, _ = law.sample(jax.random.key(5), 24)
    some = jax.random.split(KEY, 24)

    @jax.jit
    def another(keys, notes):
        return jax.lax.map(lambda pair: jnp.sqrt(paint(pair[0], factors(pair[1])) ** 2), (keys, notes))

    theirs = np.rint(255 * np.asarray(another(some, notes))).astype(int)
    assert np.abs(paint_all(some, notes) - theirs).max() <= 1
    assert (paint_all(some, notes) == theirs).mean() > 0.9999


def test_a_page_paints_the_same(browser):
    calls = [(jax.random.key(i), np.float32(i % 6), np.int32(800 - 100 * i)) for i in range(6)]

    def painted(key, motif, strokes):
        return paint(key, factors(jnp.concatenate([motif[None], jnp.asarray(NOTE[1:])])), strokes=strokes)

    case = Case(painted, calls)
    compare(case, in_chromium(browser, [case])[0], 1.5 / 255)  # at most a grey level, once rounded


def test_a_larger_canvas_has_the_same_picture():
    small, large = (np.asarray(paint(KEY, factors(NOTE), size)) for size in (64, 192))
    together = large.reshape(64, 3, 64, 3, 3).mean((1, 3))
    assert np.abs(small - together).mean() < 0.02
    assert np.abs(small - together[::-1]).mean() > 0.1  # and not any picture


def test_strokes_are_laid_one_after_the_other():
    ground, first, later = (np.asarray(paint(KEY, factors(NOTE), strokes=n)) for n in (0, 1, 2))
    assert np.ptp(ground, axis=(0, 1)).max() < 1e-6  # one colour
    changed = (first != ground).any(-1)
    assert 0 < changed.sum() < 64 * 64 / 4
    assert ((later != ground).any(-1) >= changed).mean() > 0.99
    np.testing.assert_array_equal(paint(KEY, factors(NOTE)), paint(KEY, factors(NOTE), strokes=10_000))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((0, factors(NOTE)), TypeError, "key must be made by jax.random.key"),
        ((KEY, factors(NOTE[None])), ValueError, "factors must be those of one note"),
        ((KEY, factors(NOTE), 7), ValueError, "size must be at least 8"),
        ((KEY, factors(NOTE), 64.0), TypeError, "size must be a whole number"),
        ((KEY, NOTE), TypeError, r"factors must be made by factors\(note\)"),
        ((KEY, factors(NOTE), 64, 2.7), TypeError, "strokes must be a whole number"),
        ((KEY, factors(NOTE), 64, -5), ValueError, "strokes must be at least 0"),
    ],
)
def test_what_cannot_be_painted(arguments, error, words):
    with pytest.raises(error, match=words):
        paint(*arguments)


@pytest.mark.parametrize("motif", [6, -1, 0.5, np.nan])
def test_a_note_without_a_motif_cannot_be_painted(motif):
    with pytest.raises(ValueError, match="notes must be finite" if motif != motif else "must be a motif from 0 to 5"):
        paint_all(jax.random.split(KEY, 1), np.r_[np.float32(motif), NOTE[1:]][None])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"log_shares": np.zeros(6)}, "log_shares must sum to one"),
        ({"means": np.full((6, 7), np.nan)}, "means must be finite"),
        ({"chol": -np.eye(7)}, "chol must be lower triangular, with a diagonal above 0"),
        ({"chol": np.eye(6)}, r"chol must have shape \(7, 7\)"),
    ],
)
def test_a_painter_is_checked(change, words):
    with pytest.raises(ValueError, match=words):
        Painter(**{"log_shares": V.log_shares, "means": V.means, "chol": V.chol, **change})


def test_keys_are_typed():
    with pytest.raises(TypeError, match=r"keys must be made by jax.random.split\(key, n\)"):
        paint_all(np.zeros((1, 2), np.uint32), NOTE[None])


def test_as_many_keys_as_notes():
    with pytest.raises(ValueError, match=r"keys must have shape \(2,\), one for each note; got shape \(3,\)"):
        paint_all(jax.random.split(KEY, 3), np.tile(NOTE, (2, 1)))


# --- What is measured ----------------------------------------------------------------------------

X, Y = np.meshgrid(np.arange(64) - 31.5, np.arange(64) - 31.5)


def grey(plane: np.ndarray) -> np.ndarray:
    return np.repeat(plane[..., None], 3, axis=-1).astype(np.float32)


def test_stripes_do_not_turn_and_rings_do():
    stripes, rings = (grey(0.5 + 0.5 * np.sin(0.8 * along)) for along in (X + Y, np.hypot(X, Y)))
    assert features(stripes)[0] < 0.02
    assert features(rings)[0] > 0.3
    assert features(grey(0 * X)).tolist() == [0, 0]


def test_grey_has_no_colour():
    red = np.zeros((64, 64, 3), np.float32)
    red[..., 0] = 1
    assert features(red)[1] == 1
    assert features(grey(X / 64 + 0.5))[1] == 0


def test_whole_numbers_measure_as_floats_do():
    picture = np.asarray(paint(KEY, factors(NOTE)))
    whole = np.rint(255 * picture).astype(np.uint8)
    np.testing.assert_allclose(features(whole), features(whole / np.float32(255)), rtol=1e-6)
    np.testing.assert_allclose(features(np.stack([whole, whole[::-1]]))[0], features(whole), rtol=1e-6)


@pytest.mark.parametrize("shape", [(64, 64), (21, 21, 3), (64, 30, 3), (64, 64, 4)])
def test_what_is_no_picture(shape):
    with pytest.raises(ValueError, match=r"pictures must have shape \(\*batch, size, size, 3\), size ≥ 22"):
        features(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    "pictures", [np.full((64, 64, 3), 300), np.full((64, 64, 3), 1.5), np.full((64, 64, 3), np.nan)]
)
def test_what_is_darker_or_brighter_than_a_picture(pictures):
    with pytest.raises(ValueError, match="pictures must be from 0 to"):
        features(pictures)


def test_v_turns_more_and_is_more_colourful():
    """Features, notes and painters are of the same pictures."""
    stored = measured()
    own, others = stored.features[stored.painters == 0], stored.features[stored.painters != 0]
    assert (own.mean(0) - others.mean(0) > 0.5 * others.std(0)).all()


def test_what_was_measured_is_measured_again():
    """A few of the 100,000 pictures; and the code that made all of them is the code that is here."""
    stored, some = measured(), slice(0, 60)
    again = features(paint_all(stored.keys[some], stored.notes[some]))
    np.testing.assert_allclose(again, stored.features[some], atol=1e-4)
    with np.load(FILE) as file:
        assert str(file["code"]) == code(), "the code has changed: run python -m lib.data.make.paintings"


def test_what_was_measured_is_small_and_whole():
    stored = measured()
    assert stored.features.shape == (100_000, 2)
    assert np.isfinite(stored.features).all()
    assert FILE.stat().st_size < 500_000
    with pytest.raises(ValueError, match="read-only"):
        stored.features[0] = 0
