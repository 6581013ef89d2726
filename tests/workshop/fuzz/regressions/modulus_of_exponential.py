"""Reading: SymPy writes |exp(floor(x)·x)| with the real part of floor(x), since it knows x for extended real only."""

from sympy import Abs, exp, floor

from symbackprop import Network, Sum

net = Network("modulus_of_exponential")
N = net.dim("N")
n = net.index("n", N)
W = net.parameter("W", (N,))
y = net.tensor("y")

y[n] = Abs(exp(-((floor(W[n]) + W[n]) ** 2) / 2))
net.loss = Sum(y[n], n)

SIZES = {"N": 3}
