"""Tensors lie as products of matrices write and read them: nothing is copied, and results are the same."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from sympy import exp, sqrt, tanh

from symbackprop import Network, Sum, generate, load
from symbackprop.stages import derived_of
from symbackprop.verify.data import draw
from workshop.fuzz.modules import compare_module, generated_source, load_module, reference_values


def attention(width: str = "K") -> Network:
    """Heads a of width K; or of D//A, of which no more is known than that they are wide enough."""
    net = Network("attention")
    N, T, D, A = net.dims("N T D A")
    K = net.dim("K") if width == "K" else D // A
    n, t, s, u, d, e, a, k = net.indices(n=N, t=T, s=T, u=T, d=D, e=D, a=A, k=K)
    x = net.input("x", (N, T, D))
    Wq, Wk, Wv = (net.parameter(name, (A, K, D)) for name in ("Wq", "Wk", "Wv"))
    Wo, bq = net.parameter("Wo", (D, A, K)), net.parameter("bq", (A, K))
    q, p, v, z, w, o, y = net.tensors("q p v z w o y")
    q[n, a, t, k] = Sum(Wq[a, k, e] * x[n, t, e], e) + bq[a, k]
    p[n, a, t, k] = tanh(Sum(Wk[a, k, e] * x[n, t, e], e))
    v[n, a, t, k] = Sum(Wv[a, k, e] * x[n, t, e], e)
    z[n, a, t, s] = Sum(q[n, a, t, k] * p[n, a, s, k], k) / sqrt(K)
    w[n, a, t, s] = exp(z[n, a, t, s]) / Sum(exp(z[n, a, t, u]), u)
    o[n, a, t, k] = Sum(w[n, a, t, s] * v[n, a, s, k], s)
    y[n, t, d] = Sum(Wo[d, a, k] * o[n, a, t, k], a, k)
    net.loss = Sum(y[n, t, d] ** 2, n, t, d)
    return net


def seen() -> Network:
    """As `attention`, of which users see the values: these keep the order that they are declared in."""
    net = Network("seen")
    N, T, D, A, K = net.dims("N T D A K")
    n, t, d, e, a, k = net.indices(n=N, t=T, d=D, e=D, a=A, k=K)
    x, W, V = net.input("x", (N, T, D)), net.parameter("W", (A, K, D)), net.parameter("V", (A, K, D))
    v, y = net.tensors("v y")
    v[n, a, t, k] = Sum(W[a, k, e] * x[n, t, e], e)
    y[n, t, d] = Sum(V[a, k, d] * v[n, a, t, k], a, k)
    net.loss = Sum(y[n, t, d] ** 2, n, t, d)
    net.output(v)
    return net


def shifted() -> Network:
    """Values read at other positions than they are written at, too."""
    net = Network("shifted")
    N, T, D, A, K = net.dims("N T D A K")
    net.assume(T >= 2)
    n, t, d, e, a, k, r = net.indices(n=N, t=T, d=D, e=D, a=A, k=K, r=T - 1)
    x, W, V = net.input("x", (N, T, D)), net.parameter("W", (A, K, D)), net.parameter("V", (A, K, D))
    v, y = net.tensors("v y")
    v[n, a, t, k] = Sum(W[a, k, e] * x[n, t, e], e)
    y[n, r, d] = Sum(V[a, k, d] * v[n, a, r + 1, k], a, k) * Sum(v[n, a, r, k], a, k)
    net.loss = Sum(y[n, r, d] ** 2, n, r, d)
    return net


def mixed() -> Network:
    """Element by element with an input, which lies as it is declared."""
    net = Network("mixed")
    N, T, D, A, K = net.dims("N T D A K")
    n, t, d, e, a, k = net.indices(n=N, t=T, d=D, e=D, a=A, k=K)
    x, keep = net.input("x", (N, T, D)), net.input("keep", (N, A, T, K))
    W, V = net.parameter("W", (A, K, D)), net.parameter("V", (A, K, D))
    v, y = net.tensors("v y")
    v[n, a, t, k] = Sum(W[a, k, e] * x[n, t, e], e) * keep[n, a, t, k]
    y[n, t, d] = Sum(V[a, k, d] * v[n, a, t, k], a, k)
    net.loss = Sum(y[n, t, d] ** 2, n, t, d)
    return net


CASES = [attention, lambda: attention("D // A"), seen, shifted, mixed]
SIZES = [{"N": 2, "T": 3, "D": 6, "A": 2, "K": 4}, {"N": 1, "T": 2, "D": 2, "A": 1, "K": 1}]


@pytest.mark.parametrize("case", CASES)
def test_results_are_the_same(case: Callable[[], Network]) -> None:
    program = case().to_program()
    derived = derived_of(program, checked=True)
    text = load_module(generated_source(program, derived))
    for number, given in enumerate(SIZES):
        sizes = {name: given[name] for name in program.dims}
        data = draw(program, sizes, seed=number)
        reference = reference_values(program, derived, sizes, data)
        assert reference is not None
        compare_module(text, program, sizes, data, reference)


@pytest.mark.parametrize("width", ["K", "D // A"])
def test_heads_are_not_copied(width: str) -> None:
    text = generate(attention(width))
    assert "kept as q[n, t, a, k]" in text
    assert not re.search(r"np\.copyto\(\w+, \w*[qpvo]\w*", text)
    assert not re.search(r"np\.copyto\(d_[qpvo]\w*, ", text)


def test_what_is_seen_keeps_its_order() -> None:
    text = generate(seen())
    assert "kept as v" not in text
    found = load(seen()).predict({"W": np.ones((2, 3, 4)), "V": np.ones((2, 3, 4))}, np.arange(40.0).reshape(2, 5, 4))
    assert found.shape == (2, 2, 5, 3)
    assert found.flags.c_contiguous


@pytest.mark.parametrize("case", [shifted, mixed])
def test_what_is_read_otherwise_keeps_its_order(case: Callable[[], Network]) -> None:
    assert "kept as v" not in generate(case())
