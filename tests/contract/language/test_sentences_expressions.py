"""Sentences of the language, each as a network: expressions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import (
    And,
    Eq,
    KroneckerDelta,
    Max,
    Mod,
    Ne,
    Not,
    Or,
    Piecewise,
    Rational,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    ceiling,
    cos,
    cosh,
    coth,
    erf,
    erfc,
    exp,
    floor,
    log,
    pi,
    sech,
    sin,
    sinh,
    sqrt,
    tan,
)  # fmt: skip

from symbackprop import LogSumExp, Mean, Network, Sum
from symbackprop import functions as f

ELEMENTARY: list[tuple[Any, Any]] = [
    (lambda v: sin(v) * cos(v) + tan(v), lambda v: np.sin(v) * np.cos(v) + np.tan(v)),
    (lambda v: asin(v) + atan(v) + asinh(v) + atanh(v),
        lambda v: np.arcsin(v) + np.arctan(v) + np.arcsinh(v) + np.arctanh(v)),
    (lambda v: sinh(v) * cosh(v) + acosh(v + 1), lambda v: np.sinh(v) * np.cosh(v) + np.arccosh(v + 1)),
    (lambda v: sech(v) + coth(v), lambda v: 1 / np.cosh(v) + 1 / np.tanh(v)),
    (lambda v: v**v + 2**v + v**pi + v ** Rational(-3, 2), lambda v: v**v + 2**v + v**np.pi + v**-1.5),
    (lambda v: cbrt(v) + sqrt(v) + log(v, 2) + log(1 + v),
        lambda v: np.cbrt(v) + np.sqrt(v) + np.log2(v) + np.log1p(v)),
    (lambda v: atan2(v, 2 * v - 1), lambda v: np.arctan2(v, 2 * v - 1)),
    (lambda v: erf(v) * erfc(v), lambda v: np.vectorize(math.erf)(v) * np.vectorize(math.erfc)(v)),
    (lambda v: floor(3 * v) * v + ceiling(3 * v) + Mod(3 * v, 1),
        lambda v: np.floor(3 * v) * v + np.ceil(3 * v) + np.mod(3 * v, 1)),
    (lambda v: sympy.E * v + sympy.EulerGamma + Max(v, Rational(1, 2)),
        lambda v: np.e * v + np.euler_gamma + np.maximum(v, 0.5)),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(ELEMENTARY)))
def test_elementary_functions(check: Any, case: int) -> None:
    write, value = ELEMENTARY[case]
    net = Network("elementary")
    N = net.dim("N")
    n = net.index("n", N)
    x, z = net.parameter("x", (N,)), net.tensor("z")
    z[n] = write(x[n])
    net.loss = Sum(z[n] * (n + 1), n)
    net.output(z)

    def inside(data: Any) -> None:
        data["x"][:] = [0.15, 0.37, 0.55, 0.8]

    check(net, {"N": 4}, lambda x: (value(x) * np.arange(1, 5)).sum(), lambda x: value(x), verify=False, prepare=inside)


def test_powers_of_zero_and_below(check: Any) -> None:
    net = Network("powers")
    N = net.dim("N")
    n, x, z = net.index("n", N), net.parameter("x", (N,)), net.tensor("z")
    z[n] = x[n] ** 2 + x[n] ** 3 + x[n] + 1 / (x[n] - 1)
    net.loss = Sum(z[n] + sympy.Abs(x[n]) ** 3, n)
    net.output(z)

    def put(data: Any) -> None:
        data["x"][:] = [0, -2, 3]

    def run(x: Any) -> Any:
        return x**2 + x**3 + x + 1 / (x - 1)

    check(net, {"N": 3}, lambda x: (run(x) + abs(x) ** 3).sum(), run, prepare=put)


def test_an_index_and_a_size_are_numbers(check: Any) -> None:
    net = Network("numbers")
    T, J = net.dims("T J")
    t, j, k = net.indices(t=T, j=J, k=3)
    x, c, z = net.parameter("x", (J,)), net.parameter("c", (3,)), net.tensor("z")
    z[t, j] = cos(t * x[j]) + t / T + T**2 * j * (-1) ** t + floor(t / 2) * x[j] + Sum(c[k] * x[j] ** k, k)
    net.loss = Sum(z[t, j] * Piecewise((1, Eq(Mod(t, 2), 0)), (x[j], True)), t, j) * sqrt(J)
    net.output(z)

    def run(x: Any, c: Any) -> Any:
        t, j = np.arange(5.0)[:, None], np.arange(len(x))
        return np.cos(t * x) + t / 5 + 25 * j * (-1) ** t + t // 2 * x + np.vander(x, 3, increasing=True) @ c

    def loss(x: Any, c: Any) -> Any:
        return (run(x, c) * np.where(np.arange(5)[:, None] % 2 == 0, 1, x)).sum() * np.sqrt(len(x))

    check(net, {"T": 5, "J": 3}, loss, run, keywords=("T",))


def test_relations_between_values(check: Any) -> None:
    net = Network("relations")
    N = net.dim("N")
    n, m = net.indices(n=N, m=N)
    x, y, rank = net.parameter("x", (N,)), net.input("y", (N,)), net.tensor("rank")
    rank[n] = Sum(Piecewise((1, x[m] < x[n]), (0, True)), m)
    either = And(x[n] > y[n], Or(x[n] < 1, Not(y[n] >= 0)))
    net.loss = Sum(Piecewise((x[n] ** 2, either), (-x[n], Eq(n, 2)), (x[n] * y[n], True)) * (rank[n] + 1), n)
    net.output(rank)

    def ranks(x: Any, y: Any) -> Any:
        return (x[None] < x[:, None]).sum(1).astype(float)

    def run(x: Any, y: Any) -> Any:
        chosen = np.where((x > y) & ((x < 1) | ~(y >= 0)), x**2, np.where(np.arange(len(x)) == 2, -x, x * y))
        return (chosen * (ranks(x, y) + 1)).sum()

    check(net, {"N": 7}, run, ranks)


def test_guards_of_every_form(check: Any) -> None:
    net = Network("guards")
    N = net.dim("N")
    i, w = net.index("i", N), net.parameter("w", (N,))
    net.loss = Sum(
        Piecewise((w[i + 1], Ne(i, N - 1)), (0, True))
        + Piecewise((0, Or(i < 1, Eq(i, N - 1))), (w[i + 1] * w[i - 1], True))
        + Piecewise((w[i - 2], Not(i < 2)), (0, True))
        + Piecewise((w[2 * i], 2 * i < N), (0, True))
        + Piecewise((0, Eq(i, 0)), (w[i - 1], True))
        + Piecewise((Piecewise((w[i - 1] ** 2, w[i - 1] > 0), (w[i], True)), i >= 1), (0, True)),
        i,
    )

    def run(w: Any) -> Any:
        N, total = len(w), 0.0
        for i in range(N):
            total += w[i + 1] if i != N - 1 else 0
            total += 0 if i < 1 or i == N - 1 else w[i + 1] * w[i - 1]
            total += (w[i - 2] if i >= 2 else 0) + (w[2 * i] if 2 * i < N else 0)
            total += (w[i - 1] + (w[i - 1] ** 2 if w[i - 1] > 0 else w[i])) if i else 0
        return total

    for N_ in (1, 2, 7):
        check(net, {"N": N_}, run, verify=N_ == 7)


def test_bound_indices_shadow_free_ones(check: Any) -> None:
    net = Network("shadow")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    w, p = net.parameter("w", (N, K)), net.tensor("p")
    p[n, k] = exp(w[n, k] - LogSumExp(w[n, k], k)) + Sum(w[n, k], n) * w[n, k] + Mean(w[n, k], n, k)
    net.loss = Sum(p[n, k] ** 2, n, k) + Mean(p[n, k], n, k)
    net.output(p)

    def run(w: Any) -> Any:
        return np.exp(w) / np.exp(w).sum(1, keepdims=True) + w.sum(0) * w + w.mean()

    check(net, {"N": 3, "K": 5}, lambda w: (run(w) ** 2).sum() + run(w).mean(), run)


SYMPY: list[tuple[Any, Any]] = [
    (lambda w, i, n: sympy.Sum(w[i] ** 2, i) + sympy.Sum(w[i], (i, 1, 3)), lambda w: (w**2).sum() + w[1:].sum()),
    (lambda w, i, n: sympy.Sum(Piecewise((w[i], w[i] > 0), (0, True)), i), lambda w: w[w > 0].sum()),
    (lambda w, i, n: sympy.Product(Piecewise((w[i], i > 0), (2, True)), i), lambda w: 2 * w[1:].prod()),
    (lambda w, i, n: sympy.Sum(sympy.Sum(Piecewise((w[i], i > n), (0, True)), i), n),
     lambda w: sum(w[n + 1 :].sum() for n in range(3))),
    (lambda w, i, n: Sum(sympy.Sum(Piecewise((w[i], i > n), (w[0], True)), i) ** 2, n),
     lambda w: sum((w[n + 1 :].sum() + (n + 1) * w[0]) ** 2 for n in range(3))),
    (lambda w, i, n: sympy.Sum(f.relu(w[i]) * 2 + Max(w[i], 0) + 1, i), lambda w: 3 * np.maximum(w, 0).sum() + len(w)),
    (lambda w, i, n: sympy.Sum(KroneckerDelta(i, n) * w[i], i, n), lambda w: w[:3].sum()),
    (lambda w, i, n: sympy.Sum(3, i) * w[0] + sympy.Sum(w[0], (i, 1, 2)), lambda w: 3 * len(w) * w[0] + 2 * w[0]),
    (lambda w, i, n: sympy.Sum(w[i] * sympy.Product(w[i], i), i), lambda w: w.sum() * w.prod()),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(SYMPY)))
def test_sympys_own_sum_and_product(check: Any, case: int) -> None:
    write, value = SYMPY[case]
    net = Network("own")
    n, i, w = net.index("n", 3), net.index("i", 4), net.parameter("w", (4,))
    net.loss = write(w, i, n)
    check(net, {}, lambda w: value(w), verify=case % 3 == 0)
