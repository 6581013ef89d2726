"""A log-sum-exp over what is empty at some sizes is as one that is masked."""

from sympy import And, Min, Piecewise, exp
from symbackprop import LogSumExp, Network, Sum

net = Network("fuzz_870102")
N = net.dim("N")
M = net.dim("M")
(n,) = net.indices(n=M)
(s,) = net.indices(s=M)
v = net.index("v", (1, M))
beta = net.tensor("beta")
t = net.index("t", (1, M - 2))
W = net.parameter("W", (M + 1, M + 1, M))
beta[v, n, s] = (
    exp(
        LogSumExp(
            Min(W[s + 1, t + 2, n], Piecewise((W[t + 4, t + 2, n + 1], And(t + 4 < M + 1, n + 1 < M)), (0, True))), t
        )
    )
    / 1
)
net.loss = Sum(beta[v, n, s], v, n, s)
SIZES = {"N": 2, "M": 2}
