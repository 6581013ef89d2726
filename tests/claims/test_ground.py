"""The δ that claims are held against: of each tensor as the network was written, by forward mode and by differences."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sympy import exp, log, tanh

from symbackprop import LogSumExp, Network, Sum, check_derivation, delta
from symbackprop.claims import Verdict
from symbackprop.claims.ground import ground_of
from symbackprop.interpret import Interpreter, forward_gradients
from symbackprop.language import names_of
from symbackprop.language.claims import read_claim
from symbackprop.verify.data import finite_data

from .networks import fresh, only, residual


def by_probability() -> SimpleNamespace:
    """The loss by way of a stored softmax, which the stable form of log(p) passes by."""
    net = Network("by_probability")
    N, C = net.dims("N C")
    n, k = net.indices(n=N, k=C)
    z, y, p = net.parameter("z", (N, C)), net.input("y", (N, C)), net.tensor("p")
    p[n, k] = exp(z[n, k]) / Sum(exp(z[n, k]), k)
    net.loss = -Sum(y[n, k] * log(p[n, k]), n, k) / N
    net.output(p)
    return SimpleNamespace(**names_of(net), net=net)


def twice() -> SimpleNamespace:
    """tanh(z) is written out a second time, beside the tensor that holds it."""
    net = Network("twice")
    N = net.dim("N")
    n = net.index("n", N)
    z, a = net.parameter("z", (N,)), net.tensor("a")
    a[n] = tanh(z[n])
    net.loss = Sum(a[n] ** 2 + tanh(z[n]), n)
    return SimpleNamespace(**names_of(net), net=net)


def test_a_tensor_that_a_stable_form_passes_by() -> None:
    b = by_probability()
    n, k = b.n, b.k
    assert only(b, delta(b.p)[n, k], -b.y[n, k] / (b.N * b.p[n, k])).verdict is Verdict.PROVED
    through = b.p[n, k] * (delta(b.p)[n, k] - Sum(delta(b.p)[n, k] * b.p[n, k], k))
    assert only(b, delta(b.z)[n, k], through).verdict is Verdict.PROVED
    assert only(b, delta(b.z)[n, k], (b.p[n, k] * Sum(b.y[n, k], k) - b.y[n, k]) / b.N).verdict is Verdict.PROVED


def test_an_equal_value_is_no_reader() -> None:
    b = twice()
    n = b.n
    right, other, whole = check_derivation(
        b.net,
        [
            (delta(b.a)[n], 2 * b.a[n]),
            (delta(b.a)[n], 2 * b.a[n] + 1),
            (delta(b.z)[n], (1 - b.a[n] ** 2) * (delta(b.a)[n] + 1)),
        ],
    ).rows
    assert [row.verdict for row in (right, other, whole)] == [Verdict.PROVED, Verdict.REFUTED, Verdict.PROVED]
    assert other.mistake == "EXTRA"


@pytest.mark.parametrize("name", ["lstm", "attention", "layer_norm_mlp", "crf", "gmm", "residual", "by_probability"])
def test_every_delta_is_that_of_forward_mode(name: str) -> None:
    b = {"residual": residual, "by_probability": by_probability}.get(name, lambda: fresh(name))()
    names = tuple(n for n, tensor in b.net.symbols.items() if tensor.dtype == "float")
    first = b.net.symbols[names[0]]
    element = delta(first)[tuple(b.net.index(f"at{place}", size) for place, size in enumerate(first.shape))]
    deltas = {f"delta({name})": name for name in names}
    ground = ground_of(b.net.to_program(), [replace(read_claim(b.net.book, element, 0), deltas=deltas)])
    sizes = dict(zip(ground.program.dims, (2, 3, 5, 2, 3, 2, 2), strict=False))
    data = finite_data(ground.program, sizes, 7)
    assert data is not None
    forward = Interpreter(ground.derived.forward, sizes, data)
    backward = Interpreter(ground.backward, sizes, data, outer=forward)
    _, truth = forward_gradients(Interpreter(ground.program, sizes, data), list(ground.adjoints))
    assert set(truth) == set(names) == set(ground.adjoints)
    for tensor, adjoint in ground.adjoints.items():
        np.testing.assert_allclose(backward.array(adjoint), truth[tensor].astype(float), rtol=1e-9, atol=1e-12)


def test_the_counterexample_by_central_differences() -> None:
    """The values that are shown are those of NumPy, at the same data."""
    b = fresh("linear_regression")
    row = only(b, delta(b.w)[b.i], 0)
    assert row.verdict is Verdict.REFUTED
    program = b.net.to_program()
    data = finite_data(program, row.sizes, 0)

    def loss(step: float) -> float:
        moved = {**data, "w": data["w"].copy()}
        moved["w"][int(row.element.removeprefix("delta(w)[").rstrip("]"))] += step
        return float(Interpreter(program, row.sizes, moved).loss())

    assert row.claimed == 0
    assert row.derived == pytest.approx((loss(1e-5) - loss(-1e-5)) / 2e-5, rel=1e-6)


def test_what_is_only_for_show_is_not_needed() -> None:
    """A claim may read a tensor that the loss does not depend on."""
    net = Network("shown")
    N, C = net.dims("N C")
    n, k = net.indices(n=N, k=C)
    z, p = net.parameter("z", (N, C)), net.tensor("p")
    p[n, k] = exp(z[n, k] - LogSumExp(z[n, k], k))
    net.loss = Sum(LogSumExp(z[n, k], k), n)
    net.output(p)
    (row,) = check_derivation(net, [(delta(z)[n, k], p[n, k])]).rows
    assert row.verdict is Verdict.PROVED


def test_tensors_that_claims_alone_read() -> None:
    """A false claim may be about a tensor that the derivation never reads: its repairs are looked for all the same."""
    net = Network("helping")
    N = net.dim("N")
    n = net.index("n", N)
    x, w = net.input("x", (N,)), net.parameter("w", (N,))
    a, slope = net.tensors("a slope")
    a[n] = tanh(w[n])
    net.loss = Sum(x[n] * a[n] ** 2, n)
    slope[n] = 1 - w[n] ** 2
    net.claim(delta(w)[n], delta(a)[n] * slope[n])
    (row,) = check_derivation(net).rows
    assert row.verdict is Verdict.REFUTED
