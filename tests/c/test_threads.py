"""Which nests threads share: never those that write one element at two positions."""

from __future__ import annotations

from symbackprop.c.nests import Nest, Statement, Store
from symbackprop.c.threads import runs_in_threads
from symbackprop.lower.values import Kind, Read
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.term import Axis

I, J = Index("i"), Index("j")


def read(name: str, *subscripts: Poly) -> Read:
    return Read(name, subscripts, frozenset({I, J}), Kind.FLOAT, False)


def shared(*body: Statement, high: int = 999) -> bool:
    inner = Nest(Axis(J, ZERO, Poly.of(high)), body)
    return runs_in_threads(Nest(Axis(I, ZERO, Poly.of(high)), (inner,)), {"s"})


HERE = (Poly.of(I), Poly.of(J))
X = read("x", *HERE)


def test_elements_of_their_own() -> None:
    assert shared(Store("a", HERE, X))
    assert shared(Store("a", HERE, X), Store("b", (Poly.of(I), ZERO), read("a", *HERE), Op.ACCUMULATE))
    assert shared(Store("s", (), X), Store("a", HERE, read("s")))


def test_which_are_not_shared() -> None:
    assert not shared(Store("a", (Poly.of(J),), X, Op.ACCUMULATE))  # a sum over the rows
    assert not shared(Store("a", (Poly.of(I) + Poly.of(J),), X, Op.ACCUMULATE))  # windows
    assert not shared(Store("s", (), X, Op.ACCUMULATE))  # one number for all
    assert not shared(Store("a", HERE, X), Store("b", HERE, read("a", Poly.of(I) - 1, Poly.of(J))))  # another's
    assert not shared(Store("b", (Poly.of(J),), X), Store("a", HERE, read("b", Poly.of(J))))  # one row for all
    assert not shared(Store("a", HERE, X), high=20)  # not worth it
