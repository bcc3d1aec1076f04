"""Training by stochastic gradient descent: in each step, the parameters move a little against the gradient of the loss.

    θ_{i+1} = θ_i − step(∇ loss(θ_i, batch_i, noise_i))

The optimiser makes the step of the gradient; in the plainest one it is the learning rate times the gradient. The batch
and the noise of step i are drawn with `jax.random.fold_in(key, i)`, so that the number of the step is all there is to
know about them: a training that was interrupted goes on as if nothing had happened. For the same reason the rows of a
batch are drawn with replacement: each step then needs no order of the data that an earlier one began. The mean of the
loss over a batch is right on average either way.

Many steps run inside one compiled loop, as calling a step takes longer than a small one itself. On a CPU, convolutions
are an exception: their gradients are a hundred times slower inside a loop. The first model that needs them would be the
reason to compile one step by itself, and to call it from Python.

Source: H. Robbins & S. Monro, A stochastic approximation method, Ann. Math. Stat. 22, 1951.
"""

import math
import os
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jaxlib
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lib import checks
from lib.training.bar import ProgressBar
from lib.training.checkpoint import Checkpoint, digest
from lib.training.inputs import checked_data, checked_parameters, on_one_device, one_number
from lib.training.optimiser import adam

AT_ONCE = 50  # steps are made before Python looks at their losses

Parameters = TypeVar("Parameters")
Optimiser = Callable[[float], optax.GradientTransformation]


class Trained(NamedTuple, Generic[Parameters]):
    """What a training gives: the parameters after the last step, and the loss of each step on its own batch."""

    parameters: Parameters  # a tree like the one that training began with
    losses: Float[np.ndarray, " num_steps"]  # each before its step: the first is the loss of the start


def minimise(
    loss: Callable[[Parameters, Any, PRNGKeyArray], Float[Array, ""]],
    parameters: Parameters,
    data: Any,
    *,
    key: PRNGKeyArray,
    num_steps: int,
    batch_size: int | None = 128,
    learning_rate: float = 2e-3,
    weight_decay: float = 0.0,
    optimiser: Optimiser | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 1000,
) -> Trained[Parameters]:
    """Move the parameters so that the loss of the data becomes small, in `num_steps` steps.

    `loss(parameters, batch, key)` gives one number, most often a mean over the batch; `key` is for its own noise.
    `parameters` is a model or another tree of arrays. Floating arrays are trained, but those of the fields that a class
    names in `fixed`; all else stays. `data` is an array (n, …), or a tree of arrays with n rows each. A batch is
    `batch_size` rows of each, drawn with replacement; None gives all rows in their order, in each step. The same key
    gives the same parameters, bit for bit on one machine.

    Without an `optimiser` it is Adam, whose rate rises to `learning_rate` in the first 100 steps (or the first tenth,
    if that is less) and falls to 0 in the last, with gradients cut to a length of 1. With a `weight_decay` it is AdamW:
    each step also pulls matrices towards 0, by the rate times the decay times themselves. Another optimiser is
    a function of the learning rate, such as `optax.sgd` for plain gradient descent. A loss that is a function of a
    module, not of another function, is compiled only once.

    `checkpoint` names a file that keeps the training, every `checkpoint_every` steps, at the end, and where you stop it
    from the keyboard. The same call then goes on from there, with the same result as without a break; after the end, it
    gives the result at once. A file of another training is never taken for this one.

    Raises TypeError or ValueError for arguments of a wrong kind or value, which it names, and for a checkpoint that is
    damaged or belongs to another training. Raises FloatingPointError at the first step at which the loss, its
    gradient or a parameter after it is not finite; the last checkpoint before it stays as it is.

    >>> def loss(mean, x, key):
    ...     return jnp.mean((x - mean) ** 2)
    >>> x = np.array([1.0, 2.0, 6.0])
    >>> mean, losses = minimise(loss, jnp.float32(0), x, key=jax.random.key(1), num_steps=2000, learning_rate=0.1)
    >>> print(f"{mean:.1f}, from a loss of {losses[0]:.0f} to {losses[-100:].mean():.0f}")
    3.0, from a loss of 14 to 5
    """
    if not callable(loss):
        raise TypeError(f"loss must be a function of parameters, batch and key; got {loss!r}")
    if not (optimiser is None or callable(optimiser)):
        raise TypeError(f"optimiser must be a function of the learning rate, such as optax.sgd; got {optimiser!r}")
    key, num_steps = checks.key(key), checks.whole("num_steps", num_steps, least=1)
    batch_size = batch_size if batch_size is None else checks.whole("batch_size", batch_size, least=1)
    checkpoint_every = checks.whole("checkpoint_every", checkpoint_every, least=1)
    checks.positive("learning_rate", learning_rate)
    checks.not_negative("weight_decay", weight_decay)
    if optimiser is not None and weight_decay:
        raise ValueError(f"weight_decay must be left to the optimiser that is given; got {weight_decay}")
    settings = _Settings(loss, optimiser, float(learning_rate), float(weight_decay), num_steps, batch_size)
    data = on_one_device(checked_data(data))
    trained, others = checked_parameters(parameters)
    # State and losses have one name, so that no interruption comes between them.
    done = _begin(settings, trained), np.zeros(0, np.float32)
    file = None
    if checkpoint is not None:
        file = Checkpoint(checkpoint, _identity(settings, done[0], others, data, key))
        done = file.load(done[0]) or done
    saved = len(done[1])
    with ProgressBar(num_steps) as bar:
        try:
            while (first := len(done[1])) < num_steps:
                stop = min(first + AT_ONCE, num_steps, (first // checkpoint_every + 1) * checkpoint_every)
                after = _advance(settings, done[0], others, data, key, jnp.int32(first), jnp.int32(stop))
                if not after.finite:
                    kept = f"{str(file.path)!r} keeps the first {saved} steps" if file and saved else "there is none"
                    raise FloatingPointError(_failure(settings, after, first, kept))
                new = np.asarray(after.losses)[: stop - first]
                done = after.state, np.concatenate([done[1], new])
                bar.update(stop, new.mean())
                if file and (stop % checkpoint_every == 0 or stop == num_steps):
                    file.save(*done)
                    saved = stop
        except KeyboardInterrupt:
            if file and len(done[1]) > saved:
                file.save(*done)
            raise
    state, losses = done
    return Trained(eqx.combine(state.parameters, others), losses)


# --- The steps -----------------------------------------------------------------------------------


class _Settings(NamedTuple):
    """What the compiled program depends on beside shapes."""

    loss: Callable[[Any, Any, PRNGKeyArray], Float[Array, ""]]
    optimiser: Optimiser | None
    learning_rate: float
    weight_decay: float
    num_steps: int
    batch_size: int | None

    def transformation(self) -> optax.GradientTransformation:
        if self.optimiser:
            return self.optimiser(self.learning_rate)
        return adam(self.learning_rate, self.num_steps, self.weight_decay)


class _State(NamedTuple):
    """What one step hands to the next."""

    parameters: Any  # the trained leaves; None where the others are
    optimiser: Any


class _After(NamedTuple):
    """Where `_advance` has come to, which is right before `step`."""

    step: Int[Array, ""]
    state: _State
    losses: Float[Array, " AT_ONCE"]
    finite: Bool[Array, ""]  # whether all is well with the last step


@eqx.filter_jit
def _begin(settings: _Settings, parameters: Any) -> _State:
    return _State(parameters, settings.transformation().init(parameters))


@eqx.filter_jit
def _advance(
    settings: _Settings,
    state: _State,
    others: Any,
    data: Any,
    key: PRNGKeyArray,
    first: Int[Array, ""],
    stop: Int[Array, ""],
) -> _After:
    """The steps from `first` to before `stop`, at most AT_ONCE; none after one that is not finite."""

    def goes_on(now: _After) -> Array:
        return (now.step < stop) & now.finite

    def go_on(now: _After) -> _After:
        state, loss, length = _step(settings, now.state, others, data, jax.random.fold_in(key, now.step))
        finite = jnp.isfinite(loss) & jnp.isfinite(length)
        return _After(now.step + 1, state, now.losses.at[now.step - first].set(loss), finite)

    after = _After(first, state, jnp.zeros(AT_ONCE, jnp.float32), jnp.array(True))
    after = jax.lax.while_loop(goes_on, go_on, after)
    # An optimiser may divide 0 by 0 where the gradient is finite. The next loss tells; here is the last one of all.
    sound = [jnp.isfinite(x).all() for x in jax.tree.leaves(after.state.parameters)]
    return after._replace(finite=after.finite & jnp.stack(sound).all())


def _step(
    settings: _Settings, state: _State, others: Any, data: Any, key: PRNGKeyArray
) -> tuple[_State, Float[Array, ""], Float[Array, ""]]:
    """One step; the loss before it, and the length of its gradient, which the default optimiser needs in any case."""
    draw, noise = jax.random.split(key)
    batch = data
    if settings.batch_size is not None:
        n = len(jax.tree.leaves(data)[0])
        rows = jax.random.randint(draw, (settings.batch_size,), 0, n, jnp.int32)
        batch = jax.tree.map(lambda x: x[rows], data)

    def loss_of(parameters: Any) -> Float[Array, ""]:
        return one_number(settings.loss(eqx.combine(parameters, others), batch, noise))

    loss, gradient = jax.value_and_grad(loss_of)(state.parameters)
    with jax.numpy_dtype_promotion("standard"):  # optax multiplies integers by floats; the loss keeps the user's rule
        updates, optimiser = settings.transformation().update(gradient, state.optimiser, state.parameters)
        state = _State(optax.apply_updates(state.parameters, updates), optimiser)
        return state, loss.astype(jnp.float32), optax.tree.norm(gradient)


# --- What is said --------------------------------------------------------------------------------


def _identity(settings: _Settings, state: _State, others: Any, data: Any, key: PRNGKeyArray) -> dict[str, Any]:
    """All on which the result of a training depends, by name. Loss and optimiser count as what they compile to."""
    lowered = _advance.lower(  # type: ignore[attr-defined]
        settings, state, others, data, key, jnp.int32(0), jnp.int32(0)
    )
    leaves = jax.tree_util.tree_leaves_with_path(state.parameters)
    names = "".join(f"{jax.tree_util.keystr(path)} {x.dtype} {x.shape}\n" for path, x in leaves)
    size = sum(x.size for _, x in leaves)
    return {
        "version of JAX": f"{jax.__version__} with jaxlib {jaxlib.__version__}",
        "model": f"{type(others).__qualname__} of {size} numbers in {len(leaves)} arrays ({digest(names)})",
        "num_steps": settings.num_steps,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "weight_decay": settings.weight_decay,
        "key": [str(jax.random.key_impl(key)), *jax.random.key_data(key).tolist()],
        "start": digest((state.parameters, eqx.filter(others, eqx.is_array))),
        "data": digest(data),
        "program of loss and optimiser": digest(lowered.as_text()),
    }


def _failure(settings: _Settings, after: _After, first: int, kept: str) -> str:
    """What the error says about a step that is not finite."""
    step = int(after.step) - 1
    loss = float(after.losses[step - first])
    what = f"the loss is {loss:g}" + (
        ", but the length of its gradient, or a parameter after it, is not finite" if math.isfinite(loss) else ""
    )
    return (
        f"step {step}, of steps 0 to {settings.num_steps - 1}: {what}. Checkpoint before it: {kept}. Try a smaller "
        f"learning_rate than {settings.learning_rate:g}; else look in the loss for a logarithm or a root of 0, a "
        "division by 0 or an exponential of a large number"
    )
