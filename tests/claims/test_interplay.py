"""How many choices act together: what a table of all of them says of the function."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from sympy import Eq, Ge, Max, Piecewise, tanh

from symbackprop import Network, Sum
from symbackprop.claims.interplay import Interplay
from symbackprop.functions import relu
from symbackprop.terms.program import DType


def counts(value) -> tuple[float, float]:
    """(together, all) of a loss in z (N,), labels y (N,) and a weight, at N = 4."""
    net = Network("counts")
    N = net.dim("N")
    n = net.index("n", N)
    z, y, w = net.parameter("z", (N,)), net.input("y", (N,), dtype="int", high=3), net.parameter("w", ())
    net.assume(Ge(N, 3))
    net.loss = value(net, n, z, y, w) + w
    net.output(net.tensor("shown"))
    net.symbols["shown"][n] = y[n] * z[n]
    program = net.to_program()
    chosen = frozenset(tensor.name for tensor in program.tensors if tensor.dtype is DType.INT)
    count = Interplay(program.definitions, {"N": 4}, chosen).tensor(program.loss)
    return count.together, count.all


@pytest.mark.parametrize(
    ("value", "together", "every"),
    [
        (lambda net, n, z, y, w: Sum(z[n] ** 2, n), 0, 0),
        (lambda net, n, z, y, w: Sum(relu(z[n]), n), 1, 4),
        (lambda net, n, z, y, w: Sum(relu(z[n]) * y[n], n), 2, 8),
        (lambda net, n, z, y, w: Sum(relu(z[n]), n) ** 2, 2, 4),
        (lambda net, n, z, y, w: tanh(Sum(relu(z[n]), n)), 4, 4),
        (lambda net, n, z, y, w: Sum(Piecewise((z[n], Eq(y[n], 1)), (relu(z[n]), True)), n), 3, 12),
        (lambda net, n, z, y, w: Max(z[0], z[1], z[2], w), 3, 3),
    ],
)
def test_counts(value, together: int, every: int) -> None:
    found = counts(value)
    assert found[1] <= every
    assert found[0] == together


def test_what_is_zero_near_the_first_options_is_zero() -> None:
    """A sum of functions of at most two of five signs, made zero wherever at most two differ, vanishes everywhere."""
    signs = list(product((0, 1), repeat=5))
    monomials = [c for size in range(3) for c in combinations(range(5), size)]
    rows = [[float(all(point[i] for i in c)) for c in monomials] for point in signs if sum(point) <= 2]
    assert np.linalg.matrix_rank(np.array(rows)) == len(monomials)
