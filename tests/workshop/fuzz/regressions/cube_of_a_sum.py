"""Naming: the cube of a sum had no name as an argument, so that the function's derivative was stated in no element."""

from sympy import erf

from symbackprop import Network, Sum

net = Network("cube_of_a_sum")
N = net.dim("N")
n = net.index("n", N)
w, x = net.parameter("w", (N,)), net.input("x", (N,))
y = net.tensor("y")

y[n] = erf((w[n] + x[n]) ** 3)
net.loss = Sum(y[n], n)

SIZES = {"N": 3}
