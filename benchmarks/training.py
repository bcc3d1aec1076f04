"""How fast is training? Flows against flowjax, and a variational autoencoder against PyTorch.

    .venv/bin/python benchmarks/training.py

It checks that all agree, then measures in turn (about five minutes) and writes benchmarks/training.json, which the page
book/pages/training.md shows. PyTorch is not among the locked packages. Without it, its rows say so; without g++, which
`torch.compile` calls, that row does:

    .venv/bin/python -m pip install torch --index-url https://download.pytorch.org/whl/cpu

A training is STEPS steps of Adam: from one start, on the same batches and with the same noise, so that the losses of
all steps can be compared. Ours is a call of `minimise`, with all that it does before its loop. Others get batches and
noise that are drawn already. Flowjax makes its own `flowjax.train.step` for each batch, as its `fit_to_data` does.
"""

import contextlib
import io
import math
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flowjax.bijections import Affine, Coupling, RationalQuadraticSpline
from flowjax.distributions import StandardNormal, Transformed
from flowjax.flows import coupling_flow
from flowjax.train import step
from flowjax.train.losses import MaximumLikelihoodLoss
from jax.scipy.stats import norm
from paramax import Parameterize
from paramax.utils import inv_softplus

from benchmarks import timing
from benchmarks.timing import OURS, Candidates
from lib import VAE, Flow
from lib.bijections import AffineCoupling, SplineCoupling
from lib.bijections.affine_coupling import MOST
from lib.bijections.coupling import REACH
from lib.bijections.spline_coupling import BOUND, LEAST
from lib.data import avatars, outfits, world
from lib.flow import _loss
from lib.nets.mlp import Layers
from lib.training import Trained, minimise
from lib.vae import negative_elbo

try:
    import torch
except ImportError:
    torch = None

RESULTS = Path(__file__).with_suffix(".json")
FLOWJAX, TURNED, LOOP = "flowjax", "flowjax, turned round", "flowjax, one loop"
TORCH, COMPILED = "PyTorch", "PyTorch, compiled"
COMPILER = shutil.which("g++")
KEY, STEPS = jax.random.key(0), 50
HIDDEN, LAYERS = (64, 64), 8
KINDS = {"affine": partial(AffineCoupling, hidden=HIDDEN), "spline": partial(SplineCoupling, hidden=HIDDEN)}
POINTS, FLOW_BATCH, FLOW_RATE, FLOW_ROUNDS = 10**4, 256, 5e-4, 11
UNITS, LATENT, NOISE = (512, 256), 16, 0.1
PICTURES, VAE_BATCH, VAE_RATE, VAE_ROUNDS = 1024, 128, 1e-3, 9
ALLOWED = 1e-3  # between two losses or log densities, in nats, and between two draws
# How many times as long as ours the others should take.
WANTED = {
    **{(f"{kind} flow, {work}", who): 1.2 for kind in KINDS for work in ("step", "log_prob", "sampling")
       for who in (FLOWJAX, TURNED)},
    ("VAE, step", TORCH): 1.5,
}  # fmt: skip


class Work(NamedTuple):
    """Some work: its size, who can do it, and what somebody should give, where that is not what ours gives."""

    n: int
    candidates: Candidates
    expected: Mapping[str, Any] = {}


# --- The steps -----------------------------------------------------------------------------------


def minimised(loss: Callable, start: Any, x: Any, batch_size: int, learning_rate: float) -> Trained:
    return minimise(
        loss,
        start,
        x,
        key=KEY,
        num_steps=STEPS,
        batch_size=batch_size,
        learning_rate=learning_rate,
        optimiser=optax.adam,
    )


def drawn(n: int, batch_size: int) -> tuple[jax.Array, jax.Array]:
    """The rows of the batch of each step, and the key of its noise, as `minimise` draws them."""

    def of_step(i: jax.Array) -> tuple[jax.Array, jax.Array]:
        draw, noise = jax.random.split(jax.random.fold_in(KEY, i))
        return jax.random.randint(draw, (batch_size,), 0, n, jnp.int32), noise

    return jax.vmap(of_step)(jnp.arange(STEPS))


# --- Flows ---------------------------------------------------------------------------------------


def flow(kind: str, n: int, num_layers: int) -> dict[str, Work]:
    """Steps of a training on n points, and n log densities and n draws of the flow that came out."""
    x, start = points(n), untrained(kind, num_layers)
    batches, _ = drawn(n, FLOW_BATCH)
    theirs, turned = of_flowjax(start), of_flowjax(start, turned=True)
    train = partial(minimised, start=start, x=x, batch_size=FLOW_BATCH, learning_rate=FLOW_RATE)
    steps = Work(
        FLOW_BATCH,
        {
            OURS: lambda: train(_loss(0.0)).losses,
            FLOWJAX: training_of_flowjax(theirs, x, batches),
            TURNED: training_of_flowjax(turned, x, batches),
            LOOP: loop_of_flowjax(theirs, x, batches),
        },
        {TURNED: train(turned_loss).losses},
    )
    trained = train(_loss(0.0)).parameters
    theirs, turned = of_flowjax(trained), of_flowjax(trained, turned=True)
    log_prob = eqx.filter_jit(lambda flow, x: flow.log_prob(x))
    sample = eqx.filter_jit(lambda flow, key: flow.sample(key, (n,)))
    noise = jax.vmap(lambda key: jax.random.normal(key, (2,), jnp.float32))(jax.random.split(KEY, n))
    return {
        f"{kind} flow, step": steps,
        f"{kind} flow, log_prob": Work(
            n,
            {
                OURS: lambda: trained.log_prob(x),
                FLOWJAX: lambda: log_prob(theirs, x),
                TURNED: lambda: log_prob(turned, x),
            },
            {TURNED: jax.jit(turned_log_prob)(trained, x)},
        ),
        f"{kind} flow, sampling": Work(
            n,
            {
                OURS: lambda: trained.sample(KEY, n),
                FLOWJAX: lambda: sample(theirs, KEY),
                TURNED: lambda: sample(turned, KEY),
            },
            {TURNED: trained.to_noise(noise)},
        ),
    }


def points(n: int) -> jax.Array:
    """n points of the world, less their mean and in units of their standard deviation."""
    x = np.float64(world.sample(KEY, n))
    return jnp.asarray((x - x.mean(axis=0)) / x.std(axis=0), jnp.float32)


def untrained(kind: str, num_layers: int) -> Flow:
    passes = [(i % 2 == 0, i % 2 == 1) for i in range(num_layers)]
    layers = [KINDS[kind](each, key=key) for each, key in zip(passes, jax.random.split(KEY, num_layers), strict=True)]
    return Flow(layers, [0, 0], [1, 1])


def turned_log_prob(flow: Flow, x: jax.Array) -> jax.Array:
    """The log densities of the flow turned round, whose layers move data to noise as those of ours move noise to data.

    Flowjax turns its flows round by default. Then the density is the faster way of a spline, and with ours a draw is.
    """

    def of_point(x: jax.Array) -> jax.Array:
        total = jnp.float32(0)
        for layer in flow.layers:
            x, log_det = layer.forward(x)
            total = total + log_det
        return total + norm.logpdf(x).sum()

    return jax.vmap(of_point)(x)


def turned_loss(flow: Flow, x: jax.Array, _key: jax.Array) -> jax.Array:
    return -turned_log_prob(flow, x).mean()


def of_flowjax(flow: Flow, turned: bool = False) -> Transformed:
    """The coupling flow of flowjax with the parameters of ours, and with the bounds on what a network sees."""
    first = flow.layers[0]
    theirs = coupling_flow(
        KEY,
        base_dist=StandardNormal((2,)),
        transformer=spline_of(first) if isinstance(first, SplineCoupling) else stretch_and_shift(),
        flow_layers=len(flow.layers),
        nn_width=HIDDEN[0],
        nn_depth=len(HIDDEN),
        nn_activation=jax.nn.gelu,
        invert=turned,
    )
    order = slice(None) if isinstance(first, SplineCoupling) else slice(None, None, -1)  # there the shift comes first
    networks = [(*inner, (w[:, order], b[order])) for *inner, (w, b) in (layer.network for layer in flow.layers)]
    layers = jax.tree.map(lambda *each: jnp.stack(each), *networks)  # flowjax keeps all networks in one

    def coupling(theirs: Transformed) -> Coupling:
        scan = theirs.bijection.bijection if turned else theirs.bijection
        return scan.bijection.bijections[0]

    def parts(theirs: Transformed) -> list[jax.Array]:
        return [part for layer in coupling(theirs).conditioner.layers for part in (layer.weight, layer.bias)]

    theirs = eqx.tree_at(parts, theirs, [part for w, b in layers for part in (w.swapaxes(1, 2), b)])
    network = eqx.nn.Sequential([eqx.nn.Lambda(lambda x: jnp.clip(x, -REACH, REACH)), coupling(theirs).conditioner])
    return eqx.tree_at(lambda theirs: coupling(theirs).conditioner, theirs, network)


def stretch_and_shift() -> Affine:
    """What an affine coupling of ours does, as flowjax writes it."""
    stretch = Parameterize(lambda s: jnp.exp(MOST * jnp.tanh(s / MOST)), jnp.float32(0))
    return eqx.tree_at(lambda affine: affine.scale, Affine(), stretch)


def spline_of(layer: SplineCoupling) -> RationalQuadraticSpline:
    """The spline of a coupling of ours, as flowjax writes it; its own learns the slopes at both ends."""
    narrowest = jnp.zeros(3 * layer.num_pieces - 1, jnp.float32).at[0].set(-1e4)
    least = float(layer.knots(narrowest)[0][1]) + BOUND
    inner = layer.num_pieces - 1
    slopes = jnp.vectorize(lambda x: jnp.pad(jax.nn.softplus(x) + LEAST, 1, constant_values=1), signature="(a)->(b)")
    return eqx.tree_at(
        lambda spline: spline.derivatives,
        RationalQuadraticSpline(knots=inner, interval=BOUND, min_width=least),
        Parameterize(slopes, jnp.full(inner, inv_softplus(1 - LEAST), jnp.float32)),
    )


def training_of_flowjax(flow: Transformed, x: jax.Array, batches: jax.Array) -> Callable[[], jax.Array]:
    parameters, static = eqx.partition(flow, eqx.is_inexact_array)
    optimiser, loss_fn = optax.adam(FLOW_RATE), MaximumLikelihoodLoss()

    def train() -> jax.Array:
        now, state, losses = parameters, optimiser.init(parameters), []
        for batch in x[batches]:
            now, state, loss = step(now, static, batch, optimizer=optimiser, opt_state=state, loss_fn=loss_fn)
            losses.append(loss)
        return jnp.stack(losses)

    return train


def loop_of_flowjax(flow: Transformed, x: jax.Array, batches: jax.Array) -> Callable[[], jax.Array]:
    """The same steps in one compiled loop, which flowjax does not have."""
    parameters, static = eqx.partition(flow, eqx.is_inexact_array)
    optimiser, loss_fn = optax.adam(FLOW_RATE), MaximumLikelihoodLoss()

    def one(now: tuple, batch: jax.Array) -> tuple[tuple, jax.Array]:
        *now, loss = step(now[0], static, batch, optimizer=optimiser, opt_state=now[1], loss_fn=loss_fn)
        return tuple(now), loss

    @jax.jit
    def train(parameters: Transformed, x: jax.Array, batches: jax.Array) -> jax.Array:
        return jax.lax.scan(one, (parameters, optimiser.init(parameters)), x[batches])[1]

    return lambda: train(parameters, x, batches)


# --- A variational autoencoder -------------------------------------------------------------------


def vae(n: int, hidden: tuple[int, ...]) -> dict[str, Work]:
    """Steps of a training on n avatars."""
    x, start = pictures(n), untrained_vae(n, hidden)
    train = partial(minimised, start=start, x=x, batch_size=VAE_BATCH, learning_rate=VAE_RATE)
    eager, compiled = trainings_of_torch(start, x) if torch else (None, None)
    return {"VAE, step": Work(VAE_BATCH, {OURS: lambda: train(negative_elbo).losses, TORCH: eager, COMPILED: compiled})}


def pictures(n: int) -> np.ndarray:
    """n avatars, a row of numbers each, less their mean and in units of their scale."""
    x = np.float64(avatars.draw(outfits.stylist.sample(KEY, n))).reshape(n, -1)
    x -= x.mean(axis=0)
    return np.float32(x / np.sqrt(np.mean(x**2)))


def untrained_vae(n: int, hidden: tuple[int, ...]) -> VAE:
    return VAE.untrained(pictures(n), LATENT, key=KEY, noise=NOISE, hidden=hidden)


def trainings_of_torch(start: VAE, x: np.ndarray) -> tuple[Callable[[], Any], Callable[[], Any] | None]:
    """A training by PyTorch as it is, and by what it compiles, where it can."""
    batches, keys = drawn(len(x), VAE_BATCH)
    rows = jax.vmap(lambda key: jax.random.split(key, VAE_BATCH))(keys)
    noise = jax.vmap(jax.vmap(lambda key: jax.random.normal(key, (LATENT,), jnp.float32)))(rows)
    x, batches, noise = (torch.tensor(np.array(each)) for each in (x, batches, noise))
    encoder, decoder = network_of_torch(start.encoder), network_of_torch(start.decoder)
    parameters = [*encoder.parameters(), *decoder.parameters()]
    beginning = [part.detach().clone() for part in parameters]

    def log_normal(x: torch.Tensor) -> torch.Tensor:
        return -(x.square().sum(1) + x.shape[1] * math.log(2 * math.pi)) / 2

    def loss(x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        mean, log_std = encoder(x).chunk(2, dim=1)
        z = mean + log_std.exp() * noise
        log_likelihood = log_normal((x - decoder(z)) / NOISE) - x.shape[1] * math.log(NOISE)
        log_q = log_normal(noise) - log_std.sum(1)
        return -(log_likelihood + log_normal(z) - log_q).mean() / x.shape[1]

    def train(loss: Callable[..., torch.Tensor]) -> np.ndarray:
        with torch.no_grad():
            for part, value in zip(parameters, beginning, strict=True):
                part.copy_(value)
        optimiser, losses = torch.optim.Adam(parameters, lr=VAE_RATE), []
        for rows, each in zip(batches, noise, strict=True):
            optimiser.zero_grad()
            value = loss(x[rows], each)
            value.backward()
            optimiser.step()
            losses.append(value.detach())
        return torch.stack(losses).numpy()

    return partial(train, loss), COMPILER and partial(train, torch.compile(loss))


def network_of_torch(layers: Layers) -> "torch.nn.Module":
    parts = []
    for weight, bias in layers:
        linear = torch.nn.Linear(*weight.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(np.array(weight.T)))
            linear.bias.copy_(torch.tensor(np.array(bias)))
        parts += [torch.nn.GELU("tanh"), linear]
    return torch.nn.Sequential(*parts[1:])


# --- Do they agree? ------------------------------------------------------------------------------


def differences(work: Work) -> dict[str, float | None]:
    """How far at most each is from what it should give; raises AssertionError where that is farther than it may be."""
    ours = work.candidates[OURS]()
    found = {}
    for who, call in work.candidates.items():
        expected = np.asarray(work.expected.get(who, ours))
        found[who] = float(np.abs(np.asarray(call()) - expected).max()) if call else None
        assert not call or found[who] <= ALLOWED, (who, found[who])
    return found


# --- The measurements ----------------------------------------------------------------------------


def measure(works: Mapping[str, Work], rounds: int) -> list[dict]:
    """Rows of all works, each with its `difference`; those of a training are for one step."""
    rows = []
    for name, work in works.items():
        difference = differences(work)
        turns = timing.round_robin(work.candidates, rounds)
        calls = STEPS if name.endswith("step") else 1
        each = {who: some and [[s / calls for s in turn] for turn in some] for who, some in turns.items()}
        rows += [row | {"difference": difference[row["who"]]} for row in timing.rows(name, work.n, each)]
    return rows


def main() -> None:
    machine = timing.facts() | {name: version(name) for name in ("optax", "flowjax")}
    machine |= {TORCH: torch and version("torch"), COMPILED: None}
    if torch:
        torch.set_num_threads(machine["cores"])
        if COMPILER:
            gcc = subprocess.run([COMPILER, "-dumpfullversion"], capture_output=True, text=True, check=True)
            machine[COMPILED] = f"with g++ {gcc.stdout.strip()}"
    rows = []
    with contextlib.redirect_stderr(io.StringIO()):  # where `minimise` would draw its bars
        for kind in KINDS:
            rows += measure(flow(kind, POINTS, LAYERS), FLOW_ROUNDS)
        rows += measure(vae(PICTURES, UNITS), VAE_ROUNDS)
    n = {row["work"]: row["n"] for row in rows}
    wanted = [{"work": work, "n": n[work], "who": who, "ratio": ratio} for (work, who), ratio in WANTED.items()]
    start = untrained_vae(PICTURES, UNITS)
    size = sum(part.size for part in jax.tree.leaves((start.encoder, start.decoder)))
    sizes = {"steps": STEPS, "layers": LAYERS, "hidden": HIDDEN, "units": UNITS, "latent": LATENT, "parameters": size}
    timing.write(RESULTS, {"machine": machine, "sizes": sizes, "wanted": wanted, "rows": rows})
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
