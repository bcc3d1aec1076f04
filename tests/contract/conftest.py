"""A fitted model of each kind, for the promises that all models share; and two devices to lay data on."""

import jax
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from tests.contract.cases import DENSITIES, FITTED, SCORED


@pytest.fixture(params=FITTED.values(), ids=FITTED.keys())
def fitted(request):
    """A ground and a model that is fitted to its data."""
    ground, setting = request.param
    return ground, ground.fit(setting)


@pytest.fixture(params=SCORED.values(), ids=SCORED.keys())
def scored(request):
    """The same for those that have a density or a bound."""
    ground, setting = request.param
    return ground, ground.fit(setting)


@pytest.fixture(params=DENSITIES.values(), ids=DENSITIES.keys())
def density(request):
    """The same for those whose density is known."""
    ground, setting = request.param
    return ground, ground.fit(setting)


@pytest.fixture(params=[AxisType.Auto, AxisType.Explicit], ids=str)
def sharded(request):
    """Puts the first axis of an array on two devices. The second kind of mesh is what jax.make_mesh makes."""
    mesh = jax.make_mesh((2,), ("rows",), (request.param,), devices=jax.devices()[:2])
    return lambda x: jax.device_put(x, NamedSharding(mesh, PartitionSpec("rows")))


@pytest.fixture
def fetched(monkeypatch):
    """The shapes of the arrays that came from a device to the host, from here on. On CPUs JAX's guard sees none."""
    Array, shapes = type(jax.numpy.zeros(())), []
    fetch = Array._value.fget
    monkeypatch.setattr(Array, "_value", property(lambda self: shapes.append(np.shape(self)) or fetch(self)))
    return shapes
