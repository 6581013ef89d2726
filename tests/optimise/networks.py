"""Networks on which a pass has something to do, with sizes at which their gradients are counted out exactly."""

from sympy import Piecewise, exp, tanh

from symbackprop import Network, Sum
from symbackprop.functions import relu
from tests.terms.exact import gradients


def perceptron():
    net = Network("perceptron")
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    x, W, b, V = net.input("x", (N, D)), net.parameter("W", (H, D)), net.parameter("b", (H,)), net.parameter("V", (H,))
    z, a, u = net.tensors("z a u")
    z[n, j] = Sum(W[j, i] * x[n, i], i) + b[j]
    a[n, j] = tanh(z[n, j])
    u[n] = Sum(V[j] * a[n, j], j)
    net.loss = Sum((u[n] - 1) ** 2, n) / N
    return net, ({"N": 2, "D": 3, "H": 2}, {"N": 1, "D": 1, "H": 3})


def residual():
    """Both branches of a sum have the δ of the sum."""
    net = Network("residual")
    N, D = net.dims("N D")
    n, i, j = net.indices(n=N, i=D, j=D)
    x, W, w = net.input("x", (N, D)), net.parameter("W", (D, D)), net.parameter("w", (D,))
    h, y, a = net.tensors("h y a")
    h[n, i] = w[i] * x[n, i]
    a[n, i] = relu(Sum(W[i, j] * h[n, j], j))
    y[n, i] = h[n, i] + a[n, i]
    net.loss = Sum(y[n, i] ** 2, n, i) / (2 * N)
    return net, ({"N": 2, "D": 2}, {"N": 3, "D": 1})


def attention():
    """Σ_s d_w·w is Σ_k d_o·o."""
    net = Network("attention")
    T, S, K = net.dims("T S K")
    t, s, r, k = net.indices(t=T, s=S, r=S, k=K)
    q, v = net.parameter("q", (T, S)), net.parameter("v", (S, K))
    w, o = net.tensors("w o")
    w[t, s] = exp(q[t, s]) / Sum(exp(q[t, r]), r)
    o[t, k] = Sum(w[t, s] * v[s, k], s)
    net.loss = Sum(o[t, k] ** 2, t, k)
    return net, ({"T": 2, "S": 3, "K": 2}, {"T": 1, "S": 2, "K": 3})


def averages():
    """By a reciprocal that has a name."""
    net = Network("averages")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, y = net.parameter("x", (N, K)), net.input("y", (N, K))
    r, a = net.tensors("r a")
    r[n] = 1 / Sum(x[n, k] ** 2, k)
    a[n, k] = x[n, k] * r[n]
    net.loss = Sum(a[n, k] * y[n, k], n, k)
    return net, ({"N": 2, "K": 3}, {"N": 1, "K": 1})


def masked():
    """A factor that a branch makes zero, beside a reciprocal."""
    net = Network("masked")
    (N,) = net.dims("N")
    (n,) = net.indices(n=N)
    x, y = net.parameter("x", (N,)), net.input("y", (N,))
    m, p = net.tensors("m p")
    m[n] = Piecewise((1, y[n] > 0), (0, True))
    p[n] = 1 / x[n]
    net.loss = Sum(m[n] * p[n], n)
    return net, ({"N": 4}, {"N": 1})


def window():
    """A convolution: its δ is scattered."""
    net = Network("window")
    L, K = net.dims("L K")
    net.assume(L - K >= 0)
    k = net.index("k", K)
    p = net.index("p", L - K + 1)
    x, w = net.parameter("x", (L,)), net.parameter("w", (K,))
    z, a = net.tensors("z a")
    z[p] = Sum(w[k] * x[p + k], k)
    a[p] = tanh(z[p])
    net.loss = Sum(a[p] ** 2 + tanh(a[p]), p)
    return net, ({"L": 5, "K": 2}, {"L": 3, "K": 3})


def recurrence():
    net = Network("recurrence")
    T, H = net.dims("T H")
    t, i, j = net.index("t", (1, T)), net.index("i", H), net.index("j", H)
    U, x = net.parameter("U", (H, H)), net.input("x", (T, H))
    h = net.tensor("h")
    h[0, i] = 0
    h[t, i] = tanh(x[t - 1, i] + Sum(U[i, j] * h[t - 1, j], j))
    net.loss = Sum(h[T, i] ** 2, i)
    return net, ({"T": 3, "H": 2}, {"T": 1, "H": 2})


NETWORKS = {each.__name__: each for each in (perceptron, residual, attention, averages, masked, window, recurrence)}


def same_gradients(before, after, every):
    """Whether two derivations have the same gradients at each of the sizes, counted out exactly."""
    return all(gradients(after, sizes, seed) == gradients(before, sizes, seed) for seed, sizes in enumerate(every))
