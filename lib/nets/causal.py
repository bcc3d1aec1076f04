"""What a network must do to predict one token after the other."""

import abc

import equinox as eqx
from jaxtyping import Array, Float, Int


class Causal(eqx.Module):
    """A network that sees a row of tokens and says, of each, how plausible its values are given the tokens before it.

    It is made by `Network(sizes, *, key)`, where sizes[i] is the number of values of token i. It gives as many numbers
    for each token as the largest size. What it says about values that a token has not is ignored. Its one promise: the
    numbers of token i do not depend on tokens i, i + 1, …
    """

    @abc.abstractmethod
    def __call__(self, tokens: Int[Array, " length"]) -> Float[Array, "length values"]:
        """The logits of each token: their exponentials are in proportion to P(x_i = v | x_0, …, x_{i−1})."""

    def at(self, tokens: Int[Array, " length"], place: Int[Array, ""]) -> Float[Array, " values"]:
        """The logits of one token. A network that can have them for less than those of all overrides this."""
        return self(tokens)[place]

    @property
    @abc.abstractmethod
    def work(self) -> int:
        """How many numbers one row of tokens makes, at most, in one step of the computation."""
