"""Sizes and polynomials as SymPy expressions, in the very symbols that `Network.dims` returns."""

from __future__ import annotations

import sympy

from symbackprop.terms.poly import Atom, Dim, Floor, Index, Poly

__all__ = ["poly_expression", "size_symbol"]


def size_symbol(name: str) -> sympy.Symbol:
    """The symbol of a size."""
    return sympy.Symbol(name, integer=True, positive=True)


def poly_expression(poly: Poly) -> sympy.Expr:
    """A polynomial in sizes and indices; an index becomes a SymPy integer symbol of its name.

    >>> from symbackprop.terms.poly import Dim
    >>> poly_expression(2 * Poly.of(Dim("N")) * Poly.of(Dim("D")) + 1)
    2*D*N + 1
    """
    return sympy.Add(*(
        sympy.Mul(coefficient, *(_atom(atom) ** power for atom, power in monomial))
        for monomial, coefficient in poly.terms
    ))  # fmt: skip


def _atom(atom: Atom) -> sympy.Expr:
    match atom:
        case Dim(name):
            return size_symbol(name)
        case Index():
            return sympy.Symbol(str(atom), integer=True)
        case Floor(numerator, denominator):
            return sympy.floor(poly_expression(numerator) / poly_expression(denominator))
