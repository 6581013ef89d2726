"""First order: a guard of which one half belongs under the sum and the other keeps the writing in range."""

from sympy import Piecewise

from symbackprop import Network, Sum

net = Network("guard_half_inside_a_sum")
H, D = net.dims("H D")
l, q, k = net.indices(l=D, q=H, k=H)
W, b = net.parameter("W", ()), net.parameter("b", ())
alpha, f, e = net.tensors("alpha f e")

alpha[l] = W
f[q, k] = Piecewise((Piecewise((alpha[k], k < D), (0, True)), q <= k), (b, True))
e[q] = Sum(f[q, k], k)
net.loss = Sum(e[q], q)

SIZES = {"H": 5, "D": 1}
