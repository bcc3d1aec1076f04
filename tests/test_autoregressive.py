"""The autoregressive model against a plain walk through its conditionals, its draws, its temperature, its training."""

import re
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib import Autoregressive, ChowLiuTree, nets, scores
from lib.autoregressive import _loss
from lib.data import outfits
from tests.contract.statistics import assert_drawn_from
from tests.nets.causal import shaken
from tests.training.breaks import assert_goes_on_after_a_break, bits

SIZES = (3, 1, 2, 4)
ALL = np.stack(np.unravel_index(np.arange(24), SIZES), axis=1)
NETWORKS = {
    "MaskedMLP": partial(nets.MaskedMLP, hidden=(12,)),
    "Transformer": partial(nets.Transformer, width=8, depth=1, heads=2),
    "WindowMLP": partial(nets.WindowMLP, window=[[-1, -1], [-1, 0], [0, 1], [2, 0]], hidden=8),
}


def untrained(network="MaskedMLP", sizes=SIZES, seed=1):
    """A model of random weights, far from uniform."""
    return Autoregressive(shaken(NETWORKS[network](sizes, key=jax.random.key(seed))), jnp.float32(1), sizes)


MODEL = untrained()


@pytest.fixture(params=NETWORKS)
def model(request):
    return untrained(request.param)


def walk(model, x):
    """Σ log P(x_i | the tokens before), token by token, of logits by hand; −inf where a token is no value."""
    if not all(0 <= value < size for value, size in zip(x, model.sizes, strict=True)):
        return -np.inf
    logits, total = np.float64(model.network(jnp.asarray(x, jnp.int32))), 0.0
    for row, value, size in zip(logits / float(model.temperature), x, model.sizes, strict=True):
        total += row[value] - np.log(np.exp(row[:size]).sum())
    return total


# --- The formula ---------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_log_prob_is_a_walk_through_the_tokens(model, temperature):
    model = model.tempered(temperature)
    rows = np.concatenate([ALL, ALL[:4] + np.array([0, 1, 0, 0]), ALL[:4] - np.array([1, 0, 0, 0])])
    np.testing.assert_allclose(model.log_prob(rows), [walk(model, x) for x in rows], rtol=1e-5, atol=1e-5)


def test_conditionals_sum_to_one_and_multiply_to_the_law(model):
    log_p = np.float64(model.log_conditionals(ALL))
    assert log_p.shape == (24, 4, 4)
    np.testing.assert_allclose(np.exp(log_p).sum(-1), 1, rtol=1e-6)
    exists = np.arange(4) < np.array(SIZES)[:, None]
    assert (np.isneginf(log_p) == ~exists).all()
    chosen = np.take_along_axis(log_p, ALL[:, :, None], axis=2)[:, :, 0]
    np.testing.assert_allclose(chosen.sum(1), model.log_prob(ALL), rtol=1e-5, atol=1e-6)


def test_after_a_bad_token_nothing_is_known():
    plain = np.asarray(MODEL.log_conditionals([2, 0, 1, 3]))
    for place, bad in ((0, 3), (1, 2**32), (2, -1), (3, 2**63 - 1)):
        x = np.array([2, 0, 1, 3])
        x[place] = bad
        found = np.asarray(MODEL.log_conditionals(x))
        np.testing.assert_array_equal(found[: place + 1], plain[: place + 1])
        assert np.isnan(found[place + 1 :]).all()


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint64, list])
def test_any_integers_in_any_batch(kind):
    expected = np.asarray(MODEL.log_conditionals(ALL))
    rows = ALL.tolist() if kind is list else ALL.astype(kind)
    np.testing.assert_array_equal(MODEL.log_conditionals(rows), expected)
    batch = MODEL.log_conditionals(ALL.reshape(2, 3, 4, 4))
    np.testing.assert_allclose(batch, expected.reshape(2, 3, 4, 4, 4), rtol=1e-5)
    assert MODEL.log_conditionals(ALL[:0]).shape == (0, 4, 4)
    jitted = jax.jit(lambda x: MODEL.log_conditionals(x))(jnp.asarray(ALL))
    np.testing.assert_allclose(jitted, expected, rtol=1e-5)
    np.testing.assert_allclose(jax.vmap(MODEL.log_conditionals)(jnp.asarray(ALL)), expected, rtol=1e-5)


@pytest.mark.parametrize("sizes", [(1,), (5,), (1, 1, 1), (1, 3)], ids=str)
def test_short_rows_and_tokens_of_one_value(sizes, key):
    model = untrained(sizes=sizes)
    assert np.exp(np.float64(model.log_table())).sum() == pytest.approx(1, abs=1e-6)
    drawn = model.complete(key, np.zeros((6, len(sizes)), int), 0)
    assert np.isfinite(model.log_prob(drawn)).all()


# --- Draws ---------------------------------------------------------------------------------------


def cells(rows, sizes=SIZES):
    return np.ravel_multi_index(tuple(np.asarray(rows).T), sizes)


@pytest.mark.parametrize("num_given", range(4))
def test_completed_rows_follow_the_joint_law(model, num_given, key):
    """Given the first tokens, the others are drawn from the rows of the table that begin with them."""
    given = ALL[17]
    x = np.tile(given, (20_000, 1))
    x[:, num_given:] = np.random.default_rng(0).integers(-99, 99, x[:, num_given:].shape)  # which must not matter
    drawn = model.complete(key, x, num_given)
    assert drawn.dtype == jnp.int32
    np.testing.assert_array_equal(drawn[:, :num_given], x[:, :num_given])
    p = np.exp(np.float64(model.log_prob(ALL))) * (ALL[:, :num_given] == given[:num_given]).all(1)
    assert_drawn_from(p / p.sum(), cells(drawn))


def test_one_draw_at_a_time_follows_the_law(key):
    """The formula for one observation; of so few combinations, `sample` draws from the table of all."""
    drawn = jax.jit(jax.vmap(MODEL._sample))(jax.random.split(key, 20_000))
    assert_drawn_from(np.exp(np.float64(MODEL.log_prob(ALL))), cells(drawn))


def test_the_same_key_completes_to_the_same_rows(key):
    one, two = (np.asarray(MODEL.complete(key, ALL, 2)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert (one != np.asarray(MODEL.complete(jax.random.key(0), ALL, 2))).any()
    np.testing.assert_array_equal(jax.jit(lambda x: MODEL.complete(key, x, 2))(jnp.asarray(ALL)), one)


def test_where_nothing_is_left_to_draw_or_there_are_no_rows(key):
    np.testing.assert_array_equal(MODEL.complete(key, ALL, 4), ALL)
    assert MODEL.complete(key, ALL[:0], 2).shape == (0, 4)


@pytest.mark.parametrize(
    ("x", "num_given", "error", "message"),
    [
        (ALL, 5, ValueError, "num_given must be at most 4, the number of tokens; got 5"),
        (ALL, -1, ValueError, "num_given must be at least 0; got -1"),
        (ALL, 1.5, TypeError, "num_given must be a whole number; got 1.5"),
        (ALL + np.array([0, 1, 0, 0]), 2, ValueError, "x[0, 1] is 1 (24 such values)"),
        (ALL + np.array([2**32, 0, 0, 0]), 1, ValueError, "x[0, 0] is 4294967296 (24 such values)"),
        (np.full((1, 4), 2**64 - 1, np.uint64), 1, ValueError, "x[0, 0] is 18446744073709551615"),
        (ALL[0], 1, ValueError, "x must have shape (n, 4), a row for each observation; got shape (4,)"),
        (ALL / 2, 1, TypeError, "x must be integers; got dtype float64"),
    ],
)
def test_complete_refuses(x, num_given, error, message, key):
    with pytest.raises(error, match=re.escape(message)):
        MODEL.complete(key, x, num_given)


# --- Temperature ---------------------------------------------------------------------------------


def test_the_temperature_1_is_the_model():
    np.testing.assert_array_equal(MODEL.tempered(3.0).tempered(1.0).log_table(), MODEL.log_table())


@pytest.mark.parametrize("temperature", [1.2e-38, 0.5, 2.0, 8e37])
def test_a_tempered_law_has_powers_of_the_conditionals(model, temperature):
    tempered = model.tempered(temperature)
    log_p = np.float64(model.log_conditionals(ALL)) / np.float64(np.float32(temperature))
    log_p -= log_p.max(-1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(-1, keepdims=True))
    found = np.asarray(tempered.log_conditionals(ALL))
    np.testing.assert_allclose(np.exp(found), np.exp(log_p), rtol=1e-4, atol=1e-6)
    assert np.exp(np.float64(tempered.log_table())).sum() == pytest.approx(1, abs=1e-6)


def test_near_0_only_the_greedy_row_is_drawn_and_far_above_all_are_alike(key):
    row = np.zeros(4, int)
    for place in range(4):
        row[place] = np.argmax(MODEL.log_conditionals(row)[place])
    np.testing.assert_array_equal(MODEL.tempered(1e-4).complete(key, ALL, 0), np.tile(row, (24, 1)))
    assert MODEL.tempered(1.2e-38).log_prob(row) == 0
    np.testing.assert_allclose(MODEL.tempered(1e6).log_prob(ALL), -np.log(24), rtol=1e-4)


def test_no_temperature_makes_logits_infinite():
    steep = Autoregressive(shaken(MODEL.network, size=10.0), jnp.float32(1.2e-38), SIZES)
    assert np.ptp(steep.network(jnp.zeros(4, jnp.int32))) / np.float64(1.2e-38) > np.finfo(np.float32).max
    assert sorted(np.exp(steep.log_table()).ravel()) == [0] * 23 + [1]


def test_a_new_temperature_compiles_nothing_and_has_a_gradient():
    traces = []

    @jax.jit
    def log_prob(temperature):
        traces.append(temperature)
        return MODEL.tempered(temperature).log_prob(ALL[5])

    for temperature in (0.5, 1.0, 2.0):
        assert log_prob(temperature) == pytest.approx(walk(MODEL.tempered(temperature), ALL[5]), rel=1e-5)
    assert len(traces) == 1
    slope = (walk(MODEL.tempered(1.01), ALL[5]) - walk(MODEL.tempered(0.99), ALL[5])) / 0.02
    assert jax.grad(log_prob)(1.0) == pytest.approx(slope, rel=0.01)


@pytest.mark.parametrize("temperature", [0, -1.0, np.nan, np.inf, 1e-39, [1.0, 2.0]])
def test_bad_temperatures_are_refused(temperature):
    with pytest.raises(ValueError, match="temperature must be"):
        MODEL.tempered(temperature)
    with pytest.raises(ValueError, match="temperature must be"):
        Autoregressive(MODEL.network, np.float32(temperature), SIZES)


# --- Training ------------------------------------------------------------------------------------

OUTFITS = np.asarray(outfits.stylist.sample(jax.random.key(7), 3000))


def divergence(model):
    return float(scores.kl(outfits.stylist.log_probs, model.log_table()))


@pytest.mark.parametrize("network", [nets.MaskedMLP, partial(nets.Transformer, width=16, depth=1, heads=2)])
def test_a_trained_network_is_nearer_to_the_stylist_than_the_best_tree(network):
    """What three features do together is not in any tree."""
    tree = min(divergence(ChowLiuTree.fit(OUTFITS, outfits.sizes, alpha)) for alpha in (0.1, 0.5, 1.0, 2.0))
    model = Autoregressive.fit(OUTFITS, outfits.sizes, key=jax.random.key(0), network=network, num_steps=400)
    assert divergence(model) < 0.3 * tree
    assert model.temperature == 1


@pytest.mark.parametrize("num_places", [1, 3])
def test_some_tokens_estimate_the_loss_of_all(model, num_places):
    rows = jnp.asarray(ALL, jnp.int32)
    exact = _loss(None)(model, rows, jax.random.key(0))
    assert exact == pytest.approx(-np.mean([walk(model, x) for x in ALL]), rel=1e-5)
    keys = jax.random.split(jax.random.key(1), 2000)
    estimates = np.float64(jax.jit(jax.vmap(lambda key: _loss(num_places)(model, rows, key)))(keys))
    assert abs(estimates.mean() - exact) < 5 * estimates.std() / np.sqrt(2000)
    assert estimates.std() > 0.01


def fit(path=None, network=None, **settings):
    settings = {"key": jax.random.key(3), "num_steps": 110, "batch_size": 16} | settings
    network = network or NETWORKS["MaskedMLP"]
    return Autoregressive.fit(ALL, SIZES, network=network, checkpoint=path, **settings)


def test_the_same_key_gives_the_same_bits_also_after_a_break(tmp_path, monkeypatch):
    whole, path = fit(), tmp_path / "training.ckpt"
    assert bits(whole) == bits(fit())
    assert bits(whole) != bits(fit(key=jax.random.key(4)))
    assert_goes_on_after_a_break(fit, path, whole, monkeypatch)
    for change in ({"network": partial(nets.MaskedMLP, hidden=(13,))}, {"num_places": 2}, {"weight_decay": 0.5}):
        with pytest.raises(ValueError, match="is of another training"):
            fit(path, **change)


@pytest.mark.parametrize("name", ["WindowMLP", "Transformer"])
def test_bytes_are_learnt_from_as_any_integers(name):
    one = fit(network=NETWORKS[name], num_steps=5, num_places=2)
    two = Autoregressive.fit(
        ALL.astype(np.uint8),
        SIZES,
        key=jax.random.key(3),
        network=NETWORKS[name],
        num_steps=5,
        batch_size=16,
        num_places=2,
    )
    assert bits(one) == bits(two)


class OfOtherShape(nets.Causal):
    weight: jax.Array
    work = 1

    def __call__(self, tokens):
        return jnp.zeros((4, len(tokens) - 1)) + self.weight


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": ALL / 2}, TypeError, "x must be integers; got dtype float64"),
        ({"x": ALL[:0]}, ValueError, "x must have at least one row; got none"),
        ({"x": ALL[0]}, ValueError, "x must have shape (n, 4), a row for each observation; got shape (4,)"),
        ({"x": ALL + 2**32}, ValueError, "x[0, 0] is 4294967296 (96 such values)"),
        ({"x": ALL - 1}, ValueError, "x[0, 0] is -1"),
        ({"sizes": (3, 0, 2, 4)}, ValueError, "sizes must be at least 1; got 0"),
        ({"key": jax.random.PRNGKey(0)}, TypeError, "key must be made by jax.random.key"),
        ({"num_places": 0}, ValueError, "num_places must be at least 1; got 0"),
        ({"num_steps": 0}, ValueError, "num_steps must be at least 1; got 0"),
        ({"weight_decay": -1.0}, ValueError, "weight_decay must be at least 0"),
        (
            {"network": lambda _, key: OfOtherShape(jax.random.normal(key))},
            ValueError,
            "network must give logits of shape (4, 4), a row for each token; got shape (4, 3)",
        ),
    ],
)
def test_fit_refuses(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Autoregressive.fit(**{"x": ALL, "sizes": SIZES, "key": jax.random.key(0), "num_steps": 1} | change)
