"""Training reaches minima that are known, repeats itself to the bit, and says where it fails."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from lib.training import minimise, optimiser
from lib.training.inputs import on_one_device
from tests.training.breaks import bits

X = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5], np.float32) + 3
NOISY = Y + np.random.default_rng(2).normal(size=200).astype(np.float32)


class Line(eqx.Module):
    slopes: jax.Array
    intercept: jax.Array

    def __call__(self, x):
        return x @ self.slopes + self.intercept


START = Line(jnp.zeros(3), jnp.zeros(()))


def squares(line, batch, _):
    x, y = batch
    return jnp.mean((line(x) - y) ** 2)


def train(key, data=(X, Y), **settings):
    return minimise(squares, START, data, **{"key": key, "num_steps": 120, "learning_rate": 0.1} | settings)


def test_least_squares_without_noise_are_found(key):
    line, losses = train(key, num_steps=1500)
    np.testing.assert_allclose(np.append(line.slopes, line.intercept), [1, -2, 0.5, 3], atol=1e-3)
    assert losses.shape == (1500,)
    np.testing.assert_allclose(losses[0], np.mean(Y**2), rtol=0.5)  # of a batch, at the start
    assert losses[-1] < 1e-5


def test_least_squares_with_noise_are_those_of_all_rows(key):
    exact = np.linalg.lstsq(np.column_stack([X, np.ones(200)]), NOISY, rcond=None)[0]
    line, _ = train(key, (X, NOISY), num_steps=1500)
    np.testing.assert_allclose(np.append(line.slopes, line.intercept), exact, atol=0.05)


def test_gradient_descent_is_its_formula(key):
    line, losses = train(key, batch_size=None, optimiser=optax.sgd, num_steps=3)
    theta, x, expected = np.zeros(4), np.column_stack([X, np.ones(200)]).astype(np.float64), []
    for _ in range(3):
        expected.append(np.mean((x @ theta - Y) ** 2))
        theta -= 0.1 * 2 / 200 * x.T @ (x @ theta - Y)
    np.testing.assert_allclose(np.append(line.slopes, line.intercept), theta, rtol=1e-5)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_a_plain_step_that_is_too_large_diverges(key):
    with pytest.raises(FloatingPointError, match="smaller learning_rate than 5"):
        train(key, batch_size=None, optimiser=optax.sgd, learning_rate=5.0)


def test_the_same_key_gives_the_same_bits_and_another_key_others(key):
    one, two, other = train(key), train(key), train(jax.random.key(0))
    assert bits(one) == bits(two)
    assert bits(one) != bits(other)


@pytest.mark.parametrize("kind", [AxisType.Auto, AxisType.Explicit], ids=str)
def test_data_on_two_devices_give_the_same_bits(key, kind):
    mesh = jax.make_mesh((2,), ("rows",), (kind,), devices=jax.devices()[:2])
    data = jax.device_put((X, Y), NamedSharding(mesh, PartitionSpec("rows")))
    moved = on_one_device(data)
    assert all(x.sharding.num_devices == 1 for x in moved)
    assert bits(moved) == bits((X, Y))
    assert bits(train(key, data)) == bits(train(key))


@pytest.mark.parametrize("num_steps", [1, 49, 50, 51, 120])
def test_any_number_of_steps_is_made(key, num_steps):
    _, losses = train(key, num_steps=num_steps, batch_size=None, optimiser=optax.sgd)
    _, longer = train(key, num_steps=150, batch_size=None, optimiser=optax.sgd)
    assert losses.dtype == np.float32
    np.testing.assert_array_equal(losses, longer[:num_steps])


def test_each_step_has_its_own_rows_and_its_own_noise(key):
    def loss(theta, batch, key):
        return theta[0] * 0 + batch[0] + jax.random.uniform(key)

    _, losses = minimise(loss, jnp.zeros(1), 10.0 * np.arange(7), key=key, num_steps=1000, batch_size=1)
    rows, noise = np.divmod(losses, 10)
    assert set(rows) == set(range(7))
    assert len(set(noise)) > 900
    assert abs(noise.mean() - 0.5) < 0.1


def test_a_batch_may_be_larger_than_the_data_and_its_rows_stay_together(key):
    def loss(theta, batch, _):
        return theta[0] * 0 + jnp.max(jnp.abs(batch["y"].astype(jnp.float32) - 2 * batch["x"]))

    x = np.arange(5, dtype=np.float32)
    data = {"x": x, "y": (2 * x).astype(np.int64)}
    assert not minimise(loss, jnp.zeros(1), data, key=key, num_steps=20, batch_size=64).losses.any()


# --- The rate ------------------------------------------------------------------------------------


def test_the_rate_rises_in_100_steps_and_falls_to_0():
    rate = optimiser.schedule(0.5, 1000)
    np.testing.assert_allclose([rate(i) for i in (0, 50, 100, 550, 1000)], [0, 0.25, 0.5, 0.25, 0], atol=1e-6)
    assert float(optimiser.schedule(0.5, 1)(0)) == 0.5


def test_the_steps_follow_the_rate(key):
    """Adam moves by the rate where the gradient stays the same, however large it is."""
    moved, _ = minimise(lambda p, *_: 1e5 * p, jnp.zeros(()), X, key=key, num_steps=400, learning_rate=0.01)
    rate = optimiser.schedule(0.01, 400)
    np.testing.assert_allclose(-moved, sum(float(rate(i)) for i in range(400)), rtol=1e-3)


def test_a_gradient_is_cut_to_a_length_of_one():
    adam = optimiser.adam(1.0, 10)
    with jax.numpy_dtype_promotion("standard"):
        _, state = adam.update(jnp.array([300.0, 400.0]), adam.init(jnp.zeros(2)), jnp.zeros(2))
    np.testing.assert_allclose(optax.tree.get(state, "mu"), 0.1 * np.array([0.6, 0.8]), rtol=1e-5)


# --- What is trained -----------------------------------------------------------------------------


class Inner(eqx.Module):
    fixed = ("edges",)
    edges: jax.Array
    heights: jax.Array


class Outer(eqx.Module):
    fixed = ("scale",)
    inner: list[Inner]
    scale: dict
    codes: jax.Array
    name: str
    act: object
    rate: float = 0.5


def test_fixed_fields_and_what_does_not_float_stay(key):
    ones = jnp.ones(2)
    model = Outer([Inner(ones, ones)], {"by": ones}, jnp.arange(2), "a", jax.nn.relu)

    def loss(model, *_):
        inner = model.inner[0]
        return jnp.sum(inner.edges + inner.heights + model.scale["by"] + model.codes.astype(jnp.float32))

    after, _ = minimise(loss, model, X, key=key, num_steps=10)
    np.testing.assert_array_less(after.inner[0].heights, ones)
    rest = eqx.tree_at(lambda m: m.inner[0].heights, after, ones)
    assert eqx.tree_equal(rest, model)


def test_numpy_arrays_are_trained_and_the_ones_given_do_not_change(key):
    class Pair(NamedTuple):
        a: np.ndarray
        b: None

    start = Pair(np.ones(2), None)
    after, _ = minimise(lambda p, *_: jnp.sum(p.a**2), start, X, key=key, num_steps=10)
    assert isinstance(after, Pair)
    assert after.a.dtype == jnp.float32
    np.testing.assert_array_less(after.a, 1)
    np.testing.assert_array_equal(start.a, 1)


@pytest.mark.parametrize("names", [("edge",), "edges"])
def test_a_wrong_name_in_fixed_is_refused(key, names):
    class Wrong(eqx.Module):
        fixed = names
        edges: jax.Array

    with pytest.raises(TypeError, match=r"Wrong.fixed must be a tuple of names of fields \['edges'\]; got"):
        minimise(lambda m, *_: jnp.sum(m.edges), Wrong(jnp.ones(2)), X, key=key, num_steps=1)


# --- What is not finite --------------------------------------------------------------------------


def until(last, bad):
    """A loss of a parameter that falls by 1 in each step, which is `bad` from below `last` on."""

    def loss(p, *_):
        return jax.lax.cond(p[0] < last, bad, lambda p: p, p[0])  # of `where`, the gradient would be bad at once

    return loss


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (lambda p: p + jnp.nan, "the loss is nan"),
        (lambda p: jnp.exp(1000 - p), "the loss is inf"),
        (lambda p: p + 0 * jnp.sqrt(p - p), "the loss is -68, but the length of its gradient"),
    ],
    ids=["nan", "infinite", "its gradient"],
)
@pytest.mark.parametrize("num_steps", [69, 1000], ids=["the last step", "one of many"])
def test_a_step_that_is_not_finite_is_named(key, bad, said, num_steps):
    with pytest.raises(FloatingPointError) as error:
        minimise(
            until(-67.5, bad), jnp.zeros(1), X, key=key, num_steps=num_steps, learning_rate=1.0, optimiser=optax.sgd
        )
    assert f"step 68, of steps 0 to {num_steps - 1}: {said}" in str(error.value)
    assert "Checkpoint before it: there is none." in str(error.value)


def test_weight_decay_pulls_matrices_towards_zero(key):
    """Without a gradient, a step leaves 1 − rate · decay of each number of a matrix (AdamW's own rule), and vectors."""
    start, decay, steps = {"matrix": jnp.array([[1.0, -2.0]]), "vector": jnp.array([3.0])}, 0.3, 40
    left, _ = minimise(
        lambda p, *_: 0 * (p["matrix"].sum() + p["vector"].sum()),
        start,
        X,
        key=key,
        num_steps=steps,
        learning_rate=0.1,
        weight_decay=decay,
    )
    rates = np.array([optimiser.schedule(0.1, steps)(i) for i in range(steps)])
    np.testing.assert_allclose(left["matrix"], start["matrix"] * np.prod(1 - rates * decay), rtol=1e-5)
    np.testing.assert_array_equal(left["vector"], start["vector"])


def test_an_optimiser_that_divides_zero_by_zero_is_found(key):
    def unsafe(rate):
        return optax.stateless(lambda updates, _: jax.tree.map(lambda g: -rate * g / jnp.abs(g), updates))

    with pytest.raises(FloatingPointError, match="a parameter after it, is not finite"):
        minimise(lambda p, *_: 0 * p, jnp.zeros(()), X, key=key, num_steps=1, optimiser=unsafe)


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"num_steps": 0}, ValueError, "num_steps must be at least 1; got 0"),
        ({"num_steps": -3}, ValueError, "num_steps must be at least 1; got -3"),
        ({"num_steps": 2.5}, TypeError, "num_steps must be a whole number; got 2.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1; got 0"),
        ({"batch_size": 8.0}, TypeError, "batch_size must be a whole number; got 8.0"),
        ({"checkpoint_every": 0}, ValueError, "checkpoint_every must be at least 1; got 0"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be above 0"),
        ({"learning_rate": -1e-3}, ValueError, "learning_rate must be above 0"),
        ({"learning_rate": np.nan}, ValueError, "learning_rate must be above 0"),
        ({"weight_decay": -1.0}, ValueError, "weight_decay must be at least 0"),
        ({"weight_decay": 0.1, "optimiser": optax.sgd}, ValueError, "weight_decay must be left to the optimiser"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be real numbers"),
        ({"learning_rate": [0.1, 0.2]}, ValueError, "learning_rate must be a number; got shape (2,)"),
        ({"key": np.array([0, 1], np.uint32)}, TypeError, "key must be made by jax.random.key(seed)"),
        ({"optimiser": optax.sgd(0.1)}, TypeError, "optimiser must be a function of the learning rate, such as optax."),
        ({"loss": 3}, TypeError, "loss must be a function of parameters, batch and key; got 3"),
        ({"loss": lambda *_: 3.0}, TypeError, "loss must return one floating number, as an array of JAX; got 3"),
        ({"loss": lambda p, *_: (p.sum(), 0)}, TypeError, "loss must return one floating number"),
        ({"loss": lambda p, *_: jnp.argmax(p)}, TypeError, "loss must return one floating number"),
        ({"loss": lambda p, x, _: x @ p}, ValueError, "such as the mean over the batch; got shape (128,)"),
        ({"parameters": jnp.arange(3)}, TypeError, "parameters must hold at least one floating array"),
        ({"parameters": {"slope": 0.0}}, TypeError, "Python numbers are not trained; got dict"),
        ({"parameters": Outer([], {"by": jnp.ones(1)}, 0, "", 0)}, TypeError, "that is not `fixed`"),
        ({"parameters": {"w": jnp.array([0, jnp.nan, 0])}}, ValueError, "parameters['w'][1] is nan (1 such values)"),
        ({"data": []}, ValueError, "data must have at least one row; got none"),
        ({"data": np.zeros((0, 3))}, ValueError, "data must have at least one row; got none"),
        ({"data": [1.0, 2.0]}, ValueError, "data[0] must be an array with a row for each observation; got a single"),
        ({"data": (X, Y[:5])}, ValueError, "data[1] must have as many rows as data[0], 200; got 5"),
        ({"data": {"x": np.array(["a"])}}, TypeError, "data['x'] must be real numbers"),
        ({"data": {"x": np.array([np.inf])}}, ValueError, "data['x'] must be finite"),
        (
            {"data": jnp.array([[0, 1, jnp.nan]])},
            ValueError,
            "data must be finite, and at most 3.4e+38 in size; data[0",
        ),
        (
            {"data": np.array([2**32 + 1])},
            ValueError,
            "data must be integers from -2**31 to below 2**31; data[0] is 42",
        ),
        ({"checkpoint": "."}, ValueError, "checkpoint must be the path of a file, in a folder that exists; got '.'"),
        ({"checkpoint": "no/such/folder"}, ValueError, "checkpoint must be the path of a file, in a folder that"),
    ],
)
def test_bad_arguments_are_refused_by_name(key, change, error, message):
    arguments = {"loss": lambda p, x, _: jnp.mean(x @ p), "parameters": jnp.zeros(3), "data": X} | change
    with pytest.raises(error) as found:
        minimise(**{"key": key, "num_steps": 3} | arguments)
    assert message in str(found.value)


def test_bytes_and_truths_are_data(key):
    data = np.array([[0, 255]], np.uint8), np.array([[True, False]])

    def loss(p, batch, _):
        levels, truths = batch
        return p * 0 + jnp.sum(levels.astype(jnp.float32)) + jnp.sum(truths.astype(jnp.float32))

    np.testing.assert_array_equal(minimise(loss, jnp.zeros(()), data, key=key, num_steps=1, batch_size=1).losses, [256])
