"""The whole verification, on generated modules and on modules made wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sympy import Eq, Piecewise, exp, tanh

from symbackprop import pipeline, sources
from symbackprop.derive.differentiate import Derived
from symbackprop.errors import InvalidArgument, InvalidSize, UnknownSymbol
from symbackprop.functions import relu, stop_gradient
from symbackprop.language import LogSumExp, Network, Sum
from symbackprop.stages import in_order
from symbackprop.terms.build import mul, neg
from symbackprop.terms.needed import behind_stop_gradient
from symbackprop.terms.program import Program
from symbackprop.verify.methods import verify_program
from symbackprop.verify.verification import Report, Verdict

Pair = tuple[Program, Derived]


def everything() -> Network:
    """Labels, probability rows, noise, a buffer, an output, a step count."""
    net = Network("everything")
    N, D, C, T = net.dims("N D C T")
    n, i, k = net.indices(n=N, i=D, k=C)
    t = net.index("t", (1, T))
    x, y = net.input("x", (N, D)), net.input("y", (N, C))
    label = net.input("label", (N,), dtype="int", high=C)
    keep = net.random("keep", (N, D), "bernoulli", p=0.5)
    mean = net.buffer("mean", (D,), init="zeros")
    W, b = net.parameter("W", (C, D)), net.parameter("b", (C,))
    h, z, p, m = net.tensors("h z p m")
    m[i] = Sum(x[n, i], n) / N
    h[0, n, i] = (x[n, i] - mean[i]) * keep[n, i] * 2
    h[t, n, i] = tanh(h[t - 1, n, i]) + relu(h[t - 1, n, i]) / 3
    z[n, k] = Sum(W[k, i] * h[T, n, i], i) + b[k]
    p[n, k] = exp(z[n, k] - LogSumExp(z[n, k], k))
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.loss = Sum(LogSumExp(z[n, k], k) - Sum(y[n, k] * z[n, k], k) - z[n, label[n]] / 5, n) / N
    net.update(mean[i], 0.9 * mean[i] + 0.1 * m[i])
    net.output(p)
    return net


def generated(program: Program, derived: Derived) -> ModuleType:
    return sources.loaded("generated", sources.module_text(program, in_order(derived)))


@pytest.fixture(scope="module")
def network() -> tuple[Program, Derived, ModuleType]:
    program = everything().to_program()
    derived = pipeline.derive(program).derived
    return program, derived, generated(program, derived)


def test_a_right_network_passes_by_every_method(network: tuple[Program, Derived, ModuleType]) -> None:
    report = verify_program(*network)
    assert report.passed, str(report)
    assert {(row.tensor, row.method) for row in report.rows} == {
        (tensor, method) for tensor in ("W", "b") for method in ("exact", "module", "numeric")
    }
    assert len(report.sizes) > 1
    assert "verified" in str(report)


@pytest.mark.parametrize("method", ["exact", "module", "numeric"])
def test_one_method(network: tuple[Program, Derived, ModuleType], method: str) -> None:
    report = verify_program(*network, dims={"N": 3, "D": 2, "C": 5, "T": 2}, method=method, seed=3)
    assert report.passed
    assert {row.method for row in report.rows} == {method}
    assert report.sizes == ({"N": 3, "D": 2, "C": 5, "T": 2},)


def test_bad_arguments_are_refused(network: tuple[Program, Derived, ModuleType]) -> None:
    with pytest.raises(InvalidArgument, match="all, exact, module, numeric"):
        verify_program(*network, method="guess")
    for seed in (-1, 0.5, True):
        with pytest.raises(InvalidArgument, match="seed: expected an integer from 0 to 4294967295"):
            verify_program(*network, seed=seed)
    with pytest.raises(InvalidSize, match="at least 1"):
        verify_program(*network, dims={"N": 3, "D": 2, "C": 0})
    with pytest.raises(UnknownSymbol, match="size Q"):
        verify_program(*network, dims={"N": 3, "D": 2, "C": 5, "T": 2, "Q": 1})


def wrong_module(module: ModuleType, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    return SimpleNamespace(**{**vars(module), "backward": lambda cache: change(module.backward(cache))})


@pytest.mark.parametrize(
    "change",
    [
        lambda grads: {**grads, "W": -grads["W"]},
        lambda grads: {**grads, "W": grads["W"] * 1.001},
        lambda grads: {**grads, "W": grads["W"][::-1]},
        lambda grads: {**grads, "W": grads["W"][:, :1]},
        lambda grads: {**grads, "W": grads["W"] * np.nan},
    ],
    ids=["sign", "scale", "order", "shape", "nan"],
)
def test_a_wrong_module_is_caught_twice(
    network: tuple[Program, Derived, ModuleType], change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    program, derived, module = network
    report = verify_program(program, derived, wrong_module(module, change))
    assert {(row.tensor, row.method) for row in report.failures} == {("W", "module"), ("W", "numeric")}


def test_a_wrong_prediction_or_buffer_is_caught(network: tuple[Program, Derived, ModuleType]) -> None:
    program, derived, module = network
    predict = wraps(module.predict)(lambda *a, **k: module.predict(*a, **k) + 1e-6)
    wrong: Any = SimpleNamespace(**{**vars(module), "predict": predict})
    report = verify_program(program, derived, wrong, method="module")
    assert [row.tensor for row in report.failures] == ["predict: p"]
    next_buffers = lambda cache: {"mean": module.next_buffers(cache)["mean"] * 2}  # noqa: E731
    wrong = SimpleNamespace(**{**vars(module), "next_buffers": next_buffers})
    report = verify_program(program, derived, wrong, method="module")
    assert [row.tensor for row in report.failures] == ["next mean"]


def test_a_wrong_derivation_fails_although_its_module_follows_it(network: tuple[Program, Derived, ModuleType]) -> None:
    program, derived, _ = network
    adjoint = dict(derived.backward.wrt)["b"]
    equations = tuple(replace(e, rhs=neg(e.rhs)) if e.target == adjoint else e for e in derived.backward.equations)
    wrong = replace(derived, backward=derived.backward.with_(equations=equations))
    report = verify_program(program, wrong, generated(program, wrong))
    assert {(row.tensor, row.method) for row in report.failures} == {("b", "exact"), ("b", "numeric")}
    for row in report.failures:
        assert row.index is not None
        assert row.analytic is not None
        assert row.reference == pytest.approx(-row.analytic, rel=1e-6)


def test_a_wrong_value_is_named(network: tuple[Program, Derived, ModuleType]) -> None:
    program, derived, module = network
    equations = tuple(replace(e, rhs=mul(2, e.rhs)) if e.target == "z" else e for e in derived.forward.equations)
    wrong = replace(derived, forward=derived.forward.with_(equations=equations))
    report = verify_program(program, wrong, module, method="exact")
    assert not report.passed
    assert "z" in {row.tensor for row in report.failures}
    assert {row.verdict for row in report.rows if row.tensor in ("W", "b")} == {Verdict.UNCHECKED}


def verified(net: Network) -> Report:
    program = net.to_program()
    derived = pipeline.derive(program).derived
    return verify_program(program, derived, generated(program, derived))


def test_stop_gradient_is_left_to_the_exact_check() -> None:
    net = Network("stopped")
    N = net.dim("N")
    n = net.index("n", N)
    w, v = net.parameter("w", (N,)), net.parameter("v", (N,))
    a = net.tensor("a")
    a[n] = tanh(w[n])
    net.loss = Sum(stop_gradient(a[n]) * w[n] * v[n], n)
    report = verified(net)
    assert report.passed, str(report)
    rows = {(row.tensor, row.method): row for row in report.rows}
    assert rows["w", "numeric"].verdict is Verdict.UNCHECKED
    assert "stop_gradient" in rows["w", "numeric"].note
    assert rows["v", "numeric"].verdict is Verdict.PASS
    assert behind_stop_gradient(net.to_program()) == {"a", "w"}


def test_a_loss_that_is_never_finite_is_still_checked_exactly() -> None:
    net = Network("infinite")
    w = net.parameter("w", ())
    net.loss = exp(exp(exp(exp(w + 9))))
    report = verified(net)
    assert report.passed
    assert {row.method for row in report.rows} == {"exact"}
    assert "no data were found" in str(report)


def test_training_and_prediction_differ_where_the_network_says_so() -> None:
    net = Network("modes")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    keep = net.random("keep", (D,), "bernoulli", p=0.25)
    a = net.tensor("a")
    a[n] = Sum(w[i] * x[n, i] * Piecewise((4 * keep[i], net.training), (1, True)), i)
    net.loss = Sum(a[n] ** 2, n)
    net.output(a)
    report = verified(net)
    assert report.passed, str(report)
    assert {row.method for row in report.rows} == {"exact", "module", "numeric"}
