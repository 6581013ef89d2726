"""What each step of a recurrence reads at a position of sizes, s[N - 2], is there where there is a step at all."""

from sympy import exp, tanh

from symbackprop import Network, Sum

net = Network("read_where_there_is_a_step")
N, M = net.dims("N M")
v, k, p = net.indices(v=N, k=(0, N - 2), p=M)
x, w = net.parameter("x", (N,)), net.parameter("w", (M,))
token = net.input("token", (N,), dtype="int", high=M)
s, y, z = net.tensors("s y z")
s[v] = exp(x[v])
y[N - 1] = w[0]
y[k] = tanh(y[k + 1] * s[N - 2] * w[token[k]])
z[p] = Sum(y[k + 1] * w[token[N - 2]], k) + w[p]
net.loss = Sum(y[v] ** 2, v) + Sum(z[p] ** 2, p)
SIZES = {"N": 3, "M": 2}
