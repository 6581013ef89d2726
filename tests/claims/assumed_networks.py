"""Networks with what people assume, and claims about them that are true or false because of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Abs, Eq, KroneckerDelta, Max, Min, Ne, Piecewise, Rational, exp, log, sign, sqrt

from symbackprop import LogSumExp, Mean, Network, Sum, delta
from symbackprop.functions import relu

Case = tuple[Network, list[tuple[Any, Any]], list[tuple[Any, Any]]]  # the network, claims that are true, and false


def vectors(name: str) -> Any:
    """A network with a size N, indices n, m over it, inputs x, y, z and a parameter w of N elements."""
    net = Network(name)
    N = net.dim("N")
    return net, N, *net.indices(n=N, m=N)


def squares(name: str) -> Any:
    net = Network(name)
    D = net.dim("D")
    return net, D, *net.indices(i=D, j=D, k=D)


def tables(name: str) -> Any:
    net = Network(name)
    N, D = net.dims("N D")
    return net, N, D, *net.indices(n=N, d=D, e=D)


def symmetric() -> Case:
    net, D, i, j, k = squares("symmetric")
    x, A = net.parameter("x", (D,)), net.input("A", (D, D))
    net.assume(Eq(A[i, j], A[j, i]))
    net.loss = Sum(x[i] * A[i, j] * x[j], i, j) / 2 + Sum(A[i, j] * A[j, k] * x[k] * x[i], i, j, k)
    first, second = Sum(A[i, j] * x[j], j), Sum(A[i, j] * A[j, k] * x[k], j, k)
    turned = Sum(A[j, i] * x[j], j) + 2 * Sum(A[j, i] * A[k, j] * x[k], j, k)
    return net, [(delta(x)[i], first + 2 * second), (delta(x)[i], turned)], [(delta(x)[i], first + second)]


def antisymmetric() -> Case:
    net, D, i, j, _ = squares("antisymmetric")
    x, y, A = net.parameter("x", (D,)), net.parameter("y", (D,)), net.input("A", (D, D))
    net.assume(Eq(A[i, j], -A[j, i]))
    net.loss = Sum(x[i] * A[i, j] * x[j], i, j) + Sum(x[i] * A[i, j] * y[j], i, j)
    true = [(delta(x)[i], Sum(A[i, j] * y[j], j)), (delta(y)[i], -Sum(A[i, j] * x[j], j))]
    return net, true, [(delta(y)[i], Sum(A[i, j] * x[j], j))]


def labels_of_two() -> Case:
    net, N, D, n, d, e = tables("labels_of_two")
    x, y, w = net.input("x", (N, D)), net.input("y", (N,)), net.parameter("w", (D,))
    net.assume(Eq(y[n] ** 2, 1))
    net.loss = Sum((y[n] * Sum(w[d] * x[n, d], d) - 1) ** 2, n) / 2
    error = Sum(w[e] * x[n, e], e)
    return net, [(delta(w)[d], Sum((error - y[n]) * x[n, d], n))], [(delta(w)[d], Sum((error - 1) * x[n, d], n))]


def signs_of_rank_zero() -> Case:
    net, D, d, e, _ = squares("signs_of_rank_zero")
    x, s, t, w = net.input("x", (D,)), net.input("s", ()), net.input("t", ()), net.parameter("w", (D,))
    net.assume(Eq(s**2, 1))
    net.assume(Eq(t**2, 1))
    net.loss = (s * Sum(w[d] * x[d], d) - t) ** 2 / 2
    right = (Sum(w[e] * x[e], e) - s * t) * x[d]
    false = [right + (1 - s * t) * x[d], right + (1 - s) * (1 - t) * x[d], right + (1 + s) * (1 - t) * x[d]]
    return net, [(delta(w)[d], right)], [(delta(w)[d], each) for each in false]


def masks() -> Case:
    net, N, D, n, d, _ = tables("masks")
    M, v = net.input("M", (N, D)), net.parameter("v", (N, D))
    net.assume(Eq(M[n, d] ** 2, M[n, d]))
    net.loss = Sum((M[n, d] * v[n, d]) ** 3, n, d)
    return net, [(delta(v)[n, d], 3 * M[n, d] * v[n, d] ** 2)], [(delta(v)[n, d], 3 * v[n, d] ** 2)]


def one_hot() -> Case:
    net, N, K, n, k, j = tables("one_hot")
    y, z, p = net.input("y", (N, K)), net.parameter("z", (N, K)), net.tensor("p")
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.assume(Eq(y[n, k] * (1 - y[n, k]), 0))
    p[n, k] = exp(z[n, k] - LogSumExp(z[n, j], j))
    net.loss = -Sum(y[n, k] * log(p[n, k]), n, k) + Sum(Sum(y[n, k] * z[n, k], k) ** 2, n)
    softmax = p[n, k] - y[n, k]
    true = [softmax + 2 * y[n, k] * z[n, k], softmax + 2 * y[n, k] * Sum(y[n, j] * z[n, j], j)]
    return net, [(delta(z)[n, k], each) for each in true], [(delta(z)[n, k], softmax + 2 * z[n, k])]


def probability_rows() -> Case:
    net, N, K, n, k, j = tables("probability_rows")
    y, z = net.input("y", (N, K)), net.parameter("z", (N, K))
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.assume(y[n, k] >= 0)
    net.loss = Sum(LogSumExp(z[n, k], k) - Sum(y[n, k] * z[n, k], k), n) + Sum(Abs(y[n, k]) * z[n, k], n, k)
    p = exp(z[n, k] - LogSumExp(z[n, j], j))
    return net, [(delta(z)[n, k], p)], [(delta(z)[n, k], p - y[n, k])]


def unit_rows() -> Case:
    net, N, D, n, d, e = tables("unit_rows")
    v, w = net.parameter("v", (N, D)), net.input("w", (N, D))
    net.assume(Eq(Sum(v[n, d] ** 2, d), 1))
    net.assume(Eq(Sum(w[n, d] ** 2, d), 1))
    cosine = Sum(v[n, d] * w[n, d], d) / sqrt(Sum(v[n, d] ** 2, d))
    net.loss = Sum(cosine, n) + Sum(Sum((v[n, d] - w[n, d]) ** 2, d) ** 2, n)
    inner = Sum(v[n, e] * w[n, e], e)
    square = 8 * (1 - inner) * (v[n, d] - w[n, d])
    true = square + w[n, d] - inner * v[n, d]
    return net, [(delta(v)[n, d], true)], [(delta(v)[n, d], square + w[n, d]), (delta(v)[n, d], true - square / 2)]


def orthonormal_rows() -> Case:
    net = Network("orthonormal_rows")
    M, D = net.dims("M D")
    i, j, k = net.indices(i=M, j=D, k=M)
    x, Q, z = net.parameter("x", (M,)), net.input("Q", (M, D)), net.tensor("z")
    net.assume(Eq(Sum(Q[i, j] * Q[k, j], j), KroneckerDelta(i, k)))
    z[j] = Sum(Q[i, j] * x[i], i)
    net.loss = Sum(z[j] ** 2, j) / 2
    return net, [(delta(x)[i], x[i])], [(delta(x)[i], -x[i]), (delta(x)[i], 2 * x[i])]


def orthogonal_columns() -> Case:
    net, D, i, j, k = squares("orthogonal_columns")
    x, Q, z = net.parameter("x", (D,)), net.input("Q", (D, D)), net.tensor("z")
    net.assume(Eq(Sum(Q[i, j] * Q[k, j], j), Piecewise((1, Eq(i, k)), (0, True))))
    z[i] = Sum(Q[i, j] * x[j], j)
    net.loss = Sum(z[i] ** 2, i) / 2
    return net, [(delta(x)[i], x[i])], [(delta(x)[i], z[i])]


def reflections() -> Case:
    net, D, i, j, k = squares("reflections")
    x, Q, z = net.parameter("x", (D,)), net.input("Q", (D, D)), net.tensor("z")
    net.assume(Eq(Sum(Q[i, j] * Q[k, j], j), KroneckerDelta(i, k)))
    net.assume(Eq(Q[i, j], Q[j, i]))
    z[i] = Sum(Q[i, j] * x[j], j)
    net.loss = Sum(z[i] ** 2, i) / 2 + Sum(x[i] * z[i], i)
    return net, [(delta(x)[i], x[i] + 2 * z[i])], [(delta(x)[i], x[i] + z[i])]


def centred() -> Case:
    net, N, D, n, d, e = tables("centred")
    x, w, b = net.input("x", (N, D)), net.parameter("w", (D,)), net.parameter("b", ())
    net.assume(Eq(Sum(x[n, d], n), 0))
    net.loss = Sum((Sum(w[d] * x[n, d], d) + b) ** 2, n) / 2
    true = [(delta(b), N * b), (delta(w)[d], Sum(Sum(w[e] * x[n, e], e) * x[n, d], n))]
    return net, true, [(delta(b), b)]


def standardised() -> Case:
    net, N, D, n, d, _ = tables("standardised")
    x, w, b = net.input("x", (N, D)), net.parameter("w", (D,)), net.parameter("b", ())
    net.assume(Eq(Mean(x[n, d], n), 0))
    net.assume(Eq(Mean(x[n, d] ** 2, n), 1))
    net.loss = Sum((w[d] * x[n, d] + b) ** 2, n, d) / 2
    return net, [(delta(w)[d], N * w[d])], [(delta(w)[d], w[d])]


def positive() -> Case:
    net, N, n, _ = vectors("positive")
    x, w = net.parameter("x", (N,)), net.parameter("w", (N,))
    net.assume(x[n] > 0)
    loss = relu(x[n]) * w[n] + Abs(x[n]) * w[n] ** 2 + sign(x[n]) * w[n] ** 3 + Max(x[n], 0) * w[n] ** 4
    net.loss = Sum(loss + sqrt(x[n] ** 2), n)
    right = w[n] + w[n] ** 2 + w[n] ** 4 + 1
    return net, [(delta(x)[n], right)], [(delta(x)[n], right - w[n] ** 4), (delta(x)[n], right + w[n] ** 3)]


def bounded() -> Case:
    net, N, n, _ = vectors("bounded")
    p, w, q = net.parameter("p", (N,)), net.parameter("w", (N,)), net.input("q", (N,))
    net.assume(p[n] > 0)
    net.assume(p[n] < 1)
    net.assume(q[n] <= Rational(1, 2))
    branches = Piecewise((p[n] * w[n], p[n] < 1), (w[n] ** 2, True)) + relu(1 - p[n]) * w[n] ** 3
    net.loss = Sum(branches + Max(q[n], 1) * w[n] + Min(p[n], 2) * w[n] - log(p[n]) - log(1 - p[n]), n)
    right = 2 * w[n] - w[n] ** 3 - 1 / p[n] + 1 / (1 - p[n])
    return net, [(delta(p)[n], right)], [(delta(p)[n], right - w[n]), (delta(p)[n], right + w[n] ** 3)]


def nonnegative() -> Case:
    net, N, n, _ = vectors("nonnegative")
    x, w = net.input("x", (N,)), net.parameter("w", (N,))
    net.assume(x[n] >= 0)
    net.loss = Sum(relu(x[n]) * w[n] + Abs(x[n]) * w[n] ** 2, n)
    return net, [(delta(w)[n], x[n] + 2 * x[n] * w[n])], [(delta(w)[n], x[n] + x[n] * w[n])]


def in_order() -> Case:
    net, N, _, m = vectors("in_order")
    t = net.index("t", (0, N - 2))
    x, w = net.input("x", (N,)), net.parameter("w", (N,))
    net.assume(x[t] <= x[t + 1])
    net.loss = Sum(relu(x[t + 1] - x[t]) * w[t], t) + Sum(w[m] ** 2, m)
    step = Piecewise((x[m + 1] - x[m], m <= N - 2), (0, True))
    return net, [(delta(w)[m], 2 * w[m] + step)], [(delta(w)[m], 2 * w[m]), (delta(w)[m], 2 * w[m] - step)]


def triangular() -> Case:
    net, D, i, j, _ = squares("triangular")
    x, y, L = net.parameter("x", (D,)), net.input("y", (D,)), net.input("L", (D, D))
    net.assume(Eq(Piecewise((L[i, j], j > i), (0, True)), 0))
    net.loss = Sum(y[i] * L[i, j] * x[j], i, j)
    true = Sum(Piecewise((y[i] * L[i, j], i >= j), (0, True)), i)
    return net, [(delta(x)[j], true)], [(delta(x)[j], Sum(Piecewise((y[i] * L[i, j], i > j), (0, True)), i))]


def diagonal() -> Case:
    net, D, i, j, _ = squares("diagonal")
    x, A = net.parameter("x", (D,)), net.input("A", (D, D))
    net.assume(Eq(A[i, j], Piecewise((A[i, i], Eq(i, j)), (0, True))))
    net.loss = Sum(x[i] * A[i, j] * x[j], i, j)
    return net, [(delta(x)[i], 2 * A[i, i] * x[i])], [(delta(x)[i], A[i, i] * x[i])]


def zero_diagonal() -> Case:
    net, D, i, j, _ = squares("zero_diagonal")
    x, A = net.parameter("x", (D,)), net.input("A", (D, D))
    net.assume(Eq(A[i, j], A[j, i]))
    net.assume(Eq(A[i, i], 0))
    net.loss = Sum(x[i] * A[i, j] * x[j], i, j) / 2 + Sum(A[i, i] * x[i], i)
    return net, [(delta(x)[i], Sum(A[i, j] * x[j], j))], [(delta(x)[i], Sum(A[i, j] * x[j], j) + x[i])]


def equal_inputs() -> Case:
    net, N, n, _ = vectors("equal_inputs")
    x, y, w = net.input("x", (N,)), net.input("y", (N,)), net.parameter("w", (N,))
    net.assume(Eq(x[n], y[n]))
    net.loss = Sum(x[n] * y[n] * w[n] ** 2, n)
    return net, [(delta(w)[n], 2 * x[n] ** 2 * w[n])], [(delta(w)[n], 2 * x[n] * w[n])]


def doubly_stochastic() -> Case:
    net, D, i, j, _ = squares("doubly_stochastic")
    x, b, P = net.parameter("x", (D,)), net.parameter("b", (D,)), net.input("P", (D, D))
    net.assume(Eq(Sum(P[i, j], j), 1))
    net.assume(Eq(Sum(P[i, j], i), 1))
    net.assume(P[i, j] >= 0)
    net.loss = Sum(P[i, j] * (x[i] - b[j]) ** 2, i, j) / 2
    true = [(delta(x)[i], x[i] - Sum(P[i, j] * b[j], j)), (delta(b)[j], b[j] - Sum(P[i, j] * x[i], i))]
    return net, true, [(delta(b)[j], b[j] - Sum(P[j, i] * x[i], i))]


def weights_of_mean_one() -> Case:
    net, N, n, _ = vectors("weights_of_mean_one")
    w, m, x = net.input("w", (N,)), net.parameter("m", ()), net.input("x", (N,))
    net.assume(Eq(Sum(w[n], n), N))
    net.loss = Sum(w[n] * (x[n] - m) ** 2, n) / 2
    return net, [(delta(m), N * m - Sum(w[n] * x[n], n))], [(delta(m), m - Sum(w[n] * x[n], n))]


def reciprocal() -> Case:
    net, N, n, _ = vectors("reciprocal")
    a, b, w = net.input("a", (N,)), net.input("b", (N,)), net.parameter("w", (N,))
    net.assume(Eq(a[n] * b[n], 1))
    net.loss = Sum(a[n] * b[n] ** 2 * w[n] ** 2, n) / 2
    return net, [(delta(w)[n], b[n] * w[n]), (delta(w)[n], w[n] / a[n])], [(delta(w)[n], a[n] * w[n])]


def circle() -> Case:
    net, N, n, _ = vectors("circle")
    c, s, w = net.input("c", (N,)), net.input("s", (N,)), net.parameter("w", (N,))
    net.assume(Eq(c[n] ** 2 + s[n] ** 2, 1))
    net.loss = Sum((c[n] * w[n]) ** 2 + (s[n] * w[n]) ** 2, n) / 2
    return net, [(delta(w)[n], w[n])], [(delta(w)[n], c[n] ** 2 * w[n])]


def different_labels() -> Case:
    net, N, K, n, k, _ = tables("different_labels")
    a, b = (net.input(name, (N,), dtype="int", high=K) for name in "ab")
    w = net.parameter("w", (K,))
    net.assume(K >= 2)
    net.assume(Ne(a[n], b[n]))
    net.loss = Sum(Piecewise((w[a[n]] * w[b[n]], Ne(a[n], b[n])), (w[a[n]] ** 3, True)), n)
    first = Piecewise((w[b[n]], Eq(a[n], k)), (0, True))
    second = Piecewise((w[a[n]], Eq(b[n], k)), (0, True))
    return net, [(delta(w)[k], Sum(first + second, n))], [(delta(w)[k], Sum(first, n))]


def laplacian() -> Case:
    net, D, i, j, _ = squares("laplacian")
    x, A = net.parameter("x", (D,)), net.input("A", (D, D))
    net.assume(Eq(A[i, j], A[j, i]))
    net.assume(Eq(Sum(A[i, j], j), 0))
    net.loss = Sum(A[i, j] * (x[i] - x[j]) ** 2, i, j) / 2
    inner = Sum(A[i, j] * x[j], j)
    return net, [(delta(x)[i], -2 * inner)], [(delta(x)[i], 2 * inner)]


def symmetric_in_three() -> Case:
    net, D, i, j, k = squares("symmetric_in_three")
    x, A = net.parameter("x", (D,)), net.input("A", (D, D, D))
    net.assume(Eq(A[i, j, k], A[j, i, k]))
    net.assume(Eq(A[i, j, k], A[i, k, j]))
    net.loss = Sum(A[i, j, k] * x[i] * x[j] * x[k], i, j, k)
    inner = Sum(A[i, j, k] * x[j] * x[k], j, k)
    return net, [(delta(x)[i], 3 * inner)], [(delta(x)[i], inner)]


def half_space() -> Case:
    net, N, D, n, d, e = tables("half_space")
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    net.assume(Sum(x[n, d], d) >= 1)
    net.loss = Sum(relu(Sum(x[n, d], d)) * Sum(w[d] * x[n, d], d), n)
    true = Sum(Sum(x[n, e], e) * x[n, d], n)
    return net, [(delta(w)[d], true)], [(delta(w)[d], Sum(x[n, d], n))]


def enough_of_a_size() -> Case:
    """The size at which it is looked at is the least one that is allowed."""
    net = Network("enough_of_a_size")
    E = net.dim("E")
    e, f = net.indices(e=E, f=E)
    net.assume(E > 2)
    x, t = net.parameter("x", (E,)), net.tensor("t")
    t[e] = Sum(Piecewise((x[f] * x[e], x[f] > x[e]), (0, True)), f)
    net.loss = Sum(relu(t[e]) ** 2, e)
    rows = [(delta(t)[e], 2 * Piecewise((relu(t[e]), t[e] > least), (0, True))) for least in (-3, 3)]
    return net, rows[:1], rows[1:]


CASES: tuple[Callable[[], Case], ...] = (
    symmetric, antisymmetric, labels_of_two, signs_of_rank_zero, masks, one_hot, probability_rows, unit_rows,
    orthonormal_rows, orthogonal_columns, reflections, centred, standardised, positive, bounded, nonnegative,
    in_order, triangular, diagonal, zero_diagonal, equal_inputs, doubly_stochastic, weights_of_mean_one,
    reciprocal, circle, different_labels, laplacian, symmetric_in_three, half_space,
    enough_of_a_size,
)  # fmt: skip
