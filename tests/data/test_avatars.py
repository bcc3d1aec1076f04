"""The sheet shows the outfits that it should, and an outfit that was drawn is read back."""

import jax.numpy as jnp
import numpy as np
import pytest

from lib.data.avatars import draw, law, pictures, read
from lib.data.outfits import decode, encode, features, fifty, sizes, stylist

OUTFITS = np.array(list(np.ndindex(sizes)))
BALD = features["hair type"].index("NoHair")
LONG = features["hair type"].index("LongHairStraight")

# --- The sheet -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grid():
    """All pictures, with an axis for each feature: (3, 8, 4, 6, 7, 32, 32, 3)."""
    return pictures().reshape(*sizes, 32, 32, 3)


def changes(pixels):
    """Where pictures (values, 32, 32, 3) that differ in one value are not all the same: (32, 32)."""
    return (pixels != pixels[:1]).any(axis=(0, 3))


def extent(shown):
    """The first and the last row in which something shows."""
    rows = np.flatnonzero(shown.any(axis=1))
    return rows[0], rows[-1]


def rgb(*colours):
    return np.array([list(bytes.fromhex(colour)) for colour in colours])


def test_the_pictures_are_all_there_and_safe():
    assert pictures().shape == (4032, 32, 32, 3)
    assert pictures().dtype == np.uint8
    assert pictures() is pictures()
    with pytest.raises(ValueError, match="read-only"):
        pictures()[0] = 0


def test_3552_pictures_are_distinct():
    assert len({picture.tobytes() for picture in pictures()}) == 3552


def test_hair_colour_does_not_show_without_hair_and_always_with_it(grid):
    for hair in range(sizes[4]):
        distinct = {picture.tobytes() for picture in grid[0, 0, 0, :, hair]}
        assert len(distinct) == (1 if hair == BALD else 6)


def test_glasses_show_around_the_eyes_only(grid):
    assert extent(changes(grid[:, 0, 0, 0, BALD])) == (10, 15)


def test_clothes_show_at_the_bottom_only(grid):
    for feature in (1, 2):
        assert extent(changes(np.moveaxis(grid, feature, 0).reshape(sizes[feature], -1, 32, 3))) >= (21, 31)


def test_clothes_have_the_colour_of_their_name(grid):
    chest = grid[:, :, :, :, BALD, 30, 16]
    named = rgb("262E33", "65C9FF", "E6E6E6", "A7FFC4", "FFDEB5", "FF488E", "FF5C5C", "FFFFFF")
    np.testing.assert_array_equal(chest, np.broadcast_to(named[:, None, None], chest.shape))


def test_hair_has_the_colour_of_its_name(grid):
    crown = grid[:, :, :, :, LONG, 4, 16]
    named = rgb("2C1B18", "B58143", "724133", "F59797", "C93305", "E8E1E1")
    np.testing.assert_array_equal(crown, np.broadcast_to(named, crown.shape))


def test_glasses_have_the_look_of_their_name(grid):
    blank, round_, sunglasses = grid[:, :, :, :, :, 10:16, 9:23].mean(axis=(1, 2, 3, 4, 5, 6, 7))
    assert sunglasses < round_ < blank


def test_clothes_have_the_cut_of_their_name(grid):
    hoodie, overall, scoop, v_neck = (changes(grid[0, :, cut, 0, BALD]) for cut in range(4))
    assert extent(hoodie) < extent(overall)  # the hood reaches up to the neck
    assert overall[31].sum() == 16 < scoop[31].sum() == 24  # bare shoulders
    assert scoop[25, 8:24].sum() == 8 < v_neck[25, 8:24].sum() == 12  # a wide neck, a narrow one


def test_hair_has_the_cut_of_its_name(grid):
    rows = {name: extent(changes(grid[0, 0, 0, :, i])) for i, name in enumerate(features["hair type"]) if i != BALD}
    assert rows == {
        "LongHairBun": (0, 11),
        "LongHairCurly": (1, 22),
        "LongHairStraight": (2, 31),
        "ShortHairShortWaved": (1, 11),
        "ShortHairShortFlat": (2, 11),
        "ShortHairFrizzle": (1, 6),
    }


def test_the_sheet_is_what_its_script_draws():
    reason = "the renderer is not installed: pip install py-avataaars-no-png==1.0.1 resvg-py==0.5.0"
    for package in ("py_avataaars_no_png", "resvg_py"):
        pytest.importorskip(package, reason=reason)
    from lib.data.make import avatars as make

    for codes, outfit in zip(fifty, decode(fifty), strict=True):
        np.testing.assert_array_equal(make._draw(*outfit), draw([codes])[0])


# --- Drawing -------------------------------------------------------------------------------------


def test_drawing_all_outfits_gives_the_pictures():
    np.testing.assert_array_equal(draw(OUTFITS), pictures())


def test_drawing_takes_rows_in_any_order_and_integers_of_any_kind():
    codes = np.random.default_rng(0).permutation(OUTFITS)[:20]
    expected = np.stack([pictures()[OUTFITS.tolist().index(row)] for row in codes.tolist()])
    for given in (codes, codes.tolist(), codes.astype(np.uint8), jnp.asarray(codes)):
        np.testing.assert_array_equal(draw(given), expected)
    assert draw(np.empty((0, 5), int)).shape == (0, 32, 32, 3)


@pytest.mark.parametrize(
    ("codes", "error", "message"),
    [
        (fifty.astype(float), TypeError, "codes must be integers; got dtype float64"),
        (encode(*decode(fifty)[0]), ValueError, r"codes must have shape \(n, 5\).*; got shape \(5,\)"),
        (fifty[:, :4], ValueError, r"codes must have shape \(n, 5\).*; got shape \(50, 4\)"),
        ([[0, 7, 3, 5, 6], [0, 8, 0, 0, 7]], ValueError, r"codes\[1, 1\] is 8 \(2 such values\)"),
        ([[0, 0, 0, 0, -1]], ValueError, r"codes\[0, 4\] is -1 \(1 such values\)"),
        ([[2**32 + 1, 0, 0, 0, 0]], ValueError, r"codes\[0, 0\] is 4294967297 \(1 such values\)"),
    ],
)
def test_drawing_refuses(codes, error, message):
    with pytest.raises(error, match=message):
        draw(codes)


# --- The law of pictures ----------------------------------------------------------------------------


def test_the_law_adds_up_the_outfits_that_look_the_same():
    p = {}
    for picture, log_p in zip(pictures(), np.asarray(stylist.log_prob(OUTFITS), np.float64), strict=True):
        p[picture.tobytes()] = p.get(picture.tobytes(), 0) + np.exp(log_p)
    shown = pictures()[law().outfits]
    np.testing.assert_allclose(np.exp(law().log_probs), [p[picture.tobytes()] for picture in shown], rtol=1e-6)
    assert len(law().log_probs) == len(p) == 3552
    assert np.exp(law().log_probs).sum() == pytest.approx(1, abs=1e-12)
    assert -(law().log_probs @ np.exp(law().log_probs)) / np.log(2) == pytest.approx(9.144, abs=5e-4)


def test_each_outfit_has_the_number_of_its_picture():
    np.testing.assert_array_equal(pictures()[law().outfits[law().numbers]], pictures())
    np.testing.assert_array_equal(law().numbers[law().outfits], np.arange(3552))
    np.testing.assert_array_equal(OUTFITS[law().outfits], read(pictures()[law().outfits])[0])  # the first of its kind


def test_the_law_is_kept_and_safe():
    assert law() is law()
    assert [part.dtype for part in law()] == [np.float64, np.int32, np.int32]
    assert not any(part.flags.writeable for part in law())


# --- Reading -------------------------------------------------------------------------------------


def squares_to_all(images):
    """Oracle: |x − p|² for each image and each of all 4032 pictures, in float64: exact for whole and half levels."""
    x, p = (np.float64(of).reshape(len(of), -1) for of in (images, pictures()))
    return np.square(x).sum(1)[:, None] - 2 * x @ p.T + np.square(p).sum(1)


def first_alike(codes):
    """The outfit that stands for all that look the same: black hair where there is none."""
    return np.where((np.arange(5) == 3) & (codes[:, 4:] == BALD), 0, codes)


def test_every_picture_is_read_back_exactly():
    codes, distance = read(pictures())
    np.testing.assert_array_equal(codes, first_alike(OUTFITS))
    np.testing.assert_array_equal(distance, 0.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("noise", [3, 10, 30, 300])
def test_noisy_pictures_are_read_as_by_brute_force(noise, dtype):
    rng = np.random.default_rng(noise)
    outfits = rng.integers(0, 4032, 200)
    images = (pictures()[outfits] + rng.normal(0, noise, (200, 32, 32, 3))).astype(dtype)
    squares = squares_to_all(images)
    codes, distance = read(images)
    np.testing.assert_array_equal(codes, OUTFITS[squares.argmin(1)])
    np.testing.assert_allclose(distance, np.sqrt(squares.min(1) / 3072), rtol=1e-9)


@pytest.mark.parametrize(("hair", "most"), [("LongHairCurly", 4), ("LongHairStraight", 4), ("ShortHairFrizzle", 8)])
def test_of_pictures_equally_near_the_first_is_read(hair, most):
    """Halfway between two outfits: either's glasses, clothes and hair can be equally near, where none hides another."""
    rng = np.random.default_rng(0)
    one, other = (np.stack([rng.integers(0, size, 1000) for size in sizes], axis=1) for _ in range(2))
    one[:, 4] = other[:, 4] = features["hair type"].index(hair)
    images = (draw(one) + draw(other).astype(np.float32)) / 2
    squares = squares_to_all(images)
    assert (squares == squares.min(1, keepdims=True)).sum(1).max() == most
    np.testing.assert_array_equal(read(images)[0], OUTFITS[squares.argmin(1)])


def test_the_distance_is_in_grey_levels():
    codes, distance = read(draw(fifty) + np.float32(2))
    np.testing.assert_array_equal(codes, first_alike(fifty))
    np.testing.assert_array_equal(distance, 2.0)


def test_results_do_not_depend_on_the_number_of_images_or_their_dtype():
    images = np.random.default_rng(0).integers(0, 256, (300, 32, 32, 3)).astype(np.uint8)  # two chunks
    codes, distance = read(images)
    assert (codes.dtype, distance.dtype) == (np.int32, np.float64)
    assert (codes.shape, distance.shape) == ((300, 5), (300,))
    for given in (images[257:], images[257:].astype(np.float64), jnp.asarray(images[257:], jnp.bfloat16)):
        np.testing.assert_array_equal(read(given)[0], codes[257:])
        np.testing.assert_array_equal(read(given)[1], distance[257:])


def test_no_images_give_no_outfits():
    codes, distance = read(np.empty((0, 32, 32, 3), np.uint8))
    assert (codes.shape, distance.shape) == ((0, 5), (0,))


def with_bad(value, dtype=np.float32):
    images = np.zeros((3, 32, 32, 3), dtype)
    images[1, 2, 3, 0] = images[2, 0, 0, 1] = value
    return images


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (with_bad(1, np.int64), TypeError, "images must be uint8 or floating; got dtype int64"),
        (with_bad(1, np.complex64), TypeError, "images must be uint8 or floating; got dtype complex64"),
        (with_bad("a", str), TypeError, "images must be uint8 or floating; got dtype <U1"),
        (np.zeros((32, 32, 3)), ValueError, r"images must have shape \(n, 32, 32, 3\); got shape \(32, 32, 3\)"),
        (np.zeros((1, 3, 32, 32)), ValueError, r"images must have shape .*; got shape \(1, 3, 32, 32\)"),
        (np.zeros(()), ValueError, r"images must have shape .*; got shape \(\)"),
        (with_bad(np.nan), ValueError, r"images must be finite.*; images\[1, 2, 3, 0\] is nan \(2 such values\)"),
        (with_bad(-np.inf), ValueError, r"images must be finite.*; images\[1, 2, 3, 0\] is -inf \(2 such values\)"),
        (with_bad(np.inf, np.float16), ValueError, r"images\[1, 2, 3, 0\] is inf \(2 such values\)"),
        (with_bad(1e300, float), ValueError, r"images must be finite.*; images\[1, 2, 3, 0\] is 1e\+300"),
    ],
)
def test_reading_refuses(images, error, message):
    with pytest.raises(error, match=message):
        read(images)
