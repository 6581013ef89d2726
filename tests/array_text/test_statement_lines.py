"""What each kind of equation is printed as; and that general forms, which no pattern fits, compute what they say."""

import re
import warnings

import pytest
from sympy import Eq, Max, Piecewise, Rational, cos, erf, exp, oo, sqrt, tanh

import symbackprop
from symbackprop import LogSumExp, Network, Product, ReduceMax, Sum
from symbackprop.functions import log_sigmoid, sigmoid, softplus
from symbackprop.sources import program_of
from symbackprop.stages import derived_of
from symbackprop.verify.data import draw
from symbackprop.verify.feasible_sizes import feasible_sizes
from workshop.fuzz.modules import compare_plain, load_module, plain_source, reference_values


def lines_of(net):
    """The statements of the function by what they define, without the numbers of equations."""
    source = symbackprop.generate(net, style="plain")
    body = source[source.index("def loss_and_gradients") :]
    joined = re.sub(r"\(\n\s+|\n\s+\)|(?<=,)\n\s+", lambda found: " " if found[0][0] == "," else found[0].strip(), body)
    return [line.strip().partition("  #")[0] for line in joined.splitlines()]


def agrees(net, seeds=3):
    """The plain module against the interpreter, with warnings as errors, at several sizes."""
    program = program_of(net)
    derived = derived_of(program, symbackprop.derive(net).wrt)
    module = load_module(plain_source(program, derived))
    compared = 0
    for seed in range(seeds):
        sizes = feasible_sizes(program, seed)
        for some in (sizes, dict.fromkeys(sizes, 1), dict.fromkeys(sizes, 4)):
            try:
                data = draw(program, some, seed)
                reference = reference_values(program, derived, some, data)
            except symbackprop.errors.SymbackpropError:
                continue
            if reference is not None:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    compare_plain(module, program, some, data, reference)
                compared += 1
    assert compared
    return True


# --- the nice forms --------------------------------------------------------------------------------------
def one_tensor(define):
    """A network with x (N, D), W (H, D), b (H,) and E (N, D), and a tensor u that `define` gives; its lines."""
    net = Network("net")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, W, b = net.input("x", (N, D)), net.parameter("W", (H, D)), net.parameter("b", (H,))
    u = net.tensor("u")
    axes = define(u, x, W, b, n, i, j, N, D, H)
    net.loss = Sum(u[axes] ** 2, *axes) + Sum(W[j, i] ** 2, j, i) + Sum(b[j] ** 2, j) + Sum(x[n, i], n, i)
    agrees(net)
    return next(line for line in lines_of(net) if line.startswith("u = "))


def _dense(u, x, W, b, n, i, j, *_):
    u[n, j] = Sum(W[j, i] * x[n, i], i) + b[j]
    return n, j


def _transposed(u, x, W, b, n, i, j, *_):
    u[i, n] = x[n, i] * 2
    return i, n


def _row_scaled(u, x, W, b, n, i, j, *_):
    u[j, i] = W[j, i] * b[j]
    return j, i


def _row_sums(u, x, W, b, n, i, j, *_):
    u[j] = Sum(W[j, i], i)
    return (j,)


def _vector(u, x, W, b, n, i, j, *_):
    u[i] = Sum(W[j, i] * b[j], j)
    return (i,)


def _weighted(u, x, W, b, n, i, j, *_):
    u[j] = Sum(W[j, i] ** 2, i) / 2
    return (j,)


def _three(u, x, W, b, n, i, j, *_):
    u[n] = Sum(W[j, i] * x[n, i] * b[j], i, j)
    return (n,)


def _largest(u, x, W, b, n, i, j, *_):
    u[j] = ReduceMax(W[j, i], i)
    return (j,)


def _masked(u, x, W, b, n, i, j, *_):
    u[j, i] = Piecewise((W[j, i], i <= j), (0, True))
    return j, i


def _minus(u, x, W, b, n, i, j, *_):
    u[j, i] = -W[j, i] - b[j]
    return j, i


@pytest.mark.parametrize(
    ("define", "line"),
    [
        (_dense, "u = x @ W.T + b"),
        (_transposed, "u = (2 * x).T"),
        (_row_scaled, "u = b[:, None] * W"),
        (_row_sums, "u = W.sum(axis=1)"),
        (_vector, "u = W.T @ b"),
        (_weighted, "u = np.sum(W**2, axis=1) / 2"),
        (_three, 'u = np.einsum("ji,j,ni->n", W, b, x, optimize=True)'),
        (_largest, "u = W.max(axis=1)"),
        (_masked, "u = np.where(np.arange(H)[:, None] >= np.arange(D), W, 0)"),
        (_minus, "u = -(W + b[:, None])"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_one_expression_an_equation(define, line):
    assert one_tensor(define) == line


# --- what has no form of its own -------------------------------------------------------------------------
def mixed_radix():
    net = Network("net")
    A, B, C = net.dims("A B C")
    a, b, c = net.indices(a=A, b=B, c=C)
    w, flat = net.parameter("w", (A * B * C,), init="normal"), net.tensor("flat")
    flat[(a * B + b) * C + c] = tanh(w[(c * B + b) * A + a])
    k = net.index("k", A * B * C)
    net.loss = Sum(flat[k] * (k + 1), k)
    return net


def diagonal():
    net = Network("net")
    N = net.dim("N")
    i, j = net.indices(i=N, j=N)
    A, d = net.parameter("A", (N, N)), net.tensor("d")
    d[i] = A[i, i] * A[0, i] + A[N - 1 - i, i]
    net.loss = Sum(d[i] * Sum(A[i, j], j), i)
    return net


def strided():
    net = Network("net")
    N, K = net.dims("N K")
    i, k = net.indices(i=N, k=K)
    x, y = net.parameter("x", (2 * N + 3 * K,), init="normal"), net.tensor("y")
    y[i] = Sum(x[2 * i + 3 * k] ** 2 * cos(k), k)
    net.loss = Sum(y[i] * exp(-i), i)
    return net


def padded():
    net = Network("net")
    N, K = net.dims("N K")
    i, k = net.indices(i=N, k=K)
    x, w, y = net.parameter("x", (N,), init="normal"), net.parameter("w", (K,), init="normal"), net.tensor("y")
    y[i] = Sum(Piecewise((x[i + k - 1] * w[k], (i + k >= 1) & (i + k <= N)), (0, True)), k)
    net.loss = Sum(y[i] ** 2, i)
    return net


def backwards():
    net = Network("net")
    T, N = net.dims("T N")
    n, t = net.indices(n=N, t=(0, T - 1))
    x, w, h = net.input("x", (T, N)), net.parameter("w", (), init="ones"), net.tensor("h")
    h[T, n] = 0
    h[t, n] = tanh(w[()] * h[t + 1, n] + x[t, n])
    net.loss = Sum(h[0, n], n)
    return net


def two_axes():
    net = Network("net")
    T, U = net.dims("T U")
    t, u = net.indices(t=(1, T), u=(1, U))
    w, a = net.parameter("w", (T, U), init="normal"), net.tensor("a")
    i, j = net.index("i", (0, T)), net.index("j", (1, U))
    a[i, 0] = 1
    a[0, j] = 1
    a[t, u] = w[t - 1, u - 1] * a[t - 1, u] + a[t, u - 1] / 2
    net.loss = a[T, U]
    return net


def gathered():
    net = Network("net")
    N, M, V, D = net.dims("N M V D")
    n, m, d = net.indices(n=N, m=M, d=D)
    at, E, G = net.input("at", (N, M), dtype="int", high=V), net.parameter("E", (V, D)), net.parameter("G", (D, V, N))
    e = net.tensor("e")
    e[n, m, d] = E[at[n, m], d] * G[d, at[n, m], n] + at[n, m] * cos(at[n, m])
    net.loss = Sum(e[n, m, d] ** 2, n, m, d)
    return net


def vector_scattered():
    """d_w is a vector, added to along an index of two axes, by values of the last alone."""
    net = Network("net")
    N, M, V = net.dims("N M V")
    n, m = net.indices(n=N, m=M)
    at, w, s = net.input("at", (N, M), dtype="int", high=V), net.parameter("w", (V,)), net.tensor("s")
    s[m] = Sum(w[at[n, m]], n)
    net.loss = Sum(s[m] * cos(m), m) + Sum(w[at[N - 1 - n, m]] * (m + 1), n, m)
    return net


def by_equality():
    net = Network("net")
    V, M, H = net.dims("V M H")
    v, m, h = net.indices(v=V, m=M, h=H)
    message, target = net.parameter("message", (M, H)), net.input("target", (M,), dtype="int", high=V)
    total = net.tensor("total")
    total[v, h] = Sum(Piecewise((message[m, h], Eq(target[m], v)), (0, True)), m)
    net.loss = Sum(total[v, h] ** 2, v, h)
    return net


def masked_rows():
    """A row of scores that is masked everywhere has weights of 0."""
    net = Network("net")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    keep, w = net.input("keep", (N, K), dtype="int", high=2), net.parameter("w", (N, K), init="normal")
    s, p = net.tensors("s p")
    s[n, k] = Piecewise((w[n, k], Eq(keep[n, k], 1)), (-oo, True))
    p[n, k] = exp(s[n, k] - LogSumExp(s[n, k], k))
    net.loss = Sum(p[n, k] * cos(k), n, k)
    return net


def choices():
    """A condition on sizes alone; constants; a sum that lacks its index; a number for a tensor."""
    net = Network("net")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    w, c, u, r = net.parameter("w", (N, D)), net.parameter("c", ()), net.tensor("u"), net.tensor("r")
    u[n, i] = Piecewise((w[n, i], N > D), (c[()] * 2, True)) + Sum(c[()], i) + Rational(1, 3)
    r[n, i] = 1
    net.loss = Sum(u[n, i] * r[n, i] + Max(w[n, i], c[()]), n, i) + Product(1 + c[()] ** 2, n)
    return net


def helpers():
    net = Network("net")
    N = net.dim("N")
    n = net.index("n", N)
    w = net.parameter("w", (N,), init="normal")
    net.loss = Sum(erf(w[n]) + sigmoid(w[n]) * softplus(w[n]) + log_sigmoid(w[n]) + sqrt(w[n] ** 2 + 1), n) / sqrt(N)
    return net


def names():
    """Tensors with the names of what the module uses itself."""
    net = Network("net")
    N = net.dim("N")
    n = net.index("n", N)
    max_, erf_, range_ = net.input("max", (N,)), net.parameter("erf", (N,)), net.parameter("range", ())
    sigmoid_, dtype_ = net.tensor("sigmoid"), net.parameter("dtype_", (N,))
    sigmoid_[n] = sigmoid(max_[n] * erf_[n]) + erf(range_[()]) * dtype_[n]
    net.loss = Sum(sigmoid_[n], n)
    return net


def states_and_noise():
    net = Network("net")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    x, g = net.input("x", (N, C)), net.parameter("g", (C,))
    mean, drop = net.buffer("mean", (C,), "zeros"), net.random("drop", (N, C), "bernoulli", p=Rational(1, 2))
    mu, y = net.tensors("mu y")
    mu[c] = Sum(x[n, c], n) / N
    y[n, c] = g[c] * (x[n, c] - mu[c]) * drop[n, c] + mean[c]
    net.update(mean[c], mean[c] * Rational(9, 10) + mu[c] / 10)
    net.loss = Sum(y[n, c] ** 2, n, c)
    net.output(y)
    return net


def layer():
    """Two outputs and no loss: gradients of the inner product with their cotangents."""
    net = Network("net")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, W, y, t = net.input("x", (N, D)), net.parameter("W", (H, D)), *net.tensors("y t")
    y[n, j] = tanh(Sum(W[j, i] * x[n, i], i))
    t[()] = Sum(y[n, j] ** 2, n, j)
    net.output(y, t)
    return net


GENERAL = (
    mixed_radix, diagonal, strided, padded, backwards, two_axes, gathered, vector_scattered, by_equality, masked_rows,
    choices, helpers, names, states_and_noise, layer,
)  # fmt: skip


@pytest.mark.parametrize("make", GENERAL, ids=lambda make: make.__name__)
def test_general_forms(make):
    assert agrees(make())


def test_windows_are_views_and_their_gradients_slices():
    source = symbackprop.generate(strided(), style="plain")
    assert "sliding_window_view(x, 3 * K - 2, axis=0)[:2 * N:2, ::3]" in source
    assert "d_x[2 * i:3 * K + 2 * i:3] += " in source


def test_a_stride_that_is_a_sum_is_bracketed():
    net = Network("net")
    N, S, K = net.dims("N S K")
    i = net.index("i", N + 2 * K + 1)
    x = net.parameter("x", ((N + 2 * K + 1) * (S + 1) + 3 * K + S * S * K,), init="normal")
    y = net.tensor("y")
    y[i] = x[(S + 1) * i + K] ** 2
    net.loss = Sum(i * y[i], i)
    assert agrees(net)
    assert "[K:K + (S + 1) * " in symbackprop.generate(net, style="plain")


def test_a_kernel_on_an_image_is_padded_where_its_size_is_known():
    net = Network("net")
    N = net.dim("N")
    i, k = net.indices(i=N, k=3)
    x, w, y = net.parameter("x", (N,), init="normal"), net.parameter("w", (3,), init="normal"), net.tensor("y")
    y[i] = Sum(Piecewise((x[i + k - 1] * w[k], (i + k >= 1) & (i + k <= N)), (0, True)), k)
    net.loss = Sum(y[i] ** 2, i)
    assert agrees(net)
    source = symbackprop.generate(net, style="plain")
    assert "y = w @ sliding_window_view(np.pad(x, ((1, 1),)), 3, axis=0).T" in source
    assert "d_x += d_x_padded[1:N + 1]" in source


def test_a_sum_over_equalities_is_a_scatter():
    lines = lines_of(by_equality())
    assert "np.add.at(total, target, message)" in lines
    assert any(line.startswith("d_message = ") and "[target]" in line for line in lines)


def test_what_a_branch_reads_is_copied_before_something_is_added():
    """y is x or 0, and the sum over edges is added to y alone."""
    net = Network("copied")
    V, M, N = net.dims("V M N")
    v, m = net.indices(v=V, m=M)
    x, f, w = net.parameter("x", (V,)), net.parameter("f", (M,)), net.parameter("w", (N,))
    to, z, y = net.input("to", (M,), dtype="int", high=V), net.tensor("z"), net.tensor("y")
    z[v] = tanh(x[v])
    y[v] = Piecewise((z[v], N >= 2), (0, True)) + Sum(Piecewise((f[m], Eq(to[m], v)), (0, True)), m)
    n = net.index("n", N)
    net.loss = Sum(y[v] ** 2 + z[v] ** 3, v) + Sum(w[n], n)
    assert agrees(net)


def test_a_mask_of_one_of_each_row_stays_an_expression():
    net = Network("one_of_each")
    N, C = net.dims("N C")
    n, c = net.indices(n=N, c=C)
    z, label = net.parameter("z", (N, C)), net.input("label", (N,), dtype="int", high=C)
    net.loss = Sum(LogSumExp(z[n, c], c) - z[n, label[n]], n)
    assert not any("+=" in line or "-=" in line for line in lines_of(net))
    assert agrees(net)
