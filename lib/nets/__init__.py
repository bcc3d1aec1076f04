"""Networks that equinox.nn lacks: those that predict the tokens of a row from some others of it."""

from lib.nets.causal import Causal
from lib.nets.infilling_mlp import InfillingMLP
from lib.nets.masked_mlp import MaskedMLP
from lib.nets.transformer import Transformer
from lib.nets.window_mlp import WindowMLP

__all__ = ["Causal", "InfillingMLP", "MaskedMLP", "Transformer", "WindowMLP"]
