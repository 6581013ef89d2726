"""Logarithms that are known without taking one: the logarithm of the argument, in sixty digits, and no others."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbackprop.stable.logarithms import known_logarithm, logarithm
from symbackprop.stable.seeing import as_is
from symbackprop.terms.build import add, apply, mul, number, power, reduce, sub
from symbackprop.terms.term import Function, Reduction, Term, subterms

from .digits import ROW, U, V, exp, same

SQUARE = add(mul(U, U), 1)
TOTAL = reduce(Reduction.SUM, ROW, exp(U))
SCALE = reduce(Reduction.LOGSUMEXP, ROW, U)
KNOWN: dict[str, Term] = {
    "exp": mul(exp(U), exp(V)),
    "softmax": apply(Function.EXP_NORMALIZED, U, SCALE),
    "sigmoid": apply(Function.SIGMOID, sub(U, V)),
    "sech": apply(Function.SECH, U),
    "csch": apply(Function.CSCH, SQUARE),
    "bose": apply(Function.BOSE, SQUARE),
    "complement of a sigmoid": sub(1, apply(Function.SIGMOID, U)),
    "1 + tanh": add(1, apply(Function.TANH, U)),
    "1 - tanh": sub(1, apply(Function.TANH, U)),
    "three": add(2, exp(U), mul(Fraction(1, 3), exp(mul(-2, U)))),
    "cosh": mul(3, apply(Function.COSH, U)),
    "opposite": mul(Fraction(3, 2), add(exp(U), exp(mul(-1, U)))),
    "difference": sub(mul(5, exp(SQUARE)), mul(2, exp(number(1)))),
    "with a sum": add(TOTAL, 4),
    "weights": reduce(Reduction.SUM, ROW, mul(U, U, exp(V), exp(U))),
    "product": mul(exp(U), power(SQUARE, 1)),
    "product of sums": mul(add(1, exp(U)), add(2, exp(V)), SQUARE),
    "power": power(add(1, exp(U)), -3),
}


@pytest.mark.parametrize("name", KNOWN)
def test_it_is_the_logarithm(name: str) -> None:
    found = known_logarithm(KNOWN[name], as_is)
    assert found is not None
    assert same(found, apply(Function.LOG, KNOWN[name]))
    assert logarithm(KNOWN[name], as_is) is found


@pytest.mark.parametrize("name", ["exp", "three", "cosh", "difference", "with a sum", "power"])
def test_no_exponential_is_left_that_may_overflow(name: str) -> None:
    found = logarithm(KNOWN[name], as_is)
    assert not any(getattr(inner, "function", None) in (Function.EXP, Function.COSH) for inner in subterms(found))


def test_what_has_no_such_logarithm() -> None:
    """A factor of either sign may stand beside another: log(u·v) is no sum of logarithms."""
    for term in (U, mul(U, V), add(U, exp(V)), mul(U, V, exp(U)), power(U, 2), power(sub(exp(U), exp(V)), 2),
                 sub(sub(exp(U), 1), exp(V))):  # fmt: skip
        assert known_logarithm(term, as_is) is None, term
        assert logarithm(term, as_is) is apply(Function.LOG, term)


def test_otherwise_plainly() -> None:
    assert logarithm(add(1, mul(U, U)), as_is) is apply(Function.LOG1P, mul(U, U))
    root = power(add(1, apply(Function.SOFTPLUS, U)), Fraction(1, 3))
    assert same(logarithm(root, as_is), apply(Function.LOG, root))
    assert logarithm(power(add(U, 3), 2), as_is) is apply(Function.LOG, power(add(U, 3), 2))  # it may be below zero
