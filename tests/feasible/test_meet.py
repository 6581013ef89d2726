"""Data meet what is assumed, in sixty digits, modulo a prime, as rationals: checked by arithmetic on arrays alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from sympy import Abs, And, Eq, KroneckerDelta, Ne, Piecewise, Rational, exp, sqrt

from symbackprop.feasible import UnmetAssumption
from symbackprop.interpret import PRIME
from symbackprop.language import LogSumExp, Mean, Network, Sum
from symbackprop.verify.data import Style, draw

Array = np.ndarray[Any, Any]
D, N, K = 4, 3, 4
WORLDS = (Style.SIGNED, False), (Style.SIGNED, True), (Style.TIED, True)


def square(*facts: Callable[..., Any]) -> Any:
    """A network that reads A, which is square; what the facts say of A[i, j], A[j, i] and so on."""
    net = Network("square")
    size = net.dim("D")
    i, j, k = net.indices(i=size, j=size, k=size)
    A, w = net.input("A", (size, size)), net.parameter("w", (size,))
    for fact in facts:
        net.assume(fact(A, i, j, k))
    net.loss = Sum(A[i, j] * w[i], i, j)
    return net.to_program(), {"D": D}


def oblong(*facts: Callable[..., Any]) -> Any:
    net = Network("oblong")
    rows, columns = net.dims("N K")
    n, k = net.indices(n=rows, k=columns)
    A, B = net.parameter("A", (rows, columns)), net.input("B", (rows, columns))
    for fact in facts:
        net.assume(fact(A, B, n, k))
    net.loss = Sum(A[n, k] * B[n, k], n, k)
    return net.to_program(), {"N": N, "K": K}


def close(left: Any, right: Any, exact: bool) -> bool:
    """Equal in every element: modulo the prime, as rationals, or to forty digits."""
    difference = np.asarray(left - right, dtype=object)
    if not exact:
        return all(abs(value) < 1e-40 for value in difference.flat)
    return all(Fraction(value).numerator % PRIME == 0 for value in difference.flat)


def identity() -> Array:
    return np.array([[int(i == j) for j in range(D)] for i in range(D)], dtype=object)


def symmetric(A: Any, i: Any, j: Any, k: Any) -> Any:
    return Eq(A[i, j], A[j, i])


def orthonormal(A: Any, i: Any, j: Any, k: Any) -> Any:
    return Eq(Sum(A[i, j] * A[k, j], j), KroneckerDelta(i, k))


@pytest.mark.parametrize(("style", "exact"), WORLDS)
@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        ([symmetric], lambda A: [(A, A.T)]),
        ([lambda A, i, j, k: Eq(A[i, j], -A[j, i])], lambda A: [(A, -A.T)]),
        ([orthonormal], lambda A: [(A @ A.T, identity()), (A.T @ A, identity())]),
        ([lambda A, i, j, k: Eq(Sum(A[j, i] * A[j, k], j), Piecewise((1, Eq(i, k)), (0, True)))],
         lambda A: [(A.T @ A, identity())]),
        ([symmetric, orthonormal], lambda A: [(A, A.T), (A @ A, identity())]),
        ([symmetric, lambda A, i, j, k: Eq(A[i, i], 0)], lambda A: [(A, A.T), (A * identity(), 0 * A)]),
        ([lambda A, i, j, k: Eq(Piecewise((A[i, j], i > j), (0, True)), 0)], lambda A: [(A, np.triu(A))]),
        ([lambda A, i, j, k: Eq(A[i, j], Piecewise((A[i, i], Eq(i, j)), (0, True)))],
         lambda A: [(A, A * identity())]),
        ([lambda A, i, j, k: Eq(Sum(A[i, j], j), 1), lambda A, i, j, k: Eq(Sum(A[i, j], i), 1)],
         lambda A: [(A.sum(0), 1), (A.sum(1), 1)]),
        ([lambda A, i, j, k: Eq(Sum(A[i, j], j), 1), lambda A, i, j, k: Eq(Sum(A[i, j], i), 1),
          lambda A, i, j, k: Eq(A[i, j] ** 2, A[i, j])],
         lambda A: [(A.sum(0), 1), (A.sum(1), 1), (A * A, A)]),
        ([symmetric, lambda A, i, j, k: Eq(A[i, i], 0), lambda A, i, j, k: Eq(A[i, j] ** 2, A[i, j])],
         lambda A: [(A, A.T), (A * A, A), (A * identity(), 0 * A)]),
    ],
)  # fmt: skip
def test_square_matrices(style: Style, exact: bool, facts: Sequence[Any], holds: Callable[..., Any]) -> None:
    program, sizes = square(*facts)
    seen = set()
    for seed in range(3):
        A = draw(program, sizes, seed, style, exact=exact, digits=True)["A"].astype(object)
        assert all(close(left, right, exact) for left, right in holds(A))
        seen.add(str(A))
    assert len(seen) > 1


@pytest.mark.parametrize(("style", "exact"), WORLDS)
@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        ([lambda A, B, n, k: Eq(A[n, k] ** 2, 1), lambda A, B, n, k: Eq(B[n, k] ** 2, B[n, k])],
         lambda A, B: [(A * A, 1), (B * B, B)]),
        ([lambda A, B, n, k: Eq(Sum(A[n, k], k), 1), lambda A, B, n, k: Eq(A[n, k] * (1 - A[n, k]), 0)],
         lambda A, B: [(A.sum(1), 1), (A * A, A)]),
        ([lambda A, B, n, k: Eq(Sum(A[n, k] ** 2, k), 1), lambda A, B, n, k: Eq(sqrt(Sum(B[n, k] ** 2, k)), 1)],
         lambda A, B: [((A * A).sum(1), 1), ((B * B).sum(1), 1)]),
        ([lambda A, B, n, k: Eq(Sum(A[n, k], n), 0), lambda A, B, n, k: Eq(A[n, k], B[n, k])],
         lambda A, B: [(A.sum(0), 0), (A, B)]),
        ([lambda A, B, n, k: Eq(Mean(A[n, k], n), 0), lambda A, B, n, k: Eq(Sum(A[n, k], k), 0)],
         lambda A, B: [(A.sum(0), 0), (A.sum(1), 0)]),
        ([lambda A, B, n, k: Eq(A[n, k] * B[n, k], 1)], lambda A, B: [(A * B, 1)]),
        ([lambda A, B, n, k: Eq(A[n, k], 1 / B[n, k])], lambda A, B: [(A * B, 1)]),
        ([lambda A, B, n, k: Eq(A[n, k] ** 2 + B[n, k] ** 2, 1)], lambda A, B: [(A * A + B * B, 1)]),
        ([lambda A, B, n, k: Eq(Sum(A[n, k] * B[n, k], k), 0)], lambda A, B: [((A * B).sum(1), 0)]),
        ([lambda A, B, n, k: And(Eq(Sum(A[n, k], k), 1), Eq(Sum(A[n, k] ** 2, k), 1))],
         lambda A, B: [(A.sum(1), 1), ((A * A).sum(1), 1)]),
        ([lambda A, B, n, k: Eq(Abs(A[n, k]), 2), lambda A, B, n, k: Eq(Sum(B[n, k], n, k), N)],
         lambda A, B: [(A * A, 4), (B.sum(), N)]),
    ],
)  # fmt: skip
def test_equations(style: Style, exact: bool, facts: Sequence[Any], holds: Callable[..., Any]) -> None:
    program, sizes = oblong(*facts)
    for seed in range(3):
        data = draw(program, sizes, seed, style, exact=exact, digits=True)
        A, B = (data[name].astype(object) for name in "AB")
        assert all(close(left, right, exact) for left, right in holds(A, B))


@pytest.mark.parametrize(  # of residues that are no small rationals order says nothing
    ("style", "exact"),
    [(Style.SIGNED, False), (Style.POSITIVE, False), (Style.SMALL, False), (Style.TIED, False), (Style.TIED, True)],
)
def test_order_holds_of_real_numbers_and_of_small_rationals(style: Style, exact: bool) -> None:
    program, sizes = oblong(
        lambda A, B, n, k: A[n, k] > 0, lambda A, B, n, k: A[n, k] < 1, lambda A, B, n, k: B[n, k] <= Rational(1, 2)
    )
    data = draw(program, sizes, 1, style, exact=exact)
    assert ((data["A"] > 0) & (data["A"] < 1)).all()
    assert (data["B"] <= Fraction(1, 2)).all()
    program, sizes = oblong(lambda A, B, n, k: A[n, k] >= 0, lambda A, B, n, k: Eq(Sum(A[n, k], k), 1))
    A = draw(program, sizes, 1, style, exact=exact)["A"]
    assert (A >= 0).all()
    np.testing.assert_allclose(A.sum(1).astype(float), 1, rtol=1e-14)
    program, sizes = square(lambda A, i, j, k: A[i, j] >= A[0, j], lambda A, i, j, k: Eq(Sum(A[i, j], i), 1))
    A = draw(program, sizes, 1, style, exact=exact)["A"].astype(float)
    assert (A >= A[:1] - 1e-12).all()
    np.testing.assert_allclose(A.sum(0), 1, rtol=1e-12)


def test_functions_are_met_by_real_numbers_alone() -> None:
    program, sizes = oblong(
        lambda A, B, n, k: Eq(Sum(exp(A[n, k]), k), 1), lambda A, B, n, k: Eq(LogSumExp(B[n, k], k), 0)
    )
    data = draw(program, sizes, 0)
    for name in "AB":
        np.testing.assert_allclose(np.exp(data[name]).sum(1), 1, rtol=1e-14)
    with pytest.raises(UnmetAssumption, match="none in the draws made modulo a prime"):
        draw(program, sizes, 0, exact=True)


def test_few_values_come_in_all_their_combinations() -> None:
    net = Network("signs")
    D = net.dim("D")
    d = net.index("d", D)
    s, t, w = net.input("s", ()), net.input("t", ()), net.parameter("w", (D,))
    net.assume(Eq(s**2, 1))
    net.assume(Eq(t**2, 1))
    net.loss = s * t * Sum(w[d], d)
    drawn = [draw(net.to_program(), {"D": 2}, seed, exact=True) for seed in range(4)]
    assert {(int(data["s"]), int(data["t"])) for data in drawn} == {(1, 1), (1, -1), (-1, 1), (-1, -1)}
    program, sizes = oblong(lambda A, B, n, k: Eq(Sum(A[n, k], k), 1), lambda A, B, n, k: Eq(A[n, k] ** 2, A[n, k]))
    places = {tuple(draw(program, sizes, seed)["A"].argmax(1)) for seed in range(40)}
    assert {place for row in places for place in row} == set(range(K))
    assert len(places) > 15


def test_integers_and_what_follows_from_them() -> None:
    net = Network("labels")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    a, b = (net.input(name, (N,), dtype="int", high=K) for name in "ab")
    y, w = net.input("y", (N, K)), net.parameter("w", (N, K))
    net.assume(Ne(a[n], b[n]))
    net.assume(a[n] >= 1)
    net.assume(b[n] <= K - 2)
    net.assume(Eq(y[n, k], Piecewise((1, Eq(a[n], k)), (0, True))))
    net.loss = Sum(y[n, k] * w[n, k] * w[n, b[n]] * a[n], n, k)
    program, sizes = net.to_program(), {"N": 20, "K": 5}
    for style, exact in WORLDS:
        data = draw(program, sizes, 3, style, exact=exact)
        assert ((data["a"] != data["b"]) & (data["a"] >= 1) & (data["b"] <= 3)).all()
        assert data["a"].dtype == np.int64
        assert (data["y"] == (data["a"][:, None] == np.arange(5))).all()
        assert len(set(data["a"].tolist())) == 4


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ([lambda A, B, n, k: Eq(Sum(A[n, k], k), 1), lambda A, B, n, k: Eq(Sum(A[n, k], k), 2)], ["k), 1)", "k), 2)"]),
        ([lambda A, B, n, k: A[n, k] > 1, lambda A, B, n, k: A[n, k] < 0], ["A[n, k] > 1", "A[n, k] < 0"]),
        ([lambda A, B, n, k: Eq(A[n, k] ** 2, 1), lambda A, B, n, k: Eq(A[n, k], 0)], ["**2, 1)", "k], 0)"]),
        ([lambda A, B, n, k: A[n, k] >= 1, lambda A, B, n, k: Eq(Sum(A[n, k], k), Rational(1, 2))], ["1", "1/2"]),
        ([lambda A, B, n, k: Eq(A[n, k] ** 2, A[n, k]), lambda A, B, n, k: Eq(Sum(A[n, k], k), K + 1)], ["**2", "5)"]),
    ],
)  # fmt: skip
def test_contradictions_are_shown_and_only_those_named(facts: Sequence[Any], named: Sequence[str]) -> None:
    program, sizes = oblong(lambda A, B, n, k: B[n, k] > 0, *facts)
    with pytest.raises(UnmetAssumption, match="contradict each other") as error:
        draw(program, sizes, 0)
    assert error.value.sure
    assert len(error.value.facts) == 2
    assert all(part in str(error.value) for part in named)
    assert "B[n, k]" not in str(error.value)
    assert "(test_meet.py:" in str(error.value)


def test_what_was_not_found_is_not_called_impossible() -> None:
    program, sizes = oblong(
        lambda A, B, n, k: Eq(Sum(A[n, k] ** 2, k), 1), lambda A, B, n, k: Eq(Sum(A[n, k], k), 5),
        lambda A, B, n, k: B[n, k] > 0,
    )  # fmt: skip
    with pytest.raises(UnmetAssumption, match="none in the draws made at N=3, K=4") as error:
        draw(program, sizes, 0)
    assert not error.value.sure
    assert len(error.value.facts) == 2
