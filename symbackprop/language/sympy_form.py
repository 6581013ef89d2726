"""Terms as SymPy expressions, in the objects that equations are written with: what `.lhs` and `.rhs` return.

Reading such an expression gives the term again. Nothing is simplified: SymPy sees sums, products and functions of
elements, and a reduction keeps its body as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from symbackprop.language import functions, reductions
from symbackprop.language.symbols import NamedIdx
from symbackprop.terms.poly import Atom, Dim, Floor, Index, Poly
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
    ConstantKind,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Subscript,
    Term,
    Truth,
    Where,
)

__all__ = ["SympyForm", "poly_expression", "size_symbol"]

Bound = Mapping[Index, sympy.Expr]

_CONSTANTS = {
    ConstantKind.PI: sympy.pi,
    ConstantKind.E: sympy.E,
    ConstantKind.EULER_GAMMA: sympy.EulerGamma,
    ConstantKind.GOLDEN_RATIO: sympy.GoldenRatio,
    ConstantKind.CATALAN: sympy.Catalan,
    ConstantKind.INFINITY: sympy.oo,
    ConstantKind.NEGATIVE_INFINITY: -sympy.oo,
}
_FUNCTIONS: dict[Function, Callable[..., Any]] = {
    Function.EXP: sympy.exp,
    Function.EXPM1: lambda x: sympy.exp(x) - 1,
    Function.LOG: sympy.log,
    Function.LOG1P: lambda x: sympy.log(1 + x),
    Function.SIN: sympy.sin,
    Function.COS: sympy.cos,
    Function.TAN: sympy.tan,
    Function.ASIN: sympy.asin,
    Function.ACOS: sympy.acos,
    Function.ATAN: sympy.atan,
    Function.ATAN2: sympy.atan2,
    Function.SINH: sympy.sinh,
    Function.COSH: sympy.cosh,
    Function.TANH: sympy.tanh,
    Function.ASINH: sympy.asinh,
    Function.ACOSH: sympy.acosh,
    Function.ATANH: sympy.atanh,
    Function.ERF: sympy.erf,
    Function.SIGMOID: functions.sigmoid,
    Function.LOG_SIGMOID: functions.log_sigmoid,
    Function.SOFTPLUS: functions.softplus,
    Function.RELU: functions.relu,
    Function.ABS: sympy.Abs,
    Function.SIGN: sympy.sign,
    Function.FLOOR: sympy.floor,
    Function.CEILING: sympy.ceiling,
    Function.POW: sympy.Pow,
    Function.MAX: sympy.Max,
    Function.MIN: sympy.Min,
    Function.EXP_NORMALIZED: lambda u, v: sympy.exp(u - v),
    Function.LOG_ADD_EXP: lambda *args: sympy.log(sympy.Add(*map(sympy.exp, args))),
    Function.LOG_COSH: lambda u: sympy.log(sympy.cosh(u)),
    Function.SECH: sympy.sech,
    Function.CSCH: sympy.csch,
    Function.BOSE: lambda u: 1 / (sympy.exp(u) - 1),
    Function.DIFFERENCE: lambda u, v: u - v,
    Function.STOP_GRADIENT: functions.stop_gradient,
}
_REDUCTIONS = {
    Reduction.SUM: reductions.Sum,
    Reduction.PRODUCT: reductions.Product,
    Reduction.MAX: reductions.ReduceMax,
    Reduction.MIN: reductions.ReduceMin,
    Reduction.LOGSUMEXP: reductions.LogSumExp,
}
_RELATIONS = {Relation.GT: sympy.Gt, Relation.GE: sympy.Ge, Relation.EQ: sympy.Eq, Relation.NE: sympy.Ne}
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


def size_symbol(name: str) -> sympy.Symbol:
    """The symbol of a size, as `Network.dims` returns it."""
    return sympy.Symbol(name, integer=True, positive=True)


def poly_expression(poly: Poly, bound: Bound | None = None) -> sympy.Expr:
    """A polynomial; an index that is not in `bound` becomes an integer symbol of its name.

    >>> from symbackprop.terms.poly import Dim
    >>> poly_expression(2 * Poly.of(Dim("N")) * Poly.of(Dim("D")) + 1)
    2*D*N + 1
    """
    return sympy.Add(
        *(
            sympy.Mul(coefficient, *(_atom(atom, bound or {}) ** times for atom, times in monomial))
            for monomial, coefficient in poly.terms
        )
    )


def _atom(atom: Atom, bound: Bound) -> sympy.Expr:
    match atom:
        case Dim(name):
            return size_symbol(name)
        case Index():
            return bound[atom] if atom in bound else sympy.Symbol(str(atom), integer=True)
        case Floor(numerator, denominator):
            return sympy.floor(poly_expression(numerator, bound) / poly_expression(denominator, bound))


def _indices(axes: tuple[Axis, ...], names: Mapping[Index, str], bound: Bound | None = None) -> dict[Index, sympy.Expr]:
    return {
        axis.index: NamedIdx.over(
            names.get(axis.index, axis.index.name), poly_expression(axis.low, bound), poly_expression(axis.high, bound)
        )
        for axis in axes
    }


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)
