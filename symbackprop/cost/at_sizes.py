"""Numbers for sizes, in the expressions of a cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import index
from typing import Any

import sympy

from symbackprop.errors import InvalidSize

__all__ = ["checked_sizes", "told_sizes", "with_numbers"]


def with_numbers(expression: sympy.Expr, dims: Mapping[str, int]) -> sympy.Expr:
    """With numbers for those sizes; all at once, since SymPy compares the entries of a maximum after each change."""
    numbers = {s: sympy.Integer(dims[s.name]) for s in expression.free_symbols if s.name in dims}
    if numbers.keys() != expression.free_symbols:
        if isinstance(expression, sympy.Max):
            return sympy.Max(*(entry.xreplace(numbers) for entry in expression.args), evaluate=False)
        if isinstance(expression, sympy.Add) and expression.has(sympy.Max):
            return sympy.Add(*(with_numbers(entry, dims) for entry in expression.args))
    return expression.xreplace(numbers)


def checked_sizes(network: str, dims: Mapping[Any, int], known: Collection[str]) -> dict[str, int]:
    """The sizes by name. InvalidSize for one that the network does not have, and for one that is no integer of at least
    1."""
    sizes = {str(name): _size(str(name), size) for name, size in dims.items()}
    unknown = sorted(set(sizes) - set(known))
    if unknown:
        raise InvalidSize(f"sizes of {network}", expected=", ".join(known), found=", ".join(unknown))
    return sizes


def _size(name: str, value: Any) -> int:
    try:
        size = 0 if isinstance(value, bool) else index(value)
    except TypeError:
        size = 0
    if size < 1:
        raise InvalidSize(f"size {name}", expected="an integer of at least 1", found=repr(value))
    return size


def told_sizes(dims: Mapping[Any, int]) -> str:
    """As `N = 64, D = 784`."""
    return ", ".join(f"{name} = {value}" for name, value in dims.items())
