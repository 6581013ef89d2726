"""A log-sum-exp in which no tensor stands has no name of its own, and is computed where it is read."""

from sympy import Piecewise

from symbackprop import LogSumExp, Network, Sum

net = Network("log_sum_exp_of_numbers")
N, K = net.dims("N K")
n, k = net.indices(n=N, k=K)
w = net.parameter("w", (N,))
chosen = Piecewise((w[n] * LogSumExp(Piecewise((0, k > n), (-k, True)), k), n > 0), (w[n], True))
net.loss = Sum(w[n] ** 2 * LogSumExp(k**2 / 10, k) + chosen, n)
SIZES = {"N": 3, "K": 5}
