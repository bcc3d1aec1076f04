"""The variational autoencoder: where it is linear against exact Gaussians, else against NumPy and quadrature."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from lib import PCA, VAE, Autoencoder, Box, GaussianMixture
from lib.data import cans
from lib.vae import standard_normal
from tests.training.breaks import assert_goes_on_after_a_break, bits

KEY = jax.random.key(11)
MEAN, SCALE, NOISE = np.array([1.0, -2.0, 0.5]), 2.0, 0.6
SLOPES = np.array([[1.5, 0.5, -1.0], [0.4, 1.0, 1.1]])  # x = MEAN + z @ SLOPES + noise, with orthogonal rows
POINTS = MEAN + np.array([[0.0, 0.0, 0.0], [1.0, -1.0, 2.0], [-3.0, 0.5, 1.0], [4.0, 4.0, -4.0]])


def linear(slopes=SLOPES, noise=NOISE, shift=0.0, widen=1.0):
    """A VAE without hidden layers. With orthogonal slopes, q is the true posterior, but for `shift` and `widen`."""
    precision = np.diag(slopes @ slopes.T) + noise**2
    weight = np.concatenate([SCALE * slopes.T / precision, np.zeros_like(slopes.T)], axis=1)
    log_std = np.log(noise / np.sqrt(precision) * widen)
    bias = np.concatenate([np.full(len(slopes), shift), log_std])
    layers = [(jnp.float32(w), jnp.float32(b)) for w, b in ((weight, bias), (slopes / SCALE, np.zeros(len(MEAN))))]
    return VAE((layers[0],), (layers[1],), jnp.float32(MEAN), jnp.float32(SCALE), noise, standard_normal(len(slopes)))


def exact(slopes=SLOPES, noise=NOISE):
    """The law of x in the linear model."""
    return stats.multivariate_normal(MEAN, slopes.T @ slopes + noise**2 * np.eye(len(MEAN)))


def mean_and_error(values):
    values = np.float64(values)
    return values.mean(0), values.std(0) / np.sqrt(len(values))


# --- The linear case, of which all is known ------------------------------------------------------


def test_with_the_true_posterior_each_draw_gives_the_log_density():
    log_weights = linear().log_weights(POINTS, KEY, 7)
    assert log_weights.shape == (7, 4)
    np.testing.assert_allclose(log_weights, np.tile(exact().logpdf(POINTS), (7, 1)), rtol=1e-5)
    np.testing.assert_allclose(linear().elbo(POINTS, KEY), exact().logpdf(POINTS), rtol=1e-5)
    for num_draws in (1, 5):
        bound = linear().importance_weighted_bound(POINTS, KEY, num_draws)
        np.testing.assert_allclose(bound, exact().logpdf(POINTS), rtol=1e-5)


@pytest.mark.parametrize(("shift", "widen"), [(0.0, 0.5), (0.0, 1.5), (0.2, 1.0), (-0.3, 0.7)])
def test_else_what_is_missing_is_the_divergence_of_q_from_the_posterior(shift, widen):
    std = NOISE / np.sqrt(np.diag(SLOPES @ SLOPES.T) + NOISE**2)
    divergence = np.sum((widen**2 + (shift / std) ** 2 - 1) / 2 - np.log(widen))
    model = linear(shift=shift, widen=widen)
    elbo, error = mean_and_error(model.elbo(np.tile(POINTS[:, None], (1, 20_000, 1)), KEY).T)
    assert (abs(elbo - (exact().logpdf(POINTS) - divergence)) < 6 * error).all()
    assert (error < 0.05 * divergence).all()


def test_a_diagonal_q_cannot_be_a_posterior_that_is_not():
    """The best diagonal q has the precisions of the posterior, and KL = ½ (Σ log precisions − log det)."""
    slopes = np.array([[1.5, 0.5, -1.0], [1.2, 1.0, 0.3]])
    precision = np.eye(2) + slopes @ slopes.T / NOISE**2
    weight = np.linalg.solve(precision, slopes / NOISE**2).T * SCALE
    layer = np.concatenate([weight, 0 * weight], axis=1), np.append([0, 0], -np.log(np.diag(precision)) / 2)
    like = linear(slopes)
    encoder = (tuple(map(jnp.float32, layer)),)
    model = VAE(encoder, like.decoder, like.mean, like.scale, like.noise, like.prior)
    gap = (np.log(np.diag(precision)).sum() - np.linalg.slogdet(precision)[1]) / 2
    elbo, error = mean_and_error(model.elbo(np.tile(POINTS[:, None], (1, 20_000, 1)), KEY).T)
    assert gap > 0.2
    assert (abs(elbo - (exact(slopes).logpdf(POINTS) - gap)) < 6 * error).all()


def test_the_bound_rises_with_the_number_of_draws_to_the_log_density_and_not_above():
    model, x = linear(shift=0.3, widen=1.4), np.tile(POINTS[1], (1000, 1))
    truth = exact().logpdf(POINTS[1])
    found = [mean_and_error(model.importance_weighted_bound(x, KEY, k)) for k in (1, 3, 10, 100)]
    means, errors = np.transpose(found)
    assert (np.diff(means) > 3 * errors[:-1]).all()
    assert (means < truth + 5 * errors).all()
    assert truth - means[0] > 0.5 > 0.02 > truth - means[-1]


def test_draws_follow_the_exact_gaussian():
    n = 100_000
    x = np.float64(linear().sample(KEY, n))
    whitened = (x - MEAN) @ np.linalg.inv(np.linalg.cholesky(exact().cov)).T
    assert abs(whitened.mean(0)).max() < 6 / np.sqrt(n)
    assert abs(whitened.T @ whitened / n - np.eye(3)).max() < 6 * np.sqrt(2 / n)
    for coordinate in whitened.T:
        assert stats.kstest(coordinate, "norm").pvalue > 1e-9


# Three directions, of variance 9, 1 and 0.04.
TURN = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
GAUSSIAN = np.random.default_rng(1).normal(size=(2000, 3)) * [3, 1, 0.2] @ TURN + MEAN


@pytest.mark.parametrize(("noise", "in_use"), [(0.5, 2), (1.5, 1), (4.0, 0)])
def test_training_finds_probabilistic_pca_and_directions_below_the_noise_collapse(noise, in_use):
    model = VAE.fit(GAUSSIAN, 2, key=KEY, noise=noise, hidden=(), num_steps=1500, learning_rate=1e-2)
    variances, directions = np.linalg.eigh(np.cov(GAUSSIAN.T, bias=True))
    mean, kept = GAUSSIAN.mean(0), np.maximum(variances - noise**2, 0) * [0, 1, 1]
    best = stats.multivariate_normal(mean, directions * (kept + noise**2) @ directions.T).logpdf(GAUSSIAN).mean()
    (weight, bias), scale = model.decoder[0], float(model.scale)
    cov = scale**2 * np.float64(weight).T @ np.float64(weight) + noise**2 * np.eye(3)
    reached = stats.multivariate_normal(model.mean + scale * bias, cov).logpdf(GAUSSIAN).mean()
    elbo = np.float64(model.elbo(np.tile(GAUSSIAN, (20, 1)), KEY)).mean()
    assert best - 0.02 < reached <= best + 1e-4
    assert abs(elbo - reached) < 0.03
    means, stds = map(np.float64, model.encode(GAUSSIAN))
    informed = np.mean((stds**2 + means**2 - 1) / 2 - np.log(stds), axis=0) > 0.02
    assert informed.sum() == in_use


# --- Bent decoders -------------------------------------------------------------------------------


def bent(latent_dim=1, hidden=(5,), prior=None, seed=0):
    """A model of random weights, larger than those that training starts from, so that it bends."""
    model = VAE.untrained(POINTS[:, :2], latent_dim, key=jax.random.key(seed), noise=0.4, hidden=hidden)
    layers = jax.tree.map(lambda x: 2 * x + 0.1, (model.encoder, model.decoder))
    return VAE(*layers, model.mean, model.scale, model.noise, prior or model.prior)


def through(layers, h):
    for i, (weight, bias) in enumerate(layers):
        h = np.float64(jax.nn.gelu(jnp.float32(h))) if i else h
        h = h @ np.float64(weight) + np.float64(bias)
    return h


def decoded(model, z):
    return np.float64(model.mean) + float(model.scale) * through(model.decoder, z)


def test_log_weights_by_hand():
    prior = GaussianMixture(np.log([0.3, 0.7]), [[0.0, 1.0], [2.0, 0.0]], np.tile(np.diag([0.5, 2.0]), (2, 1, 1)))
    model, x = bent(2, (5, 4), prior), POINTS[:, :2]
    code = through(model.encoder, (x - np.float64(model.mean)) / float(model.scale))
    mean, std = code[:, :2], np.exp(code[:, 2:])
    for ours, theirs in zip(model.encode(x), (mean, std), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    expected = []
    for key in jax.random.split(KEY, 3):
        steps = [jax.random.normal(row, (2,), jnp.float32) for row in jax.random.split(key, len(x))]
        z = mean + std * np.float64(steps)
        np.testing.assert_allclose(model.decode(z), decoded(model, z), rtol=1e-4, atol=1e-4)
        expected.append(
            stats.norm.logpdf(x, decoded(model, z), float(model.noise)).sum(1)
            + np.log(sum(w * stats.multivariate_normal(m, np.diag([0.25, 4.0])).pdf(z) for w, m in MIXED))
            - stats.norm.logpdf(z, mean, std).sum(1)
        )
    np.testing.assert_allclose(model.log_weights(x, KEY, 3), expected, rtol=1e-4, atol=1e-3)


MIXED = ((0.3, [0.0, 1.0]), (0.7, [2.0, 0.0]))


@pytest.mark.parametrize("prior", [None, GaussianMixture([0.0], [[0.5]], [[[0.7]]])])
def test_many_draws_come_to_the_integral_over_the_latent_axis(prior):
    model, x = bent(prior=prior), decoded(bent(), np.array([[-1.0], [0.3], [1.5]])) + 0.3
    z = np.linspace(-9, 9, 6001)[:, None]
    log_joint = stats.norm.logpdf(x[:, None], decoded(model, z), float(model.noise)).sum(-1)
    log_joint += np.float64(model.prior.log_prob(z))
    truth = np.log(np.exp(log_joint).sum(1) * (z[1] - z[0]))
    many = np.tile(x[:, None], (1, 200, 1))
    elbo, elbo_error = mean_and_error(model.elbo(many, KEY).T)
    bound, error = mean_and_error(model.importance_weighted_bound(many, KEY, 300).T)
    assert (elbo < truth + 5 * elbo_error).all()
    assert (elbo < bound).all()
    assert (abs(bound - truth) < 5 * error + 0.01).all()
    assert (truth - elbo > 0.1).any()


def test_another_prior_changes_the_weights_by_its_density_and_the_draws():
    model, x = bent(2), np.tile(POINTS[:1, :2], (50, 1))
    prior = GaussianMixture([0.0], [[30.0, -30.0]], 0.01 * np.eye(2)[None])
    changed = model.with_prior(prior)
    mean, std = model.encode(x)
    z = mean + std * jnp.stack([jax.random.normal(key, (2,), jnp.float32) for key in jax.random.split(KEY, 50)])
    expected = model.elbo(x, KEY) + prior.log_prob(z) - model.prior.log_prob(z)
    np.testing.assert_allclose(changed.elbo(x, KEY), expected, rtol=1e-4)
    middle, spread = model.decode([30.0, -30.0]), float(model.noise)
    drawn = np.asarray(changed.sample(KEY, 1000))
    np.testing.assert_allclose(drawn.mean(0), middle, atol=6 * spread / np.sqrt(1000) + 0.1)
    assert bits(changed.with_prior(model.prior)) == bits(model)
    assert np.isneginf(model.with_prior(Box([50.0, 50.0], [51.0, 51.0])).elbo(x, KEY)).all()


# --- Training ------------------------------------------------------------------------------------

CANS, NEW_CANS = (np.asarray(cans.render(cans.sample(jax.random.key(seed), n))) for seed, n in ((0, 2000), (1, 500)))


def test_two_latent_numbers_hold_a_can_and_less_noise_holds_more():
    def error(x):
        return np.sqrt(np.mean((np.asarray(x) - NEW_CANS) ** 2))

    model = VAE.fit(CANS, 2, key=KEY, noise=5.0, hidden=(128, 64), num_steps=600)
    mean, std = model.encode(NEW_CANS.reshape(2, 250, 32, 32))
    assert mean.shape == std.shape == (2, 250, 2)
    made = model.decode(mean).reshape(500, 32, 32)
    pca = PCA.fit(CANS, 2)
    assert 2 * error(made) < error(pca.decode(pca.encode(NEW_CANS)))
    assert (np.std(mean, axis=(0, 1)) > 5 * np.median(std, axis=(0, 1))).all()
    drawn = model.sample(KEY, 200)
    assert np.std(drawn - model.decode(model.encode(drawn)[0])) == pytest.approx(5, rel=0.2)
    collapsed = VAE.fit(CANS, 2, key=KEY, noise=1000.0, hidden=(128, 64), num_steps=200)
    np.testing.assert_allclose(collapsed.encode(NEW_CANS)[1], 1, atol=0.1)


def fit(path=None, **settings):
    settings = {"key": jax.random.key(3), "num_steps": 110, "batch_size": 16, "hidden": (8,)} | settings
    return VAE.fit(GAUSSIAN, 2, checkpoint=path, **settings)


def test_the_same_key_gives_the_same_bits_also_after_a_break(tmp_path, monkeypatch):
    whole, path = fit(), tmp_path / "training.ckpt"
    assert bits(whole) == bits(fit())
    assert bits(whole) != bits(fit(key=jax.random.key(4)))
    assert_goes_on_after_a_break(fit, path, whole, monkeypatch)
    for change in ({"hidden": (9,)}, {"noise": 0.5}, {"learning_rate": 1e-3}):
        with pytest.raises(ValueError, match="is of another training"):
            fit(path, **change)


def test_training_moves_the_networks_alone():
    start, key = VAE.untrained(GAUSSIAN, 2, key=jax.random.key(5), hidden=(8,)), jax.random.key(3)
    model = fit(key=key)
    for name in ("mean", "scale", "noise", "prior"):
        assert bits(getattr(model, name)) == bits(getattr(start, name))
    assert bits(fit(noise=0.5).noise) == bits(np.float32(0.5))
    twin = Autoencoder.untrained(GAUSSIAN, 2, key=KEY)
    assert bits((twin.mean, twin.scale)) == bits((start.mean, start.scale))
    assert start.latent_dim == 2


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.ones((5, 3))}, ValueError, "x must hold observations that differ; all of them are the same"),
        ({"latent_dim": 0}, ValueError, "latent_dim must be at least 1; got 0"),
        ({"latent_dim": 1.5}, TypeError, "latent_dim must be a whole number; got 1.5"),
        ({"noise": 0}, ValueError, "noise must be above 0"),
        ({"noise": np.nan}, ValueError, "noise must be above 0"),
        ({"noise": "much"}, TypeError, "noise must be real numbers; got dtype <U4"),
        ({"hidden": (8, 0)}, ValueError, "hidden must be at least 1; got 0"),
        ({"key": jax.random.PRNGKey(0)}, TypeError, "key must be made by jax.random.key"),
        ({"num_steps": 0}, ValueError, "num_steps must be at least 1; got 0"),
    ],
)
def test_fit_refuses(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        VAE.fit(**{"x": GAUSSIAN, "latent_dim": 2, "key": KEY, "num_steps": 1} | change)


def test_parts_that_do_not_fit_together_are_refused():
    model = linear()
    with pytest.raises(TypeError, match="prior must be a Density of latent points; got PCA"):
        model.with_prior(PCA.fit(GAUSSIAN, 2))
    with pytest.raises(ValueError, match=re.escape("prior must have points of shape (2,); got (3,)")):
        model.with_prior(standard_normal(3))
    message = "encoder must take 3 numbers and give 4, and decoder give 3; got 3, 2 and 3"
    with pytest.raises(ValueError, match=re.escape(message)):
        VAE(linear(SLOPES[:1]).encoder, model.decoder, model.mean, model.scale, model.noise, model.prior)
    with pytest.raises(ValueError, match="noise must be above 0"):
        VAE(model.encoder, model.decoder, model.mean, model.scale, -1.0, model.prior)


def test_other_questions_are_refused():
    model = linear()
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 3); got shape (4, 2)")):
        model.encode(POINTS[:, :2])
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 2); got shape (3,)")):
        model.decode(np.zeros(3))
    with pytest.raises(ValueError, match="num_draws must be at least 1; got 0"):
        model.importance_weighted_bound(POINTS, KEY, 0)
    with pytest.raises(TypeError, match="num_draws must be a whole number; got 2.5"):
        model.log_weights(POINTS, KEY, 2.5)
    with pytest.raises(TypeError, match="key must be made by jax.random.key"):
        model.log_weights(POINTS, 0, 2)
