"""With JAX_ENABLE_X64=1 all models, the world and the scores give the dtypes, the numbers and the draws as without."""

import os
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path

import jax
import numpy as np

from lib import Density, NaiveBayes, scores
from lib.data import outfits, world
from tests.contract.cases import FITTED, ULP

ROOT = Path(__file__).parents[2]


@jax.jit
def _one_point(model, x, key):
    return model._log_prob(x) if isinstance(model, Density) else model._elbo(x, key), model._sample(key)


def results():
    """What each model gives, and the world and the scores, by a name that says what it is."""
    key, found = jax.random.key(5), {}
    for name, (ground, setting) in FITTED.items():
        model = ground.fit(setting)
        found[f"{name}: leaves"] = jax.tree.leaves(model)
        if ground.is_scored:
            score = ground.score(model)
            found[f"{name}: log_prob"] = [
                score(ground.data),
                jax.jit(lambda x, score=score: score(x))(ground.data[:5]),
            ]
            found[f"{name}: one point"] = _one_point(model, ground.data[0], key)
        found[f"{name}: draws"] = [model.sample(key, 300)]
        if hasattr(model, "count"):
            cut = {name: value for name, value in ground.settings[setting].items() if name != "alpha"}
            counts = jax.jit(partial(ground.Model.count, **cut))(ground.data)
            found[f"{name}: counts under jit"] = jax.tree.leaves(counts)
        if hasattr(model, "log_table"):
            found[f"{name}: table"] = [model.log_table(), scores.entropy(model.log_table())]
            found[f"{name}: scores"] = [scores.kl(model.log_table(), outfits.stylist.log_probs)]
    exact = NaiveBayes(np.log(np.full((12, 3), 1 / 3)), (3,) * 12)  # too many combinations for a table of all
    found["naive Bayes of float64"] = [np.float32(exact.log_prob(np.zeros((5, 12), int)))]
    found["world"] = [world.sample(key, 300), world.project(world.sample(key, 3)), world.is_land([[13.4, 52.5]])]
    points, log_area, land = world.grid(90)
    truth = world.log_prob(points)
    found["quadrature"] = [score(truth, land, log_area) for score in (scores.precision, scores.coverage)]
    found["areas"] = [world.log_area(points), scores.kl_by_quadrature(truth, truth, log_area)]
    return jax.tree.map(np.asarray, found)


def test_all_is_as_without_the_flag(tmp_path):
    # The same `lib` as here, which may be a copy.
    program = f"import pickle, sys; sys.path.insert(0, {str(Path(scores.__file__).parents[2])!r}); "
    program += "from tests.contract.test_x64 import results; pickle.dump(results(), open(sys.argv[1], 'wb'))"
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "wide"],
        cwd=ROOT,
        env={**os.environ, "JAX_ENABLE_X64": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    wide = pickle.loads((tmp_path / "wide").read_bytes())
    plain = results()
    assert plain.keys() == wide.keys()
    for name, arrays in plain.items():
        for ours, theirs in zip(arrays, wide[name], strict=True):
            assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), name
            # Weights agree to rounding, and what they give to some roundings more.
            trained = name.startswith(("Flow", "VAE", "Diffusion", "Energy", "GAN"))
            if (name.endswith("draws") and not trained) or ours.dtype.kind != "f":
                np.testing.assert_array_equal(ours, theirs, name)
            else:
                most = 8 * ULP if trained else ULP
                np.testing.assert_allclose(ours, theirs, rtol=most, atol=most, err_msg=name)
