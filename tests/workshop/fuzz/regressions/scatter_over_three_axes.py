"""Module: rows added at gathered positions of a tensor of three axes."""

from symbackprop import Mean, Network

net = Network("scatter_over_three_axes")
N = net.dim("N")
r, n = net.indices(r=N, n=2)
q = net.index("q", 2)
f = net.parameter("f", (N,))
V = net.parameter("V", (2, 2, N))
token = net.input("token", (2,), dtype="int", high=2)
z = net.tensor("z")

z[r, n, q] = f[r] * V[token[q], n, r]
net.loss = Mean(z[r, n, q] ** 2, r, n, q)

SIZES = {"N": 3}
