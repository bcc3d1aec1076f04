"""The Chow–Liu tree against a search through all trees, and a plain walk down the tree."""

import itertools

import jax
import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from lib import ChowLiuTree, NaiveBayes, scores
from lib.data import outfits

SIZES = (3, 2, 4, 2)


def data(seed, n=200):
    """Codes whose features depend on one another in a random way."""
    random = np.random.default_rng(seed)
    law = random.dirichlet(np.full(np.prod(SIZES), 0.3))
    return np.stack(np.unravel_index(random.choice(len(law), n, p=law), SIZES), axis=1)


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
