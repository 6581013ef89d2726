"""What is written means what SymPy and PyTorch mean by it: interpreted values against NumPy, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy
from scipy import special
from sympy import (
    Abs,
    And,
    Eq,
    Ge,
    Gt,
    Heaviside,
    KroneckerDelta,
    Le,
    Lt,
    Max,
    Min,
    Mod,
    Ne,
    Not,
    Or,
    Piecewise,
    Rational,
    Xor,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceiling,
    cos,
    cosh,
    cot,
    coth,
    csc,
    erf,
    erfc,
    floor,
    log,
    pi,
    sec,
    sech,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)  # fmt: skip

from symbackprop import LogSumExp, Mean, Product, ReduceMax, ReduceMin, Sum
from symbackprop import functions as f

from .elementwise import K, N, data, value_of


def one(function: Any) -> Callable[[SimpleNamespace], Any]:
    return lambda a: function(a.u[a.n, a.k])


def u(a: SimpleNamespace) -> Any:
    return a.u[a.n, a.k]


def v(a: SimpleNamespace) -> Any:
    return a.v[a.n, a.k]


def phi(x: Any) -> Any:
    return 0.5 * (1 + special.erf(x / np.sqrt(2)))


CASES: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = [
    ("sin", one(sin), lambda d: np.sin(d.u)),
    ("cos", one(cos), lambda d: np.cos(d.u)),
    ("tan", one(tan), lambda d: np.tan(d.u)),
    ("sec", one(sec), lambda d: 1 / np.cos(d.u)),
    ("csc", one(csc), lambda d: 1 / np.sin(d.u)),
    ("cot", one(cot), lambda d: 1 / np.tan(d.u)),
    ("asin", one(asin), lambda d: np.arcsin(d.u)),
    ("acos", one(acos), lambda d: np.arccos(d.u)),
    ("atan", one(atan), lambda d: np.arctan(d.u)),
    ("asec", lambda a: sympy.asec(1 + u(a)), lambda d: np.arccos(1 / (1 + d.u))),
    ("acsc", lambda a: sympy.acsc(1 + u(a)), lambda d: np.arcsin(1 / (1 + d.u))),
    ("acot", one(sympy.acot), lambda d: np.arctan(1 / d.u)),
    ("atan2", lambda a: atan2(u(a) - 1, v(a)), lambda d: np.arctan2(d.u - 1, d.v)),
    ("sinh", one(sinh), lambda d: np.sinh(d.u)),
    ("cosh", one(cosh), lambda d: np.cosh(d.u)),
    ("tanh", one(tanh), lambda d: np.tanh(d.u)),
    ("sech", one(sech), lambda d: 1 / np.cosh(d.u)),
    ("coth", one(coth), lambda d: 1 / np.tanh(d.u)),
    ("asinh", one(asinh), lambda d: np.arcsinh(d.u)),
    ("acosh", lambda a: acosh(1 + u(a)), lambda d: np.arccosh(1 + d.u)),
    ("atanh", one(atanh), lambda d: np.arctanh(d.u)),
    ("acoth", lambda a: sympy.acoth(1 + u(a)), lambda d: np.arctanh(1 / (1 + d.u))),
    ("asech", one(sympy.asech), lambda d: np.arccosh(1 / d.u)),
    ("acsch", one(sympy.acsch), lambda d: np.arcsinh(1 / d.u)),
    ("erf", one(erf), lambda d: special.erf(d.u)),
    ("erfc", one(erfc), lambda d: special.erfc(d.u)),
    ("sinc", lambda a: sympy.sinc(u(a) * (a.k - 1)), lambda d: np.sinc(d.u * (d.k - 1) / np.pi)),
    ("log base", lambda a: log(u(a), 3), lambda d: np.log(d.u) / np.log(3)),
    ("abs and sign", lambda a: Abs(u(a) - v(a)) * sign(v(a) - u(a)), lambda d: d.v - d.u),
    ("floor and ceiling", lambda a: floor(7 * u(a)) + ceiling(3 * v(a)),
     lambda d: np.floor(7 * d.u) + np.ceil(3 * d.v)),
    ("mod", lambda a: Mod(u(a) + v(a), Rational(1, 4)), lambda d: np.mod(d.u + d.v, 0.25)),
    ("frac", lambda a: sympy.frac(7 * u(a)), lambda d: np.mod(7 * d.u, 1)),
    ("heaviside", lambda a: Heaviside(u(a) - v(a)), lambda d: np.heaviside(d.u - d.v, 0.5)),
    ("max", lambda a: Max(u(a), v(a), Rational(1, 2)), lambda d: np.maximum(np.maximum(d.u, d.v), 0.5)),
    ("min of max", lambda a: Min(Max(u(a), v(a)), 0.7), lambda d: np.minimum(np.maximum(d.u, d.v), 0.7)),
    ("max with activations of numbers", lambda a: Max(f.sigmoid(0), u(a)) + Min(f.relu(f.leaky_relu(-1)), v(a) - 1),
     lambda d: np.maximum(d.u, 0.5) + np.minimum(d.v - 1, 0)),
    ("power", lambda a: u(a) ** v(a), lambda d: d.u**d.v),
    ("base", lambda a: 3 ** u(a), lambda d: 3**d.u),
    ("float power", lambda a: u(a) ** 2.5, lambda d: d.u**2.5),
    ("root of a square", lambda a: sqrt((u(a) - 1) ** 2), lambda d: np.abs(d.u - 1)),
    ("index power", lambda a: u(a) ** a.k, lambda d: d.u**d.k),
    ("numbers", lambda a: a.n + a.k / a.K + a.N * a.label[a.n], lambda d: d.n + d.k / K + N * d.label[:, None]),
    ("sizes divided", lambda a: u(a) * (a.K // 2) / (a.N + 1), lambda d: d.u * 2 / 4),
    ("parity", lambda a: (-1) ** a.k + cos(pi * a.n), lambda d: (-1.0) ** d.k + (-1.0) ** d.n),
    ("halves", lambda a: u(a) * (a.k // 2) + Mod(a.k, 2), lambda d: d.u * (d.k // 2) + d.k % 2),
    ("frequencies", lambda a: cos(2 * pi * a.k * u(a) / a.K), lambda d: np.cos(2 * np.pi * d.k * d.u / K)),
    ("python numbers", lambda a: np.float64(0.25) * u(a) + np.int64(3), lambda d: 0.25 * d.u + 3),
    ("float32", lambda a: np.float32(0.1) * u(a), lambda d: float(np.float32(0.1)) * d.u),
    ("constants", lambda a: sympy.EulerGamma + sympy.E + sympy.GoldenRatio + sympy.Catalan * u(a),
     lambda d: np.euler_gamma + np.e + (1 + np.sqrt(5)) / 2 + 0.915965594177219015 * d.u),
    ("indicator", lambda a: KroneckerDelta(a.label[a.n], a.k), lambda d: (d.label[:, None] == d.k) * 1.0),
    ("mask", lambda a: Piecewise((u(a), a.k <= a.n), (v(a), Eq(a.k, 4)), (0, True)),
     lambda d: np.where(d.k <= d.n, d.u, np.where(d.k == 4, d.v, 0))),
    ("relations", lambda a: Piecewise((1, Gt(u(a), v(a))), (2, Le(u(a), v(a) / 2)), (3, Ne(a.k, 1)), (4, True)),
     lambda d: np.select([d.u > d.v, d.u <= d.v / 2, d.k != 1], [1, 2, 3], 4)),
    ("connectives", lambda a: Piecewise((u(a), Or(And(Lt(u(a), 0.5), Ge(a.k, 2)), Not(v(a) < 0.5))), (0, True)),
     lambda d: np.where(((d.u < 0.5) & (d.k >= 2)) | (d.v >= 0.5), d.u, 0)),
    ("xor", lambda a: Piecewise((1, Xor(u(a) < 0.5, v(a) < 0.5, a.k < 2)), (0, True)),
     lambda d: ((d.u < 0.5) ^ (d.v < 0.5) ^ (d.k < 2)) * 1),
    ("implication", lambda a: Piecewise((1, sympy.Implies(u(a) < 0.5, v(a) < 0.5)), (0, True)),
     lambda d: (~(d.u < 0.5) | (d.v < 0.5)) * 1),
    ("equivalence", lambda a: Piecewise((1, sympy.Equivalent(u(a) < 0.5, v(a) < 0.5)), (0, True)),
     lambda d: ((d.u < 0.5) == (d.v < 0.5)) * 1),
    ("choice", lambda a: Piecewise((1, sympy.ITE(a.k < 2, u(a) < 0.5, v(a) < 0.5)), (0, True)),
     lambda d: np.where(d.k < 2, d.u < 0.5, d.v < 0.5) * 1),
    # reductions
    ("sum", lambda a: Sum(u(a) * a.w[a.k], a.k), lambda d: (d.u @ d.w)[:, None] + 0 * d.u),
    ("nested", lambda a: Sum(u(a) * Sum(v(a) * a.w[a.k], a.n), a.k),
     lambda d: np.einsum("nk,mk,k->n", d.u, d.v, d.w)[:, None] + 0 * d.u),
    ("shadowing", lambda a: Sum(u(a) + Sum(u(a), a.k) * a.k, a.k) * a.k,
     lambda d: (d.u.sum(1) + d.u.sum(1) * 10)[:, None] * d.k),
    ("two at once", lambda a: Sum(u(a), a.n, a.k), lambda d: d.u.sum() + 0 * d.u),
    ("unused index", lambda a: Sum(u(a), a.j), lambda d: K * d.u),
    ("product", lambda a: Product(u(a), a.k), lambda d: d.u.prod(1)[:, None] + 0 * d.u),
    ("largest and smallest", lambda a: ReduceMax(u(a), a.k) - ReduceMin(v(a), a.n),
     lambda d: d.u.max(1)[:, None] - d.v.min(0)),
    ("mean", lambda a: Mean(u(a), a.n, a.k), lambda d: d.u.mean() + 0 * d.u),
    ("mean of nothing new", lambda a: Mean(u(a), a.j), lambda d: d.u),
    ("logsumexp", lambda a: LogSumExp(u(a), a.k), lambda d: special.logsumexp(d.u, axis=1)[:, None] + 0 * d.u),
    ("diagonal", lambda a: Sum(Piecewise((u(a), Eq(a.n, a.k)), (0, True)), a.n),
     lambda d: np.where(d.k < N, np.pad(np.diag(d.u), (0, K - N))[d.k], 0)),
    # activations
    ("sigmoid", one(f.sigmoid), lambda d: special.expit(d.u)),
    ("log_sigmoid", one(f.log_sigmoid), lambda d: special.log_expit(d.u)),
    ("softplus", lambda a: f.softplus(u(a), beta=2), lambda d: np.log1p(np.exp(2 * d.u)) / 2),
    ("relu", lambda a: f.relu(u(a) - v(a)), lambda d: np.maximum(d.u - d.v, 0)),
    ("leaky_relu", lambda a: f.leaky_relu(u(a) - v(a)), lambda d: np.where(d.u > d.v, 1, 0.01) * (d.u - d.v)),
    ("slope", lambda a: f.leaky_relu(u(a) - v(a), negative_slope=0.2),
     lambda d: np.where(d.u > d.v, 1, 0.2) * (d.u - d.v)),
    ("elu", lambda a: f.elu(u(a) - v(a), alpha=1.5),
     lambda d: np.where(d.u > d.v, d.u - d.v, 1.5 * np.expm1(d.u - d.v))),
    ("selu", lambda a: f.selu(u(a) - v(a)),
     lambda d: 1.0507009873554805 * np.where(d.u > d.v, d.u - d.v, 1.6732632423543772 * np.expm1(d.u - d.v))),
    ("silu", one(f.silu), lambda d: d.u * special.expit(d.u)),
    ("gelu", lambda a: f.gelu(u(a) - v(a)), lambda d: (d.u - d.v) * phi(d.u - d.v)),
    ("gelu tanh", lambda a: f.gelu(u(a), approximate="tanh"),
     lambda d: 0.5 * d.u * (1 + np.tanh(np.sqrt(2 / np.pi) * (d.u + 0.044715 * d.u**3)))),
    ("mish", one(f.mish), lambda d: d.u * np.tanh(np.log1p(np.exp(d.u)))),
    ("hardtanh", lambda a: f.hardtanh(4 * (u(a) - v(a)), min_val=-0.5), lambda d: np.clip(4 * (d.u - d.v), -0.5, 1)),
    ("hardsigmoid", lambda a: f.hardsigmoid(9 * (u(a) - v(a))), lambda d: np.clip(1.5 * (d.u - d.v) + 0.5, 0, 1)),
    ("hardswish", lambda a: f.hardswish(9 * (u(a) - v(a))),
     lambda d: 9 * (d.u - d.v) * np.clip(1.5 * (d.u - d.v) + 0.5, 0, 1)),
    ("softsign", lambda a: f.softsign(u(a) - v(a)), lambda d: (d.u - d.v) / (1 + np.abs(d.u - d.v))),
    ("stop_gradient", one(f.stop_gradient), lambda d: d.u),
]  # fmt: skip


@pytest.mark.parametrize(("name", "write", "expected"), CASES, ids=[case[0] for case in CASES])
def test_value(name: str, write: Callable[[Any], Any], expected: Callable[[Any], Any]) -> None:
    given = data()
    np.testing.assert_allclose(value_of(write, given), expected(given), rtol=1e-12, atol=1e-14)
