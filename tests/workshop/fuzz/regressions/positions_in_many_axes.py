"""A row's place in a tensor of four axes was multiplied by a float, since sizes multiplied may pass 64 bits."""

from symbackprop import Network, Sum

net = Network("positions_in_many_axes")
N, M, B = net.dims("N M B")
i, k, b = net.indices(i=N, k=M, b=B)
x, w = net.parameter("x", (B, M + 2, N + 2, N)), net.parameter("w", (B, M))
token, f = net.input("token", (B,), dtype="int", high=B), net.tensor("f")
f[b, i] = Sum(w[b, k] * x[token[b], M - 1 - k, N + 1 - i, i], k)
net.loss = Sum(f[b, i] ** 2, b, i)
SIZES = {"N": 2, "M": 3, "B": 4}
