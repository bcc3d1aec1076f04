"""The can is where its factors say, at any size; its derivatives, its law and its reader are right."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.data import cans
from tests.contract.statistics import assert_drawn_from
from tests.javascript.comparison import Case, compare, in_chromium

# Far from the ends and near them: a can of each kind, a disc, a pipe, a drum and a thimble.
SOME = np.float32([[3.6, 8.6], [9.4, 7.5], [11.6, 5.6], [2.1, 11.9], [12.9, 4.1], [12.8, 11.8], [2.2, 4.2]])


@pytest.fixture(scope="module")
def anywhere():
    return cans.LOW + (cans.HIGH - cans.LOW) * np.random.default_rng(0).random((200, 2), np.float32)


def rms(x):
    """Over the last two axes: pixels."""
    return np.sqrt((np.asarray(x, np.float64) ** 2).mean((-2, -1)))


# --- Pictures ------------------------------------------------------------------------------------


def test_pictures_are_grey_levels_of_any_batch_and_size(anywhere):
    pictures = cans.render(anywhere.reshape(10, 20, 2), 16)
    assert pictures.shape == (10, 20, 16, 16)
    assert pictures.dtype == jnp.float32
    assert 0 <= pictures.min() < 60
    assert 220 < pictures.max() <= 255
    assert np.isfinite(cans.render([[0, 0], [-5, 40], [100, 1e-9]])).all()


def test_a_can_does_not_depend_on_its_batch():
    for factors, picture in zip(SOME, cans.render(SOME), strict=True):
        np.testing.assert_allclose(cans.render(factors), picture, atol=1e-3)


@pytest.mark.parametrize(("size", "tolerance"), [(32, 2.5), (64, 1.7)])
def test_the_same_can_at_twice_the_size(size, tolerance, anywhere):
    fine = np.asarray(cans.render(anywhere, 2 * size)).reshape(-1, size, 2, size, 2).mean((2, 4))
    assert rms(fine - cans.render(anywhere, size)).max() < tolerance


@pytest.mark.parametrize("size", [32, 33, 128])
def test_the_label_is_as_high_and_wide_as_it_should_be(size):
    """Measured through the middle of the can: the label is 0.76 of its height, and as wide as the can."""
    for height, width in SOME[:3]:
        dark = np.asarray(cans.render([height, width], size)) < 145
        row = int((cans.GROUND - height / 2 + cans.TILT * width / 2) * size / cans.FRAME)
        pixel = cans.FRAME / size
        assert abs(dark[:, size // 2].sum() * pixel - 0.76 * height) <= 2 * pixel
        assert abs(dark[row].sum() * pixel - width) <= 2 * pixel


def test_a_taller_can_reaches_up_and_a_wider_one_to_both_sides(anywhere):
    room = np.asarray(cans.render([-20, 0]))[None]

    def edges(factors):
        """The first row and column, and the last column, that are not the room."""
        shown = np.asarray(abs(cans.render(factors) - room)) > 12
        return np.argmax(shown.any(2), 1), np.argmax(shown.any(1), 1)

    top, left = edges(anywhere)
    higher, same_left = edges(np.minimum(anywhere + np.float32([1, 0]), 13))
    assert (higher <= top).all()
    assert (higher < top).mean() > 0.85  # but for those that were near 13 already
    assert (abs(same_left - left) <= 1).all()
    assert (edges(anywhere + np.float32([0, 2]))[1] < left).all()


def test_derivatives_are_those_of_finite_differences():
    picture, step = jax.jit(cans._picture, static_argnums=1), 1e-5
    with jax.enable_x64(True):
        for factors in SOME.astype(np.float64):
            slopes = jax.jacfwd(picture)(factors, 32)
            assert slopes.dtype == jnp.float64
            for axis, change in enumerate(step * np.eye(2)):
                difference = picture(factors + change, 32) - picture(factors - change, 32)
                np.testing.assert_allclose(slopes[..., axis], difference / (2 * step), atol=0.05)


def test_every_factor_can_be_felt_everywhere(anywhere):
    slopes = jax.vmap(jax.jacfwd(cans.render))(anywhere)
    assert np.isfinite(slopes).all()
    assert rms(jnp.moveaxis(slopes, 3, 1)).min() > 5  # grey levels a centimetre


@pytest.mark.parametrize("size", [16, 33])
def test_the_page_draws_the_same(size, browser):
    case = Case(lambda factors: cans.render(factors, size), [(SOME[:3],), (SOME[3:6],)])
    compare(case, in_chromium(browser, [case])[0], 1e-4)


@pytest.mark.parametrize(
    ("factors", "size", "error"),
    [
        ([1.0, 2.0, 3.0], 32, ValueError),
        ("tall", 32, TypeError),
        ([1j, 2], 32, TypeError),
        ([9, 7], 0, ValueError),
        ([9, 7], 3.5, TypeError),
    ],
)
def test_what_cannot_be_drawn(factors, size, error):
    with pytest.raises(error, match=r"x must|size must"):
        cans.render(factors, size)


# --- The law -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cells():
    """The middles of cells (550, 400, 2) that cut up the rectangle of all factors, and the probability of each."""
    many = np.array([550, 400])
    middles = np.stack(np.indices(many), axis=-1) + 0.5
    side = (cans.HIGH - cans.LOW).astype(np.float64) / many
    density = np.exp(np.asarray(cans.log_prob(cans.LOW + side * middles), np.float64))
    return density * side.prod()


def test_the_law_integrates_to_one(cells):
    assert abs(cells.sum() - 1) < 2e-5


def test_the_sampler_draws_from_the_density(cells, key):
    share = (np.asarray(cans.sample(key, 300_000), np.float64) - cans.LOW) / (cans.HIGH - cans.LOW)
    row, column = np.floor(share * [55, 40]).astype(int).T
    coarse = cells.reshape(55, 10, 40, 10).sum((1, 3)).ravel()
    assert_drawn_from(coarse / coarse.sum(), row * 40 + column)


def test_the_law_is_where_it_says():
    edges = [[2, 8], [13, 8], [9, 4], [9, 12], [1, 8], [9, np.inf], [-np.inf, 8]]
    assert (cans.log_prob(edges) == -np.inf).all()
    assert np.isnan(cans.log_prob([[np.nan, 8], [1, np.nan]])).all()
    assert np.isfinite(cans.log_prob([[2.001, 4.001], [12.999, 11.999], [2.001, 11.999]])).all()
    assert cans.log_prob(np.full((3, 4, 2), 7)).shape == (3, 4)
    assert cans.log_prob([9, 7]).shape == ()


def test_the_slope_of_the_law_is_finite_everywhere():
    slopes = jax.vmap(jax.grad(cans.log_prob))(jnp.float32([[9, 7], [2, 8], [1, 8], [14, 3], [np.inf, 8]]))
    assert np.isfinite(slopes).all()
    assert (slopes[1:] == 0).all()


def test_taller_is_wider_within_a_kind_and_narrower_over_all(key):
    factors = np.asarray(cans.sample(key, 3000))
    assert np.corrcoef(factors.T)[0, 1] < -0.5
    flat = factors[factors[:, 0] < 6]
    assert 0.25 < len(flat) / 3000 < 0.35
    assert np.corrcoef(flat.T)[0, 1] > 0.5


def test_the_first_draws_do_not_depend_on_how_many(key):
    np.testing.assert_array_equal(cans.sample(key, 10)[:4], cans.sample(key, 4))
    assert cans.sample(key, 0).shape == (0, 2)


# --- Reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [32, 48])
def test_a_can_is_read_back(size, anywhere):
    true = np.concatenate([SOME, anywhere, [cans.LOW, cans.HIGH]])
    factors, distance = cans.read(cans.render(true, size))
    assert (factors.dtype, distance.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(factors, true, atol=1e-4)
    assert distance.max() < 1e-3


def test_a_can_is_read_back_from_noise(anywhere):
    noise = np.random.default_rng(1).normal(0, 5, (len(anywhere), 32, 32))
    factors, distance = cans.read(cans.render(anywhere) + noise)
    np.testing.assert_allclose(factors, anywhere, atol=0.15)
    np.testing.assert_allclose(distance, rms(noise), rtol=0.01)


def test_the_can_that_is_read_is_nearer_than_any_on_a_fine_grid():
    """Also for the mean of two cans, which is none."""
    ghosts = (cans.render(SOME[:2]) + cans.render(SOME[1:3])) / 2
    factors, distance = cans.read(ghosts)
    np.testing.assert_allclose(rms(cans.render(factors) - ghosts), distance, rtol=1e-4)
    axes = (np.linspace(low, high, 150, dtype=np.float32) for low, high in zip(cans.LOW, cans.HIGH, strict=True))
    fine = np.asarray(cans.render(np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)))
    for ghost, found in zip(np.asarray(ghosts), distance, strict=True):
        assert found <= rms(fine - ghost).min() + 1e-4


def test_a_can_that_stands_outside_is_read_as_one_at_the_edge():
    factors, distance = cans.read(cans.render([[14, 7], [9, 12.5]]))
    assert (factors[0, 0], factors[1, 1]) == (13, 12)
    assert (distance > 1).all()


def test_no_pictures_have_no_factors():
    factors, distance = cans.read(np.zeros((0, 32, 32)))
    assert factors.shape == (0, 2)
    assert distance.shape == (0,)


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        (np.zeros((32, 32)), r"pictures must have shape \(n, size, size\); got shape \(32, 32\)"),
        (np.zeros((3, 32, 16)), r"pictures must have shape \(n, size, size\); got shape \(3, 32, 16\)"),
        (np.full((2, 8, 8), np.nan), r"pictures must be finite.*; pictures\[0, 0, 0\] is nan \(128 such values\)"),
    ],
)
def test_what_cannot_be_read(pictures, message):
    with pytest.raises(ValueError, match=message):
        cans.read(pictures)
