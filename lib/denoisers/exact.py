"""The exact denoiser of a law over finitely many points: what every network tries to learn.

    E[x | z] = Σ_i w_i x_i,    w_i ∝ P(x_i) · exp(−|z − cos(angle) x_i|² / (2 sin²(angle)))

This is Bayes' rule: w_i is the probability that z came from x_i. If the points are the training data, each as likely as
any other, then z has the law of a kernel density estimate: Gaussians of standard deviation sin(angle) around
cos(angle) · x_i.

Sources: the mean of a posterior by Bayes' rule is as old as the rule; for what it says of diffusion, C. Scarvelis, H.
Borde & J. Solomon, Closed-form diffusion models, TMLR 2025, and T. Karras et al., Elucidating the design space of
diffusion-based generative models, NeurIPS 2022, appendix B.3.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from lib import checks
from lib.denoisers.denoiser import Denoiser


class ExactDenoiser(Denoiser):
    """The law gives the points (n, d) the log-probabilities (n,) in nats, which sum to one, and attributes (n, k).

    With a condition, only points that have all the attributes it asks for are left. Where there is none, it is NaN.

    Raises TypeError or ValueError for points that are not finite numbers (n, d), log-probabilities that do not fit them
    or do not sum to one, and attributes that are no codes of `sizes`.

    >>> denoiser = ExactDenoiser([[-2.0], [1.0]], np.log([1 / 3, 2 / 3]))
    >>> nothing = jnp.zeros(0, jnp.int32)
    >>> for angle in (0.1, 1.0, jnp.pi / 2):  # from little noise to noise alone
    ...     print(f"{denoiser(jnp.array([0.2]), jnp.float32(angle), nothing)[0]:.3f}")
    1.000
    0.563
    0.000
    """

    points: Float[Array, "n d"]
    log_probs: Float[Array, " n"]
    attributes: Int[Array, "n k"]
    sizes: tuple[int, ...] = eqx.field(static=True)

    fixed = ("points", "log_probs")

    def __init__(
        self, points: ArrayLike, log_probs: ArrayLike, attributes: ArrayLike | None = None, sizes: tuple[int, ...] = ()
    ) -> None:
        points, log_probs = checks.points("points", points), checks.log_table("log_probs", log_probs)
        if log_probs.shape != points.shape[:1]:
            raise ValueError(f"log_probs must have shape ({len(points)},), one of each point; got {log_probs.shape}")
        self.sizes = checks.sizes(sizes) if sizes else ()
        if attributes is None:
            attributes = np.zeros((len(points), 0), np.int32)
        attributes = checks.attributes("attributes", attributes, self.sizes, len(points), "one of each point")
        self.points, self.log_probs = jnp.asarray(points), jnp.asarray(log_probs, jnp.float32)
        self.attributes = jnp.asarray(attributes, jnp.int32)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.points.shape[1:]

    @property
    def work(self) -> int:
        return len(self.points)

    def __call__(
        self, z: Float[Array, " d"], angle: Float[Array, ""], condition: Int[Array, " k"]
    ) -> Float[Array, " d"]:
        cos, sin = jnp.cos(angle), jnp.sin(angle)
        # |z|² is the same for all points, so it is left out: what remains is one product of matrices for all z.
        halves = jnp.sum(self.points**2, axis=1) * (cos / 2)
        nearness = (jnp.matmul(self.points, z, precision="highest") - halves) * (cos / sin**2)
        fits = jnp.all((condition[None] < 0) | (self.attributes == condition[None]), axis=1)
        log_weights = jnp.where(fits, self.log_probs + nearness, -jnp.inf)
        return jax.nn.softmax(log_weights) @ self.points
