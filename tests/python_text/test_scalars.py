"""Sizes, numbers and conditions as Python text evaluate to what they say."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from symbackprop.errors import UndefinedConstant
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.scalars import condition_text, number_text, poly_text, scalar_text
from symbackprop.terms.binders import fresh_index
from symbackprop.terms.build import add, apply, compare, div, logic_and, mul, number, poly_value, power, where
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Function, Relation

H, K, S = (Poly.of(Dim(name)) for name in "HKS")
t = Poly.of(Index("t"))
POLYS = [
    H, H - K, 2 * H + 1, H * K - S, (H - K) // 2, 2 * ((H - K + 2) // S) - 1, ((H - K) // 2 + S) // 2,
    (H - K + 1) // 2 * K, H**2 * K, -H + 3, (H // K) * (S // 2),
]  # fmt: skip


@pytest.mark.parametrize("poly", POLYS, ids=str)
@pytest.mark.parametrize("held", [False, True])
def test_sizes(poly, held):
    names = Names(["H", "K", "S"])
    if held:
        for other in sorted(POLYS, key=lambda p: len(str(p))):
            names.hold(other, "size")
    scope = Scope(names)
    text = poly_text(poly, scope)
    definitions = scope.definitions()
    for h, k, s in product((2, 7, 11), (3, 5), (1, 2, 13)):
        sizes = {"H": h, "K": k, "S": s}
        for line in definitions:
            exec(line, {}, sizes)
        expected = poly.evaluate(lambda atom, sizes=sizes: sizes[atom.name])
        assert eval(text, {}, sizes) == expected


@pytest.mark.parametrize(
    ("term", "value"),
    [
        (power(poly_value(H), -1), 1 / 7),
        (power(poly_value(H), Fraction(-1, 2)), 7**-0.5),
        (div(poly_value(K + 1), poly_value(H)), 6 / 7),
        (mul(number(Fraction(2, 3)), power(poly_value(H * K), -1)), 2 / 105),
        (add(number(Fraction(-1, 3)), apply(Function.TANH, power(poly_value(H), -1))), math.tanh(1 / 7) - 1 / 3),
        (apply(Function.SIGMOID, poly_value(K - H)), 1 / (1 + math.exp(2))),
        (apply(Function.SOFTPLUS, poly_value(K)), math.log1p(math.exp(5))),
        (where(compare(Relation.GT, poly_value(H), poly_value(K)), number(3), power(poly_value(H), 2)), 3),
        (mul(number(-1), power(add(poly_value(H), number(Fraction(1, 2))), 3)), -(7.5**3)),
        (apply(Function.MAX, poly_value(H), power(poly_value(K), 2)), 25),
        (power(poly_value(K - H), Fraction(1, 2)), math.nan),
        (mul(number(2), power(poly_value(K - H), Fraction(-1, 3))), math.nan),
        (power(poly_value(H - K), Fraction(1, 3)), 2 ** (1 / 3)),
        (mul(number(3), power(number(0), -1)), math.inf),
        (apply(Function.POW, number(2), poly_value(-H)), 2**-7),
        (apply(Function.POW, number(10), poly_value(H * K)), 1e35),
        (power(poly_value(H), 30), 7.0**30),
        (mul(power(poly_value(H), 12), power(poly_value(K + 1), 12)), 42.0**12),
        (mul(power(poly_value(H), 30), power(poly_value(K), -30)), 1.4**30),
        (apply(Function.LOG, power(poly_value(H), 30)), 30 * math.log(7)),
    ],
)
def test_numbers(term, value):
    with np.errstate(all="ignore"):
        found = eval(scalar_text(term), {"np": np, "H": 7, "K": 5})
    assert found == pytest.approx(value, rel=1e-14, nan_ok=True)
    assert type(found) in (int, float)  # a NumPy scalar would promote float32 arrays


def test_exact_literals():
    assert number_text(Fraction(1, 4)) == "0.25"
    assert number_text(Fraction(1, 3)) == "1 / 3"
    assert number_text(Fraction(-7)) == "-7"


@pytest.mark.parametrize(
    "value", [Fraction(10) ** 308, Fraction(1, 2**1074), Fraction(10**600, 3 * 10**599), Fraction(2**70)]
)
def test_numbers_at_the_ends_of_float64(value):
    assert eval(number_text(value)) == float(value)


@pytest.mark.parametrize(
    ("value", "about"),
    [
        (Fraction(10) ** 309, "+309"), (Fraction(-(10**600), 3), "+600"), (Fraction(1, 10**324), "-324"),
        (Fraction(7, 2**1080), "-325"), (Fraction(18, 10) * 10**308, "+308"), (Fraction(1, 2**100000), "-30103"),
    ],
)  # fmt: skip
def test_numbers_that_no_float64_holds(value, about):
    """A product of numbers that equations hold may be one."""
    with pytest.raises(UndefinedConstant, match=rf"float64 holds.*found about 1e\{about}; measure in another"):
        number_text(value)


def test_conditions():
    condition = logic_and(
        compare(Relation.GE, poly_value(t), number(1)), compare(Relation.GT, poly_value(K), poly_value(t + 1))
    )
    text = condition_text(condition)
    for step in range(8):
        assert eval(text, {}, {"t": step, "K": 5}) == (step >= 1 and 5 > step + 1)


def test_names_give_way_to_the_network_s():
    names = Names(["x", "take", "max", "forward", "np_", "lambda_"])
    assert names.of("x") == "x"
    assert names.local("take") != "take"
    assert names.of("max") not in ("max", "np")
    assert names.module("forward") == "_forward"
    assert names.module("_expect") == "_expect"
    assert names.of(".3") == "_3"
    assert names.variable(fresh_index("~0")) == "i0"
    assert len({names.of(name) for name in ("x", "take", ".3", "~0", "max", "<take>")}) == 6
