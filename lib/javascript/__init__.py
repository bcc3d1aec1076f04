"""A JAX function as JavaScript: trace, simplify, plan, lower, program. book/pages/javascript.md shows each step.

graph.py        what the compiler works on: equations between arrays
trace.py        JAX's jaxpr with calls inlined, and what is known worked out
calls.py        the few calls that are not inlined
simplify.py     what an equation need not work out
bounds.py       between which whole numbers a value lies
subnormal.py    which floats may be too small for JAX's arithmetic
plan.py         which values get a place, and which are worked out where they are read
rule.py         the table from primitive to rule
rules/          its entries
scope.py        names and places
index.py        where an element lies
expression.py   one element, rounded as JAX rounds
kernel.py       one nest of loops
statements.py   lines, loops and branches, and which of them get functions of their own
lower.py        the statements of a graph, nest after nest
program.py      the whole text; runtime.js holds the helpers
"""

from collections.abc import Callable
from typing import Any

import jax

from lib.javascript.graph import Unsupported
from lib.javascript.program import program
from lib.javascript.rules import RULES
from lib.javascript.trace import trace

__all__ = ["RULES", "Unsupported", "to_javascript"]


def to_javascript(fn: Callable, *example_args: Any, sliced: bool = False) -> str:
    """The text of a JavaScript expression whose value is the function `fn`, for arguments of the shapes of these.

    The JavaScript function takes flat typed arrays, one for each leaf of the arguments, in JAX's order: a scalar is an
    array of one, a truth value a Uint8Array, a typed key a Uint32Array of its two numbers. It returns an array of flat
    typed arrays, one for each leaf of the result, which are the caller's to keep. All constants are in the text, and it
    needs neither `eval` nor anything from elsewhere.

    If `sliced`, it is a generator function: each step of a loop or of a long nest of loops is followed by a `yield`, so
    that who drives it can let the page breathe. What its last step returns is the result. A run may be given up for a
    new one, but two runs of one function must not take turns.

    Raises Unsupported, with the line at fault, where a primitive or a dtype has no rule.
    """
    if jax.config.read("jax_enable_x64"):
        raise Unsupported("the page computes in 32 bits: compile without JAX_ENABLE_X64")
    graph, arguments = trace(fn, example_args)
    return program(graph, arguments, getattr(fn, "__name__", "fn"), sliced)
