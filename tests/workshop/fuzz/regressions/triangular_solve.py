"""Second order: δz and its direction recur over the same guarded sum."""

from sympy import Piecewise

from symbackprop import Network, Sum

net = Network("triangular_solve")
N, M = net.dims("N M")
r, n = net.indices(r=N, n=N)
j = net.index("j", M)
x = net.parameter("x", ())
b = net.parameter("b", ())
token = net.input("token", (M,), dtype="int", high=N)
z, z1 = net.tensors("z z1")

z[r] = Sum(Piecewise((x * z[n] + b, n < r), (b, True)), n) / 2
z1[r] = Sum(z[token[j]] * b, j)
net.loss = Sum(z1[r] ** 2, r)

SIZES = {"N": 3, "M": 2}
