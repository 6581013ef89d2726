"""A verdict is true at every seed: claims with a case forgotten are refuted, textbook forms proved away from ties."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sympy import Abs, And, Eq, Max, Min, Ne, Piecewise, exp, log

from symbackprop import LogSumExp, Network, ReduceMax, Sum, check_derivation, delta
from symbackprop.claims import Row, Verdict
from symbackprop.functions import hardtanh, relu

SEEDS = range(2)


def network(*names: str) -> SimpleNamespace:
    """One with indices n over N, and parameters (N,) of these names."""
    net = Network("cases")
    N = net.dim("N")
    parameters = {name: net.parameter(name, (N,)) for name in names}
    return SimpleNamespace(net=net, N=N, n=net.index("n", N), **parameters)


def rows(b: SimpleNamespace, element: object, value: object) -> list[Row]:
    return [check_derivation(b.net, [(element, value)], seed=seed).rows[0] for seed in SEEDS]


def refuted(b: SimpleNamespace, element: object, value: object) -> list[Row]:
    found = rows(b, element, value)
    assert [row.verdict for row in found] == [Verdict.REFUTED] * len(found), found
    return found


def proved(b: SimpleNamespace, element: object, value: object) -> list[str]:
    found = rows(b, element, value)
    assert [row.verdict for row in found] == [Verdict.PROVED] * len(found), found
    return [row.note for row in found]


def two_labels(same: bool) -> tuple[SimpleNamespace, object]:
    b = network("z")
    y, q = (b.net.input(name, (b.N,), dtype="int", high=40) for name in "yq")
    both = And(Eq(y[b.n], 0), Eq(q[b.n], 0))
    b.net.loss = Sum(Piecewise((0, both), (b.z[b.n] ** 2 / 2, True)), b.n)
    return b, Piecewise((0, both), (b.z[b.n], True)) if same else b.z[b.n]


def test_two_rare_labels_at_once() -> None:
    b, forgotten = two_labels(same=False)
    refuted(b, delta(b.z)[b.n], forgotten)
    b, right = two_labels(same=True)
    proved(b, delta(b.z)[b.n], right)


def test_a_margin_on_the_rows_of_one_label() -> None:
    b = network("z")
    n, z, y = b.n, b.z, b.net.input("y", (b.N,), dtype="int", high=2)
    b.net.loss = Sum((1 - y[n]) * Max(0, 1 - z[n]) ** 2 / 2 + y[n] * z[n] ** 2, n)
    found = refuted(b, delta(z)[n], 2 * y[n] * z[n] - (1 - y[n]) * (1 - z[n]))
    assert {row.finding for row in found} == {"the condition [1 - z[n] > 0] is missing"}
    inside = Piecewise((1 - z[n], z[n] < 1), (0, True))
    proved(b, delta(z)[n], 2 * y[n] * z[n] - (1 - y[n]) * inside)


def test_a_margin_that_is_an_input() -> None:
    b = network("z")
    n, z, m = b.n, b.z, b.net.input("m", ())
    y = b.net.input("y", (b.N,), dtype="int", high=2)
    b.net.loss = Sum(y[n] * z[n] ** 2 / 2 + (1 - y[n]) * relu(m - z[n]) ** 2 / 2, n)
    refuted(b, delta(z)[n], y[n] * z[n] - (1 - y[n]) * (m - z[n]))
    proved(b, delta(z)[n], y[n] * z[n] - (1 - y[n]) * relu(m - z[n]))


def test_padding() -> None:
    net = Network("padding")
    N = net.dim("N")
    n, v, u = net.indices(n=N, v=7, u=7)
    z, y, p = net.parameter("z", (N, 7)), net.input("y", (N,), dtype="int", high=7), net.tensor("p")
    p[n, v] = exp(z[n, v] - LogSumExp(z[n, u], u))
    net.loss = Sum(Piecewise((0, Eq(y[n], 0)), (LogSumExp(z[n, v], v) - z[n, y[n]], True)), n)
    net.output(p)
    b, right = SimpleNamespace(net=net), p[n, v] - Piecewise((1, Eq(v, y[n])), (0, True))
    refuted(b, delta(z)[n, v], right)
    proved(b, delta(z)[n, v], Piecewise((0, Eq(y[n], 0)), (right, True)))


def test_beyond_the_data_that_are_drawn_first() -> None:
    b = network("f", "g", "h")
    n, y = b.n, b.net.input("y", (b.N,))
    huber = Piecewise((b.h[n] ** 2 / 2, Abs(b.h[n]) <= 3), (3 * Abs(b.h[n]) - 4.5, True))
    b.net.loss = Sum(Max(0, 1 - y[n] * b.f[n]) + y[n] * hardtanh(b.g[n]) + huber, n)
    for forgotten in ((delta(b.f)[n], -y[n]), (delta(b.g)[n], y[n]), (delta(b.h)[n], b.h[n])):
        refuted(b, *forgotten)
    proved(b, delta(b.f)[n], Piecewise((-y[n], y[n] * b.f[n] < 1), (0, True)))
    proved(b, delta(b.g)[n], Piecewise((y[n], And(b.g[n] > -1, b.g[n] < 1)), (0, True)))
    proved(b, delta(b.h)[n], Max(-3, Min(b.h[n], 3)))


def test_a_repair_holds_at_all_sizes_and_on_both_sides_of_a_clip() -> None:
    b = network("logp")
    n, old, A, r = b.n, b.net.input("old", (b.N,)), b.net.input("A", (b.N,)), b.net.tensor("r")
    r[n] = exp(b.logp[n] - old[n])
    b.net.loss = -Sum(Min(r[n] * A[n], Min(Max(r[n], 0.8), 1.2) * A[n]), n) / b.N
    for row in refuted(b, delta(b.logp)[n], -A[n] * r[n] / b.N):
        assert "2/N" not in row.repaired
    inside = And(A[n] > 0, r[n] < 1.2) | And(A[n] < 0, r[n] > 0.8)
    notes = proved(b, delta(b.logp)[n], Piecewise((-A[n] * r[n] / b.N, inside), (0, True)))
    assert all(note.startswith("away from ties, exactly, modulo a prime, at N=") for note in notes)


def test_a_repair_is_not_taken_from_where_the_hinge_is_off() -> None:
    net = Network("off")
    D = net.dim("D")
    d = net.index("d", D)
    a, p, q = net.parameter("a", (D,)), net.input("p", (D,)), net.input("q", (D,))
    gap = Sum((a[d] - p[d]) ** 2, d) - Sum((a[d] - q[d]) ** 2, d) + 1
    net.loss = Max(0, gap)
    for row in refuted(SimpleNamespace(net=net), delta(a)[d], 2 * (q[d] - p[d])):
        assert row.finding.startswith("the condition [")
        assert "> 0]·" in row.repaired


def test_the_textbook_indicator_of_a_hinge() -> None:
    net = Network("triplet")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    a, p, q, m = *(net.parameter(name, (N, D)) for name in "apq"), net.input("m", ())
    near, far = net.tensors("near far")
    near[n], far[n] = Sum((a[n, d] - p[n, d]) ** 2, d), Sum((a[n, d] - q[n, d]) ** 2, d)
    net.loss = Sum(Max(0, near[n] - far[n] + m), n)
    claim = Piecewise((2 * (q[n, d] - p[n, d]), near[n] - far[n] + m > 0), (0, True))
    for note in proved(SimpleNamespace(net=net), delta(a)[n, d], claim):
        assert note.startswith("away from ties, exactly, modulo a prime, at N=")
        assert note.endswith("where m + near[n] - far[n] = 0, the claim follows another convention")


@pytest.mark.parametrize("strict", [True, False])
def test_conventions_of_every_kink(strict: bool) -> None:
    b = network("w", "v", "u")
    n, over = b.n, (lambda left, right: left > right) if strict else (lambda left, right: left >= right)
    b.net.loss = Sum(relu(b.w[n]) + 2 * Abs(b.v[n]) + Min(b.u[n], 4), n)
    proved(b, delta(b.w)[n], Piecewise((1, over(b.w[n], 0)), (0, True)))
    proved(b, delta(b.v)[n], Piecewise((2, over(b.v[n], 0)), (-2, True)))
    proved(b, delta(b.u)[n], Piecewise((1, over(4, b.u[n])), (0, True)))
    refuted(b, delta(b.u)[n], Piecewise((1, over(5, b.u[n])), (0, True)))


def test_the_whole_gradient_to_one_of_those_that_tie() -> None:
    net = Network("pool")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, h = net.parameter("x", (N, K)), net.tensor("h")
    h[n] = ReduceMax(x[n, k], k)
    net.loss = Sum(h[n] ** 2, n)
    b = SimpleNamespace(net=net)
    for note in proved(b, delta(x)[n, k], Piecewise((2 * h[n], Eq(x[n, k], h[n])), (0, True))):
        assert note.startswith("away from ties")
    refuted(b, delta(x)[n, k], 2 * h[n])


def test_no_convention_where_nothing_ties() -> None:
    """The claim alone has a case at w = 3; the network is smooth there."""
    b = network("w")
    b.net.loss = Sum(b.w[b.n] ** 2, b.n)
    refuted(b, delta(b.w)[b.n], Piecewise((1, Eq(b.w[b.n], 3)), (2 * b.w[b.n], True)))
    proved(b, delta(b.w)[b.n], Piecewise((6, Eq(b.w[b.n], 3)), (2 * b.w[b.n], True)))


def test_a_plain_logarithm() -> None:
    net = Network("logarithm")
    D = net.dim("D")
    i, j = net.indices(i=D, j=D)
    L = net.parameter("L", (D,))
    net.loss = Sum(L[i], i) ** 2 + Sum(log(L[i]), i)
    below = Sum(Piecewise((L[j], j <= i), (0, True)), j)
    above = Sum(Piecewise((L[j], j > i), (0, True)), j)
    proved(SimpleNamespace(net=net), delta(L)[i], 2 * (below + above) + 1 / L[i])


def test_rows_that_were_taken_to_add_to_one() -> None:
    net = Network("unstated")
    N, C = net.dims("N C")
    n, c, k = net.indices(n=N, c=C, k=C)
    z, Y, P = net.parameter("z", (N, C)), net.input("Y", (N, C)), net.tensor("P")
    P[n, c] = exp(z[n, c] - LogSumExp(z[n, k], k))
    net.loss = -Sum(Y[n, c] * log(P[n, c]), n, c)
    for row in refuted(SimpleNamespace(net=net), delta(z)[n, c], P[n, c] - Y[n, c]):
        assert row.finding == "true under net.assume(Eq(Sum(Y[n, c], c), 1))"
        assert row.mistake == "ASSUMED"


def test_a_label_that_small_sizes_leave_out() -> None:
    net = Network("padding")
    N, C = net.dims("N C")
    n, c, k = net.indices(n=N, c=C, k=C)
    z, y, p = net.parameter("z", (N, C)), net.input("y", (N,), dtype="int", high=C), net.tensor("p")
    p[n, c] = exp(z[n, c] - LogSumExp(z[n, k], k))
    net.loss = Sum(Piecewise((0, Eq(y[n], 3)), (LogSumExp(z[n, c], c) - z[n, y[n]], True)), n)
    net.output(p)
    refuted(SimpleNamespace(net=net), delta(z)[n, c], p[n, c] - Piecewise((1, Eq(c, y[n])), (0, True)))


def test_labels_that_are_bound_to_each_other() -> None:
    b = network("z")
    n, (y, q) = b.n, (b.net.input(name, (b.N,), dtype="int", high=900) for name in "yq")
    both = And(Eq(2 * y[n], 734), Eq(y[n] + q[n], 999))
    b.net.loss = Sum(Piecewise((0, both), (b.z[n] ** 2 / 2, True)), n)
    refuted(b, delta(b.z)[n], b.z[n])
    proved(b, delta(b.z)[n], Piecewise((0, both), (b.z[n], True)))


def test_a_count_that_is_small_at_small_sizes() -> None:
    b = network("z")
    n, y, count = b.n, b.net.input("y", (b.N,), dtype="int", high=3), b.net.tensor("count")
    count[()] = Sum(Piecewise((1, y[n] > 0), (0, True)), n)
    b.net.loss = Piecewise((Sum(b.z[n] ** 2, n) / 2, count <= 9), (0, True))
    for row in rows(b, delta(b.z)[n], b.z[n]):
        assert row.verdict is not Verdict.PROVED
        assert row.verdict is Verdict.REFUTED or "one case of the condition [9 ≥ count] never came up" in row.note
    proved(b, delta(b.z)[n], Piecewise((b.z[n], count <= 9), (0, True)))
    b = network("z")
    n, y, count = b.n, b.net.input("y", (b.N,), dtype="int", high=3), b.net.tensor("count")
    count[()] = Sum(Piecewise((1, y[n] > 0), (0, True)), n)
    b.net.loss = Sum(Piecewise((b.z[n] ** 2, y[n] > 0), (0, True)), n) / (2 * Max(1, count))
    proved(b, delta(b.z)[n], Piecewise((b.z[n] / Max(count, 1), Ne(y[n], 0)), (0, True)))


def test_the_clipped_objective_as_its_paper_has_it() -> None:
    """J. Schulman et al., Proximal policy optimization algorithms (2017), equation 7."""
    b = network("logp")
    n, old, A, r = b.n, b.net.input("old", (b.N,)), b.net.input("A", (b.N,)), b.net.tensor("r")
    r[n] = exp(b.logp[n] - old[n])
    b.net.loss = -Sum(Min(r[n] * A[n], Min(Max(r[n], 0.8), 1.2) * A[n]), n) / b.N
    off = (0, And(A[n] > 0, r[n] > 1.2)), (0, And(A[n] < 0, r[n] < 0.8))
    proved(b, delta(b.logp)[n], -Piecewise(*off, (A[n] * r[n], True)) / b.N)
    refuted(b, delta(b.logp)[n], -Piecewise(off[0], (A[n] * r[n], True)) / b.N)
