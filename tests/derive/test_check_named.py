"""The form of named parts: held by what `name_parts` makes, and told from everything that it would still name."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Piecewise, exp, log, tanh

from symbackprop import LogSumExp, Network, Product, ReduceMax, Sum, stages, zoo
from symbackprop.derive.check_named import check_named
from symbackprop.derive.parts import name_parts
from symbackprop.terms.check_program import MalformedProgram
from symbackprop.terms.program import Program
from tests.workshop.fuzz.drawn import drawn

UNNAMED: dict[str, Any] = {
    "a function of a function": lambda x, y, n, j: exp(tanh(x[n, j])),
    "a function of a sum of two": lambda x, y, n, j: tanh(x[n, j] + y[n, j]),
    "a function times an element": lambda x, y, n, j: tanh(x[n, j]) * y[n, j],
    "a function as an addend": lambda x, y, n, j: tanh(x[n, j]) + 1,
    "an inverse in a product": lambda x, y, n, j: y[n, j] / x[n, j],
    "a power of a root": lambda x, y, n, j: x[n, j] ** -2,
    "a function in a branch's sum": lambda x, y, n, j: Piecewise((tanh(x[n, j]) + 1, y[n, j] > 0), (0, True)),
    "a power of a function in a function": lambda x, y, n, j: exp((1 + tanh(x[n, j])) ** 2),
    "a function inside a condition": lambda x, y, n, j: Piecewise((x[n, j], tanh(tanh(y[n, j])) > 0), (0, True)),
    "a sum in a product": lambda x, y, n, j: x[n, j] * Sum(y[n, j], j),
    "a maximum of a product": lambda x, y, n, j: ReduceMax(x[n, j] * y[n, j], j),
    "a maximum in a product": lambda x, y, n, j: ReduceMax(x[n, j], j) * 2,
    "a product of factors in a sum": lambda x, y, n, j: Sum(Product(x[n, j], j) * y[n, j], n),
    "a log-sum-exp in a logarithm": lambda x, y, n, j: log(LogSumExp(x[n, j], j)),
}


def program(write: Any) -> Program:
    net = Network("form")
    N, H = net.dims("N H")
    n, j = net.indices(n=N, j=H)
    x, y = net.parameter("x", (N, H)), net.input("y", (N, H))
    net.loss = Sum(write(x, y, n, j), n, j) + Sum(y[n, j], n, j)
    return net.to_program()


@pytest.mark.parametrize("name", UNNAMED)
def test_what_has_no_name_is_told(name: str) -> None:
    unnamed = program(UNNAMED[name])
    with pytest.raises(MalformedProgram, match="a tensor that holds the value"):
        check_named(unnamed)
    check_named(name_parts(unnamed))


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_is_named(name: str) -> None:
    check_named(stages.derived_of(zoo.load(name).to_program(), checked=True).forward)


@pytest.mark.parametrize("seed", range(60))
def test_random_networks_are_named(seed: int) -> None:
    net, _ = drawn(seed + 9000)
    check_named(name_parts(net.to_program()))
