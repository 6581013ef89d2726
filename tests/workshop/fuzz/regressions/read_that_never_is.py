"""A read behind a guard that never holds may stand before what defines its tensor."""

from sympy import Eq, Max, Min, Mod, Ne, Piecewise, Rational, cos, exp, sin, sinh, sqrt, tanh
from symbackprop import Network, ReduceMin, Sum
from symbackprop.functions import hardsigmoid, hardtanh

net = Network("fuzz_870064")
N = net.dim("N")
M = net.dim("M")
H = net.dim("H")
j = net.index("j", H)
(s,) = net.indices(s=H)
q = net.index("q", (1, N - 1))
y = net.tensor("y")
W = net.parameter("W", (H,), init=1 / sqrt(H))
x = net.input("x", (H, H))
b = net.parameter("b", (H,), init=0.1)
(i,) = net.indices(i=M)
A = net.parameter("A", (M,), init="zeros")
s1 = net.tensor("s1")
D = net.dim("D")
(p,) = net.indices(p=D)
alpha = net.tensor("alpha")
(t,) = net.indices(t=4)
token = net.input("token", (D,), dtype="int", high=M)
U = net.parameter("U", (4,))
beta = net.tensor("beta")
C = net.dim("C")
(u,) = net.indices(u=C)
k = net.index("k", 1)
v = net.index("v", (1, M))
u1 = net.tensor("u1")
(a,) = net.indices(a=1)
x1 = net.input("x1", (1,))
x2 = net.input("x2", (1, C, M + 1))
n = net.index("n", N)
(l,) = net.indices(l=D + 2)
x3 = net.input("x3", (N, N, D + 2))
label = net.input("label", (N,), dtype="int", high=N)
score = net.tensor("score")
h = net.tensor("h")
r = net.index("r", M + 1)
y[0, j] = W[H - 1 - j]
y[q, j] = ReduceMin(y[q - 1, s] + x[j, s], s) + b[j]
s1[i] = sinh(A[i])
alpha[p, j] = hardtanh(
    Piecewise(
        (
            Piecewise(
                (y[N - 1, j], Ne(p, 1)),
                (
                    W[j]
                    * Piecewise(
                        (
                            Piecewise(
                                (Piecewise((s1[j * D + p], j * D + p >= 0), (0, True)), j * D + p < M), (0, True)
                            ),
                            Eq(p, 0),
                        ),
                        (0, True),
                    ),
                    True,
                ),
            ),
            Eq(p, 0),
        ),
        (b[j], True),
    )
)
beta[t] = tanh(Max(Sum(s1[token[D - 1 - p]], p), U[t]))
u1[0, u, k] = 0
u1[v, u, k] = Min(
    Piecewise(
        (x1[k], Eq(Mod(k, 2), 0)),
        (
            sin(
                Sum(x1[0 - k] * u1[v - 1, u, a], a) / 2
                + Piecewise(
                    (Piecewise((s1[M - 1 - v - 1], M - 1 - v - 1 >= 0), (Rational(-1, 2), True)), M - 1 - v - 1 < M),
                    (Rational(-1, 2), True),
                )
            ),
            True,
        ),
    ),
    x2[k, u, k + 1],
)
score[n, l] = hardsigmoid(y[n, 0] / exp(x3[n, label[N - 1 - n], D + 2 - 1 - l]))
h[()] = Sum(x2[k, u, r] * cos(1 * k + 2 * u + 3 * r), k, u, r) + Sum(x1[k] * cos(1 * k), k)
net.output(score, alpha, beta, u1, h)
SIZES = {"N": 2, "M": 3, "H": 5, "D": 1, "C": 4}
