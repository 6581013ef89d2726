"""The sum that the backward pass of a softmax needs is the layer's inner product, which nothing computes."""

from sympy import Piecewise, cos, exp, oo

from symbackprop import Network, Sum

net = Network("softmax_of_a_vector_as_a_layer")
N, M, H = net.dims("N M H")
q, n = net.indices(q=M, n=H)
W = net.parameter("W", (M, H), init=0.1)
token = net.input("token", (), dtype="int", high=H)
b = net.parameter("b", (M,), init="ones")
A = net.parameter("A", (H,), init="zeros")
x = net.input("x", (H + 1,))
g, m, f = net.tensors("g m f")
g[q, n] = cos(W[q, token] * b[q])
m[n] = Piecewise(((g[M - 1, n] - g[0, n]) * A[n], x[n] > 0.3), (-oo, True))
f[n] = exp(m[n]) / Sum(exp(m[n]), n)
net.output(f)
SIZES = {"N": 2, "M": 3, "H": 5}
