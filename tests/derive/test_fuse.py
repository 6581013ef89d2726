"""The fused form, against the plain one, exactly; and what it puts in and what not."""

from __future__ import annotations

import pytest
from sympy import Piecewise, tanh

from symbackprop import Network, Sum, derive, layers, zoo
from symbackprop.derive.fuse import fused
from symbackprop.terms.program import Op
from symbackprop.verify.prime_sizes import choose_sizes
from workshop.fuzz.generate import random_network

from .forms import printed
from .residue_arrays import Arrays, assert_same

NETWORKS = ["crf", "ctc_speech", "deep_mlp", "gru_seq2seq", "lstm", "mamba", "neural_ode", "rnn", "unet"]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_fused_forms_of_networks(name: str) -> None:
    derived = derive(zoo.load(name)).derived
    new = fused(derived)
    assert new
    values = Arrays.of(derived, choose_sizes(derived.forward, 0))
    other = values.with_equations(new)
    for adjoint in new:
        assert new[adjoint] != derived.backward.definitions[adjoint]
        assert_same(other[adjoint], values[adjoint])


def test_an_adjoint_with_several_readers_stays() -> None:
    net = Network("branch")
    N = net.dim("N")
    n = net.index("n", (0, N - 1))
    w, a, b, c = net.parameter("w", (N,)), *net.tensors("a b c")
    a[n] = tanh(w[n])
    b[n] = tanh(a[n] ** 2 + w[n])
    c[n] = tanh(b[n] * 3)
    net.loss = Sum(c[n] ** 2, n)
    derived = derive(net).derived
    (reader,) = [e for e in derived.backward.equations if e.target == "d_w"]
    assert len([e for e in derived.backward.equations if "d_b_arg" in e.reads()]) == 2
    new = fused(derived)
    assert "d_b_arg" in new  # d_b has one reader
    assert "d_b_arg" in reader.reads()
    assert "d_w" not in new
    values = Arrays.of(derived, {"N": 5})
    other = values.with_equations(new)
    for adjoint in new:
        assert_same(other[adjoint], values[adjoint])


def test_what_is_read_behind_a_guard() -> None:
    """A guard that keeps a read in its range does not keep the equation from the rest of its own."""
    net = Network("guarded")
    N = net.dim("N")
    n = net.index("n", (0, N - 1))
    w, a, b, c = net.parameter("w", (N,)), *net.tensors("a b c")
    a[n] = tanh(w[n])
    b[n] = a[n] ** 2 + Piecewise((a[n + 2], n + 2 <= N - 1), (0, True))
    c[n] = tanh(b[n]) + Piecewise((a[0], n <= 0), (0, True))
    net.loss = Sum(c[n] ** 2, n)
    derived = derive(net).derived
    new = fused(derived)
    assert new
    for size in (1, 2, 5):
        values = Arrays.of(derived, {"N": size})
        other = values.with_equations(new)
        for adjoint in new:
            assert_same(other[adjoint], values[adjoint])


@pytest.mark.parametrize("seed", [5, 8, 15, 21])
def test_random_networks(seed: int) -> None:
    """Of these, whose adjoints are read behind guards, the fuzzer's first."""
    derived = derive(random_network(seed)[0]).derived
    new = fused(derived)
    values = Arrays.of(derived, choose_sizes(derived.forward, 0))
    other = values.with_equations(new)
    for adjoint in new:
        assert_same(other[adjoint], values[adjoint])


def test_gradients_read_the_errors() -> None:
    """BP3 and BP4: ∂C/∂b = δ, whatever reads δ besides."""
    net = Network("one")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, z = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("z")
    z[n] = Sum(w[i] * x[n, i], i)
    net.loss = Sum(tanh(z[n]), n)
    assert "d_w" not in fused(derive(net).derived)


def test_cases_of_a_recurrence_do_not_overlap() -> None:
    net = Network("sequence")
    N, T, D, H = net.dims("N T D H")
    t, n, j = net.index("t", (0, T - 1)), net.index("n", (0, N - 1)), net.index("j", (0, H - 1))
    x = net.input("x", (T, N, D))
    h = layers.gru(x, H, reset_after=False, name="1")
    net.loss = Sum(h[t, n, j] ** 2, t, n, j)
    derived = derive(net).derived
    new = fused(derived)
    assert all(equation.op is Op.ASSIGN for equation in new["d_h1"])
    assert [line.split(" = ")[0] for line in printed(derived, new["d_h1"])] == [
        "d_h1[0, n, h]", "d_h1[t2, n, h]", "d_h1[T, n, h]",
    ]  # fmt: skip
    for steps in (1, 2, 3):
        values = Arrays.of(derived, {"N": 2, "T": steps, "D": 5, "H": 3})
        other = values.with_equations(new)
        for adjoint in new:
            assert_same(other[adjoint], values[adjoint])
