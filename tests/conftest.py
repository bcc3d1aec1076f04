"""The strictest settings that JAX has, for every test; browsers, one of each kind for all tests of a process; and which
tests go to one process, in which order.
"""

import os

os.environ["MPLBACKEND"] = "agg"

from collections.abc import Iterator

import jax
import pytest
from hypothesis import settings
from playwright.sync_api import Browser
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from book.browser import chromium, find
from tests.book.firefox import Firefox

settings.register_profile("book", deadline=None, derandomize=True)  # compiling takes longer than running
settings.load_profile("book")
jax.config.update("jax_num_cpu_devices", 2)  # sharding is tested on two; XLA_FLAGS stays as the user set it
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


# The files that take longest, the longest first: begun late, one of them would keep one process busy at the end.
LONGEST = (
    "tests/book/test_access.py",
    "tests/test_gaussian_mixture.py",
    "chapters/2_the_framework.ipynb",
    "tests/benchmarks/test_benchmarks.py",
    "tests/book/test_study.py",
    "tests/contract/test_samplers.py",
    "tests/contract/test_points.py",
    "tests/javascript/test_functions.py",
    "tests/live/test_play.py",
    "tests/benchmarks/test_scoreboard.py",
    "tests/contract/test_counted.py",
)
# Here each test may go to another process, and they fill the end. The tests of any other file stay together: the cells
# of a notebook share a kernel, and the tests of a page share the page.
APART = ("tests/book/test_live.py", "tests/contract/test_planted_bugs.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {file: place for place, file in enumerate(LONGEST, -len(LONGEST))} | dict.fromkeys(APART, 1)
    items.sort(key=lambda item: order.get(_file(item.nodeid), 0))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # else the files with most tests would come first
    return ByFile(config, log)


class ByFile(LoadScopeScheduling):
    """Gives a process all tests of a file, or one test of those that stand apart."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if _file(nodeid) in APART else _file(nodeid)


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


@pytest.fixture(scope="module", autouse=True)
def forget_what_was_compiled() -> Iterator[None]:
    """Each compiled function keeps a few maps of memory, of which Linux gives a process 65,530: then it crashes."""
    yield
    jax.clear_caches()


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
