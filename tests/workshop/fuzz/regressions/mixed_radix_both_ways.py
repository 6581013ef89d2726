"""Reading: proving one subscript made the prover take a goal on the way to the next one for hopeless."""

from symbackprop import Network, Sum

net = Network("mixed_radix_both_ways")
M, H = net.dims("M H")
p, r = net.indices(p=M, r=M)
i, q = net.indices(i=H, q=H)
W = net.parameter("W", (3 * M - 2,))
U = net.parameter("U", (H * H,))
a, b = net.tensors("a b")

a[p, r] = W[p + 2 * r] * W[2 * p + r]
b[i, q] = U[H * i + q] * U[H * q + i] ** 2
net.loss = Sum(a[p, r] ** 2, p, r) + Sum(b[i, q], i, q)

SIZES = {"M": 3, "H": 2}
