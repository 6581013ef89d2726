"""Counts of operations against an evaluation that counts: each distinct subterm once for each value of its indices."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbackprop.cost.operations import Count, count_equation
from symbackprop.terms.build import NIL, UNIT, access, add, apply, compare, mul, neg, poly_value, power, reduce, where
from symbackprop.terms.poly import Atom, Dim, Index, Poly
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Constant,
    Function,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Term,
    Where,
    children_of,
)
from tests.terms.written import positions

SIZES: dict[Atom, int] = {Dim("N"): 3, Dim("D"): 4, Dim("K"): 2}
N, D, K = (Poly.of(dim) for dim in SIZES)
n, d, k = (Index(letter) for letter in "ndk")
AXES = {n: Axis(n, Poly.of(0), N - 1), d: Axis(d, Poly.of(0), D - 1), k: Axis(k, Poly.of(0), K - 1)}
PLAIN = (Function.MAX, Function.MIN, Function.ABS, Function.RELU)


def read(tensor: str, *indices: Index | int) -> Term:
    return access(tensor, [Poly.of(index) for index in indices])


def total(body: Term, *indices: Index, by: Reduction = Reduction.SUM) -> Term:
    return reduce(by, [AXES[index] for index in indices], body)


X, W, V, B = read("x", n, d), read("W", k, d), read("v", d), read("b", k)
EXP_V = apply(Function.EXP, V)
INSIDE = compare(Relation.GE, poly_value(Poly.of(n)), poly_value(Poly.of(d)))
CASES: dict[str, tuple[tuple[Index, ...], Term]] = {
    "an element": ((n, d), X),
    "a sum of three": ((n, d), add(X, V, UNIT)),
    "a difference": ((n, d), add(X, neg(V))),
    "a product of three": ((n, d), mul(X, V, read("a"))),
    "twice": ((n, d), mul(2, X)),
    "a square": ((n, d), power(X, 2)),
    "a fifth power": ((n, d), power(X, 5)),
    "a quotient": ((n, d), mul(X, power(V, -1))),
    "a root": ((n, d), power(X, Fraction(1, 2))),
    "a function": ((n, d), apply(Function.TANH, X)),
    "a function that does not depend on n": ((n, d), mul(X, EXP_V)),
    "the same function twice": ((n, d), add(X, mul(EXP_V, apply(Function.SIN, V)), EXP_V)),
    "a maximum of three": ((n, d), apply(Function.MAX, X, V, read("a"))),
    "a branch": ((n, d), where(INSIDE, mul(X, V), V)),
    "a matrix product with a bias": ((n, k), add(total(mul(X, W), d), B)),
    "a sum of elements": ((n,), total(X, d)),
    "a sum of squares": ((), total(power(X, 2), n, d)),
    "a sum of products of three": ((n, k), total(mul(X, W, V), d)),
    "a maximum along an axis": ((n,), total(X, d, by=Reduction.MAX)),
    "a product along an axis": ((n,), total(add(X, UNIT), d, by=Reduction.PRODUCT)),
    "a log-sum-exp": ((n,), total(X, d, by=Reduction.LOGSUMEXP)),
    "a quadratic form": ((n,), total(mul(X, read("x", n, k), W), d, k)),
    "a sum in a function": ((n, k), apply(Function.TANH, total(mul(X, W), d))),
    "a guarded sum": ((k,), total(where(INSIDE, mul(X, W), NIL), n, d)),
}  # fmt: skip


class Counting:
    """Evaluates nothing, but goes along all that an evaluation would compute, once."""

    def __init__(self) -> None:
        self.multiply_adds = self.functions = 0
        self.seen: set[tuple[Term, tuple[int, ...]]] = set()

    def visit(self, term: Term, at: dict[Atom, int]) -> None:
        key = term, tuple(at[index] for index in sorted(term.free, key=str))
        if key in self.seen:
            return
        self.seen.add(key)
        if isinstance(term, Reduce):
            for here in positions(term.axes, at):
                self.visit(term.body, dict(here))
                self.element(term)
            self.functions += term.reduction is Reduction.LOGSUMEXP
            return
        for child in children_of(term):
            self.visit(child, at)
        match term:
            case Mul((Number(value), *rest)) if value == -1:
                self.multiply_adds += len(rest) - 1
            case Add(args) | Mul(args):
                self.multiply_adds += len(args) - 1
            case Power(_, exponent) if exponent > 0 and exponent.denominator == 1:
                self.multiply_adds += {2: 1, 3: 2, 4: 2, 5: 3}[exponent.numerator]
            case Apply(function, args) if function in PLAIN:
                self.multiply_adds += max(len(args) - 1, 1)
            case Power() | Apply():
                self.functions += 1
            case Where() | Compare():
                self.multiply_adds += 1
            case Number() | Constant() | PolyValue() | Access():
                pass
            case _:
                raise TypeError(term)

    def element(self, term: Reduce) -> None:
        """One more element of a reduction: of a sum of products one multiply-add with the product's last factor."""
        match term.reduction:
            case Reduction.SUM:
                self.multiply_adds += not isinstance(term.body, Mul)
            case Reduction.LOGSUMEXP:
                self.multiply_adds, self.functions = self.multiply_adds + 2, self.functions + 1
            case _:
                self.multiply_adds += 1


def equation(name: str, op: Op = Op.ASSIGN) -> Equation:
    indices, rhs = CASES[name]
    return Equation("y", tuple(map(Poly.of, indices)), tuple(AXES[index] for index in indices), rhs, op)


def numbers(count: Count) -> tuple[int, int]:
    return count.multiply_adds.evaluate(SIZES.__getitem__), count.functions.evaluate(SIZES.__getitem__)


@pytest.mark.parametrize("name", CASES)
def test_what_an_evaluation_computes(name: str) -> None:
    counting, written = Counting(), equation(name)
    for at in positions(written.axes, SIZES):
        counting.visit(written.rhs, dict(at))
    assert numbers(count_equation(written)) == (counting.multiply_adds, counting.functions)


@pytest.mark.parametrize("name", CASES)
def test_adding_is_an_addition_that_a_sum_has_already(name: str) -> None:
    once, more = numbers(count_equation(equation(name))), numbers(count_equation(equation(name, Op.ACCUMULATE)))
    written = equation(name)
    by_itself = isinstance(written.rhs, Reduce) and written.rhs.reduction is Reduction.SUM
    assert more[0] - once[0] == (0 if by_itself else len(positions(written.axes, SIZES)))
    assert more[1] == once[1]


def test_counts_add_up() -> None:
    assert Count(N, D) + Count(K, N) == Count(N + K, D + N)
    assert Count(N, D) * K == Count(N * K, D * K)
