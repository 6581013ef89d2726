"""Module: in `predict` a function of noise that is its mean there is a Python number, not an array."""

from sympy import erf

from symbackprop import Network, Sum

net = Network("noise_without_std")
N = net.dim("N")
s = net.index("s", N)
noise = net.random("noise", (), "normal", mean=0.5)
W = net.parameter("W", ())
score = net.tensor("score")

score[s] = erf(noise) * W
net.loss = Sum(score[s], s)
net.output(score)

SIZES = {"N": 3}
