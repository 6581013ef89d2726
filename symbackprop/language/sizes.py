"""Integers over sizes and indices: SymPy expressions as polynomials (`Sizes`), and polynomials as SymPy expressions.

SymPy spreads what was written: `(H + 2 - K)//2` arrives as `floor(H/2 - K/2) + 1`, so expressions are read as a
quotient of two polynomials, and are integers where the quotient comes out even or stands in a floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import gcd
from typing import Any

import sympy
from sympy import Basic, Expr, Idx, Symbol, sympify

from symbackprop.errors import InvalidSize, UnknownIndex, UnknownSymbol
from symbackprop.language.symbols import AdjointSymbol, DerivativeSymbol, NamedIdx, TensorSymbol
from symbackprop.language.told import Subject, told
from symbackprop.terms.poly import ONE, Atom, Dim, Floor, Index, Poly, floor_div
from symbackprop.terms.term import Axis

LARGEST = 2**63 - 1  # position in an array of NumPy
Ratio = tuple[Poly, Poly]
Bound = Mapping[Index, Expr]


@dataclass(slots=True)
class Sizes:
    """The names that stand for integers: `dims` and `indices` of a network, and symbols bound by SymPy's own Sum."""

    dims: dict[Basic, Poly] = field(default_factory=dict)
    indices: dict[Basic, Poly] = field(default_factory=dict)
    bound: dict[Basic, Poly] = field(default_factory=dict)
    _memo: dict[Basic, Ratio | None] = field(default_factory=dict)

    def add_dim(self, name: str) -> Symbol:
        """The symbol of the size of that name, known from now on."""
        symbol = size_symbol(name)
        self.dims[symbol] = Poly.of(Dim(name))
        self.forget()
        return symbol

    def add_index(self, symbol: Basic, index: Index) -> None:
        self.indices[symbol] = Poly.of(index)
        self.forget()

    def forget(self) -> None:
        """What was found of expressions, since other names are known now."""
        self._memo.clear()

    def integer(self, expr: Basic, subject: Subject) -> Poly | None:
        """The polynomial, or None where `expr` is something else (a value, a fraction)."""
        ratio = self.ratio(expr, subject)
        return ratio[0] if ratio is not None and ratio[1] == ONE else None

    def ratio(self, expr: Basic, subject: Subject) -> Ratio | None:
        """(numerator, denominator) in lowest terms, or None where a value stands in it."""
        if expr in self._memo:
            return self._memo[expr]
        found = self._ratio(expr, subject)
        if found is not None:
            found = _lowest(*found)
        if not self.bound:
            self._memo[expr] = found
        return found

    def _ratio(self, expr: Basic, subject: Subject) -> Ratio | None:
        if isinstance(expr, sympy.Rational):
            too_large = max(abs(int(expr.p)), int(expr.q)) > LARGEST
            return None if too_large else (Poly.of(int(expr.p)), Poly.of(int(expr.q)))
        if isinstance(expr, TensorSymbol | AdjointSymbol | DerivativeSymbol):
            return None
        if isinstance(expr, Symbol | Idx):
            return self._atom(expr, subject), ONE
        if isinstance(expr, sympy.Add | sympy.Mul | sympy.Pow | sympy.floor | sympy.ceiling | sympy.Mod):
            parts: list[Ratio] = []
            for arg in expr.args:
                part = self.ratio(arg, subject)
                if part is None:
                    return None
                parts.append(part)
            return _combine(expr, parts)
        return None

    def _atom(self, expr: Any, subject: Subject) -> Poly:
        found = self.bound.get(expr) or self.dims.get(expr) or self.indices.get(expr)
        if found is not None:
            return found
        if isinstance(expr, Idx):
            declared = next((str(i.args[1]) for i in self.indices if str(i) == str(expr)), None)
            raise UnknownIndex(
                subject(),
                expected="indices of this network",
                found=f"{expr}" + (f" over {expr.args[1]}" if len(expr.args) > 1 else ""),
                remedy=f"this network's {expr} runs over {declared}"
                if declared
                else f'declare it with net.index("{expr}", ...)',
            )
        raise UnknownSymbol(
            subject(),
            expected="sizes, indices and tensors of this network",
            found=f"the SymPy symbol {expr}",
            remedy="declare it with net.dim, net.index, net.input or net.parameter"
            if str(expr) not in {str(dim) for dim in self.dims}
            else f"the size {expr} that net.dims returned is a positive integer symbol: use that one",
        )


def _combine(expr: Basic, parts: Sequence[Ratio]) -> Ratio | None:
    match expr:
        case sympy.Add():
            top, below = parts[0]
            for numerator, denominator in parts[1:]:
                if denominator == below:
                    top = top + numerator
                else:
                    top, below = top * denominator + numerator * below, below * denominator
            return top, below
        case sympy.Mul():
            top, below = ONE, ONE
            for numerator, denominator in parts:
                top, below = top * numerator, below * denominator
            return top, below
        case sympy.Pow():
            (top, below), (power, denominator) = parts
            exponent = power.constant
            if denominator != ONE or exponent is None:
                return None
            return (top**exponent, below**exponent) if exponent >= 0 else (below**-exponent, top**-exponent)
        case sympy.floor():
            return (floor_div(*parts[0]), ONE) if parts[0][1].terms else None
        case sympy.ceiling():
            return (-floor_div(-parts[0][0], parts[0][1]), ONE) if parts[0][1].terms else None
        case sympy.Mod():
            (a, below_a), (b, below_b) = parts
            if below_a != ONE or below_b != ONE or not b.terms:
                return None
            return a - b * floor_div(a, b), ONE
        case _:
            return None


def _lowest(top: Poly, below: Poly) -> Ratio:
    if below == ONE:
        return top, below
    if below.constant is None:
        if below.terms:
            quotient = floor_div(top, below)
            if quotient * below == top:
                return quotient, ONE
        return top, below
    divisor = below.constant
    for _, coefficient in top.terms:
        divisor = gcd(divisor, coefficient)
    if not top.terms:
        return top, ONE
    if below.constant < 0:
        divisor = -abs(divisor)
    return Poly({m: c // divisor for m, c in top.terms}), Poly.of(below.constant // divisor)


def read_size(value: Any, sizes: Sizes, subject: str) -> Poly:
    """A size: a plain integer or an integer expression in the declared sizes."""
    wanted = "an integer expression in the declared sizes"
    if isinstance(value, bool):
        raise InvalidSize(subject, expected=wanted, found=told(value))
    try:
        expr = sympify(value, strict=True)
    except Exception as error:  # whatever SymPy raises for an object that it does not know
        raise InvalidSize(subject, expected=wanted, found=f"{value!r} ({type(value).__name__})") from error
    poly = sizes.integer(expr, lambda: subject)
    if poly is None and isinstance(expr, sympy.Integer):
        digits = int(expr).bit_length() * 3 // 10
        raise InvalidSize(subject, expected=f"a size of at most {LARGEST}", found=f"a number of about {digits} digits")
    if poly is None:
        remedy = "write the quotient with //, which rounds down" if sizes.ratio(expr, lambda: subject) else ""
        raise InvalidSize(subject, expected=wanted, found=told(expr), remedy=remedy)
    if poly.indices():
        raise InvalidSize(
            subject, expected=wanted, found=f"{told(expr)}, in which {poly.indices()[0]} is an index",
            remedy="let the index run over its whole range and mask with Piecewise((value, condition), (0, True))",
        )  # fmt: skip
    return poly


# --- polynomials as SymPy expressions ------------------------------------------------------------------
def size_symbol(name: str) -> Symbol:
    """The symbol of a size, as `Network.dims` returns it."""
    return Symbol(name, integer=True, positive=True)


def index_symbol(axis: Axis, name: str = "", bound: Bound | None = None) -> NamedIdx:
    """The index of the axis over its range, as `Network.index` returns it; `name`: another one than its own."""
    ends = poly_expression(axis.low, bound), poly_expression(axis.high, bound)
    return NamedIdx(Symbol(name or axis.index.name, integer=True), ends)


def poly_expression(poly: Poly, bound: Bound | None = None) -> Expr:
    """A polynomial; an index that is not in `bound` becomes an integer symbol of its name.

    >>> from symbackprop.terms.poly import Dim
    >>> poly_expression(2 * Poly.of(Dim("N")) * Poly.of(Dim("D")) + 1)
    2*D*N + 1
    """
    return _bound_expression(poly, bound) if bound else _free_expression(poly)


@lru_cache(maxsize=4096)
def _free_expression(poly: Poly) -> Expr:
    return _bound_expression(poly, {})


def _bound_expression(poly: Poly, bound: Bound) -> Expr:
    return sympy.Add(
        *(
            sympy.Mul(coefficient, *(_atom_expression(atom, bound) ** times for atom, times in monomial))
            for monomial, coefficient in poly.terms
        )
    )


def _atom_expression(atom: Atom, bound: Bound) -> Expr:
    match atom:
        case Dim(name):
            return size_symbol(name)
        case Index():
            return bound[atom] if atom in bound else Symbol(str(atom), integer=True)
        case Floor(numerator, denominator):
            return sympy.floor(poly_expression(numerator, bound) / poly_expression(denominator, bound))
