"""Sizes at which what is assumed can be met: wide for orthonormal rows, square where rows and columns add to one."""

from __future__ import annotations

import pytest
from sympy import Eq, KroneckerDelta

from symbackprop.feasible import UnmetAssumption
from symbackprop.language import Network, Sum
from symbackprop.verify.feasible_sizes import feasible_sizes, generic_sizes, unmet_assumption


def table(*facts):  # type: ignore[no-untyped-def]
    net = Network("table")
    M, D = net.dims("M D")
    i, j, k = net.indices(i=M, j=D, k=M)
    Q, x = net.input("Q", (M, D)), net.parameter("x", (D,))
    for fact in facts:
        net.assume(fact(Q, i, j, k))
    net.loss = Sum(Q[i, j] * x[j], i, j) ** 2
    return net.to_program()


def test_rows_are_no_more_than_columns() -> None:
    program = table(lambda Q, i, j, k: Eq(Sum(Q[i, j] * Q[k, j], j), KroneckerDelta(i, k)))
    for seed in range(6):
        sizes = feasible_sizes(program, seed)
        assert sizes["M"] <= sizes["D"]
    assert generic_sizes(program, 0, 10**6) == {"M": 4, "D": 5}


def test_doubly_stochastic_matrices_are_square() -> None:
    program = table(lambda Q, i, j, k: Eq(Sum(Q[i, j], j), 1), lambda Q, i, j, k: Eq(Sum(Q[i, j], i), 1))
    sizes = feasible_sizes(program, 0)
    assert sizes["M"] == sizes["D"]
    assert unmet_assumption(program, {"M": 2, "D": 3}, 0) is not None
    assert unmet_assumption(program, None, 0) is None
    with pytest.raises(UnmetAssumption, match="contradict each other"):
        feasible_sizes(table(lambda Q, i, j, k: Q[i, j] > 1, lambda Q, i, j, k: Q[i, j] < 1), 0)
