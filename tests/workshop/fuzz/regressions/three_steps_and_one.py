"""The part of a δ that stands at one step alone was to be ordered along other axes."""

from sympy import Piecewise, atan

from symbackprop import Network, Sum

net = Network("three_steps_and_one")
N, D = net.dims("N D")
j, i, t = net.index("j", N), net.index("i", D), net.index("t", 3)
w, u, m = net.parameter("w", (N,)), net.parameter("u", (N, 3)), net.tensor("m")
after = Piecewise((m[t + 1, i, j], t + 1 < 3), (w[j], True))
m[t, i, j] = atan(after * Piecewise((u[j, t - 1], t - 1 >= 0), (0, True)))
net.loss = Sum(m[t, i, j] ** 2, t, i, j)
SIZES = {"N": 1, "D": 3}
