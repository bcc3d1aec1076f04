"""Masked diffusion with a network that knows a small law exactly, so that all it gives is known; and its training."""

import re
from functools import partial
from itertools import permutations, product

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib import ChowLiuTree, MaskedDiffusion, NaiveBayes, nets, scores
from lib.data import outfits
from lib.masked_diffusion import any_order_loss
from tests.contract.statistics import assert_drawn_from
from tests.nets.causal import shaken
from tests.training.breaks import assert_goes_on_after_a_break, bits

SIZES = (3, 2, 4)
ALL = np.stack(np.unravel_index(np.arange(24), SIZES), axis=1)
P = np.random.default_rng(0).dirichlet(np.full(24, 0.5))  # of each row of ALL
SUBSETS = list(product([False, True], repeat=3))


class Exact(eqx.Module):
    """Adds up the rows of a known table that agree with the tokens that are shown."""

    p: jax.Array

    def __call__(self, tokens, shown):
        agrees = jnp.all(~shown[None] | (jnp.asarray(ALL, jnp.int32) == tokens[None]), axis=1)
        values = jax.nn.one_hot(jnp.asarray(ALL), max(SIZES), dtype=jnp.float32)  # (rows, length, values)
        return jnp.log(jnp.einsum("r,riv->iv", jnp.where(agrees, self.p, 0), values))


MODEL = MaskedDiffusion(Exact(jnp.float32(P)), SIZES)


def given(row, shown):
    """The exact law over all rows, given the shown tokens of this one."""
    p = P * ((row == ALL) | ~np.array(shown)).all(1)
    return p / p.sum()


def margins(p):
    """P(x_i = v) of a law over all rows."""
    return np.array([[p[ALL[:, i] == v].sum() for v in range(max(SIZES))] for i in range(3)])


def cells(rows):
    return np.ravel_multi_index(tuple(np.asarray(rows).T), SIZES)


# --- What an exact network makes exact -----------------------------------------------------------


def test_log_prob_is_the_law_that_the_network_knows():
    np.testing.assert_allclose(MODEL.log_prob(ALL), np.log(P), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(MODEL.log_prob(ALL[5]), np.log(P[5]), rtol=1e-4)
    assert np.isneginf(MODEL.log_prob([[3, 0, 0], [0, -1, 0], [0, 0, 2**32]])).all()


def test_one_draw_at_a_time_follows_the_law(key):
    drawn = jax.jit(jax.vmap(MODEL._sample))(jax.random.split(key, 20_000))
    assert_drawn_from(P, cells(drawn))


@pytest.mark.parametrize("shown", SUBSETS, ids=str)
def test_the_conditionals_of_each_subset(shown):
    log_p = np.float64(MODEL.log_conditionals(ALL, shown))
    expected = [margins(given(row, shown)) for row in ALL]
    np.testing.assert_allclose(np.exp(log_p), expected, rtol=1e-4, atol=1e-6)
    hidden = np.where(shown, ALL, np.random.default_rng(0).integers(-(2**40), 2**40, ALL.shape))
    np.testing.assert_array_equal(MODEL.log_conditionals(hidden, shown), np.float32(log_p))
    for place in np.flatnonzero(shown):
        bad = ALL[7].copy()
        bad[place] = SIZES[place]
        assert np.isnan(MODEL.log_conditionals(bad, shown)).all()


@pytest.mark.parametrize("shown", SUBSETS[:-1], ids=str)
def test_one_token_at_a_time_follows_the_exact_conditional(shown, key):
    x = np.where(shown, ALL[13], np.random.default_rng(0).integers(-(2**40), 2**40, (10_000, 3)))
    drawn = MODEL.complete(key, x, shown)
    assert drawn.dtype == jnp.int32
    assert_drawn_from(given(ALL[13], shown), cells(drawn))


def test_all_tokens_at_once_are_naive_bayes(key):
    drawn = MODEL.complete(key, np.zeros((20_000, 3), int), [False] * 3, at_once=3)
    each = margins(P)
    alone = NaiveBayes(jnp.log(jnp.float32(each)), SIZES)
    p = np.exp(np.float64(alone.log_prob(ALL)))
    np.testing.assert_allclose(p, each[0][ALL[:, 0]] * each[1][ALL[:, 1]] * each[2][ALL[:, 2]], rtol=1e-4)
    assert_drawn_from(p, cells(drawn))
    with pytest.raises(AssertionError):
        assert_drawn_from(P, cells(drawn))


def test_two_tokens_at_once_are_independent_given_those_before(key):
    """Of three hidden tokens in random order, two are drawn from their margins, then the last given both."""
    each, p = margins(P), np.zeros(24)
    for last in range(3):
        shown = np.arange(3) != last
        for r, row in enumerate(ALL):
            first = np.prod([each[i, row[i]] for i in range(3) if shown[i]])
            p[r] += first * margins(given(row, shown))[last, row[last]] / 3
    drawn = MODEL.complete(key, np.zeros((20_000, 3), int), [False] * 3, at_once=2)
    assert_drawn_from(p / p.sum(), cells(drawn))


def order_loss(row, order):
    """−log P of a row, token by token in this order."""
    shown, total = np.zeros(3, bool), 0.0
    for place in order:
        total -= np.log(margins(given(row, shown))[place, row[place]])
        shown[place] = True
    return total


def test_the_loss_of_all_orders():
    """All orders of an exact law have the same loss; of a network that contradicts itself it is their mean."""
    rows, keys = jnp.asarray(ALL, jnp.int32), jax.random.split(jax.random.key(2), 4000)
    untrained = MaskedDiffusion(shaken(nets.InfillingMLP(SIZES, key=jax.random.key(0), hidden=(8,))), SIZES)
    conditionals = {s: np.float64(untrained.log_conditionals(ALL, s)) for s in SUBSETS}

    def of(r, order):
        shown, total = [False] * 3, 0.0
        for place in order:
            total -= conditionals[tuple(shown)][r, place, ALL[r, place]]
            shown[place] = True
        return total

    means = {order: np.mean([of(r, order) for r in range(24)]) for order in permutations(range(3))}
    assert np.ptp(list(means.values())) > 0.01  # so that no one order would do
    exact = np.mean([[order_loss(row, order) for order in means] for row in ALL])
    assert exact == pytest.approx(-np.log(P).mean(), rel=1e-9)
    for model, expected in ((MODEL, exact), (untrained, np.mean(list(means.values())))):
        losses = np.float64(jax.jit(jax.vmap(partial(any_order_loss, model, rows)))(keys))
        assert abs(losses.mean() - expected) < 5 * losses.std() / np.sqrt(len(keys))
        assert losses.std() < 0.3 * expected  # so that the line above says much


# --- Under jit, in vmap, at the edge -------------------------------------------------------------


class Peeks(eqx.Module):
    """A network that would tell each token, hidden or not."""

    weight: jax.Array

    def __call__(self, tokens, _):
        return self.weight * jax.nn.one_hot(tokens, max(SIZES), dtype=jnp.float32)


def test_no_network_meets_what_it_must_not_see():
    model = MaskedDiffusion(Peeks(jnp.float32(9)), SIZES)
    assert np.exp(np.float64(model.log_prob(ALL))).sum() == pytest.approx(1, abs=1e-6)
    one, other = (any_order_loss(model, jnp.full((1, 3), v, jnp.int32), jax.random.key(0)) for v in (0, 1))
    assert one < 1 < other  # it is right about 0 only, which it is given for what is hidden


def test_conditionals_of_batches_under_jit_and_in_vmap():
    shown = np.array([True, False, True])
    expected = np.asarray(MODEL.log_conditionals(ALL, shown))
    jitted = jax.jit(lambda x, shown: MODEL.log_conditionals(x, shown))(ALL, shown)
    np.testing.assert_allclose(jitted, expected, rtol=1e-5, atol=1e-6)
    each = jax.vmap(MODEL.log_conditionals)(jnp.asarray(ALL), jnp.tile(shown, (24, 1)))
    np.testing.assert_allclose(each, expected, rtol=1e-5, atol=1e-6)
    batch = MODEL.log_conditionals(ALL.astype(np.uint8).reshape(2, 12, 3), shown.tolist())
    np.testing.assert_allclose(batch.reshape(24, 3, 4), expected, rtol=1e-5, atol=1e-6)
    assert MODEL.log_conditionals(ALL[:0], shown).shape == (0, 3, 4)


def test_rows_are_completed_under_jit_and_in_vmap(key):
    shown = np.array([True, False, True])
    drawn = MODEL.complete(key, ALL, shown)
    np.testing.assert_array_equal(MODEL.complete(key, ALL, shown), drawn)
    np.testing.assert_array_equal(drawn[:, [0, 2]], ALL[:, [0, 2]])
    for traced in (lambda x, shown: MODEL.complete(key, x, shown), lambda _, shown: MODEL.complete(key, ALL, shown)):
        np.testing.assert_array_equal(jax.jit(traced)(jnp.asarray(ALL), jnp.asarray(shown)), drawn)
    many = jax.vmap(lambda shown: MODEL.complete(key, ALL, shown))(jnp.stack([shown, ~shown]))
    np.testing.assert_array_equal(many[0], drawn)
    np.testing.assert_array_equal(many[1, :, 1], ALL[:, 1])


def test_where_nothing_is_left_to_draw_or_there_are_no_rows(key):
    np.testing.assert_array_equal(MODEL.complete(key, ALL, [True] * 3, at_once=99), ALL)
    assert MODEL.complete(key, ALL[:0], SHOWN).shape == (0, 3)


SHOWN = [True, False, False]


@pytest.mark.parametrize(
    ("x", "shown", "at_once", "error", "message"),
    [
        (ALL + 3, SHOWN, 1, ValueError, "x must be codes from 0 to below (3, 2, 4); x[0, 0] is 3 (24 such values)"),
        (ALL - 1, SHOWN, 1, ValueError, "x[0, 0] is -1 (8 such values)"),
        (ALL + 2**32, SHOWN, 1, ValueError, "x[0, 0] is 4294967296 (24 such values)"),
        (np.full((1, 3), 2**64 - 1, np.uint64), SHOWN, 1, ValueError, "x[0, 0] is 18446744073709551615"),
        (ALL / 2, SHOWN, 1, TypeError, "x must be integers; got dtype float64"),
        (ALL[0], SHOWN, 1, ValueError, "x must have shape (n, 3), a row for each observation; got shape (3,)"),
        (ALL, [1, 0, 0], 1, TypeError, "shown must be truth values; got dtype int64"),
        (ALL, [True], 1, ValueError, "shown must have shape (3,), a truth value a token; got shape (1,)"),
        (ALL, SHOWN, 0, ValueError, "at_once must be at least 1; got 0"),
        (ALL, SHOWN, 1.5, TypeError, "at_once must be a whole number; got 1.5"),
    ],
)
def test_complete_refuses(x, shown, at_once, error, message, key):
    with pytest.raises(error, match=re.escape(message)):
        MODEL.complete(key, x, shown, at_once)


@pytest.mark.parametrize("sizes", [(1,), (4,), (1, 1), (1, 3)], ids=str)
def test_short_rows_and_tokens_of_one_value(sizes, key):
    x = np.zeros((4, len(sizes)), np.uint8)
    model = MaskedDiffusion(nets.InfillingMLP(sizes, key=key, hidden=(4,)), sizes)
    assert np.exp(np.float64(model.log_table())).sum() == pytest.approx(1, abs=1e-6)
    assert np.isfinite(model.log_prob(model.complete(key, x, [False] * len(sizes)))).all()


# --- Training ------------------------------------------------------------------------------------


def test_it_is_trained_to_be_nearer_to_the_stylist_than_the_best_tree():
    """What three features do together is not in any tree."""
    x = np.asarray(outfits.stylist.sample(jax.random.key(7), 3000))

    def divergence(model):
        return float(scores.kl(outfits.stylist.log_probs, model.log_table()))

    tree = min(divergence(ChowLiuTree.fit(x, outfits.sizes, alpha)) for alpha in (0.1, 0.5, 1.0, 2.0))
    model = MaskedDiffusion.fit(x, outfits.sizes, key=jax.random.key(0), num_steps=1000)
    assert divergence(model) < 0.3 * tree


def fit(path=None, hidden=8, **settings):
    settings = {"key": jax.random.key(3), "num_steps": 110, "batch_size": 16} | settings
    network = partial(nets.InfillingMLP, hidden=(hidden,))
    return MaskedDiffusion.fit(ALL, SIZES, network=network, checkpoint=path, **settings)


def test_the_same_key_gives_the_same_bits_also_after_a_break(tmp_path, monkeypatch):
    whole, path = fit(), tmp_path / "training.ckpt"
    assert bits(whole) == bits(fit())
    assert bits(whole) != bits(fit(key=jax.random.key(4)))
    assert_goes_on_after_a_break(fit, path, whole, monkeypatch)
    for change in ({"hidden": 9}, {"weight_decay": 0.5}):
        with pytest.raises(ValueError, match="is of another training"):
            fit(path, **change)


class OfOtherShape(eqx.Module):
    weight: jax.Array

    def __call__(self, tokens, shown):
        return jnp.zeros((len(tokens), 2)) + jnp.where(shown[:, None], self.weight, 0)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": ALL / 2}, TypeError, "x must be integers; got dtype float64"),
        ({"x": ALL[:0]}, ValueError, "x must have at least one row; got none"),
        ({"x": ALL[0]}, ValueError, "x must have shape (n, 3), a row for each observation; got shape (3,)"),
        ({"x": ALL + 2**32}, ValueError, "x[0, 0] is 4294967296 (72 such values)"),
        ({"sizes": (3, 2.5, 4)}, TypeError, "sizes must be a sequence of whole numbers"),
        ({"key": jax.random.PRNGKey(0)}, TypeError, "key must be made by jax.random.key"),
        ({"num_steps": 0}, ValueError, "num_steps must be at least 1; got 0"),
        ({"weight_decay": -1.0}, ValueError, "weight_decay must be at least 0"),
        (
            {"network": lambda _, key: OfOtherShape(jax.random.normal(key))},
            ValueError,
            "network must give logits of shape (3, 4), a row for each token; got shape (3, 2)",
        ),
    ],
)
def test_fit_refuses(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        MaskedDiffusion.fit(**{"x": ALL, "sizes": SIZES, "key": jax.random.key(0), "num_steps": 1} | change)
