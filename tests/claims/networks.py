"""Networks of the zoo made anew, with their tensors, sizes and indices by name, and small ones of these tests' own."""

from __future__ import annotations

import runpy
from types import SimpleNamespace

from sympy import Ge, tanh

from symbackprop import Network, Sum, check_derivation, zoo
from symbackprop.claims import ClaimReport, Row
from symbackprop.functions import relu
from symbackprop.language import names_of


def fresh(name: str) -> SimpleNamespace:
    """A network of the zoo that no other test adds claims to."""
    net = runpy.run_path(str(zoo.path(name)))["net"]
    return SimpleNamespace(**names_of(net), net=net)


def residual() -> SimpleNamespace:
    """y = z + V tanh(z) for z = W x + b: two ways from z to the loss."""
    net = Network("residual")
    N, D, H = net.dims("N D H")
    n, i, j, k = net.indices(n=N, i=D, j=H, k=H)
    x, W = net.input("x", (N, D)), net.parameter("W", (H, D))
    b, V, target = net.parameter("b", (H,)), net.parameter("V", (H, H)), net.input("target", (N, H))
    z, a, y = net.tensors("z a y")
    z[n, j] = Sum(W[j, i] * x[n, i], i) + b[j]
    a[n, j] = tanh(z[n, j])
    y[n, j] = z[n, j] + Sum(V[j, k] * a[n, k], k)
    net.loss = Sum((y[n, j] - target[n, j]) ** 2, n, j) / (2 * N)
    return SimpleNamespace(**names_of(net), net=net)


def convolution() -> SimpleNamespace:
    """A valid convolution in one dimension with a relu behind it."""
    net = Network("convolution")
    N, C, F, L, R = net.dims("N C F L R")
    net.assume(Ge(L, R))
    n, c, f, r, h = net.indices(n=N, c=C, f=F, r=R, h=L - R + 1)
    net.index("l", L)
    x, K, b = net.input("x", (N, C, L)), net.parameter("K", (F, C, R)), net.parameter("b", (F,))
    z, a = net.tensors("z a")
    z[n, f, h] = Sum(K[f, c, r] * x[n, c, h + r], c, r) + b[f]
    a[n, f, h] = relu(z[n, f, h])
    net.loss = Sum((a[n, f, h] + 1) ** 2, n, f, h) / 2
    return SimpleNamespace(**names_of(net), net=net)


def verdicts(report: ClaimReport) -> list[str]:
    return [row.verdict.value for row in report.rows]


def only(b: SimpleNamespace, element: object, value: object) -> Row:
    """What is found of one claim."""
    (row,) = check_derivation(b.net, [(element, value)]).rows
    return row
