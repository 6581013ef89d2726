"""What is assumed of some elements is not taken for others; bounds contain the values they are of."""

from __future__ import annotations

from sympy import Abs, Eq

from symbackprop import Network, Sum, check_derivation, delta
from symbackprop.functions import relu


def verdicts(net, *claims):
    return [row.verdict.value.lower() for row in check_derivation(net, claims).rows]


def test_a_fact_about_part_of_a_tensor_is_not_used_elsewhere() -> None:
    net = Network("part")
    N = net.dim("N")
    n, t = net.index("n", N), net.index("t", (1, N - 1))
    x, y, w = net.input("x", (N,)), net.input("y", (N,)), net.parameter("w", (N,))
    net.assume(x[t] > 0)
    net.assume(Eq(y[t] ** 2, 1))
    net.loss = Sum((Abs(x[n]) + relu(x[n])) * w[n], n) + Sum(y[n] ** 2 * w[n], n)
    dw = delta(w)
    assert verdicts(net, (dw[t], 2 * x[t] + 1), (dw[n], 2 * x[n] + y[n] ** 2), (dw[0], 2 * x[0] + 1)) == [
        "proved", "refuted", "refuted",
    ]  # fmt: skip
