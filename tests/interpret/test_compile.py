"""Terms and conditions by the values of their free indices, against Python's own loops."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from symbackprop import Network, Sum
from symbackprop.interpret import Float, Interpreter
from symbackprop.interpret.compile import Compiler
from symbackprop.terms.build import access, add, compare, logic_and, mul, number, poly_value, reduce
from symbackprop.terms.decided import at_least_zero
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Axis, Reduction, Relation

N = Poly.of(Dim("N"))
I, J, K = Index("i"), Index("j"), Index("~k", 0, True)
AXES = (Axis(I, Poly.of(0), N - 1), Axis(J, Poly.of(1), N))


def interpreter() -> Interpreter:
    net = Network("small")
    size = net.dim("N")
    n = net.index("n", size)
    x = net.input("x", (size,))
    net.loss = Sum(x[n], n)
    return Interpreter(net.to_program(), {"N": 4}, {"x": [2.0, -1.0, 5.0, 0.5]})


X = (2.0, -1.0, 5.0, 0.5)


def test_positions() -> None:
    assert list(interpreter().positions(AXES)) == list(product(range(4), range(1, 5)))
    assert list(interpreter().positions([])) == [()]


def test_values_of_a_term() -> None:
    bound = Axis(K, Poly.of(0), Poly.of(I))
    term = add(mul(access("x", [Poly.of(J) - 1]), poly_value(Poly.of(I) + 1)),
               reduce(Reduction.SUM, [bound], access("x", [Poly.of(K)])), number(Fraction(1, 2)))  # fmt: skip
    reader = interpreter()
    value = Compiler(reader.sizes, Float(), reader).over(AXES, term)
    for i, j in reader.positions(AXES):
        assert value((i, j)) == X[j - 1] * (i + 1) + sum(X[: i + 1]) + 0.5


def test_whether_a_condition_holds() -> None:
    order = compare(Relation.GT, access("x", [Poly.of(I)]), access("x", [Poly.of(J) - 1]))
    condition = logic_and(order, at_least_zero(Poly.of(I) - Poly.of(J)))
    reader = interpreter()
    holds = Compiler(reader.sizes, Float(), reader).over(AXES, condition)
    for i, j in reader.positions(AXES):
        assert holds((i, j)) is (X[i] > X[j - 1] and i >= j)
