"""Networks that are no stack of layers, each against a NumPy function written by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sympy import Eq, Min, Piecewise, Rational, cos, exp, log, oo, sin, sqrt, tanh

from symbackprop import LogSumExp, Network, Product, ReduceMin, Sum
from symbackprop.functions import relu, sigmoid


def test_kalman_filter(check: Any) -> None:
    net = Network("kalman")
    T = net.dim("T")
    t = net.index("t", (1, T))
    y, a, q, r = net.input("y", (T,)), net.parameter("a", ()), net.parameter("q", ()), net.parameter("r", ())
    m, P, mp, Pp, K, s = net.tensors("m P mp Pp K s")
    m[0] = 0
    P[0] = 1
    mp[t] = a * m[t - 1]
    Pp[t] = a**2 * P[t - 1] + exp(q)
    s[t] = Pp[t] + exp(r)
    K[t] = Pp[t] / s[t]
    m[t] = mp[t] + K[t] * (y[t - 1] - mp[t])
    P[t] = (1 - K[t]) * Pp[t]
    net.loss = Sum(log(s[t]) + (y[t - 1] - mp[t]) ** 2 / s[t], t) / 2
    net.output(m, P)

    def run(y: Any, a: Any, q: Any, r: Any) -> Any:
        m, P, loss, ms, Ps = 0.0, 1.0, 0.0, [0.0], [1.0]
        for value in y:
            mp, Pp = a * m, a * a * P + np.exp(q)
            s = Pp + np.exp(r)
            loss += (np.log(s) + (value - mp) ** 2 / s) / 2
            m, P = mp + Pp / s * (value - mp), (1 - Pp / s) * Pp
            ms.append(m), Ps.append(P)
        return loss, np.array(ms), np.array(Ps)

    check(net, {"T": 5}, lambda **d: run(**d)[0], lambda **d: run(**d)[1:])
    check(net, {"T": 1}, lambda **d: run(**d)[0], lambda **d: run(**d)[1:], verify=False)


def test_crf(check: Any) -> None:
    net = Network("crf")
    T, K = net.dims("T K")
    t, i, k = net.indices(t=(1, T - 1), i=K, k=K)
    u, A, label = net.parameter("u", (T, K)), net.parameter("A", (K, K)), net.input("label", (T,), "int", high=K)
    alpha, score = net.tensors("alpha score")
    alpha[0, k] = u[0, k]
    alpha[t, k] = LogSumExp(alpha[t - 1, i] + A[i, k], i) + u[t, k]
    score[()] = u[0, label[0]] + Sum(u[t, label[t]] + A[label[t - 1], label[t]], t)
    net.loss = LogSumExp(alpha[T - 1, k], k) - score
    net.output(score)

    def run(u: Any, A: Any, label: Any) -> Any:
        T, K = u.shape

        def points(path: Any) -> Any:
            return sum(u[s, path[s]] for s in range(T)) + sum(A[path[s - 1], path[s]] for s in range(1, T))

        return np.log(sum(np.exp(points(path)) for path in np.ndindex(*[K] * T))) - points(label)

    def points(u: Any, A: Any, label: Any) -> Any:
        return np.array(
            sum(u[s, label[s]] for s in range(len(u))) + sum(A[label[s - 1], label[s]] for s in range(1, len(u)))
        )

    for T_ in (3, 1):
        check(net, {"T": T_, "K": 2}, run, points, verify=T_ == 3)


def test_soft_edit_distance(check: Any) -> None:
    net = Network("edit")
    N, M, D = net.dims("N M D")
    i, j, d = net.indices(i=(1, N), j=(1, M), d=D)
    a, b, g = net.parameter("a", (N, D)), net.input("b", (M, D)), net.parameter("g", ())
    c, R = net.tensors("c R")
    c[i, j] = Sum((a[i - 1, d] - b[j - 1, d]) ** 2, d)
    R[0, 0] = 0
    R[i, 0] = i * g
    R[0, j] = j * g
    R[i, j] = -log(exp(-R[i - 1, j - 1] - c[i, j]) + exp(-R[i - 1, j] - g) + exp(-R[i, j - 1] - g))
    net.loss = R[N, M]
    net.output(R)

    def run(a: Any, b: Any, g: Any) -> Any:
        R = np.zeros((len(a) + 1, len(b) + 1))
        for i in range(len(a) + 1):
            for j in range(len(b) + 1):
                if i * j == 0:
                    R[i, j] = (i + j) * g
                else:
                    c = ((a[i - 1] - b[j - 1]) ** 2).sum()
                    R[i, j] = -np.log(
                        np.exp(-R[i - 1, j - 1] - c) + np.exp(-R[i - 1, j] - g) + np.exp(-R[i, j - 1] - g)
                    )
        return R

    check(net, {"N": 3, "M": 4, "D": 2}, lambda **d: run(**d)[-1, -1], run)
    check(net, {"N": 1, "M": 1, "D": 1}, lambda **d: run(**d)[-1, -1], run, verify=False)


def test_hard_edit_distance_by_minima(check: Any) -> None:
    net = Network("levenshtein")
    N, M = net.dims("N M")
    i, j = net.indices(i=(1, N), j=(1, M))
    a, b = net.parameter("a", (N,)), net.parameter("b", (M,))
    R = net.tensor("R")
    R[0, 0] = 0
    R[i, 0] = i
    R[0, j] = j
    R[i, j] = Min(R[i - 1, j - 1] + (a[i - 1] - b[j - 1]) ** 2, R[i - 1, j] + 1, R[i, j - 1] + 1)
    net.loss = R[N, M]

    def run(a: Any, b: Any) -> Any:
        R = np.add.outer(np.arange(len(a) + 1.0), np.arange(len(b) + 1.0))
        for i in range(1, len(a) + 1):
            for j in range(1, len(b) + 1):
                R[i, j] = min(R[i - 1, j - 1] + (a[i - 1] - b[j - 1]) ** 2, R[i - 1, j] + 1, R[i, j - 1] + 1)
        return R[-1, -1]

    check(net, {"N": 4, "M": 3}, run)


def test_ctc_with_int_labels(check: Any) -> None:
    net = Network("ctc")
    T, S, V = net.dims("T S V")
    t, s, v = net.indices(t=(1, T - 1), s=S, v=V)
    u, label = net.parameter("u", (T, V)), net.input("label", (S,), dtype="int", high=V)
    lp, al = net.tensors("lp al")
    r = net.index("r", T)
    lp[r, v] = u[r, v] - LogSumExp(u[r, v], v)
    al[0, s] = Piecewise((lp[0, label[s]], s <= 0), (-oo, True))
    back = net.index("back", (0, 1))
    al[t, s] = lp[t, label[s]] + LogSumExp(Piecewise((al[t - 1, s - back], s >= back), (-oo, True)), back)
    net.loss = -al[T - 1, S - 1]

    def run(u: Any, label: Any) -> Any:
        lp = u - np.log(np.exp(u).sum(1, keepdims=True))
        T, S = len(u), len(label)
        p = np.zeros((T, S))
        p[0, 0] = np.exp(lp[0, label[0]])
        for t in range(1, T):
            for s in range(S):
                p[t, s] = np.exp(lp[t, label[s]]) * (p[t - 1, s] + (p[t - 1, s - 1] if s else 0))
        return -np.log(p[-1, -1])

    check(net, {"T": 5, "S": 3, "V": 4}, run, high=4)


def test_cholesky_by_guarded_sums(check: Any) -> None:
    net = Network("cholesky")
    N = net.dim("N")
    i, j, k = net.indices(i=N, j=N, k=N)
    B, A, L = net.parameter("B", (N, N)), net.tensor("A"), net.tensor("L")
    A[i, j] = Sum(B[i, k] * B[j, k], k) + Piecewise((1, Eq(i, j)), (0, True))
    L[i, j] = Piecewise(
        (sqrt(A[i, i] - Sum(Piecewise((L[i, k] ** 2, k < i), (0, True)), k)), Eq(i, j)),
        ((A[i, j] - Sum(Piecewise((L[i, k] * L[j, k], k < j), (0, True)), k)) / L[j, j], j < i),
        (0, True),
    )
    net.loss = 2 * Sum(log(L[i, i]), i)
    net.output(L)

    def matrix(B: Any) -> Any:
        return B @ B.T + np.eye(len(B))

    check(net, {"N": 4}, lambda B: np.linalg.slogdet(matrix(B))[1], lambda B: np.linalg.cholesky(matrix(B)))
    check(net, {"N": 1}, lambda B: np.linalg.slogdet(matrix(B))[1], verify=False)


def test_runge_kutta(check: Any) -> None:
    net = Network("ode")
    S, D = net.dims("S D")
    s, i, j = net.indices(s=(1, S), i=D, j=D)
    W, x0 = net.parameter("W", (D, D)), net.input("x0", (D,))
    x, k1, k2, k3, k4 = net.tensors("x k1 k2 k3 k4")
    h = Rational(1, 10)
    x[0, i] = x0[i]
    k1[s, i] = tanh(Sum(W[i, j] * x[s - 1, j], j))
    k2[s, i] = tanh(Sum(W[i, j] * (x[s - 1, j] + h / 2 * k1[s, j]), j))
    k3[s, i] = tanh(Sum(W[i, j] * (x[s - 1, j] + h / 2 * k2[s, j]), j))
    k4[s, i] = tanh(Sum(W[i, j] * (x[s - 1, j] + h * k3[s, j]), j))
    x[s, i] = x[s - 1, i] + h / 6 * (k1[s, i] + 2 * k2[s, i] + 2 * k3[s, i] + k4[s, i])
    net.loss = Sum(x[S, i] ** 2, i)
    net.output(x)

    def run(W: Any, x0: Any) -> Any:
        def f(x: Any) -> Any:
            return np.tanh(W @ x)

        xs = [x0]
        for _ in range(6):
            x = xs[-1]
            a = f(x)
            b = f(x + 0.05 * a)
            c = f(x + 0.05 * b)
            xs.append(x + 0.1 / 6 * (a + 2 * b + 2 * c + f(x + 0.1 * c)))
        return np.array(xs)

    check(net, {"S": 6, "D": 3}, lambda **d: (run(**d)[-1] ** 2).sum(), run, keywords=("S",))
    check(net, {"S": 6, "D": 3}, lambda **d: (run(**d)[-1] ** 2).sum(), wrt=["x0", "W"], keywords=("S",), verify=False)


def test_bilinear_form_and_traces(check: Any) -> None:
    net = Network("bilinear")
    N = net.dim("N")
    i, j, k = net.indices(i=N, j=N, k=N)
    A, B, x = net.parameter("A", (N, N)), net.parameter("B", (N, N, N)), net.input("x", (N,))
    tr, q = net.tensors("tr q")
    tr[()] = Sum(A[i, i], i)
    q[()] = Sum(x[i] * A[i, j] * x[j], i, j)
    net.loss = tr**2 * q + Sum(B[i, i, i], i) ** 2 + Sum(B[i, k, i] * A[k, k], i, k) + A[N - 1, 0] * A[0, N - 1]
    net.output(tr, q)

    def run(A: Any, B: Any, x: Any) -> Any:
        return (np.trace(A) ** 2 * (x @ A @ x) + np.einsum("iii", B) ** 2 + np.einsum("iki,kk", B, A)
                + A[-1, 0] * A[0, -1])  # fmt: skip

    for n in (3, 1):
        check(net, {"N": n}, run, lambda A, B, x: (np.trace(A), x @ A @ x), verify=n == 3)


def test_attention_over_its_own_past(check: Any) -> None:
    net = Network("past")
    T, D = net.dims("T D")
    t, s, d, e = net.indices(t=(1, T), s=(0, T), d=D, e=D)
    h0, W = net.parameter("h0", (D,)), net.parameter("W", (D, D))
    h, z, w = net.tensors("h z w")
    h[0, d] = h0[d]
    z[t, s] = Piecewise((Sum(h[t - 1, d] * h[s, d], d), s < t), (-oo, True))
    w[t, s] = exp(z[t, s]) / Sum(exp(z[t, s]), s)
    h[t, d] = tanh(Sum(W[d, e] * Sum(Piecewise((w[t, s] * h[s, e], s < t), (0, True)), s), e) + 1)
    net.loss = Sum(h[T, d] ** 2, d)
    net.output(h)

    def run(h0: Any, W: Any, T: int = 4) -> Any:
        h = [h0]
        for _ in range(T):
            past = np.array(h)
            z = past @ h[-1]
            w = np.exp(z) / np.exp(z).sum()
            h.append(np.tanh(W @ (w @ past) + 1))
        return np.array(h)

    check(net, {"T": 4, "D": 3}, lambda **d: (run(**d)[-1] ** 2).sum(), run, keywords=("T",))


def test_polynomial_features_by_mixed_radix(check: Any) -> None:
    net = Network("features")
    N, C, H, W = net.dims("N C H W")
    n, c, h, w, m = net.indices(n=N, c=C, h=H, w=W, m=C * H * W)
    a, b, e = net.parameter("a", (N, C)), net.parameter("b", (N, H)), net.input("e", (N, W))
    v, flat = net.parameter("v", (C * H * W,)), net.tensor("flat")
    flat[n, (c * H + h) * W + w] = a[n, c] * b[n, h] * e[n, w]
    net.loss = Sum(tanh(Sum(v[m] * flat[n, m], m)), n) + Sum(v[(c * H + h) * W + w] * c * h * w, c, h, w)
    net.output(flat)

    def feature(a: Any, b: Any, e: Any, v: Any) -> Any:
        return np.einsum("nc,nh,nw->nchw", a, b, e).reshape(len(a), -1)

    def run(a: Any, b: Any, e: Any, v: Any) -> Any:
        C, H, W = a.shape[1], b.shape[1], e.shape[1]
        c, h, w = np.indices((C, H, W))
        return np.tanh(feature(a, b, e, v) @ v).sum() + (v * (c * h * w).reshape(-1)).sum()

    check(net, {"N": 2, "C": 3, "H": 2, "W": 5}, run, feature)
    check(net, {"N": 1, "C": 1, "H": 1, "W": 1}, run, feature, verify=False)


def test_interleaved_and_backward_recurrences(check: Any) -> None:
    net = Network("interleaved")
    T = net.dim("T")
    r, t, u = net.indices(r=T, t=(1, T - 1), u=2 * T)
    x, w = net.parameter("x", (T,)), net.parameter("w", (2,))
    f, b, q = net.tensors("f b q")
    f[0] = x[0]
    f[t] = tanh(w[0] * f[t - 1] + x[t])
    b[T - 1] = x[T - 1]
    b[T - 1 - t] = tanh(w[1] * b[T - t] + x[T - 1 - t])
    q[2 * r] = f[r]
    q[2 * r + 1] = b[r] ** 2
    net.loss = Sum(q[u] * (u + 1), u) / T
    net.output(q)

    def run(x: Any, w: Any) -> Any:
        T = len(x)
        f, b = x.copy(), x.copy()
        for t in range(1, T):
            f[t] = np.tanh(w[0] * f[t - 1] + x[t])
            b[T - 1 - t] = np.tanh(w[1] * b[T - t] + x[T - 1 - t])
        return np.stack([f, b**2], 1).reshape(-1)

    for T_ in (5, 1):
        check(net, {"T": T_}, lambda x, w: run(x, w) @ (np.arange(2 * len(x)) + 1) / len(x), run, verify=T_ == 5)


def test_two_dimensional_recurrence_the_other_way(check: Any) -> None:
    net = Network("grid")
    H, W = net.dims("H W")
    i, j = net.indices(i=H, j=W)
    x, g = net.parameter("x", (H, W)), net.tensor("g")
    g[i, j] = sin(x[i, j] + Piecewise((g[i + 1, j], i < H - 1), (0, True)) * Piecewise((g[i, j - 1], j > 0), (1, True)))
    net.loss = Sum(g[i, j], i, j)
    net.output(g)

    def run(x: Any) -> Any:
        g = np.zeros_like(x)
        H, W = x.shape
        for i in reversed(range(H)):
            for j in range(W):
                g[i, j] = np.sin(x[i, j] + (g[i + 1, j] if i < H - 1 else 0) * (g[i, j - 1] if j else 1))
        return g

    check(net, {"H": 3, "W": 4}, lambda x: run(x).sum(), run)
    check(net, {"H": 1, "W": 1}, lambda x: run(x).sum(), run, verify=False)


def test_products_and_leave_one_out(check: Any) -> None:
    net = Network("products")
    N, K = net.dims("N K")
    n, k, j = net.indices(n=N, k=K, j=K)
    x, s = net.parameter("x", (N, K)), net.tensor("s")
    s[n, k] = Product(Piecewise((x[n, j], j < k), (1 - x[n, j], True)), j)
    net.loss = Sum(s[n, k] * (k + 1), n, k) + Product(x[0, j], j) + ReduceMin(Product(x[n, k], k), n)
    net.output(s)

    def part(x: Any) -> Any:
        return np.array([[math.prod([*row[:k], *(1 - row[k:])]) for k in range(len(row))] for row in x])

    def run(x: Any) -> Any:
        return (part(x) * (np.arange(x.shape[1]) + 1)).sum() + x[0].prod() + x.prod(1).min()

    check(net, {"N": 3, "K": 4}, run, part)
    done = check(net, {"N": 2, "K": 3}, run, part, verify=False, prepare=lambda d: d["x"].__setitem__((0, 1), 0))
    assert np.isfinite(done["grads"]["x"]).all()


def test_gru_whose_gates_start_above_zero(check: Any) -> None:
    net = Network("gates")
    T, N, H = net.dims("T N H")
    t, n, k, j = net.indices(t=(1, T), n=N, k=H, j=H)
    x, U = net.input("x", (T, N, H)), net.parameter("U", (2, H, H))
    z, h = net.tensors("z h")
    z[t, n, k] = sigmoid(x[t - 1, n, k] + Sum(U[0, k, j] * h[t - 1, n, j], j))
    h[0, n, k] = 0
    h[t, n, k] = (1 - z[t, n, k]) * h[t - 1, n, k] + z[t, n, k] * tanh(
        Sum(U[1, k, j] * h[t - 1, n, j], j) + cos(t * x[t - 1, n, k])
    )
    net.loss = Sum(relu(h[T, n, k]), n, k)
    net.output(h)

    def run(x: Any, U: Any) -> Any:
        T, N, H = x.shape
        h = [np.zeros((N, H))]
        for t in range(1, T + 1):
            z = 1 / (1 + np.exp(-(x[t - 1] + h[-1] @ U[0].T)))
            h.append((1 - z) * h[-1] + z * np.tanh(h[-1] @ U[1].T + np.cos(t * x[t - 1])))
        return np.array(h)

    check(net, {"T": 4, "N": 2, "H": 3}, lambda **d: np.maximum(run(**d)[-1], 0).sum(), run)
    check(net, {"T": 1, "N": 1, "H": 1}, lambda **d: np.maximum(run(**d)[-1], 0).sum(), run, verify=False)
