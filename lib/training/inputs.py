"""The edge of a training: data, parameters and what the loss returns are what they must be, or a clear error."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array, Float

from lib import checks
from lib.numerics.parts import is_sharded
from lib.training.leaves import is_trained


def one_number(loss: Any) -> Float[Array, ""]:
    if not (isinstance(loss, jax.Array) and jnp.issubdtype(loss.dtype, jnp.floating)):
        raise TypeError(f"loss must return one floating number, as an array of JAX; got {loss!r}")
    if loss.shape != ():
        raise ValueError(f"loss must return one number, such as the mean over the batch; got shape {loss.shape}")
    return loss


def checked_data(data: Any) -> Any:
    """The same tree, of NumPy and JAX arrays with one number of rows, whose values 4 bytes can hold."""

    def checked(path: Any, x: Any) -> checks.Array:
        name = f"data{jax.tree_util.keystr(path)}"
        x = checks.array(name, x)
        if x.dtype != bool:
            checks.real_numbers(name, x)
        if x.ndim == 0:
            raise ValueError(f"{name} must be an array with a row for each observation; got a single number")
        if jnp.issubdtype(x.dtype, jnp.floating):
            checks.finite(name, x)
        elif x.dtype.itemsize > 4:
            checks.refuse(name, x, _beyond_int32, "integers from -2**31 to below 2**31")
        return x

    arrays = jax.tree_util.tree_map_with_path(checked, data)
    named = [(jax.tree_util.keystr(path), len(x)) for path, x in jax.tree_util.tree_leaves_with_path(arrays)]
    if not named or named[0][1] == 0:
        raise ValueError("data must have at least one row; got none")
    for name, n in named:
        if n != named[0][1]:
            raise ValueError(f"data{name} must have as many rows as data{named[0][0]}, {named[0][1]}; got {n}")
    return arrays


def on_one_device(data: Any) -> Any:
    """The same tree of JAX arrays, each on one device: a loop takes its batches from all rows, so it needs them there.

    What lies on several devices does not go through the host.
    """

    def moved(x: Any) -> jax.Array:
        if not is_sharded(x):
            return jax.device_put(x)
        sharding: Any = x.sharding
        everywhere = NamedSharding(sharding.mesh, PartitionSpec())
        return jax.jit(lambda x: x, out_shardings=everywhere)(x).addressable_data(0)

    return jax.tree.map(moved, data)


def checked_parameters(parameters: Any) -> tuple[Any, Any]:
    """What is trained, as finite JAX arrays of at most 4 bytes, and all else; each has None where the other is."""
    trained, others = eqx.partition(parameters, is_trained(parameters))
    named = jax.tree_util.tree_leaves_with_path(trained)
    if not named:
        raise TypeError(
            "parameters must hold at least one floating array that is not `fixed`, such as jnp.zeros(3); Python "
            f"numbers are not trained; got {type(parameters).__name__}"
        )
    for path, x in named:
        checks.finite(f"parameters{jax.tree_util.keystr(path)}", np.asarray(x))
    return jax.tree.map(lambda x: jnp.asarray(x).astype(jnp.asarray(x).dtype), trained), others  # none of a weak type


def _beyond_int32(x: checks.Array) -> checks.Array:
    return (x < -(2**31)) | (x >= 2**31)
