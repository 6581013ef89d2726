"""Sizes that divide are told where a 0 would be divided by, and only there: against fractions at small sizes."""

from __future__ import annotations

from itertools import product

import pytest

from symbackprop.terms.build import NIL, access, add, compare, mul, poly_value, power, reduce, where
from symbackprop.terms.conditions import at_least_zero
from symbackprop.terms.divisors import nonzero_conditions, nonzero_in
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, zeros
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction, Relation, Term
from tests.terms.exact import Exact, numbers

N, K = (Poly.of(Dim(name)) for name in "NK")
I = Index("i")
HERE = Poly.of(I)
x = access("x", [HERE])
AXES = (Axis(I, Poly.of(0), N - 1),)
SIZES = [dict(zip("NK", sizes, strict=True)) for sizes in product(range(1, 6), repeat=2)]


def over(poly: Poly, times: int = 1) -> Term:
    return power(poly_value(poly), -times)


def unlike(poly: Poly) -> Term:
    return compare(Relation.NE, poly_value(poly), NIL)


DIVIDING: dict[str, tuple[Term, list[Poly]]] = {
    "nothing": (mul(x, power(poly_value(N - 1), 2)), []),
    "a size": (mul(x, over(N)), []),
    "sizes": (mul(x, over(N * K)), []),
    "one less": (mul(x, over(N - 1)), [N - 1]),
    "two": (add(mul(x, over(N - 1)), mul(x, over(N - K, 2))), [N - 1, N - K]),
    "behind its guard": (where(at_least_zero(N - 2), mul(x, over(N - 1)), NIL), []),
    "behind unlike": (where(unlike(N - 3), mul(x, over(N - 3)), NIL), []),
    "behind another guard": (where(at_least_zero(K - 2), mul(x, over(N - 3)), NIL), [N - 3]),
    "behind a guard that is too weak": (where(at_least_zero(N - 2), mul(x, over(N - 3)), NIL), [N - 3]),
    "in the other branch": (where(at_least_zero(1 - N), x, mul(x, over(N - 1))), []),
    "in a sum": (reduce(Reduction.SUM, AXES, mul(x, over(N - 1))), [N - 1]),
    "an index": (mul(x, over(HERE + 1)), []),
    "an element": (power(x, -1), []),
}


@pytest.mark.parametrize("name", DIVIDING)
def test_a_division_by_sizes(name: str) -> None:
    term, expected = DIVIDING[name]
    found = nonzero_in([term, term])
    assert set(found) == {unlike(poly) for poly in expected}
    assert len(found) == len(expected)
    for sizes in SIZES:
        value = Exact(sizes, numbers(1))
        if all(value(condition) for condition in found):
            value(term, {I: 0})  # nothing is divided by 0


def program(rhs: Term, shape: Poly = N, low: Poly = N * 0) -> Program:
    tensors = (Tensor("x", TensorKind.INPUT, (N,), zeros(1)), Tensor("y", TensorKind.INTERMEDIATE, (shape,), zeros(1)))
    return Program("p", ("N", "K"), tensors, (Equation("y", (HERE,), (Axis(I, low, N - 1),), rhs),))


@pytest.mark.parametrize("where_it_stands", [
    program(x, shape=K // (N - 2)), program(x, low=K // (N - 2)), program(mul(x, poly_value(K // (N - 2)))),
    program(mul(x, over(N - 2))), program(add(x, poly_value((K + HERE) // (N - 2)))),
])  # fmt: skip
def test_wherever_it_stands_in_a_program(where_it_stands: Program) -> None:
    equations = where_it_stands.equations
    assert nonzero_conditions(where_it_stands, equations, Facts()) == (unlike(N - 2),)
    known = Facts().assume(at_least_zero(N - 3))
    assert nonzero_conditions(where_it_stands, equations, known) == ()


def test_a_whole_program_without_divisions() -> None:
    plain = program(mul(x, over(N), poly_value(K // 2)))
    assert nonzero_conditions(plain, plain.equations, Facts()) == ()
