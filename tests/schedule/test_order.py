"""Schedules against an instance-by-instance simulation at small prime sizes."""

from __future__ import annotations

import random

import pytest

from symbackprop.errors import CyclicEquations
from symbackprop.schedule import Compute, Loop, Step, schedule
from symbackprop.schedule.simulate import Simulation
from symbackprop.terms.build import NIL, UNIT, access, add, apply, compare, mul, poly_value, reduce, where
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Program
from symbackprop.terms.term import Access, Axis, Function, Reduction, Relation, Term

Size = Poly | int
N, M, H, T, W = (Poly.of(Dim(name)) for name in "NMHTW")
i, j, k, n, r, s, t, w = (Poly.of(Index(name)) for name in "ijknrstw")
SIZES = {"N": 3, "M": 5, "H": 2, "T": 7, "W": 2}


def axis(index: Poly, low: Size, high: Size) -> Axis:
    assert index.index is not None
    return Axis(index.index, Poly.of(low), Poly.of(high))


def at(name: str, *subscripts: Size) -> Access:
    return access(name, [Poly.of(subscript) for subscript in subscripts])


def assign(lhs: Access, rhs: Term, *axes: Axis) -> Equation:
    return Equation(lhs.tensor, lhs.subscripts, axes, rhs)


def accumulate(lhs: Access, rhs: Term, *axes: Axis) -> Equation:
    return Equation(lhs.tensor, lhs.subscripts, axes, rhs, Op.ACCUMULATE)


def tanh(term: Term) -> Term:
    return apply(Function.TANH, term)


def total(body: Term, *axes: Axis) -> Term:
    return reduce(Reduction.SUM, axes, body)


def at_least(left: Size, right: Size) -> Term:
    return compare(Relation.GE, poly_value(left), poly_value(right))


def program(*equations: Equation) -> Program:
    return Program("p", (), (), equations)


def checked(*equations: Equation, sizes: dict[str, int] | None = None) -> tuple[Step, ...]:
    """The schedule, simulated at several sizes, the smallest among them."""
    steps = schedule(program(*equations))
    for chosen in (sizes or SIZES, dict.fromkeys(SIZES, 1), dict(zip(SIZES, (2, 3, 5, 3, 7), strict=True))):
        Simulation(equations, chosen).run(steps)
    return steps


def outline(steps: tuple[Step, ...]) -> str:
    """`t(z h)` for a loop over t of z and h, `-t(...)` for a descending one."""
    return " ".join(
        step.equation.target
        if isinstance(step, Compute)
        else f"{'-' if step.descending else ''}{step.variable}({outline(step.body)})"
        for step in steps
    )


RN, RJ, RK, RT = axis(n, 0, N - 1), axis(j, 0, H - 1), axis(k, 0, H - 1), axis(t, 1, T)

RECURRENCES = {
    "rnn, out of order": (
        "h t(z h) loss",
        assign(at("loss"), total(at("h", T, n, j), RN, RJ)),
        assign(at("h", t, n, j), tanh(at("z", t, n, j)), RT, RN, RJ),
        assign(at("z", t, n, j), add(at("b", j), total(mul(at("U", j, k), at("h", t - 1, n, k)), RK)), RT, RN, RJ),
        assign(at("h", 0, n, j), at("h0", j), RN, RJ),
    ),
    "rnn, backwards": (
        "d_h -t(d_z d_h) d_U",
        accumulate(at("d_h", T, n, j), UNIT, RN, RJ),
        accumulate(at("d_h", t - 1, n, k), total(mul(at("U", j, k), at("d_z", t, n, j)), RJ), RT, RN, RK),
        assign(at("d_z", t, n, j), mul(at("d_h", t, n, j), at("g", t, n, j)), RT, RN, RJ),
        assign(at("d_U", j, k), total(mul(at("d_z", t, n, j), at("h", t - 1, n, k)), RT, RN), RJ, RK),
    ),
    "shifted results": (
        "c t(z c)",
        assign(at("c", t + 1), tanh(at("z", t)), axis(t, 0, T - 1)),
        assign(at("z", t), tanh(at("c", t)), axis(t, 0, T - 1)),
        assign(at("c", 0), UNIT),
    ),
    "shifted ranges": (
        "b -t(a b)",
        assign(at("a", t), tanh(at("b", t + 1)), axis(t, 0, T - 1)),
        assign(at("b", t), tanh(at("a", t)), axis(t, 1, T - 1)),
        assign(at("b", T), UNIT),
    ),
    "one runs backwards": (
        "a t(b a)",
        assign(at("a", t), tanh(at("b", T - t)), RT),
        assign(at("b", t), tanh(at("a", T - 1 - t)), axis(t, 0, T - 1)),
        assign(at("a", 0), UNIT),
    ),
    "two axes": (
        "h j(h) i(h) i(j(h))",
        assign(at("h", 0, 0), UNIT),
        assign(at("h", 0, j), at("h", 0, j - 1), axis(j, 1, M)),
        assign(at("h", i, 0), at("h", i - 1, 0), axis(i, 1, N)),
        assign(at("h", i, j), add(at("h", i - 1, j), at("h", i, j - 1)), axis(i, 1, N), axis(j, 1, M)),
    ),
    "two axes, guarded, against each other": (
        "i(j(h))",
        assign(
            at("h", i, j),
            where(
                at_least(i, 1),
                where(at_least(M - 1, j), at("h", i - 1, j + 1), NIL),
                where(at_least(j, 1), at("h", i, j - 1), UNIT),
            ),
            axis(i, 0, N),
            axis(j, 0, M),
        ),
    ),
    "two axes, both downwards": (
        "-i(-j(h))",
        assign(
            at("h", i, j),
            add(where(at_least(N - 1, i), at("h", i + 1, j), UNIT), where(at_least(M - 1, j), at("h", i, j + 1), UNIT)),
            axis(i, 0, N),
            axis(j, 0, M),
        ),
    ),
    "every earlier position": (
        "t(w h)",
        assign(
            at("h", t),
            add(at("x", t), total(where(at_least(t, s + 1), mul(at("w", t, s), at("h", s)), NIL), axis(s, 0, T - 1))),
            axis(t, 0, T - 1),
        ),
        assign(
            at("w", t, s),
            where(at_least(t, s + 1), tanh(mul(at("h", s), at("x", t))), NIL),
            axis(t, 0, T - 1),
            axis(s, 0, T - 1),
        ),
    ),
    "scattered from every later position": (
        "d -s(d)",
        accumulate(
            at("d", s),
            where(at_least(t, s + 1), mul(at("A", t, s), at("d", t)), NIL),
            axis(s, 0, T - 1),
            axis(t, 0, T - 1),
        ),
        assign(at("d", s), at("g", s), axis(s, 0, T - 1)),
    ),
    "a tree in an array": (
        "h -n(h)",
        assign(at("h", n), add(at("h", 2 * n + 1), at("h", 2 * n + 2)), RN),
        assign(at("h", n), at("x", n), axis(n, N, 2 * N)),
    ),
    "mixed radix": (
        "h t(u h)",
        assign(at("h", t * W + w), add(at("h", (t - 1) * W + w), at("u", t * W + w)), RT, axis(w, 0, W - 1)),
        assign(at("u", t * W + w), at("h", (t - 1) * W + w), RT, axis(w, 0, W - 1)),
        assign(at("h", w), UNIT, axis(w, 0, W - 1)),
    ),
    "strided": (
        "q r(q q)",
        assign(at("q", 2 * r + 2), at("q", 2 * r + 1), axis(r, 0, N - 1)),
        assign(at("q", 2 * r + 1), at("q", 2 * r), axis(r, 0, N - 1)),
        assign(at("q", 0), UNIT),
    ),
    "the other axis carries": (
        "h h i(h)",
        assign(at("h", j, 0), UNIT, axis(j, 0, N)),
        assign(at("h", 0, i), UNIT, axis(i, 1, M)),
        assign(
            at("h", j, i), total(mul(at("A", j, s), at("h", s, i - 1)), axis(s, 0, N)), axis(j, 1, N), axis(i, 1, M)
        ),
    ),
}


@pytest.mark.parametrize("name", RECURRENCES)
def test_recurrences_run_in_the_order_their_elements_need(name: str) -> None:
    expected, *equations = RECURRENCES[name]
    assert outline(checked(*equations)) == expected


def test_an_equation_without_the_axis_runs_in_one_iteration() -> None:
    equations = [
        assign(at("h", t), tanh(add(at("h", t - 1), where(at_least(t, 4), at("s"), NIL))), RT),
        assign(at("h", 0), UNIT),
        assign(at("s"), at("h", 3)),
    ]
    steps = schedule(program(*equations))
    Simulation(equations, SIZES).run(steps)
    loop = steps[-1]
    assert isinstance(loop, Loop)
    alone = next(step for step in loop.body if isinstance(step, Compute) and step.equation.target == "s")
    assert alone.pins == ()
    assert alone.only_when is compare(Relation.EQ, poly_value(Poly.of(loop.variable)), poly_value(3))


def test_given_tensors_need_no_writer() -> None:
    chain = [assign(at("b", n), at("a", n), RN), assign(at("a", n), at("b", n), RN)]
    with pytest.raises(CyclicEquations):
        schedule(program(*chain))
    assert outline(schedule(program(*chain), given=frozenset({"a"}))) == "b a"


def test_the_loop_variable_never_shadows_an_axis() -> None:
    t_, u_ = t, Poly.of(Index("u"))
    steps = checked(
        assign(at("h", t_, n), at("g", t_ - 1, n), RT, RN),
        assign(at("g", u_, t_), tanh(at("h", u_, t_)), axis(u_, 1, T), axis(t_, 0, N - 1)),
        assign(at("g", 0, n), UNIT, RN),
    )
    loop = steps[-1]
    assert isinstance(loop, Loop)
    for step in loop.body:
        assert isinstance(step, Compute)
        assert loop.variable not in {a.index for a in step.axes}


CYCLES = {
    "itself": ("z reads itself at the same position, as at n = 0", [assign(at("z", n), tanh(at("z", n)), RN)]),
    "scalar": ("z reads itself at the same position", [assign(at("z"), tanh(at("z")))]),
    "each other": (
        "z needs y",
        [assign(at("z", n), at("y", n), RN), assign(at("y", n), tanh(at("z", n)), RN)],
    ),
    "not yet": (
        "h reads itself at the same position",
        [assign(at("h", t), total(where(at_least(t, s), at("h", s), NIL), axis(s, 0, T - 1)), axis(t, 0, T - 1))],
    ),
    "gathered": ("h[ix[t]], a gathered position", [assign(at("h", t), access("h", [at("ix", t)]), RT)]),
}


@pytest.mark.parametrize("name", CYCLES)
def test_cycles_are_refused_and_described(name: str) -> None:
    message, equations = CYCLES[name]
    with pytest.raises(CyclicEquations) as caught:
        schedule(program(*equations))
    assert message in str(caught.value)
    assert equations[0].target in str(caught.value)


def test_independent_equations_keep_the_order_of_the_program() -> None:
    names = [f"a{number}" for number in range(20)]
    equations = [assign(at(name, n), at("x", n), RN) for name in names]
    random.Random(5).shuffle(equations)
    assert [step.equation for step in schedule(program(*equations)) if isinstance(step, Compute)] == equations


def test_long_chains_take_linear_time() -> None:
    equations = [assign(at("a0", n), UNIT, RN)]
    equations += [assign(at(f"a{layer}", n), tanh(at(f"a{layer - 1}", n)), RN) for layer in range(1, 4000)]
    assert len(schedule(program(*reversed(equations)))) == 4000


# --- random recurrences --------------------------------------------------------------------------------
def random_recurrence(rng: random.Random) -> list[Equation]:
    """Equations on two axes that read each other at random shifts, where the read is inside."""
    names = ["a", "b", "c"][: rng.randint(1, 3)]
    rank = rng.randint(1, 2)
    indices, sizes = (i, j)[:rank], (N, M)[:rank]
    axes = [axis(index, 0, size) for index, size in zip(indices, sizes, strict=True)]
    if rng.random() < 0.3:
        axes.reverse()
    flips = {name: rng.random() < 0.15 for name in names}
    equations = []
    for name in names:
        parts: list[Term] = [at("x", *indices)]
        for _ in range(rng.randint(1, 2)):
            other = rng.choice(names)
            shifts = [rng.choice((-2, -1, -1, 0, 0, 1)) for _ in range(rank)]
            places = [
                size - index - shift if flips[name] != flips[other] else index + (-shift if flips[name] else shift)
                for index, shift, size in zip(indices, shifts, sizes, strict=True)
            ]
            value: Term = at(other, *places)
            for place, size in zip(places, sizes, strict=True):
                for condition in (at_least(place, 0), at_least(size, place)):
                    value = where(condition, value, NIL)
            parts.append(tanh(value) if rng.random() < 0.2 else value)
        if rng.random() < 0.3:
            parts.append(total(where(at_least(i, s + 1), at(name, *([s, *indices[1:]])), NIL), axis(s, 0, N)))
        op = Op.ACCUMULATE if rng.random() < 0.3 else Op.ASSIGN
        equations.append(Equation(name, indices, tuple(axes), add(*parts), op))
    return equations


def has_order(simulation: Simulation) -> bool:
    """Whether the instances can be ordered at all."""
    left = dict(simulation.instances())
    done: set[object] = set()
    while left:
        ready = [instance for instance, needed in left.items() if needed <= done]
        if not ready:
            return False
        done.update(ready)
        for instance in ready:
            del left[instance]
    return True


def test_random_recurrences_are_ordered_or_refused_rightly() -> None:
    rng = random.Random(20)
    ordered = refused = missed = 0
    for _ in range(300):
        equations = random_recurrence(rng)
        simulation = Simulation(equations, {"N": 4, "M": 3})
        try:
            steps = schedule(program(*equations))
        except CyclicEquations:
            refused += 1
            missed += has_order(simulation)
            continue
        ordered += 1
        simulation.run(steps)
        Simulation(equations, {"N": 1, "M": 2}).run(steps)
    assert ordered > 100
    assert refused > 30
    assert missed <= 5, "orders that no nest of loops along single axes gives (as a skewed one) are rare"


def test_an_order_that_is_there_is_kept_and_one_that_is_not_is_found() -> None:
    first, second = assign(at("a", n), at("x", n), RN), assign(at("b", n), at("a", n), RN)
    for equations in ([first, second], [second, first]):
        found = [step.equation for step in schedule(program(*equations)) if isinstance(step, Compute)]
        assert found == [first, second]
