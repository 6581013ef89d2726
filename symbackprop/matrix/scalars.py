"""Scalar terms by NumPy: functions, relations, and the terms that coefficients and entries are given by."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from symbackprop.terms.poly import Atom, Dim, Floor, Index, Poly
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
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
    Relation,
    Term,
    Truth,
    Where,
)

Array = np.ndarray[Any, Any]
Grids = Mapping[Index, Any]  # each index's values: an integer, or an array along the axis that it runs over


def _by_math(function: Callable[[float], float]) -> Callable[[Any], Any]:
    return np.vectorize(function, otypes=[float])


def _exp_normalized(u: Any, v: Any) -> Any:
    """exp(u - v), and 0 where either is -oo."""
    masked = (u == -math.inf) | (v == -math.inf)
    return np.where(masked, 0.0, np.exp(np.where(masked, 0.0, u) - np.where(masked, 0.0, v)))


FUNCTIONS: dict[Function, Callable[..., Any]] = {
    Function.EXP: np.exp,
    Function.EXPM1: np.expm1,
    Function.LOG: np.log,
    Function.LOG1P: np.log1p,
    Function.SIN: np.sin,
    Function.COS: np.cos,
    Function.TAN: np.tan,
    Function.ASIN: np.arcsin,
    Function.ACOS: np.arccos,
    Function.ATAN: np.arctan,
    Function.ATAN2: np.arctan2,
    Function.SINH: np.sinh,
    Function.COSH: np.cosh,
    Function.TANH: np.tanh,
    Function.ASINH: np.arcsinh,
    Function.ACOSH: np.arccosh,
    Function.ATANH: np.arctanh,
    Function.ERF: _by_math(math.erf),
    Function.SIGMOID: lambda u: 0.5 * (1 + np.tanh(0.5 * u)),
    Function.LOG_SIGMOID: lambda u: -np.logaddexp(0.0, -u),
    Function.SOFTPLUS: lambda u: np.logaddexp(0.0, u),
    Function.RELU: lambda u: np.maximum(u, 0.0),
    Function.ABS: np.abs,
    Function.SIGN: np.sign,
    Function.FLOOR: np.floor,
    Function.CEILING: np.ceil,
    Function.POW: np.power,
    Function.MAX: lambda *args: reduce(np.maximum, args),
    Function.MIN: lambda *args: reduce(np.minimum, args),
    Function.EXP_NORMALIZED: _exp_normalized,
    Function.DIFFERENCE: np.subtract,
    Function.LOG_ADD_EXP: lambda *args: reduce(np.logaddexp, args),
    Function.LOG_COSH: lambda u: np.logaddexp(u, -u) - np.log(2),
    Function.SECH: lambda u: 1 / np.cosh(u),
    Function.CSCH: lambda u: 1 / np.sinh(u),
    Function.BOSE: lambda u: 1 / np.expm1(u),
    Function.STOP_GRADIENT: lambda u: u,
}

RELATIONS: dict[Relation, Callable[[Any, Any], Any]] = {
    Relation.GT: np.greater,
    Relation.GE: np.greater_equal,
    Relation.EQ: np.equal,
    Relation.NE: np.not_equal,
}

_CONSTANTS = {
    ConstantKind.PI: math.pi,
    ConstantKind.E: math.e,
    ConstantKind.EULER_GAMMA: float(np.euler_gamma),
    ConstantKind.GOLDEN_RATIO: (1 + math.sqrt(5)) / 2,
    ConstantKind.CATALAN: 0.91596559417721901505,
    ConstantKind.INFINITY: math.inf,
    ConstantKind.NEGATIVE_INFINITY: -math.inf,
}


def term_values(term: Term, grids: Grids, sizes: Mapping[str, int], values: Mapping[str, Array]) -> Any:
    """A term of sizes, indices and integer data, at all positions of the grids at once."""

    def value(inner: Term) -> Any:
        match inner:
            case Number(number):
                return float(number)
            case Constant(kind):
                return _CONSTANTS[kind]
            case PolyValue(poly):
                return at(poly)
            case Add(args):
                return sum((value(arg) for arg in args[1:]), value(args[0]))
            case Mul(args):
                return reduce(np.multiply, map(value, args))
            case Power(base, exponent):
                return np.power(np.asarray(value(base), dtype=float), float(exponent))
            case Apply(function, args):
                return FUNCTIONS[function](*map(value, args))
            case Compare(relation, left, right):
                return RELATIONS[relation](value(left), value(right))
            case Logic(Connective.NOT, (arg,)):
                return np.logical_not(value(arg))
            case Logic(Connective.AND, args):
                return reduce(np.logical_and, map(value, args))
            case Logic(Connective.OR, args):
                return reduce(np.logical_or, map(value, args))
            case Truth(truth):
                return truth
            case Where(condition, then, otherwise):
                return np.where(value(condition), value(then), value(otherwise))
            case Access(tensor, subscripts):
                data = np.asarray(values[tensor])
                where = [at(s) if isinstance(s, Poly) else value(s) for s in subscripts]
                # what lies outside stands behind a guard
                return data[tuple(np.clip(w, 0, n - 1) for w, n in zip(where, data.shape, strict=True))]
            case _:
                raise TypeError(f"no entries: {type(inner).__name__}")

    def at(poly: Poly) -> Any:
        total: Any = 0  # not `poly.evaluate`, which adds in place
        for monomial, coefficient in poly.terms:
            total = total + reduce(lambda product, factor: product * atom_value(factor[0]) ** factor[1], monomial,
                                   coefficient)  # fmt: skip
        return total

    def atom_value(atom: Atom) -> Any:
        match atom:
            case Dim(name):
                return sizes[name]
            case Floor(numerator, denominator):
                return at(numerator) // at(denominator)
            case _:
                return grids[atom]

    return value(term)
