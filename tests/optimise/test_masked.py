"""Where a row of scores may be masked everywhere: by an equation, by what is given, by log 0; and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sympy import Piecewise, exp, log, oo, tanh

import symbackprop as sb
from symbackprop import LogSumExp, Network, Sum

SCORES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "a layer": (lambda a: Sum(a.W[a.k, a.d] * a.x[a.n, a.d], a.d) + a.b[a.k], False),
    "a bounded function": (lambda a: tanh(a.x[a.n, a.k]) / 3, False),
    "a bias that is given": (lambda a: Sum(a.W[a.k, a.d] * a.x[a.n, a.d], a.d) + a.mask[a.n, a.k], True),
    "an input": (lambda a: 2 * a.x[a.n, a.k], True),
    "a parameter": (lambda a: a.b[a.k], True),
    "masked": (lambda a: Piecewise((a.b[a.k] + tanh(a.x[a.n, a.k]), a.k <= a.n), (-oo, True)), True),
    "a logarithm": (lambda a: log(a.x[a.n, a.k] ** 2), True),
}


@pytest.mark.parametrize("title", SCORES)
def test_the_guard_stands_where_a_row_may_be_masked(title: str) -> None:
    write, masked = SCORES[title]
    net = Network("scored")
    N, D = net.dims("N D")
    n, d, k = net.indices(n=N, d=D, k=D)
    x, mask = net.input("x", (N, D)), net.input("mask", (N, D))
    W, b = net.parameter("W", (D, D)), net.parameter("b", (D,))
    u, p = net.tensors("u p")
    u[n, k] = write(SimpleNamespace(n=n, d=d, k=k, x=x, mask=mask, W=W, b=b))
    p[n, k] = exp(u[n, k] - LogSumExp(u[n, k], k))
    net.loss = Sum(p[n, k] ** 2, n, k) + Sum(W[d, k] * b[k], d, k) + Sum(mask[n, k] * x[n, k], n, k)
    assert bool(re.search(r"max\(1, \w+_sum\[", sb.generate(net))) == masked
