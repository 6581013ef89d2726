"""Sums and exponentials in which what is added cancels: the same numbers, in sixty digits, and only where it does."""

from __future__ import annotations

import pytest

from symbackprop.stable.seeing import as_is
from symbackprop.stable.sums import less_argument, less_its_log_sum, less_one, of_logarithm
from symbackprop.terms.build import add, apply, mul, number, reduce, sub
from symbackprop.terms.term import Add, Function, Reduction, Term

from .digits import ROW, U, V, exp, same

SOFTPLUS, SCALE = apply(Function.SOFTPLUS, U), reduce(Reduction.LOGSUMEXP, ROW, U)
EITHER = apply(Function.LOG_ADD_EXP, U, V)
THREE = apply(Function.LOG_ADD_EXP, U, V, mul(2, U))


@pytest.mark.parametrize("term", [
    sub(exp(U), 1), sub(1, exp(U)), sub(1, exp(mul(2, V))), sub(SOFTPLUS, U), sub(mul(3, SOFTPLUS), mul(3, U)),
    add(sub(U, SOFTPLUS), 2), sub(EITHER, U), sub(EITHER, V), add(mul(-2, EITHER), mul(2, V), mul(U, V)),
    sub(THREE, V), sub(THREE, mul(2, U)),
])  # fmt: skip
def test_a_sum(term: Term) -> None:
    assert isinstance(term, Add)
    (found,) = (new for rule in (less_one, less_argument) if (new := rule(term.args, as_is)) is not None)
    assert found is not term
    assert same(found, term)


def test_a_sum_in_which_nothing_cancels() -> None:
    for term in (add(exp(U), 1), sub(exp(U), 2), sub(mul(2, exp(U)), 1), sub(SOFTPLUS, V), add(SOFTPLUS, U),
                 sub(EITHER, mul(2, V)), add(sub(U, 1), exp(V))):  # fmt: skip
        assert isinstance(term, Add)
        assert less_one(term.args, as_is) is None, term
        assert less_argument(term.args, as_is) is None, term


@pytest.mark.parametrize("argument", [sub(U, SCALE), mul(3, sub(U, SCALE)), sub(mul(2, U), mul(2, SCALE))])
def test_a_softmax(argument: Term) -> None:
    found = less_its_log_sum(argument, as_is)
    assert found is not None
    assert same(found, exp(argument))


@pytest.mark.parametrize("argument", [
    mul(-1, SOFTPLUS), sub(U, SOFTPLUS), apply(Function.LOG_SIGMOID, V), mul(-1, apply(Function.LOG_COSH, U)),
    mul(-3, apply(Function.LOG_COSH, U)),
])  # fmt: skip
def test_the_exponential_of_a_logarithm(argument: Term) -> None:
    found = of_logarithm(argument, as_is)
    assert found is not None
    assert same(found, exp(argument))


def test_other_exponentials() -> None:
    for argument in (U, add(U, SCALE), sub(V, SCALE), sub(U, mul(2, SCALE)), sub(number(1), SCALE)):
        assert less_its_log_sum(argument, as_is) is None, argument
    for argument in (SOFTPLUS, sub(V, SOFTPLUS), mul(-2, SOFTPLUS), apply(Function.LOG_COSH, U)):
        assert of_logarithm(argument, as_is) is None, argument
