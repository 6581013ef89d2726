"""Second order: two contributions behind one guard were added as two guarded values, and wrote out of range."""

from sympy import Piecewise, exp

from symbackprop import Network, ReduceMax

net = Network("guarded_contributions")
M = net.dim("M")
u, i = net.indices(u=2, i=M)
W, b = net.parameter("W", ()), net.parameter("b", (2,))
h = net.tensor("h")

h[u, i] = exp((W + Piecewise((b[i], i < 2), (1, True))) / b[u])
net.loss = ReduceMax(h[u, i], u, i)

SIZES = {"M": 3}
