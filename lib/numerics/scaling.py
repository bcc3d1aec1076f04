"""The units in which networks see data: their distance from the mean, with one scale for all numbers."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def mean_and_scale(x: Float[np.ndarray, "n *event_shape"]) -> tuple[Float[Array, "*event_shape"], Float[Array, ""]]:
    """The mean of observations, and the root mean square of all their differences from it; ValueError where it is 0."""
    mean = x.mean(axis=0, dtype=np.float64)
    scale = np.sqrt(np.mean((x - mean) ** 2))
    if not scale:
        raise ValueError("x must hold observations that differ; all of them are the same")
    return jnp.float32(mean), jnp.float32(scale)
