"""First order: where a factor's own branch did not read a logarithm, the other branch's gradient was cut off too, or
the logarithm's readers were asked for at positions that it does not have."""

from sympy import Piecewise, log

from symbackprop import Network, Sum
from symbackprop.functions import relu

net = Network("branch_as_a_factor")
N, M, D = net.dims("N M D")
n, m, d = net.indices(n=N, m=M, d=D)
x = net.parameter("x", (N,))
y = net.input("y", (N,))
w = net.parameter("w", (N, M))
v = net.parameter("v", (N, M))
t, u = net.tensors("t u")

t[n] = log(x[n] ** 2)
u[d] = log((x[0] + d) ** 2)
net.loss = Sum(
    relu(w[n, m] * Piecewise((t[n], y[n] > 0), (1, True))) + relu(v[n, m] * Piecewise((u[n], n < D), (1, True))), n, m
)

SIZES = {"N": 3, "M": 5, "D": 2}
