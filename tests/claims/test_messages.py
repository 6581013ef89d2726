"""What is said of a false claim: in the author's letters, with digits and data that show it, in the claim's own δ."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import numpy as np
import pytest
from sympy import And, Max, Piecewise, exp, log, tanh

from symbackprop import LogSumExp, Network, Sum, check_derivation, delta
from symbackprop.claims import ClaimReport, Verdict
from symbackprop.claims.claim_report import digits, plain
from symbackprop.interpret import Precise

from .test_forms import perceptron


def text_of(report: ClaimReport) -> str:
    """Without the claims themselves."""
    claims = {row.claim for row in report.rows}
    return "\n".join(line for line in str(report).splitlines() if not any(claim in line for claim in claims))


def test_letters_of_the_author() -> None:
    net = Network("letters")
    T, N, D = net.dims("T N D")
    t, s, u = net.index("t", (1, T - 1)), net.index("s", (0, T - 2)), net.index("u", T)
    n, d, e = net.indices(n=N, d=D, e=D)
    x, w, c = net.parameter("x", (T,)), net.input("w", (T,)), net.parameter("c", ())
    v, G = net.parameter("v", (N, D)), net.input("G", (N, D))
    h = net.tensor("h")
    h[s] = x[s] ** 2
    h[T - 1] = 0
    inner = Sum(G[n, d] * Sum(v[n, e] ** 2, e) * v[n, d], n, d)
    net.loss = c * Sum(w[t] * h[t - 1], t) + Sum(x[u] ** 2 * w[u], u) + inner
    net.claim(delta(c), 2 * Sum(w[t - 1] * h[t], t))
    net.claim(delta(v)[n, d], G[n, d] * Sum(v[n, e] ** 2, e))
    net.claim(delta(v)[n, d], G[n, d] * Sum(v[n, d] ** 2, d))
    report = check_derivation(net)
    assert report.rows[0].claim == "delta(c) = 2 * Sum(w[t - 1] * h[t], t)"
    assert report.rows[0].derivation == ("delta(c) = Σ_t h[t - 1]·w[t]",)
    assert "Σ_t h[t]·w[t - 1]" in report.rows[0].finding
    for row in report.rows[1:]:
        assert row.finding == "the term +2·v[n, d]·Σ_e G[n, e]·v[n, e] is missing"
    assert "s -" not in text_of(report)
    assert "Σ_d" not in text_of(report)


def test_a_letter_of_its_own_has_its_range_told() -> None:
    net = Network("ranges")
    T = net.dim("T")
    t = net.index("t", T)
    w, c = net.input("w", (T,)), net.parameter("c", ())
    net.loss = c * Sum(w[t], (t, 1, T - 1))
    net.claim(delta(c), Sum(w[t], t))
    (row,) = check_derivation(net).rows
    assert row.verdict is Verdict.REFUTED
    assert re.search(r"Σ_(\w) w\[\1\] \(\1 = 1\.\.T - 1\)", row.derivation[0]), row
    assert "Σ_t" not in row.derivation[0]


def test_primes_where_a_letter_clashes() -> None:
    net = Network("primes")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    v, p = net.parameter("v", (N, D)), net.tensor("p")
    p[n, d] = exp(v[n, d] - LogSumExp(v[n, d], d))
    net.loss = Sum(p[n, d] ** 2, n, d)
    net.claim(delta(v)[n, d], p[n, d] * delta(p)[n, d])
    (row,) = check_derivation(net).rows
    assert row.finding == "the term -p[n, d]·Σ_{d'} delta(p)[n, d']·p[n, d'] is missing"


def normalised() -> Network:
    net = Network("response_normalisation")
    C, S = net.dims("C S")
    i = net.index("i", C)
    w = net.index("w", (-S, S))
    a, G = net.parameter("a", (C,)), net.input("G", (C,))
    alpha, beta = net.input("alpha", ()), net.input("beta", ())
    scale, b = net.tensors("scale b")

    def window(term):
        return Sum(Piecewise((term(i + w), And(i + w >= 0, i + w < C)), (0, True)), w)

    scale[i] = 1 + alpha * window(lambda m: a[m] ** 2)
    b[i] = a[i] * scale[i] ** (-beta)
    net.loss = Sum(G[i] * b[i], i)
    d = delta(b)
    last = d[i] * scale[i] ** (-beta) * window(lambda m: b[m] / scale[m])
    net.claim(delta(a)[i], d[i] * scale[i] ** (-beta) - 2 * alpha * beta * a[i] * last)
    return net


def test_digits_that_differ_and_conditions_that_matter() -> None:
    (row,) = check_derivation(normalised()).rows
    assert row.verdict is Verdict.REFUTED
    claimed, derived = row.digits
    assert claimed != derived
    assert f"claimed {claimed}, derived {derived}" in str(check_derivation(normalised()))
    said = f"{row.finding} {row.derivation[0]}"
    assert "i ≥ 0" not in said.replace("w + i ≥ 0", "")
    assert "≠" not in said
    assert "delta(scale)" not in said


def test_a_maximum_is_told_by_the_order_of_its_arguments() -> None:
    net = Network("hinge")
    N = net.dim("N")
    n = net.index("n", N)
    a, y = net.parameter("a", (N,)), net.input("y", (N,))
    net.loss = Sum(Max(0, 1 - y[n] * a[n]), n)
    net.claim(delta(a)[n], y[n])
    (row,) = check_derivation(net).rows
    assert row.verdict is Verdict.REFUTED
    assert "max(" not in row.derivation[0]
    assert "[1 - a[n]·y[n] > 0]" in row.derivation[0]


def test_without_a_delta_the_derived_side_has_none() -> None:
    net = Network("softmax")
    N, C = net.dims("N C")
    n, c, k = net.indices(n=N, c=C, k=C)
    z, Y, P = net.parameter("z", (N, C)), net.input("Y", (N, C)), net.tensor("P")
    P[n, c] = exp(z[n, c] - LogSumExp(z[n, k], k))
    net.loss = -Sum(Y[n, c] * log(P[n, c]), n, c)
    net.claim(delta(z)[n, c], P[n, c] - Y[n, c])
    (row,) = check_derivation(net).rows
    assert row.derivation == ("delta(z)[n, c] = P[n, c]·Σ_k Y[n, k] - Y[n, c]",)


# --- the data of a counterexample -------------------------------------------------------------------------
def test_a_counterexample_can_be_computed_again() -> None:
    b = perceptron()
    n, j = b.n, b.j
    b.net.claim(delta(b.z)[n, j], delta(b.a)[n, j] * (1 - b.z[n, j] ** 2))
    b.net.claim(delta(b.W), delta(b.a).T @ b.x)
    b.net.claim(Sum(delta(b.z)[n, j], n), 2 * delta(b.b)[j])
    found = json.loads(check_derivation(b.net, dims={"N": 3, "D": 2, "H": 4}).to_json())["claims"]
    for claim in found:
        data = {name: np.array(value) for name, value in claim["data"].items()}
        assert set(data) == {"x", "y", "W", "b", "V"}
        assert data["x"].shape == (claim["sizes"]["N"], claim["sizes"]["D"])
        z = data["x"] @ data["W"].T + data["b"]
        a = np.tanh(z)
        d_a = (a @ data["V"].T - data["y"]) @ data["V"] / len(z)
        d_z = d_a * (1 - a**2)
        at = claim["position"]
        claimed, derived = {
            ("n", "j"): (d_a * (1 - z**2), d_z),
            ("j", "i"): (d_a.T @ data["x"], d_z.T @ data["x"]),
            ("j",): (2 * d_z.sum(0), d_z.sum(0)),
        }[tuple(at)]
        assert claim["claimed"] == pytest.approx(claimed[tuple(at.values())], rel=1e-12, abs=1e-14)
        assert claim["derived"] == pytest.approx(derived[tuple(at.values())], rel=1e-12, abs=1e-14)
        assert claim["digits"][0] != claim["digits"][1]


def test_data_of_every_kind_of_number() -> None:
    precise = Precise()
    numbers = [precise.given(0.1), precise.number(Fraction(1, 3)), Fraction(1, 4), Fraction(1, 3), np.int64(7), -np.inf]
    found = json.loads(json.dumps(plain(np.array([numbers], dtype=object))))
    third = "0." + 60 * "3"
    assert found == [[0.1, third, 0.25, "1/3", 7, "-inf"]]
    assert plain(np.array(2.5)) == 2.5


def test_numbers_that_differ_late() -> None:
    assert digits(0.1234567890, 0.1234567999) == ("0.12345679", "0.12345680")
    assert digits(2.0, 1.0) == ("2", "1")


# --- how a claim is quoted --------------------------------------------------------------------------------
def test_quoted_as_it_was_written() -> None:
    b = perceptron()
    net, n, j, z, a, N, W, x, i = b.net, b.n, b.j, b.z, b.a, b.N, b.W, b.x, b.i
    first = net.claim(delta(z)[n, j],   (1 - a[n, j]**2) * delta(a)[n, j])  # fmt: skip
    second = net.claim(
        delta(W)[j, i],
        Sum(delta(z)[n, j] * x[n, i],
            n),
    )  # fmt: skip
    slope = 1 - a[n, j] ** 2
    third = net.claim(delta(z)[n, j], slope * delta(a)[n, j])
    fourth = net.claim("delta(b)[j]  =  Sum(delta(z)[n, j], n)")
    assert first.text == "delta(z)[n, j] = (1 - a[n, j]**2) * delta(a)[n, j]"
    assert second.text == "delta(W)[j, i] = Sum(delta(z)[n, j] * x[n, i], n)"
    assert third.text == "delta(z)[n, j] = (1 - a[n, j]**2)*delta(a)[n, j]"
    assert fourth.text == "delta(b)[j]  =  Sum(delta(z)[n, j], n)"
    assert tanh(N)  # names that the claims need are looked up where they are written


def test_a_repair_of_the_left_side_is_told() -> None:
    b = perceptron()
    row = check_derivation(b.net, [(b.N * delta(b.o)[b.n, b.j], b.o[b.n, b.j] + b.y[b.n, b.j])]).rows[0]
    assert row.finding == "claim has +y[n, j], derived has -y[n, j]"
    assert row.derivation == ("N·delta(o)[n, j] = o[n, j] - y[n, j]",)
    assert row.element.startswith("N·delta(o)[n, j] at n = ")
