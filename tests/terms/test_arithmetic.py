"""Sums, products, powers and functions against fractions, at many positions; their normal form; functions of numbers
against mpmath."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise, permutations

import mpmath
import pytest

from symbackprop.terms.build import (
    INFINITY,
    NEGATIVE_INFINITY,
    NIL,
    UNIT,
    access,
    add,
    apply,
    compare,
    div,
    has_minus,
    logic_and,
    mul,
    neg,
    number,
    poly_value,
    power,
    reads_negative,
    sort_key,
    split_coefficient,
    sqrt,
    sub,
    where,
)
from symbackprop.terms.poly import Poly
from symbackprop.terms.term import (
    Add,
    Apply,
    Constant,
    Function,
    Mul,
    Number,
    PolyValue,
    Power,
    Relation,
    Term,
    Where,
    subterms,
)
from tests.terms.written import INDICES, SIZES, At, Draw, agrees, value

N, K = (Poly.of(dim) for dim in SIZES)
i, j = (Poly.of(index) for index in INDICES)
x, y, z = access("x", [i]), access("y", [i, j]), access("z")
POINTS: list[At] = [
    dict(zip((*SIZES, *INDICES), point, strict=True))
    for point in ((2, 3, 0, 1), (1, 2, 2, 0), (5, 3, -1, 4), (3, 7, 1, 1))
]


def is_normal(term: Term) -> None:
    """As `build` promises: flat, sorted, numbers first, like terms and equal bases collected, guards outside."""
    for inner in subterms(term):
        if isinstance(inner, Add | Mul):
            assert len(inner.args) > 1
            assert not any(type(arg) is type(inner) for arg in inner.args), inner
            assert all(sort_key(a) <= sort_key(b) for a, b in pairwise(inner.args)), inner
            assert sum(isinstance(arg, Number) for arg in inner.args) <= 1, inner
        match inner:
            case Add(args):
                rests = [split_coefficient(arg)[1] for arg in args]
                assert len(set(rests)) == len(rests), inner
                assert NIL not in args
            case Mul(args):
                bases = [arg.base if isinstance(arg, Power) else arg for arg in args]
                assert len({base for base in bases if not isinstance(base, PolyValue)}) == sum(
                    not isinstance(base, PolyValue) for base in bases
                ), inner
                assert NIL not in args
                assert UNIT not in args
                assert not any(isinstance(arg, Where) and arg.otherwise is NIL for arg in args), inner


@pytest.mark.parametrize("seed", range(80))
def test_values_are_those_that_were_written(seed: int) -> None:
    draw = Draw(random.Random(seed))
    for _ in range(5):
        written = draw.expression(4, INDICES)
        found = [agrees(written, point) for point in POINTS]
        assert False not in found, (written.made, found)
        is_normal(written.made)


def test_most_of_what_is_drawn_has_a_value() -> None:
    draw = Draw(random.Random(0))
    found = [agrees(draw.expression(4, INDICES), POINTS[0]) for _ in range(100)]
    assert found.count(True) > 60


@pytest.mark.parametrize("seed", range(20))
def test_the_order_and_the_grouping_do_not_matter(seed: int) -> None:
    draw = Draw(random.Random(seed))
    parts = [draw.expression(2, INDICES).made for _ in range(3)]
    for build in (add, mul):
        whole = build(*parts)
        assert all(build(*order) is whole for order in permutations(parts))
        if not any(isinstance(part, Where) for part in subterms(whole)):
            assert build(parts[0], build(parts[1], parts[2])) is whole
            assert build(build(parts[0], parts[1]), parts[2]) is whole


def test_like_terms_and_equal_bases() -> None:
    assert add(x, x) is mul(2, x)
    assert add(x, mul(Fraction(1, 2), y), neg(x)) is mul(Fraction(1, 2), y)
    assert sub(x, x) is NIL
    assert mul(x, x) is power(x, 2)
    assert div(x, x) is UNIT
    assert mul(sqrt(x), sqrt(x)) is x
    assert mul(power(x, 3), power(x, -1)) is power(x, 2)
    assert mul(x, 0, y) is NIL
    assert mul(sqrt(number(2)), sqrt(number(2)), x) is mul(2, x)
    assert power(mul(2, x, y), 2) is mul(4, power(x, 2), power(y, 2))


def test_sizes_stay_one_polynomial() -> None:
    assert add(poly_value(N), poly_value(K), 1) is poly_value(N + K + 1)
    assert add(poly_value(N), poly_value(-N), x) is x
    assert mul(poly_value(N), poly_value(K)) is poly_value(N * K)
    assert mul(2, poly_value(N)) is poly_value(2 * N)
    assert div(poly_value(N * K), poly_value(N)) is poly_value(K)
    assert add(mul(Fraction(1, 2), poly_value(N)), mul(Fraction(1, 2), poly_value(N))) is poly_value(N)
    assert isinstance(add(poly_value(N), Fraction(1, 2)), Add)  # of integers alone


def test_what_integers_of_the_machine_do_not_hold_is_no_size() -> None:
    large = number(2**60)
    assert isinstance(mul(large, poly_value(N)), Mul)
    assert all(abs(c) <= 2**53 for part in subterms(add(large, poly_value(N))) if isinstance(part, PolyValue)
               for _, c in part.poly.terms)  # fmt: skip


def test_a_guard_guards_the_whole_product() -> None:
    """So that what is infinite behind it is never multiplied by 0."""
    inside = compare(Relation.GE, poly_value(i), NIL)
    other = compare(Relation.GE, poly_value(j), NIL)
    found = mul(y, where(inside, power(x, -1), NIL), z)
    assert found is where(inside, mul(y, power(x, -1), z), NIL)
    both = mul(where(inside, x, NIL), where(other, y, NIL))
    assert both is where(logic_and(inside, other), mul(x, y), NIL)
    assert power(where(inside, x, NIL), 3) is where(inside, power(x, 3), NIL)
    assert isinstance(power(where(inside, x, NIL), -1), Power)  # 1/0 where the guard does not hold


def test_guards_of_data_stand_inside_those_of_indices() -> None:
    """x[i] may be there only where i >= 0, and what a looked-up position is compared with may say what is there."""
    inside, positive = compare(Relation.GE, poly_value(i), NIL), compare(Relation.GT, x, NIL)
    ordered = compare(Relation.GE, z, poly_value(i))
    for guards in permutations((inside, positive, ordered)):
        found = mul(*(where(guard, UNIT, NIL) for guard in guards), y)
        seen = []
        while isinstance(found, Where):
            seen.append(found.condition)
            found = found.then
        assert seen == [inside, ordered, positive]
        assert found is y


ROOTS = (
    (number(4), Fraction(1, 2), 2), (number(Fraction(4, 9)), Fraction(1, 2), Fraction(2, 3)),
    (number(27), Fraction(2, 3), 9), (number(8), Fraction(-1, 3), Fraction(1, 2)), (NIL, Fraction(1, 2), 0),
    (number(3**80), Fraction(1, 4), 3**20), (number(10**800), Fraction(1, 2), 10**400),
    (number((2**70 + 1) ** 2), Fraction(1, 2), 2**70 + 1),
)  # fmt: skip


@pytest.mark.parametrize(("base", "exponent", "expected"), ROOTS, ids=range(len(ROOTS)))
def test_roots_that_are_fractions(base: Number, exponent: Fraction, expected: Fraction) -> None:
    assert power(base, exponent) is number(expected)


def test_roots_that_are_none() -> None:
    for base in map(number, (2, -4, 10**800 + 1, (2**70 + 1) ** 2 + 1)):
        assert power(base, Fraction(1, 2)) is Power(base, Fraction(1, 2))


def test_powers_that_may_not_be_joined() -> None:
    """(x**2)**(1/2) is |x|, not x; 0 to a negative power is no number."""
    assert power(power(x, 2), Fraction(1, 2)) is Power(power(x, 2), Fraction(1, 2))
    assert power(power(x, Fraction(1, 2)), 2) is x
    assert power(mul(x, y), Fraction(1, 2)) is Power(mul(x, y), Fraction(1, 2))
    assert power(NIL, -1) is Power(NIL, Fraction(-1))
    assert power(NIL, 0) is power(x, 0) is UNIT


MPMATH = {
    Function.EXP: mpmath.exp, Function.EXPM1: mpmath.expm1, Function.LOG: mpmath.log, Function.LOG1P: mpmath.log1p,
    Function.SIN: mpmath.sin, Function.COS: mpmath.cos, Function.TAN: mpmath.tan, Function.ASIN: mpmath.asin,
    Function.ACOS: mpmath.acos, Function.ATAN: mpmath.atan, Function.SINH: mpmath.sinh, Function.COSH: mpmath.cosh,
    Function.TANH: mpmath.tanh, Function.ASINH: mpmath.asinh, Function.ACOSH: mpmath.acosh,
    Function.ATANH: mpmath.atanh, Function.ERF: mpmath.erf, Function.SIGMOID: lambda u: 1 / (1 + mpmath.exp(-u)),
    Function.LOG_SIGMOID: lambda u: -mpmath.log1p(mpmath.exp(-u)),
    Function.SOFTPLUS: lambda u: mpmath.log1p(mpmath.exp(u)), Function.LOG_COSH: lambda u: mpmath.log(mpmath.cosh(u)),
    Function.SECH: mpmath.sech, Function.CSCH: mpmath.csch, Function.BOSE: lambda u: 1 / mpmath.expm1(u),
    Function.RELU: lambda u: max(u, mpmath.mpf(0)), Function.ABS: abs, Function.SIGN: mpmath.sign,
    Function.FLOOR: mpmath.floor, Function.CEILING: mpmath.ceil, Function.STOP_GRADIENT: lambda u: u,
}  # fmt: skip
SEVERAL = {
    Function.ATAN2, Function.LOG_ADD_EXP, Function.POW, Function.MAX, Function.MIN, Function.EXP_NORMALIZED,
    Function.DIFFERENCE,
}  # fmt: skip


def test_every_function_is_looked_at() -> None:
    assert set(MPMATH) | SEVERAL == set(Function)


@pytest.mark.parametrize("function", MPMATH, ids=lambda function: function.value)
def test_functions_of_numbers(function: Function) -> None:
    """What is folded to a number is that number."""
    for at in (Fraction(0), Fraction(1), Fraction(-1), Fraction(7, 3), Fraction(-7, 2)):
        found = apply(function, number(at))
        if isinstance(found, Number):
            expected = MPMATH[function](mpmath.mpf(at.numerator) / at.denominator)
            assert abs(expected - mpmath.mpf(found.value.numerator) / found.value.denominator) < 1e-14, at
        elif isinstance(found, Constant):
            assert (function, at, found) == (Function.LOG, 0, NEGATIVE_INFINITY)
        else:
            assert found is Apply(function, (number(at),))


def test_functions_that_are_folded_at_all() -> None:
    assert apply(Function.SIGMOID, NIL) is number(Fraction(1, 2))
    assert apply(Function.LOG, UNIT) is apply(Function.SIN, NIL) is apply(Function.EXP, NEGATIVE_INFINITY) is NIL
    assert apply(Function.EXP, INFINITY) is not NIL
    assert apply(Function.FLOOR, number(Fraction(-1, 2))) is number(-1)
    assert apply(Function.POW, x, number(2)) is power(x, 2)
    assert apply(Function.LOG_ADD_EXP, x) is x
    assert apply(Function.LOG_ADD_EXP, x, y) is apply(Function.LOG_ADD_EXP, y, x)


@pytest.mark.parametrize("function", [Function.MAX, Function.MIN])
def test_extrema_are_flat(function: Function) -> None:
    pick = max if function is Function.MAX else min
    inner = apply(function, x, number(3))
    found = apply(function, y, number(1), inner, x)
    assert isinstance(found, Apply)
    assert set(found.args) == {x, y, number(pick(1, 3))}
    assert apply(function, number(1), number(3)) is number(pick(1, 3))
    assert apply(function, x, x) is x
    assert value(found, POINTS[0]) == pick(value(x, POINTS[0]), value(y, POINTS[0]), Fraction(pick(1, 3)))


def test_what_is_written_with_a_minus() -> None:
    inside = compare(Relation.GE, poly_value(i), NIL)
    assert has_minus(neg(x))
    assert has_minus(number(-1))
    assert has_minus(poly_value(-N - 2))
    assert not has_minus(poly_value(N - 2))
    assert not has_minus(add(neg(x), y))
    assert not has_minus(where(inside, neg(x), NIL))
    assert reads_negative(where(inside, neg(x), NIL))
    assert not reads_negative(where(inside, x, NIL))


@pytest.mark.parametrize("term", [number(3), x, mul(3, x), mul(Fraction(-1, 2), x, y), NIL, add(x, y), neg(add(x, y))])
def test_a_coefficient_and_the_rest(term: Term) -> None:
    coefficient, rest = split_coefficient(term)
    assert mul(coefficient, rest) is term
    assert split_coefficient(rest)[0] == 1
