"""Second order: the sum that counts reads was read from a tensor that holds it with its guard, which held it inside."""

from sympy import Piecewise, log

from symbackprop import Network, Sum
from symbackprop.functions import hardtanh

net = Network("counted_behind_a_window")
N, M = net.dims("N M")
n, m, k = net.index("n", N), net.index("m", M), net.index("k", 2)
x = net.parameter("x", (N,))
w = net.input("w", (N, 2, M))
t, s = net.tensors("t s")

t[n] = log(x[n] ** 2)
s[n, k] = Sum(hardtanh(w[n, k, m] * Piecewise((t[n + k], n + k < N), (0, True))), m)
net.loss = Sum(s[n, k] ** 2, n, k)

SIZES = {"N": 3, "M": 2}
