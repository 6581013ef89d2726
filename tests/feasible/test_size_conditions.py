"""Conditions on sizes against what they say, at all small sizes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from sympy import And, Eq, Ge, Ne

from symbackprop import Network, Sum
from symbackprop.feasible.size_conditions import conditions_of, first_failure, size_failure

NAMES = "NDK"


def shifted(*assumed: Callable[..., Any]) -> Network:
    """x has N - D rows, y the same less 1, of which z is a window; divides by D - 3."""
    net = Network("shifted")
    N, D, K = net.dims("N D K")
    n, t, k = net.indices(n=N - D, t=N - D - 1, k=K)
    x, y = net.parameter("x", (N - D,)), net.tensor("y")
    y[t] = x[t + 1] * x[t] / (D - 3)
    net.loss = Sum(y[t], t) + Sum(x[n], n) + K * Sum(k, k)
    for fact in assumed:
        net.assume(fact(N, D, K))
    return net


ASSUMED = {
    "an order": (lambda N, D, K: Ge(N, D + K), lambda N, D, K: N >= D + K),
    "an equation": (lambda N, D, K: Eq(N, 2 * K + 1), lambda N, D, K: N == 2 * K + 1),
    "a difference": (lambda N, D, K: Ne(N, D + K), lambda N, D, K: N != D + K),
    "both": (lambda N, D, K: And(Ge(N, D + K), Ne(N, 5)), lambda N, D, K: N >= D + K and N != 5),
}


@pytest.mark.parametrize("name", ASSUMED)
@pytest.mark.parametrize("empty", [False, True])
def test_all_small_sizes(name: str, empty: bool) -> None:
    assumed, meant = ASSUMED[name]
    program = shifted(assumed).to_program()
    conditions = conditions_of(program, allow_empty=empty)
    met = 0
    for N, D, K in product(range(1, 8), range(1, 5), range(1, 4)):
        sizes = dict(zip(NAMES, (N, D, K), strict=True))
        rows = N - D >= 1 and (N - D - 1 >= 1 or empty)
        holds = meant(N, D, K) and rows and D != 3
        assert (first_failure(conditions, sizes) is None) == holds, sizes
        assert (size_failure(program, sizes, allow_empty=empty) is None) == holds
        met += holds
    assert met


@pytest.mark.parametrize("empty", [False, True])
def test_what_is_given_and_what_is_computed(empty: bool) -> None:
    """Parameters have an element in any case; an equation may range over nothing where that is allowed."""
    net = Network("steps")
    N, D = net.dims("N D")
    t, n = net.index("t", (1, N - 1)), net.index("n", N - D)
    x, s, h = net.parameter("x", (N - D,)), net.parameter("s", ()), net.tensor("h")
    h[0] = s[()]
    h[t] = h[t - 1] / 2
    net.loss = h[N - 1] + Sum(x[n], n)
    conditions = conditions_of(net.to_program(), allow_empty=empty)
    for size, less in product(range(1, 5), range(5)):
        holds = size - less >= 1 and (size >= 2 or empty)
        assert (first_failure(conditions, {"N": size, "D": less}) is None) == holds


def test_distances() -> None:
    net = shifted(ASSUMED["an order"][0], ASSUMED["an equation"][0])
    order, equation = conditions_of(net.to_program(), allow_empty=False)[:2]
    assert [order.distance({"N": n, "D": 3, "K": 2}) for n in (1, 4, 5, 9)] == [4, 1, 0, 0]
    assert [equation.distance({"N": n, "D": 3, "K": 2}) for n in (1, 4, 5, 9)] == [4, 1, 0, 4]
