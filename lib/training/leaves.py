"""Which leaves of a model training moves: its floating arrays, but those of the fields that a class names in `fixed`.

A class states it once, as `fixed = ("edges",)`, and the rule holds wherever a model of this class stands in a larger
one. Integers, Python numbers, functions and texts stay what they are.
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp


def is_trained(tree: Any) -> Any:
    """The same tree with True at each leaf that training moves, False at each other one.

    Raises TypeError where a class names something in `fixed` that is no field of it.
    """
    fixed = _fixed(tree)
    children, structure = jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda node: node is not tree)
    if jax.tree_util.treedef_is_leaf(structure):
        return eqx.is_array(tree) and jnp.issubdtype(tree.dtype, jnp.floating)
    marked = [
        jax.tree.map(lambda _: False, child) if getattr(path[0], "name", None) in fixed else is_trained(child)
        for path, child in children
    ]
    return jax.tree_util.tree_unflatten(structure, marked)


def _fixed(tree: Any) -> tuple[str, ...]:
    if not isinstance(tree, eqx.Module):
        return ()
    cls = type(tree)
    fixed, fields = getattr(cls, "fixed", ()), {field.name for field in dataclasses.fields(cls)}
    if isinstance(fixed, str) or not fields.issuperset(fixed):
        raise TypeError(f"{cls.__name__}.fixed must be a tuple of names of fields {sorted(fields)}; got {fixed!r}")
    return tuple(fixed)
