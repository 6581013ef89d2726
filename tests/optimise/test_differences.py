"""Sums in which a log-sum-exp and a score of its row cancel: the same numbers in sixty digits, by m and s."""

import mpmath as mp
import pytest

from symbackprop.optimise.differences import Differences
from symbackprop.optimise.score_rows import Parts
from symbackprop.terms.build import access, add, apply, mul, neg, reduce, sub
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.term import Add, Apply, Axis, Function, Reduction, subterms
from tests.stable import digits

N, K = Index("n"), Index("k")
HERE, THERE = Poly.of(N), Poly.of(K)
ROWS, ROW = (Axis(index, Poly.of(0), Poly.of(Dim(name)) - 1) for index, name in ((N, "N"), (K, "K")))
u, y, v, L = (access(*each) for each in (("u", [HERE, THERE]), ("y", [HERE, THERE]), ("v", [HERE]), ("L", [HERE])))
EQUATION = Equation("L", (HERE,), (ROWS,), reduce(Reduction.LOGSUMEXP, [ROW], u))
PARTS = Parts("m", "s", False, (EQUATION, (ROW,), u))


def largest(n):
    return max(digits.some("u", (n, k)) for k in range(4))


def total(n):
    return sum(mp.exp(digits.some("u", (n, k)) - largest(n)) for k in range(4))


class Value(digits.Digits):
    """L, m and s are of u; y adds up to one only where it is asked."""

    def __init__(self):
        super().__init__(given={"m": largest, "s": total, "L": lambda n: largest(n) + mp.log(total(n))})

    def __call__(self, term, at=None):
        if isinstance(term, Apply) and term.function is Function.DIFFERENCE:
            return self(term.args[0], at) - self(term.args[1], at)
        return super().__call__(term, at)


def sums(*axes, body):
    return reduce(Reduction.SUM, axes, body)


CASES = {
    "a score": sub(L, u),
    "the other way round": sub(u, L),
    "with a factor": add(mul(3, L, v), mul(-3, u, v), v),
    "of the row's mean": sub(L, sums(ROW, body=mul(y, u))),
    "both, summed over rows": sub(sums(ROWS, body=L), sums(ROWS, ROW, body=mul(y, u))),
    "twice": add(sub(L, u), mul(2, sub(L, access("u", [HERE, Poly.of(0)])))),
}


@pytest.mark.parametrize("name", CASES)
def test_the_same_value_by_the_parts(name):
    term = CASES[name]
    assert isinstance(term, Add)
    found = Differences(Program("p", ("N", "K"), (), (EQUATION,)), {"L": PARTS}).taken(term)
    assert found is not term
    assert digits.same(found, term, Value())
    if "summed" not in name:
        assert any(isinstance(inner, Apply) and inner.function is Function.DIFFERENCE for inner in subterms(found))
        assert "s" in found.tensors


def test_what_does_not_cancel_stays():
    taken = Differences(Program("p", ("N", "K"), (), (EQUATION,)), {"L": PARTS}).taken
    for term in (add(L, u), add(mul(2, L), neg(u)), add(apply(Function.TANH, L), neg(u)), add(v, neg(u))):
        assert taken(term) is term
