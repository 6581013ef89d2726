"""At a corner: |√x| and log|x| at x = 0, where the modulus has the derivative 0."""

from sympy import Abs, atan, log, sqrt

from symbackprop import Network, Sum

net = Network("modulus_at_zero")
N = net.dim("N")
n = net.index("n", N)
x, w = net.parameter("x", (N,)), net.parameter("w", (N,))
r, t = net.tensors("r t")

r[n] = sqrt(w[n] ** 2 * x[n] ** 2)
t[n] = log(Abs(x[n]))
net.loss = Sum(Abs(r[n]) + w[n] * atan(t[n]), n)

SIZES = {"N": 5}
