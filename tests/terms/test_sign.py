"""What is said of signs holds for every value that the tensors may have."""

import random
from fractions import Fraction

import pytest

from symbackprop.terms.build import access, add, apply, compare, mul, number, poly_value, power, reduce, where
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Tensor, TensorKind
from symbackprop.terms.sign import Sign, Signs, is_nonnegative, is_positive, sign_of, signs_of
from symbackprop.terms.term import Axis, Constant, ConstantKind, Function, Reduction, Relation
from tests.terms.exact import Exact

I = Index("i")
AXIS = Axis(I, ZERO, Poly.of(Dim("N")) - 1)
SIGNS = Signs(frozenset({"low", "high"}), frozenset({"high"}))
LEAST = {"low": Fraction(0), "high": Fraction(1, 2), "any": Fraction(-2)}
ELEMENTS = [access(name, [Poly.of(I)]) for name in LEAST]


def random_term(rng, depth):
    if not depth:
        return rng.choice([*ELEMENTS, number(rng.randint(-1, 2)), poly_value(Poly.of(I)), poly_value(AXIS.high + 1)])
    one, other = (random_term(rng, depth - 1) for _ in range(2))
    options = (
        add(one, other),
        mul(one, other),
        power(one, rng.choice([2, 3])),
        apply(rng.choice([Function.MAX, Function.MIN]), one, other),
        apply(rng.choice([Function.ABS, Function.RELU]), one),
        where(compare(Relation.GT, ELEMENTS[2], number(0)), one, other),
        reduce(rng.choice([Reduction.SUM, Reduction.PRODUCT]), [AXIS], one),
    )
    return rng.choice(options)


def given(rng):
    values = {}

    def element(tensor, position):
        wide = rng.choice([0, 0, Fraction(1, 2), 1, 4])
        return values.setdefault((tensor, position), LEAST[tensor] + wide)

    return element


@pytest.mark.parametrize("seed", range(150))
def test_random_terms(seed):
    rng = random.Random(seed)
    term = random_term(rng, 3)
    known = sign_of(term, SIGNS)
    assert is_positive(term, SIGNS) == (known is Sign.POSITIVE)
    assert is_nonnegative(term, SIGNS) == (known >= Sign.NONNEGATIVE)
    for size in (1, 2, 3):
        for _ in range(4):
            value = Exact({"N": size}, given(rng))
            for at in value.positions([AXIS]):
                found = value(term, at)
                assert known is not Sign.POSITIVE or found > 0, term
                assert known is Sign.UNKNOWN or found >= 0, term


def test_enough_is_told():
    low, high, anything = ELEMENTS
    e = Constant(ConstantKind.E)
    assert sign_of(add(low, high), SIGNS) is Sign.POSITIVE
    assert sign_of(add(power(anything, 2), number(Fraction(1, 10))), SIGNS) is Sign.POSITIVE
    assert sign_of(mul(low, high, e), SIGNS) is Sign.NONNEGATIVE
    assert sign_of(power(high, -1), SIGNS) is Sign.POSITIVE
    assert sign_of(apply(Function.MAX, anything, number(1)), SIGNS) is Sign.POSITIVE
    assert sign_of(apply(Function.EXP, anything), SIGNS) is Sign.NONNEGATIVE  # so small that it is 0
    assert sign_of(reduce(Reduction.SUM, [AXIS], high), SIGNS) is Sign.NONNEGATIVE  # of no positions
    assert sign_of(poly_value(AXIS.high + 1), SIGNS) is Sign.POSITIVE
    assert sign_of(add(low, anything), SIGNS) is Sign.UNKNOWN
    assert sign_of(Constant(ConstantKind.INFINITY), SIGNS) is Sign.UNKNOWN


def test_signs_follow_the_equations():
    here = (Poly.of(I),)
    given_tensor = Tensor("n", TensorKind.INPUT, (), (), high=Poly.of(3))
    equations = [
        Equation("a", here, (AXIS,), power(access("x", here), 2)),
        Equation("b", here, (AXIS,), add(access("a", here), number(1))),
        Equation("c", here, (AXIS,), access("b", here), Op.ACCUMULATE),  # where nothing is added it is 0
        Equation("d", here, (AXIS,), add(access("b", here), access("x", here))),
    ]
    signs = signs_of(equations, [given_tensor])
    assert signs.nonnegative == {"n", "a", "b", "c"}
    assert signs.positive == {"b"}
