"""The strictest settings that JAX has, for every test; and browsers, one of each kind for all tests of a process."""

import os

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"  # sharding is tested on two CPU devices
os.environ["MPLBACKEND"] = "agg"

from collections.abc import Iterator

import jax
import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from book.browser import chromium, find
from tests.book.firefox import Firefox

settings.register_profile("book", deadline=None, derandomize=True)  # compiling takes longer than running
settings.load_profile("book")
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture
def key():
    return jax.random.key(20231001)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not find("CHROMIUM"):
        _give_up("no Chromium was found: install one, or set CHROMIUM to its path")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def firefox() -> Iterator[Firefox]:
    if not find("FIREFOX"):
        _give_up("no Firefox was found: install one, or set FIREFOX to its path")
    with Firefox() as firefox:
        yield firefox


def _give_up(why: str) -> None:
    """Skip, but fail where all must run."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
