"""The work of a term, against the operations of a plain evaluation of it that remembers what it has worked out."""

import random
from itertools import product
from math import prod

import pytest

from symbackprop.optimise.weigh import extent, size, weigh, weigh_term
from symbackprop.terms.build import access, add, apply, mul, neg, number, power, reduce
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Access, Apply, Axis, Function, Mul, Reduce, Reduction, Term, children_of

N, K = (Poly.of(Dim(name)) for name in "NK")
I, J, S = (Index(name) for name in "ijs")
HERE, THERE, STEP = map(Poly.of, (I, J, S))
# extents that are numbers, so that all positions can be gone through
AXES = (Axis(I, Poly.of(0), Poly.of(2)), Axis(J, Poly.of(1), Poly.of(4)))
SUMMED = (Axis(S, Poly.of(0), Poly.of(4)),)
x, w, v = access("x", [HERE, THERE]), access("w", [THERE]), access("v", [HERE])
XS, WS = access("x", [HERE, STEP]), access("w", [STEP])


def counted(term: Term) -> int:
    """Every distinct subterm once for each value of its indices: two operands for each operation, functions eight."""
    done: set[tuple] = set()

    def visit(inner: Term, at: dict[Index, int]) -> int:
        key = inner, tuple(sorted((str(index), at[index]) for index in inner.free))
        if key in done:
            return 0
        done.add(key)
        if isinstance(inner, Reduce):
            ranges = [range(int(str(axis.low)), int(str(axis.high)) + 1) for axis in inner.axes]
            places = [dict(zip((a.index for a in inner.axes), place, strict=True)) for place in product(*ranges)]
            free = 0 if isinstance(inner.body, Mul) and inner.reduction is Reduction.SUM else len(places)
            return free + sum(visit(inner.body, {**at, **place}) for place in places)
        own = 8 if isinstance(inner, Apply) else 0 if isinstance(inner, Access) else len(children_of(inner)) - 1
        return max(own, 0) + sum(visit(child, at) for child in children_of(inner))

    ranges = [range(int(str(axis.low)), int(str(axis.high)) + 1) for axis in AXES]
    return sum(visit(term, dict(zip((I, J), place, strict=True))) for place in product(*ranges))


ONE_PLACE = [
    mul(x, access("y", [HERE, THERE])), add(x, apply(Function.EXP, x)), mul(apply(Function.TANH, v), 1),
    reduce(Reduction.SUM, SUMMED, mul(XS, access("y", [STEP, THERE]))),
    apply(Function.EXP, reduce(Reduction.SUM, SUMMED, XS)),
    reduce(Reduction.MAX, SUMMED, mul(XS, WS)), add(apply(Function.EXP, v), apply(Function.EXP, w)),
    mul(apply(Function.EXP, x), apply(Function.TANH, apply(Function.EXP, x))),
]  # fmt: skip


@pytest.mark.parametrize("term", ONE_PLACE, ids=repr)
def test_it_is_what_an_evaluation_needs(term: Term) -> None:
    assert weigh_term(term, AXES) == counted(term)


def test_what_depends_on_the_fewest_positions_is_put_together_first() -> None:
    assert weigh_term(mul(v, access("u", [HERE]), x), AXES) == 3 + 12
    assert weigh_term(mul(v, w, x), AXES) == 12 + 12
    assert weigh_term(add(access("s"), access("t"), v), AXES) == 1 + 3


def test_signs_are_free_and_powers_are_squarings() -> None:
    assert weigh_term(neg(x), AXES) == 0
    assert weigh_term(mul(2, x), AXES) == 12
    assert [weigh_term(power(x, exponent), AXES) // 12 for exponent in (2, 4, -1)] == [1, 2, 8]
    assert weigh_term(number(3), AXES) == weigh_term(x, AXES) == 0


def test_a_size_is_one_number() -> None:
    long = extent(Axis(I, Poly.of(0), N - 1))
    assert long == extent(Axis(I, Poly.of(0), K - 1)) == size(N) == size(N - K + 1)
    assert size(N * K) == long**2
    assert size(3 * N) == 3 * long
    assert size(Poly.of(0)) == 1


def test_equations_are_weighed_with_the_arrays_that_they_write() -> None:
    axes = (Axis(I, Poly.of(0), N - 1), Axis(J, Poly.of(0), K - 1))
    equation = Equation("y", (HERE, THERE), axes, mul(x, x, w))
    assert weigh([equation]) == weigh_term(equation.rhs, axes) + prod(map(extent, axes))
    assert weigh([equation, equation]) == 2 * weigh([equation])


@pytest.mark.parametrize("seed", range(20))
def test_more_is_more(seed: int) -> None:
    rng = random.Random(seed)
    one, other = rng.sample(ONE_PLACE, 2)
    both = weigh_term(add(one, apply(Function.SIN, other)), AXES)
    assert max(weigh_term(one, AXES), weigh_term(other, AXES)) < both
