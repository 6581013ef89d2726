"""Polynomials in sizes -> SymPy expressions."""

from __future__ import annotations

from sympy import Expr, Integer, Symbol, floor

from symbackprop.terms.poly import Dim, Floor, Index, Poly


def size_expression(poly: Poly) -> Expr:
    """The SymPy expression of a size; its symbols are those that `net.dims` returned."""
    total: Expr = Integer(0)
    for monomial, coefficient in poly.terms:
        product: Expr = Integer(coefficient)
        for atom, power in monomial:
            match atom:
                case Dim(name):
                    factor: Expr = Symbol(name, integer=True, positive=True)
                case Index(name):
                    factor = Symbol(name, integer=True)
                case Floor(numerator, denominator):
                    factor = floor(size_expression(numerator) / size_expression(denominator))
            product = product * factor**power
        total = total + product
    return total
