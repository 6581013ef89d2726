"""Terms as closures, against their meaning worked out in Python's own numbers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from symbackprop.interpret import Float
from symbackprop.interpret.compile import Compiler, Environment, Position
from symbackprop.terms.build import access, add, compare, logic_and, logic_not, mul, number, poly_value, reduce, where
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import Axis, Reduction, Relation, Term

N, i, j = Poly.of(Dim("N")), Index("i"), Index("j")
I, J = Poly.of(i), Poly.of(j)
SIZES = {"N": 5}
X = [2.0, -1.0, 0.5, 3.0, -4.0]


class Elements:
    def reader(self, tensor: str, rank: int) -> Callable[[Position], Any]:
        return lambda position: X[position[0]]


def x(subscript: Poly) -> Term:
    return access("x", [subscript])


def total(reduction: Reduction, low: Poly, high: Poly, body: Term) -> Term:
    return reduce(reduction, [Axis(j, low, high)], body)


VALUES: dict[str, tuple[Term, Callable[[int], float]]] = {
    "a polynomial": (poly_value(I * N + 3 - (I // 2)), lambda i: i * 5 + 3 - i // 2),
    "products": (add(mul(x(I), x(N - 1 - I), number(3)), number(-1)), lambda i: X[i] * X[4 - i] * 3 - 1),
    "a sum": (total(Reduction.SUM, ZERO, N - 1, mul(x(J), poly_value(I + J))),
              lambda i: sum(X[j] * (i + j) for j in range(5))),
    "a sum up to here": (total(Reduction.SUM, ZERO, I, x(J)), lambda i: sum(X[: i + 1])),
    "a maximum of nothing": (total(Reduction.MAX, N, I, x(J)), lambda i: float("-inf")),
    "a choice": (where(compare(Relation.GT, x(I), number(0)), x(I), poly_value(I)), lambda i: X[i] if X[i] > 0 else i),
    "a guard around a read": (where(compare(Relation.GE, poly_value(I), number(1)), x(I - 1), number(9)),
                              lambda i: X[i - 1] if i >= 1 else 9),
    "a part that stands twice": (mul(total(Reduction.SUM, ZERO, N - 1, x(J)), total(Reduction.SUM, ZERO, N - 1, x(J))),
                                 lambda i: sum(X) ** 2),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    term, expected = VALUES[name]
    compiler = Compiler(SIZES, Float(), Elements())
    compiler.slot(i)
    value = compiler.term(term)
    for place in [*range(5), 0, 3]:
        env: Environment = [place, *[0] * (len(compiler.slots) - 1)]
        assert value(env) == pytest.approx(expected(place), rel=1e-14)


def test_conditions() -> None:
    near = compare(Relation.GE, poly_value(J - I), number(-1))
    condition = logic_and(near, logic_not(compare(Relation.EQ, poly_value(I), poly_value(J))))
    compiler = Compiler(SIZES, Float(), Elements())
    compiler.slot(i)
    compiler.slot(j)
    holds = compiler.condition(condition)
    for a, b in product(range(5), repeat=2):
        assert holds([a, b]) == (b - a >= -1 and a != b)
