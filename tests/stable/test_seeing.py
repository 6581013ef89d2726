"""An element is seen as what its one equation says, at its own subscripts: against values at every position."""

from __future__ import annotations

import pytest

from symbackprop.stable.seeing import Sight, as_is
from symbackprop.terms.build import UNIT, access, add, apply, mul, power, reduce
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Program, Tensor, TensorKind, zeros
from symbackprop.terms.term import Axis, Function, Reduction, Term
from tests.terms.exact import Exact, numbers

I, J, S = Index("i"), Index("j"), Index("s")
HERE, THERE, STEP = Poly.of(I), Poly.of(J), Poly.of(S)
K = Poly.of(Dim("K"))
AXES = tuple(Axis(index, Poly.of(0), K - 1) for index in (I, J))
SUMMED = (Axis(S, Poly.of(0), K - 1),)
u, row = access("u", [HERE, THERE]), access("u", [HERE, STEP])
EXP = apply(Function.EXP, u)


def program(rhs: Term, *more: Equation, op: Op = Op.ASSIGN, opaque: frozenset[str] = frozenset(),
            kind: TensorKind = TensorKind.INTERMEDIATE, left: tuple[Poly, ...] = (HERE, THERE)) -> Program:  # fmt: skip
    """e[i, j] = rhs."""
    shape = (K, K)
    tensors = (Tensor("u", TensorKind.INPUT, shape, zeros(2)), Tensor("e", kind, shape, zeros(2)),
               Tensor("label", TensorKind.INPUT, (K,), zeros(1), DType.INT, high=K))  # fmt: skip
    return Program("seen", ("K",), tensors, (Equation("e", left, AXES, rhs, op), *more), opaque=opaque)


SEEN = [EXP, mul(u, apply(Function.EXP, mul(2, u))), apply(Function.EXP_NORMALIZED, u, access("u", [THERE, HERE])),
        reduce(Reduction.SUM, SUMMED, mul(row, access("u", [STEP, THERE]))), mul(EXP, u), add(UNIT, u),
        mul(EXP, reduce(Reduction.SUM, SUMMED, row)), reduce(Reduction.LOGSUMEXP, SUMMED, add(row, u))]  # fmt: skip


@pytest.mark.parametrize("rhs", SEEN, ids=repr)
@pytest.mark.parametrize("at", [(HERE, THERE), (THERE, HERE), (HERE + 1, Poly.of(0)), (STEP, STEP), (K - 1, STEP)],
                         ids=str)  # fmt: skip
def test_it_stands_for_its_equation_there(rhs: Term, at: tuple[Poly, Poly]) -> None:
    element = access("e", at)
    seen = Sight.of(program(rhs))(element)
    assert seen is not element
    value = Exact({"K": 3}, numbers(2))
    for here in value.positions([*AXES, *SUMMED]):
        first, second = (value.poly(place, here) for place in at)
        assert value(seen, here) == value(rhs, {I: first, J: second})


def test_a_gather_is_carried_in() -> None:
    label = access("label", [HERE])
    assert Sight.of(program(EXP))(access("e", [HERE, label])) is apply(Function.EXP, access("u", [HERE, label]))
    shifted = apply(Function.EXP, access("u", [HERE, THERE + 1]))
    element = access("e", [HERE, label])
    assert Sight.of(program(shifted))(element) is element  # label[i] + 1 is no subscript


def test_what_is_not_seen_through() -> None:
    element = access("e", [HERE, THERE])
    again = Equation("e", (HERE, THERE), AXES, EXP, Op.ACCUMULATE)
    for other in (program(EXP, opaque=frozenset({"e"})), program(EXP, again), program(EXP, op=Op.ACCUMULATE),
                  program(EXP, kind=TensorKind.BUFFER), program(EXP, left=(HERE, HERE)),
                  program(EXP, left=(HERE, Poly.of(0))), program(EXP, left=(HERE, THERE + 1)),
                  program(apply(Function.EXP, access("e", [HERE, THERE - 1]))),
                  program(mul(u, u)), program(power(u, 2)), program(add(UNIT, u, power(u, 2)))):  # fmt: skip
        assert Sight.of(other)(element) is element
    sight = Sight.of(program(EXP))
    for term in (u, EXP, mul(2, element)):
        assert sight(term) is as_is(term) is term
