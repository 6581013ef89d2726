"""At a corner: what data make infinite was multiplied by the zero δ of units that are off."""

from sympy import log

from symbackprop import Network, Sum
from symbackprop.functions import relu

net = Network("units_off_at_infinite_features")
N, D, H = net.dims("N D H")
n, i, j = net.indices(n=N, i=D, j=H)
x, W, h = net.input("x", (N, D)), net.parameter("W", (H, D)), net.tensor("h")

h[n, j] = relu(1 + Sum((W[j, i] ** 2 + 1) * log(x[n, i] ** 2), i))
net.loss = Sum(h[n, j] ** 2, n, j)

SIZES = {"N": 3, "D": 2, "H": 5}
