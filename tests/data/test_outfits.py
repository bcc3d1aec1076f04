"""The 50 outfits against the published facts, and the stylist's law against what is said of it."""

import itertools

import numpy as np
import pytest

from lib import scores
from lib.data.outfits import decode, encode, features, fifty, sizes, stylist

# Published with the article's source: how often each value occurs among the 50.
PUBLISHED = [
    (11, 22, 17),
    (0, 4, 10, 5, 2, 4, 3, 22),
    (7, 18, 19, 6),
    (7, 6, 2, 3, 8, 24),
    (7, 0, 1, 23, 1, 11, 7),
]
LAW = np.exp(np.float64(stylist.log_probs))


def margin(*kept):
    return LAW.sum(tuple(i for i in range(5) if i not in kept))


def entropy(p):
    return -(p * np.log(p)).sum()


def test_the_fifty_have_the_published_counts():
    assert fifty.shape == (50, 5)
    for column, size, counts in zip(fifty.T, sizes, PUBLISHED, strict=True):
        assert tuple(np.bincount(column, minlength=size)) == counts


def test_the_fifty_hold_what_the_article_says():
    white = encode("Round", "White", "ShirtScoopNeck", "Red", "LongHairStraight")
    blue = encode("Round", "Blue01", "ShirtScoopNeck", "Red", "LongHairStraight")
    assert (fifty == white).all(1).sum() == 2
    assert (fifty == blue).all(1).sum() == 0
    assert len(np.unique(fifty, axis=0)) == 47
    assert decode(fifty[:1]) == [("Round", "White", "ShirtScoopNeck", "Red", "ShortHairShortFlat")]


def test_there_are_4032_combinations():
    assert sizes == (3, 8, 4, 6, 7)
    assert np.prod(sizes) == 4032
    assert list(features) == ["accessories", "clothing colour", "clothing type", "hair colour", "hair type"]


def test_an_unknown_value_is_refused():
    with pytest.raises(ValueError, match="clothing colour must be one of Black, .*; got 'Mauve'"):
        encode("Round", "Mauve", "ShirtScoopNeck", "Red", "LongHairStraight")


@pytest.mark.parametrize(
    ("codes", "error", "message"),
    [
        ([[-1] * 5], ValueError, r"codes must be codes from 0 to below .*; codes\[0, 0\] is -1 \(5 such values\)"),
        ([[0, 8, 0, 0, 0]], ValueError, r"codes\[0, 1\] is 8 \(1 such values\)"),
        ([0] * 5, ValueError, r"codes must have shape \(n, 5\)"),
        ([[0.0] * 5], TypeError, "codes must be integers; got dtype float64"),
    ],
)
def test_what_is_no_outfit_has_no_names(codes, error, message):
    with pytest.raises(error, match=message):
        decode(codes)


def test_the_stylist_can_make_every_outfit():
    assert stylist.sizes == sizes
    assert LAW.sum() == pytest.approx(1, abs=1e-6)
    assert LAW.min() > 0


def test_the_margins_of_the_stylist_are_near_those_of_the_fifty():
    for axis, counts in enumerate(PUBLISHED):
        assert np.abs(margin(axis) - np.array(counts) / 50).sum() / 2 < 0.06  # total variation


def test_the_stylist_is_dependent_and_no_tree():
    total_correlation = sum(entropy(margin(axis)) for axis in range(5)) - entropy(LAW)
    assert total_correlation == pytest.approx(0.498, abs=0.001)
    information = {
        pair: entropy(margin(pair[0])) + entropy(margin(pair[1])) - entropy(margin(*pair))
        for pair in itertools.combinations(range(5), 2)
    }
    trees = (edges for edges in itertools.combinations(information, 4) if connects(edges))
    best_tree = max(sum(information[edge] for edge in edges) for edges in trees)
    assert total_correlation - best_tree > 0.2  # nats that even the best tree of pairs must miss


def connects(edges):
    reached = {0}
    for _ in edges:
        reached |= {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}
    return len(reached) == 5


def test_the_entropy_of_the_stylist():
    assert scores.entropy(stylist.log_probs) == pytest.approx(entropy(LAW), abs=1e-5)
