"""Reading: SymPy, asked for sqrt((Σ ...)² + 1), renamed the bound indices to symbols without ranges."""

from sympy import sqrt

from symbackprop import Network, Sum

net = Network("root_of_sums")
D, H = net.dims("D H")
j, b = net.indices(j=D, b=H)
W, U = net.parameter("W", (D, H)), net.parameter("U", (D,))

net.loss = sqrt((Sum(W[j, b], j, b) + Sum(U[j], j)) ** 2 + 1)

SIZES = {"D": 2, "H": 3}
