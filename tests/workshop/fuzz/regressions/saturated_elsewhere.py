"""At a corner: an infinite factor that another reader saturates was multiplied by the zero δ of a unit that is off."""

from sympy import Max, Min, log, tanh

from symbackprop import Network, Sum

net = Network("saturated_elsewhere")
N, H = net.dims("N H")
n, j = net.indices(n=N, j=H)
x, y, v = net.input("x", (H,)), net.parameter("y", (N, H)), net.parameter("v", (N, H))
o, h, m = net.tensors("o h m")
o[j] = log(x[j] ** 2)
h[j] = tanh(Min(o[j], 1))
m[n, j] = Max(y[n, j] * o[j], v[n, j])
net.loss = Sum(m[n, j], n, j) + Sum(h[j], j)
SIZES = {"N": 2, "H": 4}
