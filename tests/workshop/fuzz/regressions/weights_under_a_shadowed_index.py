"""Reading: looking for exp(u - LogSumExp(u)), a bound index of the candidate was tried for one of the body's."""

from sympy import exp

from symbackprop import LogSumExp, Network, Sum

net = Network("weights_under_a_shadowed_index")
N = net.dim("N")
r, i = net.indices(r=N, i=N)
W = net.parameter("W", (N,))
s = net.tensor("s")

s[r] = exp(Sum(W[i], i) - LogSumExp(Sum(W[i] - W[r], i), r))
net.loss = Sum(s[r] * W[r], r)

SIZES = {"N": 3}
