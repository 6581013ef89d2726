"""Wrong gradients are refuted, with a counterexample, the term that differs, and the repair that makes them true."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sympy import Eq, Piecewise, S, sqrt, tanh

from symbackprop import Mean, Network, Sum, check_derivation, delta
from symbackprop.claims import Verdict
from symbackprop.language import names_of

from .networks import convolution, fresh, only, residual


def refuted(b: SimpleNamespace, *cases: tuple[object, object, str, str]) -> None:
    """Each case: the claim's two sides, the kind of mistake, and what the finding says of it."""
    report = check_derivation(b.net, [case[:2] for case in cases])
    for row, (_, _, mistake, text) in zip(report.rows, cases, strict=True):
        assert row.verdict is Verdict.REFUTED, row
        assert (row.mistake, text in row.finding) == (mistake, True), row
        assert row.claimed != row.derived
        assert row.repaired, row
        assert row.derivation[0].startswith(row.claim.split(" = ")[0]), row
    assert not report.passed
    assert report.refuted == report.rows


def test_students_and_the_perceptron() -> None:
    b = fresh("mlp")
    n, i, j, k = b.n, b.i, b.j, b.k
    dz1, da1, dz2 = delta(b.z1), delta(b.a1), delta(b.z2)
    slope = 1 - b.a1[n, j] ** 2
    back = Sum(b.W2[k, j] * dz2[n, k], k)
    refuted(
        b,
        (dz2[n, k], b.p[n, k] - b.y[n, k], "FACTOR", "the factor 1/N is missing"),
        (dz2[n, k], (b.y[n, k] - b.p[n, k]) / b.N, "SIGN", "the sign is wrong"),
        (dz2[n, k], (b.p[n, k] + b.y[n, k]) / b.N, "SIGN", "claim has +y[n, k], derived has -y[n, k]"),
        (dz2[n, k], (b.p[n, k] - 2 * b.y[n, k]) / b.N, "FACTOR", "claim has -2·y[n, k], derived has -y[n, k]"),
        (dz1[n, j], da1[n, j] * (1 - b.z1[n, j] ** 2), "TENSOR", "reads z1[n, j] where a1[n, j] belongs"),
        (dz1[n, j], da1[n, j] * (1 - b.a1[n, j]), "POWER", "claim has a1[n, j], derived has a1[n, j]^2"),
        (dz1[n, j], da1[n, j] * b.a1[n, j] * (1 - b.a1[n, j]), "TERM", "derived has +delta(a1)[n, j]·(1 - a1[n, j]^2)"),
        (dz1[n, j], da1[n, j], "MISSING_FACTOR", "the factor 1 - a1[n, j]^2 is missing"),
        (da1[n, j], back * slope, "EXTRA_FACTOR", "the factor 1 - a1[n, j]^2 does not belong"),
        (da1[n, j], Sum(dz2[n, k], k), "MISSING_FACTOR", "the factor W2[k, j] is missing"),
        (delta(b.W1)[j, i], Sum(da1[n, j] * b.x[n, i], n), "TENSOR", "reads delta(a1)[n, j] where delta(z1)[n, j]"),
        (delta(b.W1)[j, i], Sum(dz1[n, j] * b.x[n, i], n) / b.N, "FACTOR", "off by the factor 1/N"),
        (delta(b.b1)[j], dz1[0, j], "TERM", "claim has +delta(z1)[0, j], derived has +Σ_n delta(z1)[n, j]"),
        (delta(b.p)[n, k], -b.y[n, k] / b.p[n, k], "EXTRA", "the loss does not depend on p"),
    )


def test_the_ratio_is_shown_at_sizes_where_it_is_not_one() -> None:
    b = fresh("mlp")
    row = only(b, delta(b.z2)[b.n, b.k], b.p[b.n, b.k] - b.y[b.n, b.k])
    (ratio, size) = row.finding.rpartition("(claimed/derived = ")[2].rstrip(")").split(" at N = ")
    assert ratio == size != "1"
    assert row.sizes is not None
    assert row.sizes["N"] == 2  # the smallest N at which the claim is false
    assert row.claimed == pytest.approx(2 * row.derived)
    assert (row.wrong, row.entries) == (4, 4)


def test_both_paths_through_a_residual() -> None:
    b = residual()
    n, j, k, m = b.n, b.j, b.k, b.net.index("m", b.H)
    dy, da = delta(b.y), delta(b.a)
    slope = 1 - b.a[n, j] ** 2
    through = da[n, j] * slope
    refuted(
        b,
        (delta(b.z)[n, j], through, "MISSING", "the term +delta(y)[n, j] is missing"),
        (delta(b.z)[n, j], dy[n, j], "MISSING", "+(1 - a[n, j]^2)·Σ_m V[m, j]·delta(y)[n, m] is missing"),
        (delta(b.z)[n, j], dy[n, j] - through, "SIGN", "claim has -delta(a)[n, j]"),
        (delta(b.z)[n, j], 2 * dy[n, j] + through, "EXTRA_FACTOR", "the factor 2 does not belong"),
        (delta(b.z)[n, j], dy[n, j] + through + Sum(da[n, k], k), "EXTRA", "the term Σ_k delta(a)[n, k] does not"),
        (delta(b.a)[n, j], Sum(b.V[j, m] * dy[n, m], m), "TRANSPOSED", "reads V[j, m] where V[m, j] belongs"),
        (delta(b.a)[n, j], dy[n, j], "TERM", "V["),
        (delta(b.y)[n, j], (b.y[n, j] + b.target[n, j]) / b.N, "SIGN", "derived has -target[n, j]"),
        (delta(b.b)[j], Sum(through, n), "MISSING", "Σ_n delta(y)[n, j] is missing"),
    )  # fmt: skip


def test_lstm() -> None:
    b = fresh("lstm")
    t, n, e, j, j2, k = b.t, b.n, b.e, b.j, b.j2, b.k
    dh, dc, dz = delta(b.h), delta(b.c), delta(b.z)
    forget, gate_in, cell = b.forget_gate, b.input_gate, b.candidate
    now = dh[t, n, j] * b.output_gate[t, n, j] * (1 - tanh(b.c[t, n, j]) ** 2)
    behind = Sum(b.U[e, j2, j] * dz[t + 1, n, e, j2], e, j2)
    transposed = Sum(b.U[e, j, j2] * dz[t + 1, n, e, j2], e, j2)
    last = Sum(b.V[k, j] * delta(b.logits)[n, k], k)
    shifted = Piecewise((dc[t + 1, n, j] * forget[t, n, j], t < b.T), (0, True))
    through_f = Piecewise((dc[t + 1, n, j] * forget[t + 1, n, j], t < b.T), (0, True))
    refuted(
        b,
        (dc[t, n, j], now, "MISSING", "+[T > t]·delta(c)[t + 1, n, j]·forget_gate[t + 1, n, j] is missing"),
        (dc[t, n, j], now + shifted, "SHIFTED", "reads forget_gate[t, n, j] where forget_gate[t + 1, n, j] belongs"),
        (dc[t, n, j], dh[t, n, j] * b.output_gate[t, n, j] + through_f, "MISSING_FACTOR", "the factor 1 - tanh(c"),
        (dh[t, n, j], Piecewise((behind, t < b.T), (0, True)), "MISSING", "+[t = T]·Σ_k V[k, j]·delta(logits)[n, k]"),
        (
            dh[t, n, j], Piecewise((last, Eq(t, b.T)), (transposed, True)), "TRANSPOSED",
            "reads U[e, j, j2] where U[e, j2, j] belongs",
        ),
        (
            dz[t, n, 1, j], dc[t, n, j] * b.c[t, n, j] * forget[t, n, j] * (1 - forget[t, n, j]), "SHIFTED",
            "reads c[t, n, j] where c[t - 1, n, j] belongs",
        ),
        (dz[t, n, 0, j], dc[t, n, j] * cell[t, n, j] * gate_in[t, n, j], "MISSING_FACTOR", "1 - input_gate[t, n, j]"),
        (
            dz[t, n, 0, j], dc[t, n, j] * cell[t, n, j], "MISSING_FACTOR",
            "the factor input_gate[t, n, j]·(1 - input_gate[t, n, j]) is missing",
        ),
        (
            dz[t, n, 2, j], dc[t, n, j] * gate_in[t, n, j] * cell[t, n, j] * (1 - cell[t, n, j]), "TERM",
            "(1 - candidate[t, n, j]^2)",
        ),
        (
            delta(b.U)[e, j, j2], Sum(dz[t, n, e, j] * b.h[t, n, j2], t, n), "SHIFTED",
            "reads h[t, n, j2] where h[t - 1, n, j2] belongs",
        ),
    )  # fmt: skip


def test_only_the_end_is_wrong() -> None:
    b = fresh("lstm")
    t, n, e, j, j2, early = b.t, b.n, b.e, b.j, b.j2, b.net.index("early", (1, b.T - 1))
    behind = Sum(b.U[e, j2, j] * delta(b.z)[t + 1, n, e, j2], e, j2)
    rest = Sum(b.U[e, j2, j] * delta(b.z)[early + 1, n, e, j2], e, j2)
    claims = [(delta(b.h)[t, n, j], Piecewise((behind, t < b.T), (0, True))), (delta(b.h)[early, n, j], rest)]
    wrong, right = check_derivation(b.net, claims).rows
    assert (wrong.verdict, wrong.where, wrong.claimed) == (Verdict.REFUTED, "at t = T", 0)
    assert "wrong only at t = T" in str(check_derivation(b.net, claims[:1], dims={"T": 3, "N": 1, "D": 1, "H": 2}))
    assert right.verdict is Verdict.PROVED


def test_layer_norm() -> None:
    b = fresh("layer_norm_mlp")
    n, j = b.n, b.j
    du, u, r = delta(b.u), b.u, 1 / sqrt(b.variance[n] + 1e-5)
    mean, spread, dz = Mean(du[n, j], j), u[n, j] * Mean(du[n, j] * u[n, j], j), delta(b.z1)[n, j]
    refuted(
        b,
        (dz, r * (du[n, j] - spread), "MISSING", "(Σ_{j'} delta(u)[n, j'])/(H·sqrt(variance[n] + 1e-05)) is missing"),
        (dz, r * (du[n, j] - mean + spread), "SIGN", "claim has +(u[n, j]·Σ_{j'} delta(u)[n, j']·u[n, j'])/H"),
        (dz, r * (du[n, j] - Sum(du[n, j], j) - spread), "FACTOR", "the factor 1/H is missing in the term"),
        (dz, r * (du[n, j] - Mean(du[n, j], n) - spread), "SUM", "averages over n where j belongs"),
        (dz, r * du[n, j], "MISSING", "the terms"),
        (dz, r**2 * (du[n, j] - mean - spread), "POWER", "derived has 1/sqrt(variance[n] + 1e-05)"),
    )


def test_attention() -> None:
    b = fresh("attention")
    n, a, t, s, k, d = b.n, b.a, b.t, b.s, b.k, b.d
    do, dw, ds, w = delta(b.o), delta(b.w), delta(b.score), b.w
    error = b.out[n, t, d] - b.target[n, t, d]
    refuted(
        b,
        (ds[n, a, t, s], w[n, a, t, s] * dw[n, a, t, s], "MISSING", "is missing"),
        (
            ds[n, a, t, s], w[n, a, t, s] * (dw[n, a, t, s] - Sum(dw[n, a, t, s] * w[n, a, t, s], t)), "SUM",
            "sums over t where s belongs",
        ),
        (delta(b.v)[n, a, s, k], Sum(w[n, a, s, t] * do[n, a, t, k], t), "TRANSPOSED", "where w[n, a, t, s] belongs"),
        (
            delta(b.q)[n, a, t, k], Sum(ds[n, a, t, s] * b.key[n, a, s, k], s), "FACTOR",
            "off by the factor sqrt(K): the factor 1/sqrt(K) is missing",
        ),
        (delta(b.out)[n, t, d], 2 * error / (b.N * b.T), "FACTOR", "off by the factor 2"),
        (delta(b.out)[n, t, d], error / b.N, "FACTOR", "the factor 1/T is missing"),
    )  # fmt: skip


def test_convolution() -> None:
    b = convolution()
    n, c, f, h, r, l = b.n, b.c, b.f, b.h, b.r, b.l
    dz, da = delta(b.z), delta(b.a)
    high = Piecewise((b.K[f, c, r] * dz[n, f, l - r], (l >= r) & (l - r <= b.L - b.R)), (0, True))
    low = Piecewise((b.K[f, c, r] * dz[n, f, l - r], (l >= r + 1) & (l - r <= b.L - b.R)), (0, True))
    double = Piecewise((b.K[f, c, b.R - 1 - r] * dz[n, f, l - r], (l >= r) & (l - r <= b.L - b.R)), (0, True))
    unflipped = Piecewise((b.K[f, c, r] * dz[n, f, l + r], l + r <= b.L - b.R), (0, True))
    refuted(
        b,
        (delta(b.x)[n, c, l], Sum(2 * high, f, r), "FACTOR", "off by the factor 2"),
        (delta(b.x)[n, c, l], Sum(low, f, r), "CONDITION", "claim has the condition [l > r], derived has [l ≥ r]"),
        (delta(b.x)[n, c, l], Sum(unflipped, f, r), "FLIPPED", "delta(z)[n, f, l - r] belongs: r runs the other way"),
        (delta(b.x)[n, c, l], Sum(double, f, r), "FLIPPED", "K[f, c, r] belongs, the axis the other way round"),
        (
            delta(b.K)[f, c, r],
            Sum(dz[n, f, h] * b.x[n, c, h + b.R - 1 - r], n, h),
            "FLIPPED",
            "reads x[n, c, R + h - r - 1] where x[n, c, h + r] belongs, r the other way round",
        ),
        (delta(b.K)[f, c, r], Sum(dz[n, f, h] * b.x[n, c, h], n, h), "TERM", "x[n, c, h + r]"),
        (dz[n, f, h], Piecewise((da[n, f, h], b.z[n, f, h] <= 0), (0, True)), "CONDITION", "wrong way round"),
        (dz[n, f, h], da[n, f, h] * b.a[n, f, h], "TERM", "derived has +[a[n, f, h] > 0]·delta(a)[n, f, h]"),
    )


def test_two_mistakes_in_one_claim() -> None:
    b = fresh("mlp")
    n, j, k = b.n, b.j, b.k
    row = only(b, delta(b.z1)[n, j], b.N * Sum(b.W2[k, j] * delta(b.z2)[n, k], k) * (1 + b.a1[n, j] ** 2))
    assert row.verdict is Verdict.REFUTED
    assert "claim has +a1[n, j]^2, derived has -a1[n, j]^2; and off by the factor N" in row.finding
    other = only(b, delta(b.z2)[n, k], (b.p[n, k] + b.y[n, k]) / b.N + b.z2[n, k])
    assert "claim has" in other.finding
    assert other.repaired == other.derivation[0]


def test_a_slice_is_held_against_its_own_elements_alone() -> None:
    """h[t] feeds the loss at T alone; a claim about the end does not speak of what comes before."""
    net = Network("slices")
    T = net.dim("T")
    t = net.index("t", (1, T))
    w, h = net.parameter("w", (T,)), net.tensor("h")
    h[0] = 1
    h[t] = h[t - 1] * w[t - 1]
    net.loss = h[T] ** 2 + h[0]
    b = SimpleNamespace(**names_of(net), net=net)
    assert only(b, delta(h)[T], 2 * h[T]).verdict is Verdict.PROVED
    assert only(b, delta(h)[t], 2 * h[t]).verdict is Verdict.REFUTED
    assert only(b, delta(h)[0], delta(h)[1] * w[0] + 1).verdict is Verdict.PROVED
    missing = only(b, delta(h)[0], delta(h)[1] * w[0])
    assert (missing.mistake, missing.element) == ("MISSING", "delta(h)[0]")
    assert "the term +1 is missing" in missing.finding


def test_a_wrong_constant() -> None:
    b = residual()
    row = only(b, delta(b.y)[b.n, b.j], S(7) / 10 * (b.y[b.n, b.j] - b.target[b.n, b.j]) / b.N)
    assert row.verdict is Verdict.REFUTED
    assert row.claimed == pytest.approx(0.7 * row.derived)
    assert row.finding


def test_what_starts_late_is_not_overlooked() -> None:
    net = Network("lag")
    T = net.dim("T")
    t = net.index("t", (0, T - 1))
    x, w, v = net.input("x", (T,)), net.parameter("w", ()), net.parameter("v", ())
    h, g = net.tensors("h g")
    h[t] = w * x[t] + Piecewise((v, t >= 16), (0, True))
    g[t] = h[t] ** 2 + Piecewise((h[t - 16], t >= 16), (0, True))
    net.loss = Sum(g[t], t)
    net.claim(delta(h)[t], 2 * h[t])
    net.claim(delta(h)[t], 2 * h[t] + Piecewise((1, t + 16 < T), (0, True)))
    wrong, right = check_derivation(net).rows
    assert (wrong.verdict, right.verdict) == (Verdict.REFUTED, Verdict.PROVED)
    assert wrong.sizes["T"] > 16


def test_slips_of_an_index() -> None:
    """Named only where the repair holds everywhere: h[t + 1] for h[t] would do where all steps are alike."""
    net = Network("slips")
    T, H = net.dims("T H")
    t, s = net.index("t", (1, T - 1)), net.index("s", (1, T))
    j, k = net.indices(j=H, k=H)
    h0, U = net.input("h0", (H,)), net.parameter("U", (H, H))
    h, a = net.tensors("h a")
    h[0, j] = h0[j]
    a[s, j] = Sum(U[j, k] * h[s - 1, k], k)
    h[s, j] = tanh(a[s, j])
    net.loss = Sum(h[s, j] ** 2, s, j)
    b = SimpleNamespace(**names_of(net), net=net)
    da, dh = delta(a), delta(h)
    back = Sum(U[k, j] * da[t + 1, k], k)
    last = da[T, j] * h[T - 1, k]
    refuted(
        b,
        (dh[t, j], 2 * h[t, j] + Sum(U[k, j] * da[t, k], k), "SHIFTED", "where delta(a)[t + 1, k] belongs"),
        (dh[t, j], 2 * h[t, j] + Sum(U[j, k] * da[t + 1, k], k), "TRANSPOSED", "where U[k, j] belongs, transposed"),
        (dh[t, j], 2 * h[t + 1, j] + back, "SHIFTED", "reads h[t + 1, j] where h[t, j] belongs"),
        (dh[t, j], 2 * h[t, j] + Sum(U[k, j] * da[t + 1, j], k), "INDEX", "delta(a)[t + 1, k] belongs, under the sum"),
        (delta(U)[j, k], Sum(da[t, j] * h[t + 1, k], t) + last, "FLIPPED", "belongs, the step the other way"),
    )
