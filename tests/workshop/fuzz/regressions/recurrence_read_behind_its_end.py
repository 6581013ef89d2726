"""First order: whether the next state is live was asked at the last step too, before the condition that there is one."""

from sympy import exp

from symbackprop import Network, Sum
from symbackprop.functions import hardsigmoid

net = Network("recurrence_read_behind_its_end")
N, M = net.dims("N M")
i, l, q = net.index("i", (1, N)), net.index("l", M), net.index("q", M)
w, v, x = net.parameter("w", (M,)), net.parameter("v", (N,)), net.input("x", (M,))
f = net.parameter("f", ())
c, h = net.tensors("c h")

c[0, l], h[0, l] = w[l], 0
h[i, l] = c[1, l] + exp(v[i - 1])
c[i, l] = hardsigmoid((Sum(x[q] * c[i - 1, q], q) - h[i - 1, l]) * f)
net.loss = Sum(h[i - 1, l], i, l)

SIZES = {"N": 2, "M": 3}
