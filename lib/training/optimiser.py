"""How far each step goes, and in which direction: Adam, a rate that rises, and then falls to 0.

Adam divides the mean of the last gradients by the root of the mean of their squares, so that each number moves by about
the learning rate, whatever the size of its gradient. The rate grows from 0 while these means are still poor, and falls
as half a wave of a cosine, so that the noise of small batches dies out. A gradient that is longer than 1 is cut to 1,
so that one strange batch does no harm. Weight decay, where one asks for it, pulls each number of a matrix towards 0 in
each step, by the rate times the decay times the number itself: what the data do not hold up is forgotten. Vectors are
left alone, which are added to numbers or scale them: they say how frequent a thing is, and not what depends on what.

Sources: D. Kingma & J. Ba, Adam, ICLR 2015; I. Loshchilov & F. Hutter, SGDR, ICLR 2017, and Decoupled weight decay
regularization, ICLR 2019; R. Pascanu, T. Mikolov & Y. Bengio, On the difficulty of training recurrent neural networks,
ICML 2013.
"""

import jax
import optax

WARM_UP = 100  # steps, or a tenth of a training of fewer than 1000
LONGEST = 1.0  # a gradient


def adam(learning_rate: float, num_steps: int, weight_decay: float = 0.0) -> optax.GradientTransformation:
    """Adam for a training of `num_steps` steps: `learning_rate` is the highest rate, right after the warm-up."""
    decayed = optax.adamw(
        schedule(learning_rate, num_steps),
        b2=0.99,
        weight_decay=weight_decay,
        mask=lambda parameters: jax.tree.map(lambda x: x.ndim > 1, parameters),
    )
    return optax.chain(optax.clip_by_global_norm(LONGEST), decayed)


def schedule(learning_rate: float, num_steps: int) -> optax.Schedule:
    """The rate of step i = 0, …, num_steps − 1."""
    warm_up = min(WARM_UP, num_steps // 10)
    return optax.warmup_cosine_decay_schedule(0.0, learning_rate, warm_up, num_steps)
