"""Terms in sixty digits, straight from what they say: an oracle that no stable form has a part in."""

from __future__ import annotations

import random
from typing import Any

import mpmath as mp

from symbackprop.terms.build import access, apply
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import (
    Apply,
    Axis,
    Constant,
    ConstantKind,
    Function,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Term,
)
from tests.terms.exact import Exact

N, K, LABEL = Index("n"), Index("k"), Index("j")
ROW = (Axis(K, Poly.of(0), Poly.of(Dim("K")) - 1),)
U, V = (access(name, [Poly.of(N), Poly.of(K)]) for name in "uv")
SIZES = {"N": 3, "K": 4}


def exp(term: Term) -> Term:
    return apply(Function.EXP, term)


def _normalized(above: Any, scale: Any) -> Any:
    return mp.mpf(0) if mp.mpf("-inf") in (above, scale) else mp.exp(above - scale)


_FUNCTIONS: dict[Function, Any] = {
    Function.EXP: mp.exp, Function.EXPM1: lambda u: mp.exp(u) - 1, Function.LOG: mp.log,
    Function.LOG1P: lambda u: mp.log(1 + u), Function.COSH: mp.cosh, Function.SINH: mp.sinh, Function.TANH: mp.tanh,
    Function.SECH: mp.sech, Function.CSCH: mp.csch, Function.SIGMOID: lambda u: 1 / (1 + mp.exp(-u)),
    Function.LOG_SIGMOID: lambda u: -mp.log(1 + mp.exp(-u)), Function.SOFTPLUS: lambda u: mp.log(1 + mp.exp(u)),
    Function.LOG_COSH: lambda u: mp.log(mp.cosh(u)), Function.BOSE: lambda u: 1 / (mp.exp(u) - 1),
    Function.LOG_ADD_EXP: lambda *us: mp.log(sum(map(mp.exp, us))), Function.EXP_NORMALIZED: _normalized,
    Function.STOP_GRADIENT: lambda u: u,
}  # fmt: skip


class Digits(Exact):
    """An element, where `given` says nothing of it, is some number in (-2, 2)."""

    def __init__(self, sizes: dict[str, int] = SIZES, given: dict[str, Any] | None = None) -> None:
        known = given or {}
        super().__init__(sizes, lambda name, place: known[name](*place) if name in known else some(name, place))

    def __call__(self, term: Term, at: Any = None) -> Any:
        match term:
            case Number(value):
                return mp.mpf(value.numerator) / value.denominator
            case PolyValue(poly):
                return mp.mpf(self.poly(poly, at or {}))
            case Constant(ConstantKind.INFINITY | ConstantKind.NEGATIVE_INFINITY as kind):
                return mp.mpf("inf" if kind is ConstantKind.INFINITY else "-inf")
            case Power(base, exponent):
                return self(base, at) ** (mp.mpf(exponent.numerator) / exponent.denominator)
            case Apply(function, args):
                return _FUNCTIONS[function](*(self(arg, at) for arg in args))
            case Reduce(Reduction.LOGSUMEXP, axes, body):
                return mp.log(sum(mp.exp(self(body, here)) for here in self.positions(axes, at)))
            case _:
                return super().__call__(term, at)


def some(name: str, place: tuple[int, ...]) -> Any:
    return mp.mpf(random.Random(f"{name}{place}").randint(-2000, 2000)) / 1001


POSITIONS = [{N: n, K: k, LABEL: j} for n in range(3) for k in range(4) for j in range(3)]


def same(one: Term, other: Term, digits: Digits | None = None) -> bool:
    """At every position of n, k and j."""
    value = digits or Digits()
    with mp.workdps(60):
        return all(mp.almosteq(value(one, at), value(other, at), 1e-50, 1e-50) for at in POSITIONS)
