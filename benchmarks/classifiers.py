"""How fast is logistic regression on categorical features? Ours, from a table of counts, against scikit-learn.

    taskset -c 0 .venv/bin/python benchmarks/classifiers.py

`taskset` gives it one core, on which other programs of the machine disturb it less: ours is many short pieces of work,
and on several cores each waits for the core that is last. It checks that both give the same probabilities, measures in
turn (about two minutes) and writes benchmarks/classifiers.json, which the page book/pages/counting.md shows.

The data are outfits: which accessories there are, of three kinds, is to be told from the four other features. For
scikit-learn the rows are encoded before anything is timed, by its own OneHotEncoder, as sparse matrices. Ours begins
with the codes: it counts the 4032 combinations and fits to these.
"""

from pathlib import Path

import jax
import numpy as np
from sklearn import linear_model
from sklearn.preprocessing import OneHotEncoder

from benchmarks import timing
from benchmarks.timing import OURS, Candidates
from lib import Categorical, LogisticRegression
from lib.data import outfits

RESULTS = Path(__file__).with_suffix(".json")
SKLEARN, SKLEARN32 = "scikit-learn", "scikit-learn, float32"
WORK, ROUNDS = "logistic regression", {10**4: 5, 10**5: 5, 10**6: 7}
LABEL, *FEATURES = range(len(outfits.sizes))
SIZES = tuple(outfits.sizes[j] for j in FEATURES)


def data(n: int) -> np.ndarray:
    return np.asarray(outfits.stylist.sample(jax.random.key(n), n)).astype(np.uint8)


def one_hot(codes: np.ndarray) -> np.ndarray:
    """A 1 for the value of each feature, a 0 for the others."""
    columns = [np.eye(size, dtype=np.float32)[column] for column, size in zip(codes.T, SIZES, strict=True)]
    return np.concatenate(columns, axis=1)


def from_counts(x: np.ndarray) -> LogisticRegression:
    """A row of the fit is a combination, and its weight says how often it was seen."""
    counts = Categorical.count(x, outfits.sizes)
    cells = np.stack(np.unravel_index(np.arange(counts.size), outfits.sizes), axis=-1)
    return LogisticRegression.fit(one_hot(cells[:, FEATURES]), cells[:, LABEL], weights=counts.ravel())


def logistic(x: np.ndarray, tolerance: float = 1e-4) -> Candidates:
    """The probability of the label given the other features, with a penalty of 1; the tolerance is scikit-learn's."""
    encoder = OneHotEncoder(categories=[np.arange(size) for size in SIZES])
    rows, y = encoder.fit_transform(x[:, FEATURES]), x[:, LABEL].astype(int)
    rows32 = rows.astype(np.float32)
    theirs = linear_model.LogisticRegression(tol=tolerance, max_iter=10_000)
    return {
        OURS: lambda: from_counts(x),
        SKLEARN: lambda: theirs.fit(rows, y),
        SKLEARN32: lambda: theirs.fit(rows32, y),
    }


def check(n: int) -> None:
    """Raise AssertionError unless both give the same probabilities for each combination."""
    candidates = logistic(data(n), tolerance=1e-8)
    cells = one_hot(np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=-1))
    ours, theirs = candidates[OURS](), candidates[SKLEARN]()
    np.testing.assert_allclose(ours.predict_proba(cells), theirs.predict_proba(np.float64(cells)), atol=1e-4)


def main() -> None:
    machine = timing.facts()
    print("checking that both agree on 20,000 outfits …", flush=True)
    check(20_000)
    rows = []
    for n, rounds in ROUNDS.items():
        rows += timing.rows(WORK, n, timing.round_robin(logistic(data(n)), rounds))
    timing.write(RESULTS, {"machine": machine, "rows": rows})
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
