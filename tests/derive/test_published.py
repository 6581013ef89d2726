"""The forms in print: each derived equation against the published one, as text and as a formula written out in NumPy.

The formulas are evaluated on whole arrays modulo a prime, so that they hold exactly or not at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import exp, tanh

from symbackprop import LogSumExp, Network, Sum, derive, layers, zoo
from symbackprop.derive.fuse import fused
from symbackprop.derive.gather import gather_form
from symbackprop.functions import sigmoid

from .forms import plain, printed
from .residue_arrays import Arrays, assert_same, over


# --- perceptrons: Nielsen, "Neural networks and deep learning" (2015), chapter 2 ----------------------------
class TestBackpropagation:
    """BP1 δ^L = ∇C ⊙ σ'(z^L), BP2 δ^l = (W^{l+1}ᵀ δ^{l+1}) ⊙ σ'(z^l), BP3 ∂C/∂b = δ, BP4 ∂C/∂W = δ aᵀ."""

    def network(self, activation: Any) -> Network:
        net = Network("quadratic")
        N, D, H, C = net.dims("N D H C")
        n, i, j, k = net.indices(n=N, i=D, j=H, k=C)
        x, y = net.input("x", (N, D)), net.input("y", (N, C))
        W1, b1 = net.parameter("W1", (H, D)), net.parameter("b1", (H,))
        W2, b2 = net.parameter("W2", (C, H)), net.parameter("b2", (C,))
        z1, a1, z2, a2 = net.tensors("z1 a1 z2 a2")
        z1[n, j] = Sum(W1[j, i] * x[n, i], i) + b1[j]
        a1[n, j] = activation(z1[n, j])
        z2[n, k] = Sum(W2[k, j] * a1[n, j], j) + b2[k]
        a2[n, k] = activation(z2[n, k])
        net.loss = Sum((a2[n, k] - y[n, k]) ** 2, n, k) / 2
        return net

    def test_as_printed_with_sigmoids(self) -> None:
        derived = derive(self.network(sigmoid)).derived
        forms = fused(derived)
        assert printed(derived, forms["d_z2"]) == ["d_z2[n, k] = a2[n, k]·(a2[n, k] - y[n, k])·(1 - a2[n, k])"]
        assert printed(derived, forms["d_z1"]) == ["d_z1[n, j] = a1[n, j]·(1 - a1[n, j])·Σ_k W2[k, j]·d_z2[n, k]"]
        assert plain(derived, "d_b1") == ["d_b1[j] = Σ_n d_z1[n, j]"]
        assert plain(derived, "d_W1") == ["d_W1[j, i] = Σ_n d_z1[n, j]·x[n, i]"]
        assert plain(derived, "d_b2") == ["d_b2[k] = Σ_n d_z2[n, k]"]
        assert plain(derived, "d_W2") == ["d_W2[k, j] = Σ_n a1[n, j]·d_z2[n, k]"]

    def test_as_printed_with_tanh(self) -> None:
        derived = derive(self.network(tanh)).derived
        assert printed(derived, fused(derived)["d_z1"]) == ["d_z1[n, j] = (1 - a1[n, j]^2)·Σ_k W2[k, j]·d_z2[n, k]"]

    @pytest.mark.parametrize("activation", [sigmoid, tanh])
    def test_as_matrices(self, activation: Any) -> None:
        derived = derive(self.network(activation)).derived
        values = Arrays.of(derived, {"N": 2, "D": 7, "H": 3, "C": 5})
        values = values.with_equations(fused(derived))
        x, y, a1, a2, W2 = (values[name] for name in ("x", "y", "a1", "a2", "W2"))
        slope = (lambda a: a * (1 - a)) if activation is sigmoid else (lambda a: 1 - a * a)
        delta2 = (a2 - y) * slope(a2)
        delta1 = delta2.dot(W2) * slope(a1)
        assert_same(values["d_z2"], delta2)
        assert_same(values["d_z1"], delta1)
        assert_same(values["d_b2"], delta2.sum(axis=0))
        assert_same(values["d_b1"], delta1.sum(axis=0))
        assert_same(values["d_W2"], delta2.T.dot(a1))
        assert_same(values["d_W1"], delta1.T.dot(x))

    def test_for_a_symbolic_depth(self) -> None:
        derived = derive(zoo.load("deep_mlp")).derived
        forms = fused(derived)
        assert printed(derived, forms["d_z"]) == [
            "d_z[L, n, j] = (1 - a[L, n, j]^2)·Σ_k U[k, j]·d_logits[n, k]",
            "d_z[l, n, j] = (1 - a[l, n, j]^2)·Σ_{j'} W[l, j', j]·d_z[l + 1, n, j']",
        ]
        for depth in (1, 2, 5):
            values = Arrays.of(derived, {"N": 2, "D": 7, "H": 3, "C": 5, "L": depth}).with_equations(forms)
            a, W, delta = values["a"], values["W"], values["d_z"]  # delta[l - 1] is layer l's
            assert_same(delta[-1], values["d_logits"].dot(values["U"]) * (1 - a[depth] * a[depth]))
            for layer in range(1, depth):
                assert_same(delta[layer - 1], delta[layer].dot(W[layer]) * (1 - a[layer] * a[layer]))

    def test_softmax_and_cross_entropy(self) -> None:
        derived = derive(zoo.load("mlp")).derived
        assert plain(derived, "d_z2") == ["d_z2[n, k] = (p[n, k] - y[n, k])/N"]
        values = Arrays.of(derived, {"N": 3, "D": 7, "H": 2, "C": 5})
        assert_same(values["d_z2"], over(values["p"] - values["y"], 3))


# --- recurrences ----------------------------------------------------------------------------------------
class TestLSTM:
    """Greff et al., "LSTM: a search space odyssey" (2017), section II.B; index t counts states, so t = 1..T."""

    def network(self, peepholes: bool) -> Network:
        net = Network("sequence")
        N, T, D, H = net.dims("N T D H")
        n, j, t = net.index("n", (0, N - 1)), net.index("j", (0, H - 1)), net.index("t", (0, T - 1))
        x, target = net.input("x", (T, N, D)), net.input("target", (T, N, H))
        h = layers.lstm(x, H, peepholes=peepholes, name="1")
        net.loss = Sum((h[t, n, j] - target[t, n, j]) ** 2, t, n, j) / 2
        return net

    @pytest.mark.parametrize("peepholes", [False, True])
    def test_gate_deltas(self, peepholes: bool) -> None:
        derived = derive(self.network(peepholes)).derived
        steps = 3
        values = Arrays.of(derived, {"N": 2, "T": steps, "D": 7, "H": 5}).with_equations(fused(derived))
        i, f, g, o = (values[f"{gate}1"] for gate in ("input_gate", "forget_gate", "candidate", "output_gate"))
        c, squashed, U = values["c1"], values["h1_tanh"], values["U1"]
        p = values["P1"] if peepholes else np.zeros((3, 5), dtype=object)
        outer = values["y1"] - values["target"]  # Δ of the layer above
        nothing = np.zeros((2, 5), dtype=object)
        di = df = dg = do = dc = nothing
        f_next = nothing
        gates = np.empty((steps, 2, 4, 5), dtype=object)
        for t in reversed(range(steps)):
            dy = outer[t] + di.dot(U[0]) + df.dot(U[1]) + dg.dot(U[2]) + do.dot(U[3])
            do_now = dy * squashed[t] * o[t] * (1 - o[t])
            dc = dy * o[t] * (1 - squashed[t] ** 2) + p[2] * do_now + p[0] * di + p[1] * df + dc * f_next
            di, df = dc * g[t] * i[t] * (1 - i[t]), dc * c[t] * f[t] * (1 - f[t])
            dg, do, f_next = dc * i[t] * (1 - g[t] ** 2), do_now, f[t]
            for row, delta in enumerate((di, df, dg, do)):
                gates[t, :, row] = delta
            assert_same(values["d_c1"][t + 1], dc)
        assert_same(values["d_z1"], gates)

    def test_as_printed(self) -> None:
        derived = derive(zoo.load("lstm")).derived
        forms = fused(derived)
        assert printed(derived, forms["d_z"]) == [
            "d_z[t, n, 3, j] = d_h[t, n, j]·h_tanh[t, n, j]·output_gate[t, n, j]·(1 - output_gate[t, n, j])",
            "d_z[t, n, 2, j] = d_c[t, n, j]·input_gate[t, n, j]·(1 - candidate[t, n, j]^2)",
            "d_z[t, n, 1, j] = c[t - 1, n, j]·d_c[t, n, j]·forget_gate[t, n, j]·(1 - forget_gate[t, n, j])",
            "d_z[t, n, 0, j] = candidate[t, n, j]·d_c[t, n, j]·input_gate[t, n, j]·(1 - input_gate[t, n, j])",
        ]
        assert printed(derived, forms["d_c"])[1:] == [
            "d_c[t, n, j] = d_c[t + 1, n, j]·forget_gate[t + 1, n, j]"
            " + d_h[t, n, j]·output_gate[t, n, j]·(1 - h_tanh[t, n, j]^2)",
            "d_c[T, n, j] = d_h[T, n, j]·output_gate[T, n, j]·(1 - h_tanh[T, n, j]^2)",
        ]
        assert plain(derived, "d_h") == [
            "d_h[T, n, j] = Σ_k V[k, j]·d_logits[n, k]",
            "d_h[t, n, j] = Σ_{e,j'} U[e, j', j]·d_z[t + 1, n, e, j']",
        ]


# --- attention ------------------------------------------------------------------------------------------
def test_flash_attention() -> None:
    """dV = Pᵀ dO, dP = dO Vᵀ, D = rowsum(dO ⊙ O), dS = P ⊙ (dP - D), dQ = dS K, dK = dSᵀ Q: Dao et al. (2022),
    "FlashAttention", appendix B.2, without the scale, which the paper leaves out as well."""
    net = Network("head")
    T, S, K = net.dims("T S K")
    t, s, k = net.indices(t=T, s=S, k=K)
    q, key, v = net.parameter("q", (T, K)), net.parameter("key", (S, K)), net.parameter("v", (S, K))
    y = net.input("y", (T, K))
    score, p, o = net.tensors("score p o")
    score[t, s] = Sum(q[t, k] * key[s, k], k)
    p[t, s] = exp(score[t, s] - LogSumExp(score[t, s], s))
    o[t, k] = Sum(p[t, s] * v[s, k], s)
    net.loss = Sum((o[t, k] - y[t, k]) ** 2, t, k) / 2
    derived = derive(net).derived
    assert plain(derived, "d_p_logsumexp") == ["d_p_logsumexp[t] = -Σ_k d_o[t, k]·o[t, k]"]
    assert plain(derived, "d_score") == ["d_score[t, s] = p[t, s]·(d_p[t, s] + d_p_logsumexp[t])"]
    assert printed(derived, fused(derived)["d_score"]) == [
        "d_score[t, s] = p[t, s]·(Σ_k d_o[t, k]·v[s, k] - Σ_k d_o[t, k]·o[t, k])"
    ]
    values = Arrays.of(derived, {"T": 3, "S": 5, "K": 7})
    P, O, dO, Q, Key, V = (values[name] for name in ("p", "o", "d_o", "q", "key", "v"))
    dP, D = dO.dot(V.T), (dO * O).sum(axis=1)[:, None]
    dS = P * (dP - D)
    assert_same(values["d_p"], dP)
    assert_same(values["d_score"], dS)
    assert_same(values["d_v"], P.T.dot(dO))
    assert_same(values["d_q"], dS.dot(Key))
    assert_same(values["d_key"], dS.T.dot(Q))


def test_flash_attention_with_dropout() -> None:
    """D stays rowsum(dO ⊙ O) where weights are dropped: appendix B.4 of the same paper."""
    net = Network("head")
    T, K = net.dims("T K")
    t, s, k = net.indices(t=T, s=T, k=K)
    q, v, y = net.parameter("q", (T, T)), net.parameter("v", (T, K)), net.input("y", (T, K))
    p, o = net.tensors("p o")
    p[t, s] = exp(q[t, s] - LogSumExp(q[t, s], s))
    kept = layers.dropout(p, p=0.2, name="weights")
    o[t, k] = Sum(kept[t, s] * v[s, k], s)
    net.loss = Sum((o[t, k] - y[t, k]) ** 2, t, k) / 2
    derived = derive(net).derived
    assert plain(derived, "d_p_logsumexp") == ["d_p_logsumexp[t] = -Σ_k d_o[t, k]·o[t, k]"]
    values = Arrays.of(derived, {"T": 3, "K": 5})
    P, Z, dO = values["p"], over(5 * values["mask_weights"], 4), values["d_o"]
    D = (dO * values["o"]).sum(axis=1)[:, None]
    assert_same(values["d_q"], P * (dO.dot(values["v"].T) * Z - D))


def test_the_order_of_sums_is_kept_where_it_would_be_more_work() -> None:
    net = Network("wide")
    T, K = net.dims("T K")
    t, s, k = net.indices(t=T, s=2, k=3 * K)
    a, v = net.parameter("a", (T, 2)), net.parameter("v", (2, 3 * K))
    p, o = net.tensors("p o")
    p[t, s] = exp(a[t, s] - LogSumExp(a[t, s], s))
    o[t, k] = Sum(p[t, s] * v[s, k], s)
    net.loss = Sum(o[t, k] ** 2, t, k) / 2
    assert plain(derive(net).derived, "d_p_logsumexp") == ["d_p_logsumexp[t] = -Σ_s d_p[t, s]·p[t, s]"]


# --- convolutions ---------------------------------------------------------------------------------------
def test_the_gradient_of_an_image_is_a_full_correlation_with_the_flipped_kernel() -> None:
    """Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), relationship 8."""
    derived = derive(zoo.load("lenet")).derived
    form = gather_form(derived.backward.definitions["d_p1"], derived.backward)
    assert form is not None
    assert printed(derived, (form,)) == [
        "d_p1[n, f, h1, w1] = Σ_{t,u,g} [0 ≤ h1 - t ≤ ⌊(H - R + 1)/2⌋ - S]"
        "·[S - ⌊(W - R + 1)/2⌋ ≤ u - w1 ≤ 0]·K2[g, f, t, u]·d_z2[n, g, h1 - t, w1 - u]"
    ]
    sizes = {"N": 2, "B": 1, "H": 13, "W": 11, "F": 2, "R": 2, "G": 3, "S": 3, "M": 2, "C": 2}
    values = Arrays.of(derived, sizes).with_equations({"d_p1": (form,)})
    K, delta = values["K2"], values["d_z2"]
    padded = np.zeros((*delta.shape[:2], delta.shape[2] + 4, delta.shape[3] + 4), dtype=object)
    padded[:, :, 2:-2, 2:-2] = delta  # S - 1 zeros on each side: full
    flipped = K[:, :, ::-1, ::-1]
    image = np.zeros(values["p1"].shape, dtype=object)
    for t in range(3):
        for u in range(3):
            height, width = image.shape[2:]
            window = padded[:, :, t : t + height, u : u + width]
            image += np.tensordot(window, flipped[:, :, t, u], axes=([1], [0])).transpose(0, 3, 1, 2)
    assert_same(values["d_p1"], image)
