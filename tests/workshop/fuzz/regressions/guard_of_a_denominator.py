"""First order: a value that is read behind a guard was read without it in the derivative of softsign."""

from sympy import Piecewise

from symbackprop import Network, Sum
from symbackprop.functions import softsign

net = Network("guard_of_a_denominator")
H, D = net.dims("H D")
l, i = net.indices(l=H, i=D)
W = net.parameter("W", (H, D))
s = net.tensor("s")

s[l, i] = softsign(Piecewise((W[i, D - 1], i < H), (0, True)) * W[l, i])
net.loss = Sum(s[l, i], l, i)

SIZES = {"H": 3, "D": 5}
