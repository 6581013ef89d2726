"""A scatter of zeros, whose guard had gone with its value, wrote outside of its tensor."""

from sympy import And, Piecewise, cos, sin, tanh
from symbackprop import LogSumExp, Mean, Network, ReduceMax, Sum
from symbackprop.functions import hardsigmoid, hardtanh

net = Network("fuzz_70869")
N = net.dim("N")
M = net.dim("M")
j = net.index("j", M)
(k,) = net.indices(k=N)
(b,) = net.indices(b=M)
W = net.parameter("W", (N, M), init="ones")
A = net.parameter("A", (M,))
alpha = net.tensor("alpha")
H = net.dim("H")
(n,) = net.indices(n=H)
alpha1 = net.tensor("alpha1")
D = net.dim("D")
(l,) = net.indices(l=D)
y = net.tensor("y")
v = net.index("v", (1, H))
o = net.tensor("o")
alpha2 = net.tensor("alpha2")
(t,) = net.indices(t=D)
U = net.parameter("U", (D,), init="zeros")
token = net.input("token", (D,), dtype="int", high=D)
x = net.input("x", (D,))
V = net.parameter("V", (D,), init="zeros")
u = net.index("u", H)
noise = net.random("noise", (H, N, H), "bernoulli", p=0.5)
alpha3 = net.tensor("alpha3")
(a,) = net.indices(a=H + 1)
alpha[j, k] = (
    Sum(
        Piecewise(
            (Piecewise((A[j + 1], j + 1 < M), (0, True)) * W[k + b - 1, j], And(k + b >= 1, k + b - 1 < N)), (0, True)
        ),
        b,
    )
    / 6
)
alpha1[j * H + n] = cos(Sum(alpha[j, k] - alpha[j, N - 1 - k], k))
y[2 * l, n] = alpha1[0]
y[2 * l + 1, n] = alpha1[0] * alpha1[M * H - 1]
o[0, k, l] = Piecewise((y[0, k], k < H), (0, True))
alpha2[0, k, l] = tanh(y[2 * l, 0])
o[v, k, l] = hardtanh(
    Sum(U[l] * alpha2[v - 1, k, t], t) + cos(U[token[l]]) - Piecewise((U[l + 2], l + 2 < D), (0, True)) * U[l]
)
alpha2[v, k, l] = hardsigmoid(Sum(V[l] * alpha2[v - 1, k, t], t) - Sum(x[token[t]] * o[v, k, t], t) + V[l])
alpha3[k, n] = Sum(Piecewise((noise[u + 2, k, u], u + 2 < H), (0, True)) * noise[u, N - 1 - k, n], u)
net.loss = (
    Sum(W[k, j] ** 2, k, j) / 6
    + LogSumExp(x[l], l)
    + Sum(A[j] * cos(1 * j), j)
    + ReduceMax(V[l], l)
    + Sum(U[l] ** 2, l) / 1
    + Sum(sin(token[l]) ** 2, l) / 1
    + Mean(alpha2[a, k, l] * (alpha2[a, k, l] + 1), a, k, l)
    + Sum(alpha3[k, n] * cos(1 * k + 2 * n), k, n)
)
SIZES = {"N": 2, "M": 3, "H": 5, "D": 1}
