"""What is said of sizes: what is declared, not what is assumed of elements; and none of a given tensor's is empty."""

from __future__ import annotations

from sympy import Eq, Ge

from symbackprop import Network, Sum
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.size_facts import size_conditions, size_facts


def test_declared_relations_and_extents() -> None:
    net = Network("sizes")
    L, R, N = net.dims("L R N")
    n = net.index("n", L - R + 1)
    x, y = net.parameter("x", (L - R + 1,)), net.input("y", (N,), dtype="int", high=L)
    net.assume(Ge(R, 3))
    net.assume(Eq(x[n] ** 2, 1))
    net.loss = Sum(x[n] ** 2, n) + Sum(x[n] * y[0], n)
    program = net.to_program()
    (condition,) = size_conditions(program)
    assert "R" in str(condition)
    facts = size_facts(program)
    length, reach = Poly.of(Dim("L")), Poly.of(Dim("R"))
    assert facts.proves(reach - 3)
    assert facts.proves(length - 3)  # since x is not empty
    assert not facts.proves(length - 4)
