"""The table from primitive to rule. A new primitive is one entry in one of these files."""

from lib.live.javascript.rule import RULES
from lib.live.javascript.rules import control, elementwise, random, reductions, sorting, updates, views

__all__ = ["RULES", "control", "elementwise", "random", "reductions", "sorting", "updates", "views"]
