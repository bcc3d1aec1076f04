"""The table from primitive to rule. A new primitive is one entry in one of these files."""

from lib.javascript.rule import RULES
from lib.javascript.rules import control, elementwise, random_bits, reductions, sorting, updates, views

__all__ = ["RULES", "control", "elementwise", "random_bits", "reductions", "sorting", "updates", "views"]
