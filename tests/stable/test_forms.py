"""Stable forms have the values of what was written, interpreted at arguments of ten thousand."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import special
from sympy import Piecewise, exp, log, sqrt

from symbackprop import LogSumExp, Mean, ReduceMax, Sum
from symbackprop import functions as f
from symbackprop.interpret.interpreter import Interpreter
from symbackprop.stable import stable_forms
from tests.language import elementwise
from tests.language.elementwise import K, N, data, network


def value_of(write: Callable[[SimpleNamespace], Any], given: SimpleNamespace) -> Any:
    return elementwise.value_of(write, given, stable_forms)


def one(function: Any) -> Callable[[SimpleNamespace], Any]:
    return lambda a: function(a.u[a.n, a.k])


def u(a: SimpleNamespace) -> Any:
    return a.u[a.n, a.k]


def v(a: SimpleNamespace) -> Any:
    return a.v[a.n, a.k]


def phi(x: Any) -> Any:
    return 0.5 * (1 + special.erf(x / np.sqrt(2)))


# --- stable forms, however they are written ------------------------------------------------------------
def softmax(x: Any) -> Any:
    return special.softmax(x, axis=1)


def causal(a: SimpleNamespace, inside: Any, outside: Any) -> Any:
    return Piecewise((inside, a.k <= a.n), (outside, True))


STABLE: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = [
    ("softmax", lambda a: exp(u(a)) / Sum(exp(u(a)), a.k), lambda d: softmax(d.u)),
    ("softmax by another index", lambda a: exp(u(a)) / Sum(exp(a.u[a.n, a.j]), a.j), lambda d: softmax(d.u)),
    ("softmax by difference", lambda a: exp(u(a) - LogSumExp(u(a), a.k)), lambda d: softmax(d.u)),
    ("softmax by a product", lambda a: exp(u(a)) * exp(-LogSumExp(u(a), a.k)), lambda d: softmax(d.u)),
    ("softmax of a product", lambda a: exp(u(a)) * exp(v(a)) / Sum(exp(v(a)) * exp(u(a)), a.k),
     lambda d: softmax(d.u + d.v)),
    ("softplus of a product", lambda a: log(1 + exp(u(a)) * exp(v(a))), lambda d: np.logaddexp(0, d.u + d.v)),
    ("softmax of one", lambda a: exp(a.u[a.n, 0] - LogSumExp(u(a), a.k)), lambda d: softmax(d.u)[:, :1] + 0 * d.u),
    ("softmax of the label", lambda a: exp(a.u[a.n, a.label[a.n]]) / Sum(exp(u(a)), a.k),
     lambda d: softmax(d.u)[np.arange(N), d.label][:, None] + 0 * d.u),
    ("softmax with a maximum", lambda a: exp(u(a) - ReduceMax(u(a), a.k)) / Sum(exp(u(a) - ReduceMax(u(a), a.k)), a.k),
     lambda d: softmax(d.u)),
    ("softmax with a factor", lambda a: 3 * v(a) * exp(u(a)) / (2 * Sum(exp(u(a)), a.k)),
     lambda d: 1.5 * d.v * softmax(d.u)),
    ("softmax squared", lambda a: (exp(u(a)) / Sum(exp(u(a)), a.k)) ** 2, lambda d: softmax(d.u) ** 2),
    ("root of softmax", lambda a: sqrt(exp(u(a)) / Sum(exp(u(a)), a.k)), lambda d: np.sqrt(softmax(d.u))),
    ("weighted sum", lambda a: Sum(a.w[a.k] * exp(u(a)), a.k) / Sum(exp(u(a)), a.k),
     lambda d: (softmax(d.u) @ d.w)[:, None] + 0 * d.u),
    ("masked ratio", lambda a: causal(a, exp(u(a)), 0) / Sum(causal(a, exp(u(a)), 0), a.k),
     lambda d: softmax(np.where(d.k <= d.n, d.u, -np.inf))),
    ("log of softmax", lambda a: log(exp(u(a)) / Sum(exp(u(a)), a.k)), lambda d: special.log_softmax(d.u, axis=1)),
    ("log of sum", lambda a: log(Sum(exp(u(a)), a.k)), lambda d: special.logsumexp(d.u, axis=1)[:, None] + 0 * d.u),
    ("log of mean", lambda a: log(Mean(exp(u(a)), a.k)),
     lambda d: special.logsumexp(d.u, axis=1)[:, None] - np.log(K) + 0 * d.u),
    ("softplus", lambda a: log(1 + exp(u(a))), lambda d: np.logaddexp(0, d.u)),
    ("softplus of a sum", lambda a: log(exp(1 - 2 * u(a)) + 1), lambda d: np.logaddexp(0, 1 - 2 * d.u)),
    ("sigmoid", lambda a: 1 / (1 + exp(-u(a))), lambda d: special.expit(d.u)),
    ("sigmoid upwards", lambda a: exp(u(a)) / (1 + exp(u(a))), lambda d: special.expit(d.u)),
    ("sigmoid of two", lambda a: exp(u(a)) / (exp(u(a)) + exp(v(a))), lambda d: special.expit(d.u - d.v)),
    ("slope of sigmoid", lambda a: exp(-u(a)) / (1 + exp(-u(a))) ** 2,
     lambda d: special.expit(d.u) * special.expit(-d.u)),
    ("log of sigmoid", lambda a: log(f.sigmoid(u(a))), lambda d: special.log_expit(d.u)),
    ("log of a sigmoid's inverse", lambda a: log(1 / (1 + exp(-u(a)))), lambda d: special.log_expit(d.u)),
    ("log of 1 - sigmoid", lambda a: log(1 - 1 / (1 + exp(-u(a)))), lambda d: special.log_expit(-d.u)),
    ("function sigmoid", one(f.sigmoid), lambda d: special.expit(d.u)),
    ("function log_sigmoid", one(f.log_sigmoid), lambda d: special.log_expit(d.u)),
    ("function softplus", one(f.softplus), lambda d: np.logaddexp(0, d.u)),
    ("function elu", one(f.elu), lambda d: np.where(d.u > 0, d.u, np.expm1(np.minimum(d.u, 0)))),
    ("function silu", one(f.silu), lambda d: d.u * special.expit(d.u)),
    ("function gelu", one(f.gelu), lambda d: d.u * phi(d.u)),
    ("function mish", one(f.mish), lambda d: d.u * np.tanh(np.logaddexp(0, d.u))),
]  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, -1.0, 1e4, -1e4])
@pytest.mark.parametrize(("name", "write", "expected"), STABLE, ids=[case[0] for case in STABLE])
def test_stable_form(name: str, write: Callable[[Any], Any], expected: Callable[[Any], Any], scale: float) -> None:
    given = data(scale)
    np.testing.assert_allclose(value_of(write, given), expected(given), rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize(
    "write",
    [
        lambda a: exp(u(a) - LogSumExp(u(a), a.k)),
        lambda a: exp(u(a)) / Sum(exp(u(a)), a.k),
        lambda a: exp(2 * u(a)) / Sum(exp(2 * u(a)), a.k),
        lambda a: Sum(v(a) * exp(u(a)), a.k) / Sum(exp(u(a)), a.k),
    ],
)
def test_a_row_masked_everywhere_has_weights_of_zero(write: Callable[[Any], Any]) -> None:
    given = data()
    given.u[1, :] = -np.inf
    values = value_of(write, given)
    assert (values[1] == 0).all()
    assert np.isfinite(values).all()


# --- stable forms across equations ---------------------------------------------------------------------
def test_softmax_in_parts_is_stable() -> None:
    a = network()
    e, s, p, q, scale, picked = a.net.tensors("e s p q scale picked")
    e[a.n, a.k] = exp(u(a))
    s[a.n] = Sum(e[a.n, a.k], a.k)
    p[a.n, a.k] = e[a.n, a.k] / s[a.n]
    scale[a.n] = LogSumExp(u(a), a.k)
    q[a.n, a.k] = exp(u(a) - scale[a.n])
    picked[a.n] = log(p[a.n, a.label[a.n]])
    a.z[a.n, a.k] = log(p[a.n, a.k]) * a.w[a.k]
    a.net.loss = Sum(a.z[a.n, a.k] + q[a.n, a.k] + v(a), a.n, a.k) + Sum(picked[a.n], a.n)
    given = data(-1e4)
    values = {name: getattr(given, name) for name in ("u", "v", "w", "label")}
    interpreter = Interpreter(stable_forms(a.net.to_program()), {"N": N, "K": K}, values)
    weights = softmax(given.u)
    np.testing.assert_allclose(interpreter.array("p"), weights, rtol=1e-11)
    np.testing.assert_allclose(interpreter.array("q"), weights, rtol=1e-11)
    expected = special.log_softmax(given.u[0])[given.label[0]]
    np.testing.assert_allclose(interpreter.array("picked")[0], expected, rtol=1e-11)
