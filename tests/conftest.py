"""The strictest settings that JAX has, for every test."""

import os

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"  # sharding is tested on two CPU devices
os.environ["MPLBACKEND"] = "agg"

import jax
import pytest
from hypothesis import settings

settings.register_profile("book", deadline=None, derandomize=True)  # compiling takes longer than running
settings.load_profile("book")
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture
def key():
    return jax.random.key(20231001)
