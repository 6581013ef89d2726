"""What is assumed of sizes and of given tensors."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sympy import Eq, Ge, Le

from symbackprop import Network, Sum, errors
from symbackprop.terms.build import access, reduce
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import Axis, Reduction


def poly(name: str) -> Poly:
    return Poly.of(Dim(name))


def test_assumptions() -> None:
    net = Network("assumed")
    N, C, D = net.dims("N C D")
    n, k = net.indices(n=N, k=C)
    y, z = net.input("y", (N, C)), net.parameter("z", (C,))
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.assume(Le(C, N) & Ge(D, 2))
    net.assume(Le(1, N))  # says nothing
    net.loss = Sum(y[n, k] * z[k], n, k)
    facts = net.to_program().assumptions
    assert [len(fact.axes) for fact in facts] == [1, 0, 0]
    body = access("y", [Poly.of(Index("n")), Poly.of(Index("k"))])
    total = reduce(Reduction.SUM, [Axis(Index("k"), ZERO, poly("C") - 1)], body)
    assert total in (facts[0].condition.left, facts[0].condition.right)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "fact",
    [
        lambda b: b.N + 1, lambda b: Eq(b.z[b.k], 1), lambda b: b.n < b.k,
        lambda b: Le(b.N, b.N - 1), lambda b: Ge(b.C, 2) | Ge(b.N, 2), lambda b: "N > 1", lambda b: Eq(b.w[b.k], b.y),
    ],
)  # fmt: skip
def test_refused(fact) -> None:  # type: ignore[no-untyped-def]
    net = Network("refused")
    N, C = net.dims("N C")
    n, k = net.indices(n=N, k=C)
    y, w, z = net.input("y", (N, C)), net.parameter("w", (C,)), net.tensor("z")
    z[k] = w[k]
    b = SimpleNamespace(N=N, C=C, n=n, k=k, y=y, w=w, z=z)
    with pytest.raises(errors.SymbackpropError):
        net.assume(fact(b))
    assert net._written.assumptions == []
    assert net._book.facts == ()


def test_a_relation_of_sizes_is_a_fact_for_what_is_written_behind() -> None:
    net = Network("facts")
    N, D = net.dims("N D")
    n = net.index("n", N)
    x, z = net.input("x", (D,)), net.tensor("z")
    with pytest.raises(errors.OutOfRange):
        z[n] = x[n]
    net.assume(Le(N, D))
    z[n] = x[n]
    assert z.shape == (N,)
