"""What lies outside its tensor, against the interpreter at every small size."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

from symbackprop.interpret.failures import OutsideTensor
from symbackprop.interpret.interpreter import Interpreter
from symbackprop.terms.build import NIL, UNIT, access, add, compare, logic_and, logic_or, poly_value, reduce, where
from symbackprop.terms.check_program import MalformedProgram
from symbackprop.terms.inside import check_inside
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Program, Tensor, TensorKind
from symbackprop.terms.show import show
from symbackprop.terms.term import Axis, Reduction, Relation, Term, Where

N, M = Poly.of(Dim("N")), Poly.of(Dim("M"))
n, m, k = Index("n"), Index("m"), Index("k")
X = Tensor("x", TensorKind.INPUT, (N, M + 1), (ZERO, ZERO))
I = Tensor("i", TensorKind.INPUT, (N,), (ZERO,), DType.INT, high=M)
AXES = (Axis(n, ZERO, N - 1), Axis(m, Poly.of(1), M))


def at_least(left: Poly, right: Poly | int) -> Term:
    return compare(Relation.GE, poly_value(left), poly_value(right))


def positive(value: Term) -> Term:
    return compare(Relation.GT, value, NIL)


def program(rhs: Term, op: Op = Op.ASSIGN, column: Poly | None = None) -> Program:
    """z[n, column] = rhs, over n = 0..N - 1 and m = 1..M, or added to it."""
    z = Tensor("z", TensorKind.INTERMEDIATE, (N, M), (ZERO, Poly.of(1)))
    column = Poly.of(m) if column is None else column
    return Program("p", ("N", "M"), (X, I, z), (Equation("z", (Poly.of(n), column), AXES, rhs, op),))


class Random:
    """Reads of x at affine subscripts, in branches of index conditions and in sums."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def poly(self, indices: list[Index]) -> Poly:
        chosen = self.rng.sample(indices, self.rng.choice((1, 1, 1, 2)))
        total = Poly.of(self.rng.choice((-1, 0, 0, 0, 1)))
        for index in chosen:
            total = total + self.rng.choice((1, 1, 1, -1, 2)) * Poly.of(index)
        return total + self.rng.choice((ZERO, ZERO, ZERO, N - 1, M))

    def condition(self, indices: list[Index]) -> Term:
        poly = self.poly(indices)
        one = self.rng.choice((at_least(poly, 0), at_least(N - 1, poly), at_least(M, poly)))
        kind = self.rng.choice((None, None, logic_and, logic_or))
        return one if kind is None else kind(one, self.condition(indices))

    def read(self, indices: list[Index]) -> Term:
        """Mostly behind what holds it inside."""
        first, second = self.poly(indices), self.poly(indices)
        guards = [at_least(first, 0), at_least(N - 1, first), at_least(second, 0), at_least(M, second)]
        kept = [guard for guard in guards if self.rng.random() < 0.93]
        return where(logic_and(*kept), access("x", [first, second]), NIL)

    def term(self, indices: list[Index], depth: int) -> Term:
        match self.rng.randrange(5 if depth else 1):
            case 1:
                return add(self.term(indices, depth - 1), self.term(indices, depth - 1))
            case 2:
                then, otherwise = self.term(indices, depth - 1), self.term(indices, depth - 1)
                return where(self.condition(indices), then, otherwise)
            case 3 if k not in indices:
                bound = Axis(k, ZERO, self.rng.choice((N - 1, M - 1, Poly.of(2))))
                return reduce(Reduction.SUM, [bound], self.term([*indices, k], depth - 1))
            case _:
                return self.read(indices)


def leaves(made: Program) -> bool:
    """Whether an element outside is met at some small size."""
    for rows, columns in product((1, 2, 3, 5, 7), repeat=2):
        data = {"x": np.ones((rows, columns + 1)), "i": np.full(rows, columns - 1)}
        interpreter = Interpreter(made, {"N": rows, "M": columns}, data)
        try:
            for position in product(range(rows), range(1, columns + 1)):
                interpreter.element("z", position)
        except OutsideTensor:
            return True
    return False


def refused(made: Program) -> bool:
    try:
        check_inside(made)
    except MalformedProgram:
        return True
    return False


def test_it_refuses_what_the_interpreter_refuses() -> None:
    seen = {True: 0, False: 0}
    for seed in range(120):
        made = program(Random(seed).term([n, m], 2))
        outside = leaves(made)
        seen[outside] += 1
        assert refused(made) is outside, (seed, show(made.equations[0].rhs))
    assert min(seen.values()) > 20


HERE, NEXT = access("x", [Poly.of(n), Poly.of(m)]), access("x", [Poly.of(n) + 1, Poly.of(m)])
THERE = at_least(N - 1, Poly.of(n) + 1)


@pytest.mark.parametrize(
    ("sound", "unsound"),
    [
        # a condition that reads stands behind the one that lets it, not beside it
        (Where(THERE, Where(positive(NEXT), UNIT, NIL), NIL), Where(logic_and(THERE, positive(NEXT)), UNIT, NIL)),
        (Where(THERE, Where(positive(NEXT), UNIT, NIL), NIL), Where(positive(NEXT), Where(THERE, UNIT, NIL), NIL)),
        (where(THERE, NEXT, UNIT), where(THERE, UNIT, NEXT)),
        # integers below M along an axis of M + 1, and of N
        (access("x", [Poly.of(n), access("i", [Poly.of(n)])]), access("x", [access("i", [Poly.of(n)]), Poly.of(m)])),
        (HERE, access("x", [Poly.of(n), access("i", [Poly.of(m)])])),
    ],
)
def test_reads(sound: Term, unsound: Term) -> None:
    assert not refused(program(sound))
    assert refused(program(unsound))


def test_what_is_added_may_leave_its_tensor_behind_the_condition_in_front() -> None:
    column, value = Poly.of(m) + 1, positive(HERE)
    stays = at_least(M, column)
    assert not refused(program(where(stays, where(value, UNIT, NIL), NIL), Op.ACCUMULATE, column))
    assert refused(program(Where(value, Where(stays, UNIT, NIL), NIL), Op.ACCUMULATE, column))
    assert refused(program(where(stays, UNIT, NIL), Op.ASSIGN, column))
    assert refused(program(NIL, Op.ACCUMULATE, column))


def test_the_message_names_element_range_and_example() -> None:
    with pytest.raises(MalformedProgram, match=r"x\[n \+ 1, m\] inside x\[0\.\.N - 1, 0\.\.M\].*N = 1.*n = 0"):
        check_inside(program(NEXT))
