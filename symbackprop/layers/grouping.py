"""Axes that are split into equal groups."""

from __future__ import annotations

from typing import Any

from sympy import Eq, floor, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.network import Network


def share(net: Network, kind: str, size: Any, groups: Any) -> Any:
    """size/groups, which must be whole: for symbolic sizes a condition checked where the module is called."""
    if groups == 1:
        return size
    quotient = sympify(size) / groups
    if quotient.is_integer:
        return quotient
    if quotient.is_number:
        raise InvalidArgument(f"layers.{kind}: groups", expected=f"a divisor of {size}", found=str(groups))
    net.assume(Eq(size, groups * floor(quotient)))
    return floor(quotient)
