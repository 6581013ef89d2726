"""First order: the reads of a window behind a clip were counted outside of their tensor, where the clip lets through."""

from sympy import And, Piecewise, exp

from symbackprop import Network, Sum
from symbackprop.functions import hardtanh

net = Network("scatter_behind_a_clip")
N, K = net.dim("N"), 2
n, k = net.indices(n=N, k=K)
x = net.parameter("x", (N,))
y = net.input("y", (K,))
s, a = net.tensors("s a")

s[n] = exp(x[n])
window = Piecewise((y[k] * s[2 * n + k - 1], And(2 * n + k >= 1, 2 * n + k - 1 < N)), (0, True))
a[n] = hardtanh(Sum(window, k), min_val=-2, max_val=1)
net.loss = Sum(a[n] ** 2, n)

SIZES = {"N": 3}
