"""A tensor that is said to hold a value holds it, at every position: against the elements of all tensors."""

import random

import pytest

from symbackprop.terms.build import access, add, apply, mul, poly_value, reduce, substitute
from symbackprop.terms.held_values import ValueTable, canonical, held_by
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor, TensorKind
from symbackprop.terms.term import Access, Axis, Function, Reduction
from tests.terms.exact import Elements, Exact, numbers

I, J, S = Index("i"), Index("j"), Index("s")
HERE, THERE, STEP = map(Poly.of, (I, J, S))
N, ZERO = Poly.of(Dim("N")), Poly.of(0)
OVER = {I: Axis(I, ZERO, N - 1), J: Axis(J, ZERO, N - 1), S: Axis(S, ZERO, N - 1)}


def x(one, other):
    return access("x", [one, other])


def total(body):
    return reduce(Reduction.SUM, [OVER[S]], body)


VALUES = [mul(x(HERE, THERE), x(THERE, HERE + 1)), total(mul(x(HERE, STEP), x(STEP, THERE))),
          apply(Function.ABS, x(HERE, THERE)), add(x(HERE, THERE), poly_value(HERE)), mul(x(HERE, HERE), 2),
          total(mul(x(STEP, THERE), x(STEP, HERE)))]  # fmt: skip


def intermediate(name, *origin):
    return Tensor(name, TensorKind.INTERMEDIATE, (N, N)[: len(origin)], tuple(map(Poly.of, origin)))


@pytest.mark.parametrize("seed", range(30))
def test_what_is_found_holds_the_value(seed):
    rng = random.Random(seed)
    equations, tensors = [], [Tensor("x", TensorKind.INPUT, (N + 2, N + 2), (ZERO, ZERO))]
    for place, value in enumerate(rng.sample(VALUES, 4)):
        left = rng.choice(((HERE, THERE), (THERE, HERE)) if value.free == {I, J} else ((HERE,),))
        high = N - 2 if rng.random() < 0.2 else N - 1  # not all of the tensor
        axes = [Axis(at.index, ZERO, high) for at in left]
        equations.append(Equation(f"t{place}", left, tuple(axes), value))
        tensors.append(intermediate(f"t{place}", *(0 for _ in left)))
    program = Program("held", ("N",), tuple(tensors), tuple(equations))
    table = ValueTable.of(program)
    for equation in equations:
        table.note(equation, program.table[equation.target])
    elements = Elements(program, {"N": 3}, numbers(seed))
    found = 0
    for value in VALUES:
        for names in ({}, {I: THERE, J: HERE}, {I: STEP}):
            asked = substitute(value, names)
            held = table.find(asked, OVER)
            if held is None:
                continue
            found += 1
            assert table.may_hold(apply(Function.TANH, asked))
            for at in elements.positions(OVER.values()):
                assert elements(held, at) == elements(asked, at)
    assert found


def noted(equation, tensor, **rest):
    table = ValueTable(**rest)
    table.note(equation, tensor)
    return table


def test_only_where_every_position_is_held():
    value, tensor = VALUES[0], intermediate("t", 0, 0)
    axes = (OVER[I], OVER[J])
    equation = Equation("t", (HERE, THERE), axes, value)
    assert noted(equation, tensor).find(value, OVER) is access("t", [HERE, THERE])
    wider = {**OVER, J: Axis(J, ZERO, N)}
    assert noted(equation, tensor).find(value, wider) is None
    assert noted(equation, tensor).find(value, {**OVER, J: Axis(J, Poly.of(1), N - 1)}) is not None
    for other, rest in (
        (Equation("t", (HERE, THERE), axes, value, Op.ACCUMULATE), {}),
        (equation, {"partial": frozenset({"t"})}),
        (equation, {"opaque": frozenset({"t"})}),
        (Equation("t", (HERE, THERE), (OVER[I], Axis(J, ZERO, N - 2)), value), {}),
        (Equation("t", (HERE, ZERO), (OVER[I],), mul(x(HERE, HERE), 2)), {}),
    ):
        assert noted(other, tensor, **rest).find(value, OVER) is None
    plain = Equation("t", (HERE, THERE), axes, x(HERE, THERE))  # an element says it already
    assert not noted(plain, tensor).may_hold(plain.rhs)
    broadcast = Equation("t", (HERE, THERE), axes, mul(x(HERE, HERE), 2))  # no one position holds it
    assert noted(broadcast, tensor).find(broadcast.rhs, OVER) is None


def test_partial_tensors_are_found_among_programs():
    program = Program("p", ("N",), (), (Equation("t", (), (), VALUES[0], Op.ACCUMULATE),), opaque=frozenset("u"))
    assert ValueTable.of(program, program.with_(equations=())) == ValueTable(frozenset("t"), frozenset("u"))


W = access("w", [STEP, HERE])
DISTINCT = [*VALUES[2:5], mul(x(HERE, THERE), W, W), total(mul(x(THERE, STEP), W)), mul(x(THERE, HERE), W)]


@pytest.mark.parametrize("value", DISTINCT, ids=repr)
def test_one_form_for_all_names(value):
    form, order = canonical(value)
    assert set(order) == value.free
    other, turned = canonical(substitute(value, {I: THERE, J: STEP, S: HERE}))
    assert other is form
    assert turned == tuple({I: J, J: S, S: I}[index] for index in order)


def test_a_new_tensor_holds_the_value_at_every_position():
    axes = (Axis(I, Poly.of(1), N - 1), OVER[J])
    tensor, equation = held_by("t", VALUES[1], axes, ["p", "q"], "loss")
    assert (tensor.axes, tensor.part_of, tensor.shape, tensor.origin) == (("p", "q"), "loss", (N - 1, N), (1, 0))
    assert isinstance(equation.lhs, Access)
    value = Exact({"N": 3}, numbers(1))
    for at in value.positions(axes):
        there = dict(zip((axis.index for axis in equation.axes), at.values(), strict=True))
        assert value(equation.rhs, there) == value(VALUES[1], at)
