"""First order: the guard `i mod 2 = 0`, that is i - 2·floor(i/2) = 0, was solved for the i before the floor."""

from sympy import Eq, Mod, Piecewise

from symbackprop import Network, Sum

net = Network("every_second_element")
N, M = net.dims("N M")
i, n, k = net.indices(i=N, n=N, k=M)
W = net.parameter("W", (N, M))
v = net.tensor("v")

v[k] = Sum(Piecewise((W[i, k], Eq(Mod(i, 2), 0)), (0, True)), i) + Piecewise((W[0, k], Eq(Mod(k, 2), 1)), (0, True))
net.loss = Sum(v[k] ** 2, k)

SIZES = {"N": 5, "M": 3}
