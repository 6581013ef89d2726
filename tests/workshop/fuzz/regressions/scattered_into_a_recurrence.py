"""A scatter `+=` into the adjoint of a recurrence that was assigned with `=`: the two had no order."""

from sympy import Abs, And, Ne, Piecewise, Rational, acos, cos, cot, erfc, sech, tanh

from symbackprop import Network, ReduceMax, Sum

net = Network("fuzz_40524")
N = net.dim("N")
M = net.dim("M")
(n,) = net.indices(n=M)
(l,) = net.indices(l=N)
W = net.parameter("W", (3 * M, N))
b = net.parameter("b", (N, M), init="zeros")
g = net.tensor("g")
(i,) = net.indices(i=N)
x = net.input("x", (N, N))
A = net.parameter("A", (N,), init="normal")
o = net.tensor("o")
s = net.tensor("s")
H = net.dim("H")
v = net.index("v", H)
u = net.index("u", (1, M))
alpha = net.tensor("alpha")
U = net.parameter("U", (), init=0.1)
V = net.parameter("V", (M + 1, H, N), init="zeros")
j = net.index("j", M + 1)
g[n, l] = cos((W[3 * n, l] * b[l, n]) ** 4) * erfc(acos(Rational(4, 5) * tanh(W[3 * n + 2, l])) ** 3)
o[l] = (A[l] - Sum(Piecewise((x[l, i] * o[i] / 4, i < l), (0, True)), i)) / (2 + x[l, l] ** 2)
s[l] = ReduceMax(Piecewise((o[2 * l + 2 * i - 1], And(2 * l + 2 * i >= 1, 2 * l + 2 * i - 1 < N)), (0, True)), i)
alpha[0, l, v] = Piecewise((s[l], Ne(v, 1)), (U, True))
alpha[u, l, v] = cot((Abs(sech(g[u - 1, l] * V[u, v, l])) + 0.3) / (1 + (Abs(sech(g[u - 1, l] * V[u, v, l])) + 0.3)))
net.loss = Sum(alpha[j, l, v], j, l, v)
SIZES = {"N": 2, "M": 3, "H": 5}
