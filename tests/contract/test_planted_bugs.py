"""The tests can fail: each bug planted in a copy of lib/ must be found by the tests named beside it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUGS = {
    "nan is taken for a place out of support": (
        "lib/density.py",
        "jnp.where(jnp.isnan(x).any(within), jnp.nan, -jnp.inf)",
        "-jnp.inf",
        "tests/contract/test_points.py",
    ),
    "infinity meets the formula, and its gradient is nan": (
        "lib/density.py",
        "model._log_probs(jnp.where(finite, x, 0))",
        "model._log_probs(x)",
        "tests/contract/test_points.py",
    ),
    "the faces are not in the box": (
        "lib/box.py",
        "(self.low <= x) & (x <= self.high)",
        "(self.low < x) & (x < self.high)",
        "tests/test_box.py",
    ),
    "the quotient has the last word, not the edges": (
        "lib/histogram.py",
        "jnp.where(value >= axis[place + 1], place + 1, place)",
        "place",
        "tests/test_histogram.py",
    ),
    "squares of differences are expanded": (
        "lib/kde.py",
        "_scaled(place - centre, h) ** 2",
        "(place**2 - 2 * place * centre + centre**2) / h**2",
        "tests/test_kde.py",
    ),
    "a far place overflows": (
        "lib/kde.py",
        "jnp.clip(difference * (1 / h), -REACH, REACH)",
        "difference * (1 / h)",
        "tests/contract/test_points.py",
    ),
    "the kernel on the sphere is scaled as in the plane": (
        "lib/kde.py",
        "jnp.log(-jnp.expm1(-2 * kappa) / (2 * kappa))",
        "jnp.log(1 / (2 * kappa))",
        "tests/test_kde.py",
    ),
    "on the grid, what underflows is zero": (
        "lib/kde.py",
        "(mean > 1e-31).all()",
        "(mean > -1).all()",
        "tests/test_kde.py",
    ),
    "a bad code is clamped into the table": (
        "lib/numerics/tables.py",
        "jnp.where(inside, table[cell], -jnp.inf)",
        "table[cell]",
        "tests/contract/test_codes.py",
    ),
    "a traced bad code is counted as cell 0": (
        "lib/numerics/counting.py",
        "jnp.where(inside, x.astype(jnp.int32), -1)",
        "jnp.where(inside, x.astype(jnp.int32), 0)",
        "tests/contract/test_codes.py",
    ),
    "a code that is out of range is not missed": (
        "lib/numerics/counting.py",
        "if total.sum() != tables * len(x):",
        "if total.sum() > tables * len(x):",
        "tests/contract/test_codes.py",
    ),
    "bytes are added up until they overflow": (
        "lib/numerics/counting.py",
        "return total + blocks[i].astype(jnp.int32)",
        "return (total + blocks[i].astype(jnp.int32)) & 255",
        "tests/numerics/test_counting.py",
    ),
    "the rows that fill the last block up are counted": (
        "lib/numerics/counting.py",
        "constant_values=255",
        "constant_values=0",
        "tests/numerics/test_counting.py",
    ),
    "the last rows, which fill no block, are forgotten": (
        "lib/numerics/parts.py",
        "np.concatenate([x[:first], x[first + length :]])",
        "x[:first]",
        "tests/numerics/test_counting.py",
    ),
    "alpha is added to the total once, not for each cell": (
        "lib/numerics/tables.py",
        "pairwise_sum(weights)[..., None]",
        "pairwise_sum(counts)[..., None] + alpha",
        "tests/test_categorical.py",
    ),
    "the first feature counts fastest": (
        "lib/numerics/tables.py",
        "zip(x, sizes, strict=True)",
        "zip(x[::-1], sizes[::-1], strict=True)",
        "tests/test_categorical.py",
    ),
    "a slot is filled by the wrong outcome": (
        "lib/numerics/alias.py",
        "jnp.where(heavy, given, gaps - gap)",
        "jnp.where(heavy, given, gaps)",
        "tests/numerics/test_alias.py",
    ),
    "rare outfits are never drawn": (
        "lib/numerics/alias.py",
        "jnp.rint(jnp.exp(log_probs) * 2.0**BITS)",
        "(jnp.rint(jnp.exp(log_probs) * 2.0**10) * 2.0**20)",
        "tests/contract/test_samplers.py",
    ),
    "the sum runs in float32 from left to right": (
        "lib/numerics/summation.py",
        "while (n := x.shape[-1]) > 1:",
        "while (n := x.shape[-1]) < 1:",
        "tests/numerics/test_summation.py",
    ),
    "a feature looks at the table of another": (
        "lib/naive_bayes.py",
        "stack(self.log_probs)[jnp.arange(len(x))",
        "stack(self.log_probs)[jnp.arange(len(x))[::-1]",
        "tests/test_naive_bayes.py",
    ),
    "the tree joins the least dependent features": (
        "lib/chow_liu.py",
        "_maximum_spanning_tree(information)",
        "_maximum_spanning_tree(-information)",
        "tests/test_chow_liu.py",
    ),
    "values are checked after JAX has narrowed them": (
        "lib/checks.py",
        "return np.asarray(x)",
        "return np.asarray(jnp.asarray(x))",
        "tests/contract/test_codes.py",
    ),
    "KL forgets its direction": (
        "lib/scores/tables.py",
        "expected(log_p, log_p - log_q)",
        "expected(log_q, log_q - log_p)",
        "tests/scores/test_tables.py",
    ),
    "0 log 0 is nan": (
        "lib/scores/tables.py",
        "jnp.where(log_p > -jnp.inf, value, 0)",
        "value",
        "tests/scores/test_tables.py",
    ),
    "the law of the stylist forgets a taste": (
        "lib/data/outfits.py",
        "(_silver == _overall)",
        "_silver",
        "tests/data/test_outfits.py",
    ),
    "what a mask hides is data": (
        "lib/checks.py",
        "if np.ma.is_masked(x):",
        "if False:",
        "tests/contract/test_every_model.py::test_masked_values_are_refused",
    ),
    "time stamps are rounded to two minutes": (
        "lib/checks.py",
        "if has_more_digits(x) and not is_traced(x):",
        "if False:",
        "tests/contract/test_points.py::test_what_float32_would_merge_is_refused",
    ),
    "ids are compared in float32": (
        "lib/scores/samples.py",
        "checks.finite_rows(name, x)",
        "checks.float32(checks.finite_rows(name, x))",
        "tests/scores/test_samples.py::test_ids_are_compared_as_they_were_given",
    ),
    "a point is rounded up to an edge": (
        "lib/histogram.py",
        "if not checks.has_more_digits(x):",
        "if True:",
        "tests/test_histogram.py::test_points_that_float32_would_put_on_an_edge_stay_below_it",
    ),
    "rows on several devices are taken to one": (
        "lib/density.py",
        "if is_sharded(x):",
        "if False:",
        "tests/contract/test_every_model.py::test_log_prob_stays_where_the_rows_are",
    ),
    "of two devices, one counts": (
        "lib/numerics/parts.py",
        ".sum(axis=0, dtype=np.int64)",
        "[0]",
        "tests/contract/test_codes.py::test_each_device_counts_its_own_rows",
    ),
}


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_is_found(bug, tmp_path):
    file, right, wrong, tests = BUGS[bug]
    for folder in ("lib", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    source = (tmp_path / file).read_text(encoding="utf-8")
    assert source.count(right) == 1
    (tmp_path / file).write_text(source.replace(right, wrong), encoding="utf-8")
    # The copy comes before the repository, which .venv has on its path.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", tests],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr  # 1: tests failed; 2 would be a copy that does not even load
