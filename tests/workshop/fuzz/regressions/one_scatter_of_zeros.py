"""First order: an adjoint to which one scatter adds nothing but zeros kept it, without the guard that held it inside."""

from sympy import And, Piecewise, exp

from symbackprop import Network, Sum

net = Network("one_scatter_of_zeros")
N = net.dim("N")
n, k, i, j = net.index("n", N), net.index("k", 3), net.index("i", (1, N)), net.index("j", N + 1)
w = net.parameter("w", (N,))
b = net.parameter("b", (N,))
a, f, m = net.tensors("a f m")

a[n] = Sum(Piecewise((b[2 * n + k - 1], And(2 * n + k >= 1, 2 * n + k - 1 < N)), (0, True)), k)
f[0, n] = exp(a[n])
f[i, n] = w[n]
m[0, n] = w[n]
m[i, n] = f[i, n] + w[n] ** 2
net.loss = Sum(m[j, n], j, n)

SIZES = {"N": 3}
