"""Second order: an adjoint with `=` and `+=` equations was read as the value of the `=` equation alone."""

from symbackprop import LogSumExp, Network

net = Network("recurrence_under_logsumexp")
j, k = net.indices(j=3, k=4)
p = net.index("p", (1, 3))
W, b = net.parameter("W", ()), net.parameter("b", ())
v = net.tensor("v")

v[0, j] = 0
v[p, j] = W * v[p - 1, j] + b
net.loss = LogSumExp(v[k, j], k, j)

SIZES = {}
