"""Reading: SymPy writes `k + 1 < 4*N` as `N > k/4 + 1/4`, which was no condition between integers."""

from sympy import Piecewise

from symbackprop import Network, Sum

net = Network("guard_with_fractions")
N = net.dim("N")
k = net.index("k", 4 * N)
W = net.parameter("W", (4 * N,))
y = net.tensor("y")

y[k] = Piecewise((W[k + 1], k + 1 < 4 * N), (0, True)) * W[k]
net.loss = Sum(y[k], k)

SIZES = {"N": 2}
