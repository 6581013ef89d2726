"""Terms as SymPy expressions, in the objects that equations are written with: what `.lhs` and `.rhs` return.

Reading such an expression gives the term again. Nothing is simplified: SymPy sees sums, products and functions of
elements, and a reduction keeps its body as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from symbackprop.language import activations
from symbackprop.language.reductions import REDUCTIONS, Mean
from symbackprop.language.sizes import Bound, index_symbol, poly_expression
from symbackprop.language.vocabulary import CONSTANTS, RELATIONS, SAME
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Tensor
from symbackprop.terms.show import Namer
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Connective,
    Constant,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Subscript,
    Term,
    Truth,
    Where,
)

__all__ = ["SympyForm"]

_CONSTANTS = {kind: constant for constant, kind in CONSTANTS.items()}
_FUNCTIONS: dict[Function, Callable[..., Any]] = {
    **{function: head for head, function in SAME.items()},
    Function.EXPM1: lambda x: sympy.exp(x) - 1,
    Function.LOG1P: lambda x: sympy.log(1 + x),
    Function.SOFTPLUS: activations.softplus,
    Function.POW: sympy.Pow,
    Function.EXP_NORMALIZED: lambda u, v: sympy.exp(u - v),
    Function.LOG_ADD_EXP: lambda *args: sympy.log(sympy.Add(*map(sympy.exp, args))),
    Function.LOG_COSH: lambda u: sympy.log(sympy.cosh(u)),
    Function.SECH: sympy.sech,
    Function.CSCH: sympy.csch,
    Function.BOSE: lambda u: 1 / (sympy.exp(u) - 1),
    Function.DIFFERENCE: lambda u, v: u - v,
}
_REDUCTIONS = {head.kind: head for head in REDUCTIONS if head is not Mean}
_RELATIONS = {relation: head for head, (relation, turned) in RELATIONS.items() if not turned}
_CONNECTIVES = {Connective.AND: sympy.And, Connective.OR: sympy.Or, Connective.NOT: sympy.Not}


class SympyForm:
    """Writes the terms of a program over `tensors`.

    `symbols` are the tensors that the user declared; any other, such as a δ, becomes a SymPy IndexedBase.
    """

    def __init__(self, tensors: Mapping[str, Tensor], symbols: Mapping[str, Any] | None = None) -> None:
        self._symbols = symbols or {}
        self._namer = Namer(tensors)

    def left(self, equation: Equation) -> sympy.Expr:
        """The element that the equation defines."""
        return self._access(equation.lhs, _indices(equation.axes, {}))

    def right(self, equation: Equation) -> sympy.Expr:
        """What the equation says it is."""
        return self._term(equation.rhs, _indices(equation.axes, {}))

    def value(self, term: Term) -> sympy.Expr:
        """A term without free indices, such as one in sizes."""
        return self._term(term, {})

    def _access(self, access: Access, bound: Bound) -> sympy.Expr:
        symbol = self._symbols.get(access.tensor)
        subscripts = tuple(self._subscript(subscript, bound) for subscript in access.subscripts)
        if symbol is not None:
            return symbol[subscripts]
        return sympy.IndexedBase(access.tensor)[subscripts] if subscripts else sympy.Symbol(access.tensor, real=True)

    def _subscript(self, subscript: Subscript, bound: Bound) -> sympy.Expr:
        return poly_expression(subscript, bound) if isinstance(subscript, Poly) else self._access(subscript, bound)

    def _term(self, term: Term, bound: Bound) -> sympy.Expr:
        match term:
            case Number(value):
                return _rational(value)
            case Constant(kind):
                return _CONSTANTS[kind]
            case PolyValue(poly):
                return poly_expression(poly, bound)
            case Access():
                return self._access(term, bound)
            case Add(args):
                return sympy.Add(*(self._term(arg, bound) for arg in args))
            case Mul(args):
                return sympy.Mul(*(self._term(arg, bound) for arg in args))
            case Power(base, exponent):
                return self._term(base, bound) ** _rational(exponent)
            case Apply(function, args):
                return _FUNCTIONS[function](*(self._term(arg, bound) for arg in args))
            case Where(condition, then, otherwise):
                branches = (self._term(then, bound), self._condition(condition, bound))
                return sympy.Piecewise(branches, (self._term(otherwise, bound), True), evaluate=False)
            case Reduce(reduction, axes, body):
                names = {index: str(symbol) for index, symbol in bound.items()}
                inner = {**bound, **_indices(axes, self._namer.names(term, names, set(names.values())), bound)}
                return _REDUCTIONS[reduction](self._term(body, inner), *(inner[axis.index] for axis in axes))
            case _:
                raise TypeError(f"cannot write {type(term).__name__} in SymPy")

    def _condition(self, condition: Term, bound: Bound) -> Any:
        match condition:
            case Truth(value):
                return sympy.true if value else sympy.false
            case Compare(relation, left, right):
                return _RELATIONS[relation](self._term(left, bound), self._term(right, bound))
            case Logic(connective, args):
                return _CONNECTIVES[connective](*(self._condition(arg, bound) for arg in args))
            case _:
                raise TypeError(f"cannot write {type(condition).__name__} in SymPy")


def _indices(axes: tuple[Axis, ...], names: Mapping[Index, str], bound: Bound | None = None) -> dict[Index, sympy.Expr]:
    return {axis.index: index_symbol(axis, names.get(axis.index, ""), bound) for axis in axes}


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)
