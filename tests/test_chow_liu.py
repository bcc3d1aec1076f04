"""The Chow–Liu tree against a search through all trees, and a plain walk down the tree."""

import itertools
import re

import jax
import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.special import xlogy
from sklearn.metrics import mutual_info_score

from lib import ChowLiuTree, NaiveBayes, scores
from lib.data import outfits

SIZES = (3, 2, 4, 2)


def data(seed, n=200):
    """Codes whose features depend on one another in a random way."""
    random = np.random.default_rng(seed)
    law = random.dirichlet(np.full(np.prod(SIZES), 0.3))
    return np.stack(np.unravel_index(random.choice(len(law), n, p=law), SIZES), axis=1)


def pixels(n, side, levels, seed=0):
    """Pictures (n, side²) in which neighbours are alike: sums of noise from the left and from above."""
    noise = np.random.default_rng(seed).normal(size=(n, side, side))
    smooth = noise.cumsum(1).cumsum(2)
    smooth -= smooth.min((1, 2), keepdims=True)
    return (smooth / (smooth.max((1, 2), keepdims=True) + 1e-9) * levels).astype(np.uint8).reshape(n, -1)


def information_of(model, x):
    """The sum of the mutual informations of the tree's edges, in nats."""
    return sum(mutual_info_score(x[:, j], x[:, int(model.parents[j])]) for j in range(1, x.shape[1]))


def all_information(x, levels):
    """The mutual information of each two features with as many levels, in nats."""
    has = (x[:, :, None] == np.arange(levels)).astype(np.float32)
    share = has.mean(0, dtype=np.float64)
    rows = []
    for j in range(x.shape[1]):
        both = np.tensordot(has[:, j], has, (0, 0)) / len(x)  # (level of j, feature, level)
        rows.append((xlogy(both, both) - xlogy(both, share[j][:, None, None] * share + (both == 0))).sum((0, 2)))
    return np.array(rows)


def walk(model, x):
    """The log-probability of each row, in float64, one feature after the other."""
    parents, tables = np.asarray(model.parents), np.float64(model.log_probs)
    rows = [np.zeros(len(x), int) if j == 0 else x[:, parents[j]] for j in range(x.shape[1])]
    return sum(tables[j, rows[j], x[:, j]] for j in range(x.shape[1]))


def mean_of_walks(model):
    """The expected log-probability of a draw: the margins, and what each table gives, one feature after the other."""
    parents, p = np.asarray(model.parents), np.exp(np.float64(model.log_probs))
    margins, mean = {}, 0.0
    for j in model.order.tolist():
        above = margins[parents[j]] if j > 0 else np.eye(p.shape[1])[0]
        margins[j] = above @ p[j]
        mean += (above[:, None] * xlogy(p[j], p[j])).sum()
    return mean


def edges_of(model):
    return {frozenset((j, int(parent))) for j, parent in enumerate(model.parents) if j > 0}


def is_tree(edges, features):
    reached = {0}
    for _ in edges:
        reached |= set().union(*(edge for edge in edges if edge & reached)) if reached else set()
    return len(reached) == features


@pytest.mark.parametrize("seed", range(8))
def test_no_tree_has_more_mutual_information(seed):
    x = data(seed)
    pairs = [frozenset(pair) for pair in itertools.combinations(range(4), 2)]
    information = {pair: mutual_info_score(*(x[:, j] for j in pair)) for pair in pairs}
    trees = [set(edges) for edges in itertools.combinations(pairs, 3) if is_tree(edges, 4)]
    assert len(trees) == 16  # Cayley: 4² trees on four features
    best = max(trees, key=lambda edges: sum(information[edge] for edge in edges))
    assert edges_of(ChowLiuTree.fit(x, SIZES)) == best


@pytest.mark.parametrize("alpha", [0.0, 0.5, 3.0])
def test_log_prob_is_a_walk_down_the_tree(alpha):
    x = data(1)
    model = ChowLiuTree.fit(x, SIZES, alpha)
    for point in data(2, 30):
        expected = (np.sum(x[:, 0] == point[0]) + alpha) / (len(x) + alpha * SIZES[0])
        for j in range(1, 4):
            parent = int(model.parents[j])
            same = x[:, parent] == point[parent]
            if not same.any() and alpha == 0:
                expected = 0.0
                break
            expected *= (np.sum(same & (x[:, j] == point[j])) + alpha) / (same.sum() + alpha * SIZES[j])
        assert np.exp(model.log_prob(point)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("sizes", [SIZES, (3,) * 9], ids=["a table", "3 × 3 pixels of 3 levels"])
def test_draws_walk_down_the_tree_as_often_as_the_table_says(sizes):
    """Drawn one by one; where there are few combinations, `sample` draws from the table of them."""
    x = data(5) if sizes == SIZES else pixels(500, 3, 3)
    model, n = ChowLiuTree.fit(x, sizes, alpha=0.5), 100_000
    draws = jax.vmap(model._sample)(jax.random.split(jax.random.key(0), n))
    expected = n * np.exp(np.float64(model.log_table()))
    seen = np.zeros(sizes)
    np.add.at(seen, tuple(np.asarray(draws).T), 1)
    often = expected >= 5
    seen, expected = (np.append(counts[often], counts[~often].sum()) for counts in (seen, expected))
    freedom = len(seen) - 1
    assert abs(((seen - expected) ** 2 / np.maximum(expected, 1e-9)).sum() - freedom) < 7 * np.sqrt(2 * freedom)


def test_parents_come_first():
    model = ChowLiuTree.fit(data(3), SIZES)
    order = model.order.tolist()
    assert sorted(order) == [0, 1, 2, 3]
    assert order[0] == 0
    assert all(order.index(int(model.parents[j])) < order.index(j) for j in range(1, 4))


def test_a_parent_value_that_was_never_seen_makes_no_nan():
    x = np.array([[0, 0], [1, 1], [1, 1]])  # the value 2 of the root was never seen
    table = np.exp(ChowLiuTree.fit(x, (3, 2)).log_table())
    np.testing.assert_allclose(table, [[1 / 3, 0], [0, 2 / 3], [0, 0]], atol=1e-6)


def test_one_feature_is_a_table():
    x = outfits.fifty[:, :1]
    np.testing.assert_allclose(ChowLiuTree.fit(x, (3,)).log_table(), NaiveBayes.fit(x, (3,)).log_table(), rtol=1e-6)


def test_the_error_on_the_stylist_is_what_the_tree_cannot_hold():
    law = outfits.stylist
    x = law.sample(jax.random.key(4), 1_000_000)
    tree = scores.kl(law.log_probs, ChowLiuTree.fit(x, outfits.sizes).log_table())
    assert tree == pytest.approx(0.498 - 0.238, abs=0.002)  # total correlation less the mutual information of the edges


# --- Pictures ------------------------------------------------------------------------------------


def test_small_pictures_against_another_search_for_the_tree():
    x = pixels(300, 3, 3)
    model = ChowLiuTree.fit(x, (3,) * 9, alpha=0.1)
    information = np.array([[mutual_info_score(a, b) if a is not b else 0 for a in x.T] for b in x.T])
    best = -minimum_spanning_tree(-information).sum()
    assert information_of(model, x) == pytest.approx(best, rel=1e-6)
    assert np.exp(np.float64(model.log_table())).sum() == pytest.approx(1, abs=1e-5)
    traced = jax.jit(lambda counts: ChowLiuTree.from_counts(counts, 0.1))(ChowLiuTree.count(x, (3,) * 9))
    np.testing.assert_allclose(traced.log_prob(x), model.log_prob(x), rtol=1e-5)
    assert information_of(traced, x) == pytest.approx(best, rel=1e-6)


@pytest.fixture(scope="module")
def pictures():
    """Of 32 × 32 pixels and 8 levels; and the tree that is fitted to them."""
    x = pixels(300, 32, 8, seed=1)
    return x, ChowLiuTree.fit(x, (8,) * 1024, alpha=0.1)


def test_large_pictures_against_another_search_for_the_tree(pictures):
    x, model = pictures
    information = all_information(x, 8)
    assert information[5, 900] == pytest.approx(mutual_info_score(x[:, 5], x[:, 900]), rel=1e-4)
    best = -minimum_spanning_tree(-np.triu(information, 1)).sum()
    assert information_of(model, x) == pytest.approx(best, rel=1e-6)
    np.testing.assert_allclose(model.log_prob(x), walk(model, x), rtol=1e-5)


def test_large_pictures_are_drawn_from_their_tree(pictures):
    _, model = pictures
    draws = np.asarray(model.sample(jax.random.key(0), 400))
    assert draws.min() == 0
    assert draws.max() == 7
    np.testing.assert_array_equal(model.sample(jax.random.key(0), 3), draws[:3])
    # Each pixel follows the row of its parent's level: else the mean would be below that of the tree.
    logs = walk(model, draws)
    assert abs(logs.mean() - mean_of_walks(model)) < 7 * logs.std() / np.sqrt(400)


def test_many_large_pictures_at_once_are_as_few(pictures):
    """More than 16,384, from where a compiler was seen to err."""
    x, model = pictures
    many = np.resize(x, (20_000, 1024))
    whole = jax.jit(lambda x: model.log_prob(x))(many)
    np.testing.assert_allclose(whole, np.resize(model.log_prob(x), 20_000), rtol=1e-6)
    np.testing.assert_array_equal(model.log_prob(many), whole)


# --- Counts that are nearly independent ------------------------------------------------------------


def chain(n, strong, weak):
    """The counts of n observations of 0 – 1 – 2, of which the second edge is weak."""
    first = np.array([0.3, 0.7])[:, None] * (0.5 + strong * np.array([[1, -1], [-1, 1]]))
    second = np.array([0.37, 0.63]) + weak * np.array([[1, -1], [-1, 1]])
    table = np.rint(n * first[:, :, None] * second[None]).astype(np.int64)
    margins = tuple(table.sum(axes) for axes in ((1, 2), (0, 2), (0, 1)))
    diagonal = map(np.diag, margins)
    blocks = {(i, j): table.sum(3 - i - j) for i, j in itertools.combinations(range(3), 2)}
    blocks |= {(j, i): block.T for (i, j), block in blocks.items()} | {
        (j, j): block for j, block in enumerate(diagonal)
    }
    return margins, np.block([[blocks[i, j] for j in range(3)] for i in range(3)])


@pytest.mark.parametrize("n", [10**6, 10**8, 10**10, 10**15])
@pytest.mark.parametrize("strong", [0.1, 0.3, 0.45, 0.49])
def test_a_weak_edge_is_found_in_many_counts(n, strong):
    counts = chain(n, strong, 1e-4)
    assert ChowLiuTree.from_counts(counts).parents.tolist() == [0, 0, 1]
    if n < 2**31:
        traced = jax.jit(lambda counts: ChowLiuTree.from_counts(counts).parents)(jax.tree.map(np.int32, counts))
        assert traced.tolist() == [0, 0, 1]


# --- What is refused -----------------------------------------------------------------------------

HALF = np.log(np.full((2, 2, 2), 0.5, np.float32))
TREE = {"log_probs": HALF, "parents": np.array([0, 0]), "order": np.array([0, 1]), "num_values": (2, 2)}
NO_TREES = {
    "a row of total 2": ({"log_probs": np.stack([HALF[0], 0 * HALF[0]])}, "log_probs[1, 0] sums to 2 (2 such rows)"),
    "nan": ({"log_probs": np.stack([HALF[0], np.nan * HALF[0]])}, "log_probs[1, 0, 0] is nan (4 such values)"),
    "two axes": ({"log_probs": HALF[0]}, "log_probs must have shape (2, 2, 2), for each feature a table"),
    "a missing row": ({"log_probs": HALF[:, :1]}, "log_probs must have shape (2, 2, 2), for each feature a table"),
    "a value too many": ({"num_values": (2, 1)}, "-inf where a feature has no such value; log_probs[1, 0, 1] is -0.69"),
    "no values": ({"num_values": (2, 0)}, "sizes must be at least 1; got 0"),
    "its own parent": (
        {"parents": np.array([0, 1])},
        "parents must come before their features in order; parents[1] is",
    ),
    "no such parent": (
        {"parents": np.array([0, 7])},
        "parents must come before their features in order; parents[1] is",
    ),
    "an order with a gap": ({"order": np.array([0, 2])}, "order must list all 2 features, 0 first; got [0, 2]"),
    "too few parents": ({"parents": np.array([0])}, "parents and order must have shape (2,); got (1,), (2,)"),
}


@pytest.mark.parametrize(("bad", "message"), NO_TREES.values(), ids=NO_TREES.keys())
def test_what_is_no_tree_is_refused(bad, message):
    assert ChowLiuTree(**TREE).log_prob([0, 1]) == pytest.approx(np.log(1 / 4))
    with pytest.raises(ValueError, match=re.escape(message)):
        ChowLiuTree(**TREE | bad)


MARGINS = ([2, 1], [1, 2])
CONTRADICTIONS = {
    "another diagonal": (
        [[2, 0, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 3]],
        "counts[1][3, 3] is 3, counts[0][1][1] is 2",
    ),
    "another margin": (
        [[2, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 2]],
        "counts[1][1] has 2 with the values of feature 1, counts[0][0][1] is 1 (2 such sums)",
    ),
    "two values of one feature at once": (
        [[2, 1, 1, 1], [1, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 2]],
        "counts[1][0] has 3 with the values of feature 0, counts[0][0][0] is 2",
    ),
    "one order of features against the other": (
        [[2, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0], [2, 0, 0, 2]],
        "counts[1] must be symmetric; counts[1][0, 2] is 1, counts[1][2, 0] is 0",
    ),
    "a wrong shape": (
        [[1, 2]],
        "counts[1] must have shape (4, 4), a row and a column for each value of each feature; got",
    ),
    "a negative count": (
        [[2, 0, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0], [1, 1, -1, 3]],
        "counts[1] must be counts of at least 0; counts[1][3, 2] is -1",
    ),
}


@pytest.mark.parametrize(("table", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_tables_that_contradict_one_another_are_refused(table, message):
    assert ChowLiuTree.from_counts((MARGINS, [[2, 0, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 2]]))
    with pytest.raises(ValueError, match=re.escape(message)):
        ChowLiuTree.from_counts((MARGINS, table))


def test_a_margin_of_two_axes_is_refused():
    with pytest.raises(ValueError, match=re.escape("counts[0][0] must have shape (values,); got shape (1, 2)")):
        ChowLiuTree.from_counts((([[2, 1]],), [[2, 0], [0, 1]]))


def test_a_feature_without_values_is_refused():
    with pytest.raises(ValueError, match=re.escape("counts[0][1] must have shape (values,); got shape (0,)")):
        ChowLiuTree.from_counts((([0, 0], np.zeros(0, int)), [[0, 0], [0, 0]]), 1.0)


@pytest.mark.parametrize("counts", [(), ((), [[]]), (MARGINS,)])
def test_what_are_no_counts_is_refused(counts):
    with pytest.raises(ValueError, match="counts must be a table for each feature, and the Burt table of all of them"):
        ChowLiuTree.from_counts(counts)


def test_too_many_values_are_refused():
    with pytest.raises(ValueError, match=r"squared, must have a product below 2\*\*31 .*; got 19600000000 cells"):
        ChowLiuTree.count(np.zeros((1, 2), int), (70_000, 70_000))


def test_tables_that_one_large_feature_makes_too_large_are_refused():
    """The tables of all features are as large as its own, so that 6000 values need 64 GB."""
    sizes, message = (4000,) + (2,) * 1000, r"\(1001, 4000, 4000\), must have a product below .*; got 16016000000 cells"
    with pytest.raises(ValueError, match=message):
        ChowLiuTree.count(np.zeros((1, 1001), int), sizes)
    margins = [np.eye(1, size, dtype=int)[0] for size in sizes]
    both = np.concatenate(margins)
    with pytest.raises(ValueError, match=message):
        ChowLiuTree.from_counts((margins, np.outer(both, both)))
