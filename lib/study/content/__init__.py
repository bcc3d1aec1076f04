"""What there is to study, by name: "3.1-theta" stands in chapter_3_1.py, and "summary-why" would in chapter_summary.py.

A name begins with the key of its entry in book/contents.yml, and a hyphen.
"""

import difflib
import importlib
import pkgutil
from typing import Any


def find(name: str, *kinds: type) -> Any:
    """The item with this name. Raises ValueError with the names that are near, where there is none."""
    module = f"chapter_{key_of(str(name)).replace('.', '_')}"
    if module in _modules():
        for item in _items(module, *kinds):
            if item.name == name:
                return item
    names = list(everything(*kinds))
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4) or names
    raise ValueError(f"there is no {kinds[0].__name__.lower()} {name!r}; near it are {', '.join(near)}")


def key_of(name: str) -> str:
    """The key of the chapter to which a name belongs."""
    return name.partition("-")[0]


def everything(*kinds: type) -> dict[str, Any]:
    """All items of these kinds by name, in the order of the book."""
    return {item.name: item for module in _modules() for item in _items(module, *kinds)}


def _modules() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def _items(module: str, *kinds: type) -> list[Any]:
    items = importlib.import_module(f"{__name__}.{module}").ITEMS
    return [item for item in items if isinstance(item, kinds)]
