"""Reading: SymPy writes |log Σ exp(z)| with the argument of a number that it does not see to be positive."""

from sympy import Abs, exp, log

from symbackprop import Network, Sum

net = Network("modulus_of_logarithm")
N, M = net.dims("N M")
i, s = net.indices(i=N, s=M)
z = net.parameter("z", (N, M))
u = net.tensor("u")

u[i] = Abs(log(Sum(exp(z[i, s]), s))) + z[i, 0]
net.loss = Sum(u[i] ** 2, i)

SIZES = {"N": 2, "M": 3}
