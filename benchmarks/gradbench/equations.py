"""The evaluations as equations."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import combinations
from typing import Any

from sympy import Eq, Piecewise, Rational, cos, exp, log, pi, sign, sin, sqrt, tanh

from symbackprop import LogSumExp, Network, ReduceMin, Sum
from symbackprop.functions import sigmoid


def gmm() -> Network:
    """log p(x | α, μ, Q) + log p(Q), up to the constants of the Wishart density.

    Q_k is lower triangular with exp q_k on its diagonal; Q_kᵀ Q_k is the precision of component k, and Wishart with
    D + m + 1 degrees of freedom and scale 1/γ².
    """
    net = Network("gmm")
    N, D, K = net.dims("N D K")
    n, i, j, k = net.indices(n=N, i=D, j=D, k=K)
    x, gamma, m = net.input("x", (N, D)), net.input("gamma", ()), net.input("m", ())
    alpha, mu = net.parameter("alpha", (K,)), net.parameter("mu", (K, D))
    q, lower = net.parameter("q", (K, D)), net.parameter("lower", (K, D, D))
    d, u, log_det, beta, prior = net.tensors("d u log_det beta prior")
    d[n, k, i] = x[n, i] - mu[k, i]
    u[n, k, i] = exp(q[k, i]) * d[n, k, i] + Sum(Piecewise((lower[k, i, j] * d[n, k, j], j < i), (0, True)), j)
    log_det[k] = Sum(q[k, i], i)
    beta[n, k] = alpha[k] + log_det[k] - Sum(u[n, k, i] ** 2, i) / 2
    square = Sum(exp(2 * q[k, i]), i) + Sum(Piecewise((lower[k, i, j] ** 2, j < i), (0, True)), i, j)
    prior[k] = m * log_det[k] - gamma**2 / 2 * square
    likelihood = Sum(LogSumExp(beta[n, k], k), n) - N * (D * log(2 * pi) / 2 + LogSumExp(alpha[k], k))
    net.loss = likelihood + Sum(prior[k], k)
    return net


def kmeans() -> Network:
    net = Network("kmeans")
    N, K, D = net.dims("N K D")
    n, k, d = net.indices(n=N, k=K, d=D)
    point, centroid = net.input("point", (N, D)), net.parameter("centroid", (K, D))
    distance = net.tensor("distance")
    distance[n, k] = Sum((point[n, d] - centroid[k, d]) ** 2, d)
    net.loss = Sum(ReduceMin(distance[n, k], k), n)
    return net


def lstm() -> Network:
    """Layers l over characters t; gates read the layer below or the state before, feature by feature."""
    net = Network("lstm")
    T, L, H = net.dims("T L H")
    net.assume(T >= 2)
    t, l, j = net.indices(t=(1, T - 1), l=(1, L), j=H)
    W, b, extra = net.parameter("W", (L, 4, H)), net.parameter("b", (L, 4, H)), net.parameter("extra", (3, H))
    state, sequence = net.input("state", (L, 2, H)), net.input("sequence", (T, H))
    h, c, y = net.tensors("h c y")
    r = net.index("r", L)
    h[0, r + 1, j], c[0, r + 1, j] = state[r, 0, j], state[r, 1, j]
    h[t, 0, j] = sequence[t - 1, j] * extra[0, j]
    h[0, 0, j] = 0  # not read

    def gate(place: int, read: Any) -> Any:
        return read * W[l - 1, place, j] + b[l - 1, place, j]

    below, before = h[t, l - 1, j], h[t - 1, l, j]
    c[t, l, j] = c[t - 1, l, j] * sigmoid(gate(0, below)) + sigmoid(gate(1, before)) * tanh(gate(3, before))
    h[t, l, j] = sigmoid(gate(2, below)) * tanh(c[t, l, j])
    y[t, j] = h[t, L, j] * extra[1, j] + extra[2, j]
    total = log(2 + Sum(exp(y[t, j]), j))  # the 2 is the evaluation's
    net.loss = -Sum(Sum(sequence[t, j] * y[t, j], j) - Sum(sequence[t, j], j) * total, t) / ((T - 1) * H)
    return net


def llsq() -> Network:
    net = Network("llsq")
    N, M = net.dims("N M")
    net.assume(N >= 2)
    i, j = net.indices(i=N, j=M)
    x, (t, fit) = net.parameter("x", (M,)), net.tensors("t fit")
    t[i] = 2 * i / (N - 1) - 1
    fit[i] = Sum(x[j] * t[i] ** j, j)
    net.loss = Sum((sign(t[i]) - fit[i]) ** 2, i) / 2
    return net


def lse() -> Network:
    net = Network("lse")
    N = net.dim("N")
    i = net.index("i", N)
    x = net.parameter("x", (N,))
    net.loss = log(Sum(exp(x[i]), i))
    return net


def ode() -> Network:
    """y₀' = x₀, yᵢ' = xᵢ yᵢ₋₁ from y = 0, to the time 2 in S steps of the classical Runge-Kutta method."""
    net = Network("ode")
    N, S = net.dims("N S")
    i, s = net.indices(i=N, s=S)
    x, y, step = net.parameter("x", (N,)), net.tensor("y"), Rational(2) / S
    y[0, i] = 0
    slope: Any = None
    slopes = []
    for stage, passed in enumerate((0, Rational(1, 2), Rational(1, 2), 1), start=1):
        u, k = net.tensors(f"u{stage} k{stage}")
        u[s, i] = y[s, i] + (0 if slope is None else passed * step * slope[s, i])
        k[s, i] = x[i] * Piecewise((u[s, i - 1], i > 0), (1, True))
        slope = k
        slopes.append(k[s, i])
    k1, k2, k3, k4 = slopes
    y[s + 1, i] = y[s, i] + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    net.loss = y[S, N - 1]
    return net


@cache
def det(L: int) -> Network:
    """Each minor of the last rows is a scalar of its own, expanded along its first row."""
    net = Network("det")
    A = net.parameter("A", (L, L))
    minors: dict[tuple[int, ...], Any] = {(column,): A[L - 1, column] for column in range(L)}
    for size in range(2, L + 1):
        for columns in combinations(range(L), size):
            expanded = sum(
                (-1) ** place * A[L - size, column] * minors[columns[:place] + columns[place + 1 :]]
                for place, column in enumerate(columns)
            )
            if size == L:
                net.loss = expanded
                break
            minor = net.tensor("M" + "_".join(map(str, columns)))
            minor[()] = expanded
            minors[columns] = minor
    return net


def ba() -> Network:
    """A layer: each observation has its camera and point to itself, so that a cotangent of ones gives the Jacobian's
    blocks of all observations at once."""
    net = Network("ba")
    P = net.dim("P")
    p, a, e = net.indices(p=P, a=3, e=2)
    camera, point = net.parameter("camera", (P, 11)), net.parameter("point", (P, 3))
    weight, feature = net.parameter("weight", (P,)), net.input("feature", (P, 2))
    d, angle2, angle, axis, cross, along, turned = net.tensors("d angle2 angle axis cross along turned")
    flat, square, error, weight_error = net.tensors("flat square error weight_error")
    d[p, a] = point[p, a] - camera[p, 3 + a]
    angle2[p] = Sum(camera[p, a] ** 2, a)
    angle[p] = Piecewise((sqrt(angle2[p]), angle2[p] > 0), (0, True))
    axis[p, a] = Piecewise((camera[p, a] / angle[p], angle2[p] > 0), (camera[p, a], True))
    for place in range(3):
        following, last = (place + 1) % 3, (place + 2) % 3
        cross[p, place] = axis[p, following] * d[p, last] - axis[p, last] * d[p, following]
    along[p] = Sum(axis[p, a] * d[p, a], a) * (1 - cos(angle[p]))
    rotated = d[p, a] * cos(angle[p]) + cross[p, a] * sin(angle[p]) + axis[p, a] * along[p]
    turned[p, a] = Piecewise((rotated, angle2[p] > 0), (d[p, a] + cross[p, a], True))
    flat[p, e] = turned[p, e] / turned[p, 2]
    square[p] = Sum(flat[p, e] ** 2, e)
    distorted = flat[p, e] * (1 + camera[p, 9] * square[p] + camera[p, 10] * square[p] ** 2)
    error[p, e] = weight[p] * (distorted * camera[p, 6] + camera[p, 7 + e] - feature[p, e])
    weight_error[p] = 1 - weight[p] ** 2
    net.output(error, weight_error)
    return net


def ht() -> Network:
    """A layer: the bones' frames from the root on, the vertices that they carry, points on triangles between these."""
    net = Network("ht")
    B, V, P, Z = net.dims("B V P Z")
    b, v, p, r, s, k, a, c, e = net.indices(b=B, v=V, p=P, r=4, s=4, k=4, a=3, c=3, e=3)
    theta, u = net.parameter("theta", (Z,)), net.parameter("u", (P, 2))
    net.assume(Z >= 6)
    slot = net.input("slot", (B, 3), dtype="int", high=Z)
    bends = net.input("bends", (B, 3), dtype="int", high=2)
    parent = net.input("parent", (B,), dtype="int", high=B)
    base, inverse = net.input("base", (B, 4, 4)), net.input("inverse", (B, 4, 4))
    position, skin = net.input("position", (V, 4)), net.input("skin", (V, B))
    corner, measured = net.input("corner", (P, 3), dtype="int", high=V), net.input("measured", (P, 3))
    angle, turn, relative, absolute, carried = net.tensors("angle turn relative absolute carried")
    length, axis, rotation, local, vertex, place, error = net.tensors("length axis rotation local vertex place error")

    angle[b, c] = Piecewise((theta[slot[b, c]], Eq(bends[b, c], 1)), (0, True))
    (cx, sx), (cz, sz), (cy, sy) = ((cos(angle[b, axis_]), sin(angle[b, axis_])) for axis_ in range(3))
    rows = (
        (cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx, 0),
        (sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx, 0),
        (-sy, cy * sx, cy * cx, 0),
        (0, 0, 0, 1),
    )
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            turn[b, row, column] = value
    relative[b, r, s] = Sum(base[b, r, k] * turn[b, k, s], k)
    through = Sum(absolute[parent[b], r, k] * relative[b, k, s], k)
    absolute[b, r, s] = Piecewise((through, parent[b] < b), (relative[b, r, s], True))
    carried[b, r, s] = Sum(absolute[b, r, k] * inverse[b, k, s], k)
    local[v, a] = Sum(skin[v, b] * carried[b, a, k] * position[v, k], b, k)

    length[()] = sqrt(Sum(theta[a] ** 2, a))
    axis[a] = theta[a] / length
    x, y, z, cosine, sine = axis[0], axis[1], axis[2], cos(length), sin(length)
    signs = ((0, -z, y), (z, 0, -x), (-y, x, 0))
    for row in range(3):
        for column in range(3):
            same = cosine if row == column else 0
            rotation[row, column] = axis[row] * axis[column] * (1 - cosine) + same + signs[row][column] * sine
    vertex[v, a] = Sum(rotation[a, e] * local[v, e], e) + theta[3 + a]
    place[p, a] = (
        u[p, 0] * vertex[corner[p, 0], a]
        + u[p, 1] * vertex[corner[p, 1], a]
        + (1 - u[p, 0] - u[p, 1]) * vertex[corner[p, 2], a]
    )
    error[p, a] = measured[p, a] - place[p, a]
    net.output(error)
    return net


NETWORKS: dict[str, Callable[..., Network]] = {
    network.__name__: network for network in (gmm, kmeans, lstm, llsq, lse, ode, det, ba, ht)
}
