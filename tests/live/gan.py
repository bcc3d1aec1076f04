"""A training as a page would show it: a generator of numbers and its judge, on a mixture of two normals."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lib.live import FloatLogSlider, Play
from lib.nets.mlp import layers, through

SIZES, BATCH, FAKES = (1, 16, 16, 1), 128, 512
EDGES, GRID = np.linspace(-4, 4, 41, dtype=np.float32), np.linspace(-4, 4, 101, dtype=np.float32)
ADAM = optax.scale_by_adam(b1=0.5)


def start(key):
    one, other, rest = jax.random.split(key, 3)
    nets = {"generator": layers(SIZES, one), "judge": layers(SIZES, other)}
    moments = {name: ADAM.init(net) for name, net in nets.items()}
    return {"nets": nets, "moments": moments, "i": jnp.int32(0), "key": rest}


def losses(nets, key):
    """Of the judge and of the generator, on one batch."""
    sides, spread, noise = jax.random.split(key, 3)
    left = jax.random.bernoulli(sides, 0.4, (BATCH, 1))
    real = jnp.where(left, -1.5, 1.0) + 0.4 * jax.random.normal(spread, (BATCH, 1))
    fake = through(nets["generator"], jax.random.normal(noise, (BATCH, 1)))
    of_real, of_fake = through(nets["judge"], real), through(nets["judge"], fake)
    return {
        "judge": (jax.nn.softplus(-of_real) + jax.nn.softplus(of_fake)).mean(),
        "generator": jax.nn.softplus(-of_fake).mean(),
    }


def step(state, rate):
    nets, moments = state["nets"], state["moments"]
    for name in ("judge", "generator"):
        key = jax.random.fold_in(jax.random.fold_in(state["key"], state["i"]), len(name))
        slope = jax.grad(lambda net: losses({**nets, name: net}, key)[name])(nets[name])  # noqa: B023
        with jax.numpy_dtype_promotion("standard"):  # optax multiplies integers by floats
            change, moment = ADAM.update(slope, moments[name])
        nets = {**nets, name: jax.tree.map(lambda x, by: x - rate * by, nets[name], change)}
        moments = {**moments, name: moment}
    return {"nets": nets, "moments": moments, "i": state["i"] + 1, "key": state["key"]}


def picture(state, rate):  # noqa: ARG001 (as every slider, it is given)
    """The density of fakes, the judge's curve and the generator's loss."""
    nets = state["nets"]
    fakes = through(nets["generator"], jax.random.normal(jax.random.key(7), (FAKES, 1)))
    share = ((fakes >= EDGES[None, :-1]) & (fakes < EDGES[None, 1:])).astype(float).mean(0)
    curve = jax.nn.sigmoid(through(nets["judge"], GRID[:, None])[:, 0])
    return share / (EDGES[1] - EDGES[0]), curve, losses(nets, jax.random.key(3))["generator"]


def artists(ax):
    ax.set(xlim=(-4, 4), ylim=(0, 2))
    bars = ax.bar(EDGES[:-1], np.zeros(len(EDGES) - 1), np.diff(EDGES), align="edge")
    return bars, ax.plot(GRID, np.zeros(len(GRID))), ax.text(-3, 1.8, "loss {:.3f}")


def sliders():
    rate = FloatLogSlider(value=0.01, min=-4, max=-1, step=0.1, description="rate")
    return {"state": Play(start(jax.random.key(0)), step), "rate": rate}
