"""Points at which a branch that is not taken is singular are looked at, and found where they are wrong."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from sympy import Abs, Expr, Piecewise, atan, log, sin, sqrt

from symbackprop import Network, Sum, derive, load, verify
from symbackprop.functions import relu
from symbackprop.interpret import Float, Interpreter
from symbackprop.verify.corners import corner_rows
from symbackprop.verify.evaluators import ModuleEvaluator
from symbackprop.verify.verification import Verdict


def network(value: Callable[[Expr, Expr], Expr]) -> Network:
    """Σ_n value(t[n], x[n]) with t = √x."""
    net = Network("roots")
    N = net.dim("N")
    n = net.index("n", N)
    x, t = net.parameter("x", (N,)), net.tensor("t")
    t[n] = sqrt(x[n])
    net.loss = Sum(value(t[n], x[n]), n)
    return net


def by_part(t: Expr, x: Expr) -> Expr:
    return Piecewise((sin(t) / t, x > 0), (1 - x / 6, True))


def by_condition(t: Expr, x: Expr) -> Expr:
    return Piecewise((1, t < 0.001), (t, True))


@pytest.mark.parametrize("value", [by_part, by_condition])
def test_a_derivation_without_the_guards_of_delta_fails(value, monkeypatch):
    assert verify(network(value)).passed
    module = importlib.import_module("symbackprop.derive.differentiate")
    monkeypatch.setattr(module, "guarded_sweep", lambda forward, sweep, *_: (list(sweep), [], []))
    report = verify(network(value))
    assert not report.passed
    assert "not finite where only a branch that is not taken is singular" in str(report)


def test_a_module_that_multiplies_by_its_masks_fails():
    net = network(by_part)
    program, derived = net.to_program(), derive(net).derived
    right = load(net)
    wrong = ModuleType("wrong")
    vars(wrong).update(vars(right))

    def backward(cache):
        with np.errstate(all="ignore"):
            return {"x": right.backward(cache)["x"] + 0 / cache["x"]}  # 0·(1/0) is no 0

    wrong.backward = backward
    for module, verdicts in ((right, []), (wrong, [Verdict.FAIL])):
        evaluator = ModuleEvaluator(module, program, {"N": 3})
        assert [row.verdict for row in corner_rows(program, derived, evaluator, {"N": 3}, 0)] == verdicts


def test_what_is_undefined_in_any_case_is_no_failure():
    """(√x)² has no derivative at 0 by the chain rule: 0·oo is not said to be anything."""
    net = network(lambda t, x: t**2)
    assert verify(net).passed
    _, gradients = load(net).value_and_grad({"x": np.array([4.0])})
    assert gradients["x"] == 1
    reader = Interpreter(net.to_program(), {"N": 1}, {"x": np.array([0.0])}, Float())
    assert reader.loss() == 0


def log_of_modulus(t: Expr, x: Expr) -> Expr:
    return atan(log(Abs(x))) + t


def modulus_of_root(t: Expr, x: Expr) -> Expr:
    return Abs(t)


@pytest.mark.parametrize("value", [log_of_modulus, modulus_of_root])
def test_a_modulus_has_the_derivative_zero_at_zero(value):
    report = verify(network(value))
    assert report.passed, str(report)


@pytest.mark.parametrize("seed", range(3))
def test_units_that_are_off_where_a_feature_is_infinite(seed):
    """relu(W log x) at x = 0."""
    net = Network("features")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, y = net.input("x", (N, D)), net.input("y", (N,))
    W, v, h = net.parameter("W", (H, D)), net.parameter("v", (H,)), net.tensor("h")
    h[n, j] = relu(Sum(W[j, i] * log(x[n, i]), i))
    net.loss = Sum((Sum(v[j] * h[n, j], j) - y[n]) ** 2, n) / N
    report = verify(net, seed=seed)
    assert report.passed, str(report)
