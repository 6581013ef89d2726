"""The error function of what is a whole number in training was given integers."""

from sympy import Piecewise, erf

from symbackprop import Network, Sum
from symbackprop.functions import relu

net = Network("erf_of_a_whole_number")
N = net.dim("N")
n = net.index("n", N)
w, state = net.parameter("w", (N,)), net.tensor("state")
state[()] = erf(relu(Piecewise((1, net.training), (Sum(w[n], n), True)))) + erf(N)
net.loss = Sum(w[n] ** 2, n) * state
net.output(state)
SIZES = {"N": 3}
