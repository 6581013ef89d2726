"""Gradients as they stand in textbooks and papers are proved, for all sizes where one normal form shows it."""

from __future__ import annotations

from sympy import Eq, Piecewise, exp, sqrt, tanh

from symbackprop import LogSumExp, Mean, Sum, check_derivation, delta

from .networks import convolution, fresh, residual, verdicts

ALL = "for all sizes"


def notes(b, *claims):
    report = check_derivation(b.net, claims)
    assert report.passed, report
    assert verdicts(report) == ["proved"] * len(claims)
    assert all(row.finding == row.repaired == "" and row.claimed is None for row in report.rows)
    return [row.note for row in report.rows]


def test_a_perceptron_by_the_four_equations_of_backpropagation() -> None:
    """M. Nielsen, Neural networks and deep learning (2015), chapter 2: BP1 to BP4."""
    b = fresh("mlp")
    n, i, j, k = b.n, b.i, b.j, b.k
    dz1, dz2 = delta(b.z1), delta(b.z2)
    assert (
        notes(
            b,
            (dz2[n, k], (b.p[n, k] - b.y[n, k]) / b.N),
            (dz1[n, j], Sum(b.W2[k, j] * dz2[n, k], k) * (1 - b.a1[n, j] ** 2)),
            (delta(b.b1)[j], Sum(dz1[n, j], n)),
            (delta(b.W1)[j, i], Sum(b.x[n, i] * dz1[n, j], n)),
            (delta(b.W2)[k, j], Sum(b.a1[n, j] * dz2[n, k], n)),
            (delta(b.x)[n, i], Sum(b.W1[j, i] * dz1[n, j], j)),
        )
        == [ALL] * 6
    )


def test_one_gradient_in_many_ways_of_writing() -> None:
    b = fresh("mlp")
    n, j, k = b.n, b.j, b.k
    error = (b.p[n, k] - b.y[n, k]) / b.N
    softmax = exp(b.z2[n, k] - LogSumExp(b.z2[n, k], k))
    assert (
        notes(
            b,
            (delta(b.z1)[n, j], (1 - tanh(b.z1[n, j]) ** 2) * Sum(b.W2[k, j] * error, k)),
            (delta(b.z1)[n, j], Sum((b.W2[k, j] - b.a1[n, j] ** 2 * b.W2[k, j]) * delta(b.z2)[n, k], k)),
            (delta(b.z1)[n, j], delta(b.a1)[n, j] * (1 - b.a1[n, j]) * (1 + b.a1[n, j])),
            (delta(b.z2)[n, k], (softmax - b.y[n, k]) / b.N),
            (delta(b.b2)[k], Sum(b.p[n, k], n) / b.N - Mean(b.y[n, k], n)),
            (delta(b.z1)[0, j], delta(b.a1)[0, j] * (1 - b.a1[0, j] ** 2)),
            (delta(b.W1)[b.H - 1, 0], Sum(delta(b.z1)[n, b.H - 1] * b.x[n, 0], n)),
        )
        == [ALL] * 7
    )


def test_lstm_gates() -> None:
    """K. Greff et al., LSTM: a search space odyssey, IEEE TNNLS 28 (2017), section II.B, without peepholes."""
    b = fresh("lstm")
    t, n, e, i, j, j2, k = b.t, b.n, b.e, b.i, b.j, b.j2, b.k
    dh, dc, dz = delta(b.h), delta(b.c), delta(b.z)
    gate_in, forget, cell, gate_out = b.input_gate, b.forget_gate, b.candidate, b.output_gate
    later = Piecewise((dc[t + 1, n, j] * forget[t + 1, n, j], t < b.T), (0, True))
    behind = Sum(b.U[e, j2, j] * dz[t + 1, n, e, j2], e, j2)
    last = Sum(b.V[k, j] * delta(b.logits)[n, k], k)
    assert (
        notes(
            b,
            (dh[b.T, n, j], last),
            (dh[t, n, j], Piecewise((last, Eq(t, b.T)), (behind, True))),
            (dc[t, n, j], dh[t, n, j] * gate_out[t, n, j] * (1 - tanh(b.c[t, n, j]) ** 2) + later),
            (dz[t, n, 3, j], dh[t, n, j] * tanh(b.c[t, n, j]) * gate_out[t, n, j] * (1 - gate_out[t, n, j])),
            (dz[t, n, 1, j], dc[t, n, j] * b.c[t - 1, n, j] * forget[t, n, j] * (1 - forget[t, n, j])),
            (dz[t, n, 0, j], dc[t, n, j] * cell[t, n, j] * gate_in[t, n, j] * (1 - gate_in[t, n, j])),
            (dz[t, n, 2, j], dc[t, n, j] * gate_in[t, n, j] * (1 - cell[t, n, j] ** 2)),
            (delta(b.W)[e, j, i], Sum(dz[t, n, e, j] * b.x[t - 1, n, i], t, n)),
            (delta(b.U)[e, j, j2], Sum(dz[t, n, e, j] * b.h[t - 1, n, j2], t, n)),
            (delta(b.b)[e, j], Sum(dz[t, n, e, j], t, n)),
        )
        == [ALL] * 10
    )


def test_layer_norm_in_its_compact_form() -> None:
    """The form that frameworks compute: (δ - mean δ - x̂ mean(δ x̂))/σ."""
    b = fresh("layer_norm_mlp")
    n, j = b.n, b.j
    du, u = delta(b.u), b.u
    compact = (du[n, j] - Mean(du[n, j], j) - u[n, j] * Mean(du[n, j] * u[n, j], j)) / sqrt(b.variance[n] + 1e-5)
    (note,) = notes(b, (delta(b.z1)[n, j], compact))
    assert note == ALL or note.startswith("exactly, modulo a prime, at N=")


def test_attention() -> None:
    """T. Dao et al., FlashAttention, NeurIPS (2022), appendix B.2: dS = P ∘ (dP - rowsum(dO ∘ O))."""
    b = fresh("attention")
    n, a, t, s, k, d = b.n, b.a, b.t, b.s, b.k, b.d
    do, dw, ds = delta(b.o), delta(b.w), delta(b.score)
    found = notes(
        b,
        (delta(b.v)[n, a, s, k], Sum(b.w[n, a, t, s] * do[n, a, t, k], t)),
        (dw[n, a, t, s], Sum(do[n, a, t, k] * b.v[n, a, s, k], k)),
        (ds[n, a, t, s], b.w[n, a, t, s] * (dw[n, a, t, s] - Sum(do[n, a, t, k] * b.o[n, a, t, k], k))),
        (delta(b.out)[n, t, d], (b.out[n, t, d] - b.target[n, t, d]) / (b.N * b.T)),
        (delta(b.q)[n, a, t, k], Sum(ds[n, a, t, s] * b.key[n, a, s, k], s) / sqrt(b.K)),
    )
    assert found[:4] == [ALL] * 4
    assert found[4].startswith("exactly, modulo a prime, at N=")  # masked scores have no δ: no law of sums says so


def test_convolution_as_a_correlation_with_guards() -> None:
    b = convolution()
    n, c, f, h, r, l = b.n, b.c, b.f, b.h, b.r, b.l
    dz, da = delta(b.z), delta(b.a)
    full = Piecewise((b.K[f, c, r] * dz[n, f, l - r], (l >= r) & (l - r <= b.L - b.R)), (0, True))
    assert (
        notes(
            b,
            (delta(b.K)[f, c, r], Sum(dz[n, f, h] * b.x[n, c, h + r], n, h)),
            (delta(b.b)[f], Sum(dz[n, f, h], n, h)),
            (delta(b.x)[n, c, l], Sum(full, f, r)),
            (dz[n, f, h], Piecewise((da[n, f, h], b.a[n, f, h] > 0), (0, True))),
        )
        == [ALL] * 4
    )
    (note,) = notes(b, (dz[n, f, h], Piecewise((da[n, f, h], b.z[n, f, h] > 0), (0, True))))
    assert note.startswith("exactly, modulo a prime, at N=")  # that relu(z) > 0 where z > 0 is no law of sums


def test_gathers_are_scattered_to() -> None:
    b = fresh("embedding")
    n, t, d, k = b.n, b.t, b.d, b.k
    v = b.net.index("v", b.V)
    hit = Piecewise((delta(b.m)[n, d], Eq(b.token[n, t], v)), (0, True))
    one_hot = Piecewise((1, Eq(b.label[n], k)), (0, True))
    assert (
        notes(b, (delta(b.E)[v, d], Sum(hit, n, t) / b.T), (delta(b.z)[n, k], (b.p[n, k] - one_hot) / b.N)) == [ALL] * 2
    )


def test_a_network_of_symbolic_depth() -> None:
    """Nielsen's recurrence, once for all layers."""
    b = fresh("deep_mlp")
    l, n, j, j2 = b.l, b.n, b.j, b.j2
    before = b.net.index("before", (1, b.L - 1))
    slope = 1 - b.a[before, n, j] ** 2
    assert (
        notes(
            b,
            (delta(b.z)[l, n, j], delta(b.a)[l, n, j] * (1 - b.a[l, n, j] ** 2)),
            (delta(b.z)[before, n, j], Sum(b.W[before, j2, j] * delta(b.z)[before + 1, n, j2], j2) * slope),
            (delta(b.W)[l - 1, j, j2], Sum(delta(b.z)[l, n, j] * b.a[l - 1, n, j2], n)),
        )
        == [ALL] * 3
    )


def test_both_paths_through_a_residual() -> None:
    b = residual()
    n, j = b.n, b.j
    assert (
        notes(
            b,
            (delta(b.y)[n, j], (b.y[n, j] - b.target[n, j]) / b.N),
            (delta(b.z)[n, j], delta(b.y)[n, j] + delta(b.a)[n, j] * (1 - b.a[n, j] ** 2)),
            (delta(b.a)[n, j], Sum(b.V[b.k, j] * delta(b.y)[n, b.k], b.k)),
            (delta(b.target)[n, j], -delta(b.y)[n, j]),
        )
        == [ALL] * 4
    )


def test_a_tensor_that_the_loss_does_not_reach_has_no_slope() -> None:
    b = fresh("mlp")
    assert notes(b, (delta(b.p)[b.n, b.k], 0)) == [ALL]


def test_a_kernel_of_one_position() -> None:
    """Its indices, which take one value, hide nothing: also on the left, and in a sum of the claim's own."""
    b = fresh("unet")
    n, c2, f, h, w, p3, q3 = b.n, b.c2, b.f, b.h, b.w, b.p3, b.q3
    dz = delta(b.z_head)
    assert (
        notes(
            b,
            (delta(b.a5)[n, f, h + p3, w + q3], Sum(b.K_head[c2, f, p3, q3] * dz[n, c2, h, w], c2)),
            (delta(b.a5)[n, f, h, w], Sum(b.K_head[c2, f, p3, q3] * dz[n, c2, h, w], c2, p3, q3)),
            (delta(b.K_head)[c2, f, 0, 0], Sum(dz[n, c2, h, w] * b.a5[n, f, h, w], n, h, w)),
        )
        == [ALL] * 3
    )
