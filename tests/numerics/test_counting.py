"""Counting against np.bincount and np.add.at: all dtypes, borders between parts, files, and more than int32 holds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib import Categorical, ChowLiuTree, NaiveBayes, checks
from lib.numerics import counting, parts

FEW, MANY = (3, 8, 4, 6, 7), (3, 200, 70_000)  # compared with each value; added at an address
KINDS = ["i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", "<i8", ">i8", "<u8"]


def data(n, sizes, kind="u1"):
    random = np.random.default_rng(n)
    return np.stack([random.integers(0, min(size, 100), n) for size in sizes], axis=1).astype(kind)


def plain(x, sizes):
    return [np.bincount(column.astype(int), minlength=size) for column, size in zip(x.T, sizes, strict=True)]


def assert_margins(x, sizes):
    for ours, theirs in zip(NaiveBayes.count(x, sizes), plain(x, sizes), strict=True):
        assert ours.dtype == np.int64
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sizes", [FEW, MANY], ids=["few", "many"])
def test_margins_of_every_dtype(sizes, kind):
    assert_margins(data(3000, sizes, kind), sizes)


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 1023, 1024, 1025, 4096, 140_001, 600_000])
def test_margins_of_every_length(n):
    """Below one stripe, at the borders of stripes and blocks, and so many rows that bytes alone would overflow."""
    assert_margins(np.zeros((n, 5), np.uint8), FEW)
    assert_margins(data(n, FEW), FEW)


@pytest.mark.parametrize("features", [1, 19, 20, 21, 640, 641, 1500])
def test_margins_of_as_many_features_as_each_length_of_a_stripe_may_have(features):
    assert_margins(data(1100, (5,) * features), (5,) * features)


@pytest.mark.parametrize("size", [1, counting.FEW, counting.FEW + 1, 256])
def test_margins_of_as_many_values_as_each_way_to_count_may_have(size):
    assert_margins(np.random.default_rng(size).integers(0, size, (5000, 2)), (size, size))


@pytest.fixture
def parts_of_128_rows(monkeypatch):
    monkeypatch.setattr(parts, "ELEMENTS_PER_CALL", 128 * 5)


@pytest.mark.parametrize("n", [127, 128, 129, 256, 1000])
@pytest.mark.usefixtures("parts_of_128_rows")
def test_parts_add_up(n):
    x = data(n, FEW)
    assert_margins(x, FEW)
    table = np.zeros(FEW, int)
    np.add.at(table, tuple(x.T), 1)
    np.testing.assert_array_equal(Categorical.count(x, FEW), table)
    singles, burt = ChowLiuTree.count(x, FEW)
    np.testing.assert_array_equal(singles[3], table.sum((0, 1, 2, 4)))
    np.testing.assert_array_equal(burt[3:11, 11:15], table.sum((0, 3, 4)))  # of the features 1 and 2
    model = NaiveBayes.fit(x, FEW)
    np.testing.assert_allclose(model.log_prob(x), model.log_prob(x[None])[0], rtol=1e-6)


@pytest.mark.parametrize(
    "view", [lambda x: x[1:], lambda x: x[::2], lambda x: x[:, ::-1], lambda x: np.asfortranarray(x)]
)
@pytest.mark.usefixtures("parts_of_128_rows")
def test_memory_may_be_laid_out_in_any_way(view):
    assert_margins(view(data(700, FEW)), (8,) * 5)


def test_where_an_array_starts_does_not_matter(monkeypatch):
    monkeypatch.setattr(parts, "MIN_BYTES_TO_ALIGN", 1000)
    memory = np.zeros(64 + 5 * 2500, np.uint8)
    for start in (*range(0, 64, 7), 16, 48):
        x = memory[start : start + 5 * 2500].reshape(-1, 5)
        x[:] = data(2500, FEW)
        pieces = parts._aligned_first(x)
        assert pieces[0].ctypes.data % 64 == 0
        assert [len(piece) for piece in pieces] == [2048, 452]
        assert_margins(x, FEW)
    assert len(parts._aligned_first(x[:1000])) == 1  # not one block


@pytest.mark.usefixtures("parts_of_128_rows")
def test_a_file_is_counted_part_by_part(tmp_path, monkeypatch):
    x, seen, narrow = data(1000, FEW), [], checks.narrow
    x.tofile(tmp_path / "x")
    monkeypatch.setattr(checks, "narrow", lambda part: seen.append(part) or narrow(part))
    assert_margins(np.memmap(tmp_path / "x", np.uint8, "r", shape=x.shape), FEW)
    assert sorted(map(len, seen)) == [1000 % 128] + [128] * (1000 // 128)
    assert all(np.shares_memory(part, part.base) for part in seen)  # no copies


@pytest.mark.parametrize("Model", [Categorical, NaiveBayes, ChowLiuTree])
@pytest.mark.usefixtures("parts_of_128_rows")
def test_a_bad_code_in_a_late_part_is_named_and_all_are_counted(Model):
    x = data(70_000, FEW, np.int64)
    x[66_000, 2], x[69_999, 0] = 2**32 + 1, -1
    with pytest.raises(ValueError, match=r"x must be codes from 0 to below .*; x\[66000, 2\] is 4294967297 \(2 such"):
        Model.count(x, FEW)


@pytest.mark.usefixtures("parts_of_128_rows")
def test_counts_beyond_int32_are_added_up_on_the_host():
    """Four parts, of 2³⁰ each, as if every row came 2²³ times."""
    total = counting.tally(lambda part, _: jnp.array([2**30 * len(part) // 128]), data(512, FEW), FEW, tables=2**23)
    assert total == 2**32


def test_many_features_are_added_up_as_the_formula_of_one_point_says():
    sizes = (256,) * 9 + (7,)
    x = data(500, sizes)
    x[:, -1] %= 7
    model = NaiveBayes.fit(x, sizes, alpha=0.5)
    wide = x.astype(np.int64)
    wide[0, 3], wide[1, 9], wide[2, 0] = -1, 7, 2**32
    expected = jax.vmap(model._log_prob)(np.clip(wide, -1, 256).astype(np.int32))
    np.testing.assert_allclose(model.log_prob(wide), expected, rtol=1e-6)
    assert np.isneginf(model.log_prob(wide)[:3]).all()
    np.testing.assert_array_equal(model.log_prob(wide.reshape(5, 100, 10)).ravel(), model.log_prob(wide))
    np.testing.assert_array_equal(jax.jit(lambda x: model.log_prob(x))(x), model.log_prob(x))
