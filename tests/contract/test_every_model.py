"""Every model through the promises that all models share (lib/density.py). A new one joins in tests/contract/cases.py.

What their draws promise is in test_samplers.py, what only models of counts do in test_counted.py, what only models of
points do in test_points.py, and what only bounds do in test_bounds.py.
"""

import re
from decimal import Decimal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lib
from tests.contract.cases import GROUNDS, ULP


@pytest.fixture(params=GROUNDS.values(), ids=GROUNDS.keys())
def ground(request):
    return request.param


# --- fit is strict -------------------------------------------------------------------------------

BAD = {
    "strings": ([["a", "b"]], TypeError, "x must be {numbers}; got dtype <U1"),
    "complex": ([[1j, 0]], TypeError, "x must be {numbers}; got dtype complex128"),
    "truth values": ([[True, False]], TypeError, "x must be {numbers}; got dtype bool"),
    "objects": ([[None, 0]], TypeError, "x must be {numbers}; got dtype object, such as None"),
    "decimals": ([[Decimal("1.5"), 0]], TypeError, "x must be {numbers}; got dtype object, such as Decimal('1.5')"),
    "dates": (np.array([["2026-01-01"]], "M8[D]"), TypeError, "x must be {numbers}; got dtype datetime64[D]"),
    "ragged": ([[0, 1], [0]], TypeError, "x must be an array of numbers"),
    "a number": (1, ValueError, "x must have shape (n, "),
    "one row without brackets": ([0, 1], ValueError, "x must have shape (n, "),
    "no features": (np.zeros((3, 0), int), ValueError, "x must have shape (n, "),
}


@pytest.mark.parametrize(("x", "error", "message"), BAD.values(), ids=BAD.keys())
def test_fit_refuses(ground, x, error, message):
    setting = next(iter(ground.settings.values()))
    with pytest.raises(error, match=re.escape(message.format(numbers=ground.numbers))):
        ground.Model.fit(x, **setting)


def test_fit_refuses_an_axis_too_many(ground):
    if ground.Model in (lib.VAE, lib.GAN):
        pytest.skip("its observations have any shape")
    with pytest.raises(ValueError, match=re.escape("x must have shape (n, ")):
        ground.Model.fit(ground.data[..., None], **next(iter(ground.settings.values())))


def test_fit_refuses_no_rows(ground):
    with pytest.raises(ValueError, match="x must have .*at least one (row|observation); got"):
        ground.Model.fit(ground.data[:0], **next(iter(ground.settings.values())))


@pytest.mark.parametrize("pack", [lambda x: x, list], ids=["array", "list of arrays"])
def test_masked_values_are_refused(ground, pack):
    """NumPy would take what is hidden for data."""
    x, setting = np.ma.array(ground.data), next(iter(ground.settings.values()))
    plain = ground.Model.fit(x, **setting)  # nothing is masked
    assert eqx.tree_equal(plain, ground.Model.fit(ground.data, **setting))
    x[(slice(2, 4), *ground.place)] = np.ma.masked
    for take in (lambda x: ground.Model.fit(x, **setting), *([ground.score(plain)] if ground.is_scored else [])):
        with pytest.raises(
            ValueError, match=r"x\S* must have no masked values.*\[(2, )?(0, )?1\] is masked \([12] such"
        ):
            take(pack(x))


def test_fitted_model_holds_no_nan_and_no_inf(fitted):
    for leaf in jax.tree.leaves(fitted[1]):
        assert not np.isnan(leaf).any()
        assert not np.isposinf(leaf).any()


def test_model_is_an_immutable_pytree(fitted):
    _, model = fitted
    assert eqx.tree_equal(jax.tree.map(lambda leaf: leaf, model), model)
    for field in vars(model):
        with pytest.raises(AttributeError):
            setattr(model, field, 1)


def test_lists_and_device_arrays_give_the_same_model(ground):
    setting = next(iter(ground.settings.values()))
    from_list, from_device = (ground.Model.fit(x, **setting) for x in (ground.data.tolist(), jnp.asarray(ground.data)))
    assert eqx.tree_equal(from_list, from_device)


# --- log_prob is total ---------------------------------------------------------------------------


def test_sums_to_one(density):
    ground, model = density
    assert ground.partition.masses(model).sum() == pytest.approx(1, abs=ground.tolerance)


@pytest.mark.parametrize("shape", [(), (7,), (0,), (2, 3), (1, 0, 2)], ids=str)
def test_log_prob_keeps_the_batch_shape(density, shape):
    ground, model = density
    result = model.log_prob(np.broadcast_to(ground.data[0], (*shape, *ground.event_shape)))
    assert result.shape == shape
    assert result.dtype == np.float32
    # Products of matrices round otherwise in another batch.
    np.testing.assert_allclose(result, np.full(shape, model.log_prob(ground.data[0])), rtol=ULP, atol=ULP)


def test_log_prob_refuses(scored):
    ground, model = scored
    shape = ground.event_shape
    wider, rule = (1, *shape[:-1], shape[-1] + 1), f"x must have shape (*batch, {', '.join(map(str, shape))})"
    for x, error, message in [
        (np.full(shape, "a"), TypeError, f"x must be {ground.numbers}; got dtype <U1"),
        (np.full(shape, 1j), TypeError, f"x must be {ground.numbers}; got dtype complex128"),
        (np.full(shape, True), TypeError, f"x must be {ground.numbers}; got dtype bool"),
        (np.zeros(wider, int), ValueError, f"{rule}; got shape {wider}"),
        (0, ValueError, f"{rule}; got shape ()"),
    ]:
        with pytest.raises(error, match=re.escape(message)):
            ground.score(model)(x)


# --- compiled agrees with uncompiled -------------------------------------------------------------


def test_log_prob_agrees_with_the_plain_one_point_formula(density):
    ground, model = density
    x = ground.data[:20]
    with jax.disable_jit():
        plain = np.stack([model._log_prob(jnp.asarray(row)) for row in x])
    np.testing.assert_allclose(model.log_prob(x), plain, rtol=ULP, atol=ULP)
    np.testing.assert_allclose(jax.jit(lambda x: model.log_prob(x))(x), plain, rtol=ULP, atol=ULP)
    np.testing.assert_allclose(jax.vmap(model.log_prob)(jnp.asarray(x)), plain, rtol=ULP, atol=ULP)


def test_log_prob_stays_where_the_rows_are(scored, sharded, fetched):
    ground, model = scored
    x = sharded(ground.data)
    pairs = (
        x.reshape(len(x) // 2, 2, *ground.event_shape) if "Auto" in str(x.sharding) else sharded(ground.data[:, None])
    )
    for rows in (x, pairs):
        fetched.clear()
        log_prob = ground.score(model)(rows)
        assert fetched == []
        assert log_prob.sharding.is_equivalent_to(x.sharding, log_prob.ndim)
        np.testing.assert_allclose(log_prob.ravel(), ground.score(model)(ground.data), rtol=ULP, atol=ULP)


def test_fit_looks_at_the_data_where_they_are(ground, sharded, fetched):
    setting = next(iter(ground.settings.values()))
    plain, x = ground.Model.fit(ground.data, **setting), sharded(ground.data)
    fetched.clear()
    model = ground.Model.fit(x, **setting)
    # These scale the data in float64, on the host.
    if ground.Model not in (lib.GaussianMixture, lib.Flow, lib.FlowMatching, lib.VAE, lib.Diffusion, lib.GAN):
        assert x.shape not in fetched
    assert eqx.tree_equal(model, plain)


def test_a_bad_value_on_another_device_is_named(ground, sharded):
    bad = ground.data.copy()
    bad[(slice(-2, None), *ground.place)] = -1 if ground.numbers == "integers" else np.nan
    place = ", ".join(map(str, (len(bad) - 2, *ground.place)))
    with pytest.raises(ValueError, match=rf"x\[{place}\] is (nan|-1) \(2 such values\)"):
        ground.Model.fit(sharded(bad), **next(iter(ground.settings.values())))


# --- The class tree ------------------------------------------------------------------------------


def test_no_model_overrides_a_public_method(ground):
    """What is abstract is there to be written below; what is written stays."""
    written = set()
    for cls in reversed(ground.Model.__mro__[: ground.Model.__mro__.index(eqx.Module)]):
        public = {name: value for name, value in vars(cls).items() if not name.startswith("_")}
        assert not written & public.keys()
        written |= {name for name, value in public.items() if not getattr(value, "__isabstractmethod__", False)}
    assert "sample" in written
    assert ("log_prob" in written, "elbo" in written) == (ground.is_density, ground.is_scored and not ground.is_density)


def test_a_model_says_that_it_has_no_density(fitted):
    ground, model = fitted
    for name, kind in {"log_prob": "Density", "elbo": "LatentVariableModel"}.items():
        has = issubclass(ground.Model, getattr(lib, kind))
        assert hasattr(model, name) == has
        if not has:
            message = f"{ground.Model.__name__} has no {name}, since it is no {kind}: score its draws (lib.scores)"
            with pytest.raises(AttributeError, match=re.escape(message)):
                getattr(model, name)
