"""Values of integers: every joint truth assignment that brute force finds is met by them."""

from __future__ import annotations

from itertools import product

import pytest
from sympy import And, Eq, Ge, Gt, Ne, Or, Piecewise

from symbackprop import Network, Sum
from symbackprop.verify.integer_data import TooManyCases, integer_values

HIGH = 60
CONDITIONS = {
    "two constants": (lambda y, q: Eq(y, 0), lambda y, q: Eq(q, 37)),
    "a sum and a double": (lambda y, q: Eq(y + q, 77), lambda y, q: Eq(2 * y, 46)),
    "an order": (lambda y, q: Gt(y, q), lambda y, q: Ge(q, 55), lambda y, q: Ne(y, 58)),
    "a square": (lambda y, q: Eq(y**2, q), lambda y, q: Gt(y, 5)),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_joint_case_is_met(name: str) -> None:
    net = Network("cases")
    N = net.dim("N")
    n = net.index("n", N)
    z = net.parameter("z", (N,))
    y, q = (net.input(each, (N,), dtype="int", high=HIGH) for each in "yq")
    both, either = (combine(*(c(y[n], q[n]) for c in CONDITIONS[name])) for combine in (And, Or))
    net.loss = Sum(Piecewise((z[n] ** 2, both), (z[n], either), (3 * z[n] + y[n] * q[n], True)), n)
    program = net.to_program()
    found = integer_values(program, {"N": 2}, [equation.rhs for equation in program.equations])

    def cases(of_y, of_q) -> set[tuple[bool, ...]]:
        return {tuple(bool(c(a, b)) for c in CONDITIONS[name]) for a, b in product(of_y, of_q)}

    assert cases(found["y"], found["q"]) == cases(range(HIGH), range(HIGH))
    assert len(found["y"]) < 20
    assert {0, HIGH - 1} <= set(found["y"])


def test_all_of_a_few() -> None:
    net = Network("few")
    V = net.dim("V")
    v = net.index("v", V)
    E, token = net.parameter("E", (V,)), net.input("token", (), dtype="int", high=V)
    net.loss = E[token[()]] ** 2 + Sum(E[v], v)
    program = net.to_program()
    assert integer_values(program, {"V": 5}, [e.rhs for e in program.equations]) == {"token": (0, 1, 2, 3, 4)}
    many = integer_values(program, {"V": 40}, [e.rhs for e in program.equations])["token"]
    assert {0, 39} <= set(many) < set(range(40))


def test_too_many() -> None:
    net = Network("many")
    a, b, c = (net.input(name, (), dtype="int", high=1000) for name in "abc")
    w = net.parameter("w", ())
    net.loss = Piecewise((w**2, Eq(a[()] + b[()], c[()])), (w, True))
    program = net.to_program()
    with pytest.raises(TooManyCases):
        integer_values(program, {}, [equation.rhs for equation in program.equations])
