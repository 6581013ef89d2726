"""The sweep over programs in which nothing is named: right as well, if not in the form that textbooks print."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sympy import Max, Piecewise, exp, log, sin, sqrt, tanh

from symbackprop import LogSumExp, Network, Product, ReduceMax, ReduceMin, Sum
from symbackprop.derive.differentiate import differentiate
from symbackprop.functions import sigmoid, softplus
from symbackprop.terms.build import access
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program
from symbackprop.terms.term import Axis
from symbackprop.verify.exact import check_exact
from symbackprop.verify.prime_sizes import choose_sizes

NESTED: dict[str, Any] = {
    "exp(tanh x)": lambda x, n, j: exp(tanh(x[n, j])),
    "three deep": lambda x, n, j: sigmoid(sin(exp(x[n, j] / 3))),
    "a function times its own argument": lambda x, n, j: tanh(x[n, j]) * sigmoid(tanh(x[n, j])),
    "an addend that is a function": lambda x, n, j: exp(x[n, j] / 2) + x[n, j] ** 2,
    "powers of functions": lambda x, n, j: sqrt(1 + exp(x[n, j])) ** -1 + (2 + tanh(x[n, j])) ** 3,
    "an extremum of functions": lambda x, n, j: Max(tanh(x[n, j]), sin(x[n, j])) * 2,
    "branches": lambda x, n, j: Piecewise((exp(x[n, j]), x[n, j] > 0), (2 * exp(tanh(x[n, j])), True)),
    "the same in a branch and inside it": lambda x, n, j: Piecewise(
        (exp(x[n, j]), x[n, j] > 0), (exp(x[n, j]) ** 2 + x[n, j], True)
    ),
}
REDUCED: dict[str, Any] = {
    "log-sum-exp in a function": lambda x, n, j: tanh(LogSumExp(x[n, j] * 2, j)),
    "a maximum of functions": lambda x, n, j: exp(ReduceMax(tanh(x[n, j]), j)) + 1,
    "a minimum in a sum": lambda x, n, j: 2 * ReduceMin(sin(x[n, j]), j) + 3,
    "a product in a function": lambda x, n, j: log(1 + Product(2 + tanh(x[n, j]), j) ** 2),
    "a sum in a function": lambda x, n, j: softplus(Sum(exp(x[n, j]), j)) * Sum(x[n, j] ** 2, j),
}


def network(reduced: bool, write: Any) -> Program:
    net = Network("nested")
    N, H = net.dims("N H")
    n, j = net.indices(n=N, j=H)
    x, z = net.parameter("x", (N, H)), net.tensor("z")
    if reduced:
        z[n] = write(x, n, j)
        net.loss = Sum(z[n] ** 2, n)
    else:
        z[n, j] = write(x, n, j)
        net.loss = Sum(z[n, j] ** 2, n, j)
    return net.to_program()


@pytest.mark.parametrize("name", [*NESTED, *REDUCED])
def test_what_has_no_name_is_differentiated_rightly(name: str) -> None:
    program = network(name in REDUCED, NESTED.get(name) or REDUCED[name])
    derived = differentiate(program, ["x"])
    for seed in (0, 1):
        result = check_exact(program, derived, choose_sizes(program, seed), seed)
        assert result.passed, result
        assert result.entries


@pytest.mark.parametrize("name", NESTED)
def test_the_value_of_a_tensor_that_is_added_to_is_no_functions(name: str) -> None:
    """z = f(x) and z += x/2 besides: z does not hold f(x)."""
    program = network(False, NESTED[name])
    n, j = Index("n"), Index("j")
    at = [Poly.of(n), Poly.of(j)]
    axes = tuple(Axis(i, Poly.of(0), extent - 1) for i, extent in zip((n, j), program.table["x"].shape, strict=True))
    added = Equation("z", access("z", at).subscripts, axes, access("x", at), Op.ACCUMULATE)
    both = program.with_(equations=(*program.equations, added))
    result = check_exact(both, differentiate(both, ["x"]), choose_sizes(both), 0)
    assert result.passed, result


def test_the_check_tells_a_wrong_one() -> None:
    program = network(False, NESTED["exp(tanh x)"])
    derived = differentiate(program, ["x"])
    other = differentiate(network(False, NESTED["three deep"]), ["x"])
    wrong = replace(derived, backward=other.backward)
    assert not check_exact(program, wrong, choose_sizes(program), 0).passed
