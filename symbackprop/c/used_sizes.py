"""The sizes by name that equations are made of."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.schedule import Scheduled
from symbackprop.terms.poly import Poly
from symbackprop.terms.term import Access, Axis, PolyValue, Reduce, subterms


def sizes_of(*functions: Scheduled | None) -> set[str]:
    """Those that the functions' equations use: in ranges, subscripts, and as numbers."""
    found: set[str] = set()
    for equation in (equation for each in functions if each is not None for equation in each.equations):
        found |= dims_in(_ends(equation.axes))
        for inner in (*subterms(equation.lhs), *subterms(equation.rhs)):
            match inner:
                case PolyValue(poly):
                    found |= dims_in([poly])
                case Access(_, subscripts):
                    found |= dims_in(subscript for subscript in subscripts if isinstance(subscript, Poly))
                case Reduce(_, axes):
                    found |= dims_in(_ends(axes))
    return found


def dims_in(extents: Iterable[Poly]) -> set[str]:
    return {dim.name for extent in extents for dim in extent.dims()}


def _ends(axes: Iterable[Axis]) -> Iterable[Poly]:
    return (end for axis in axes for end in (axis.low, axis.high))


__all__ = ["dims_in", "sizes_of"]
