"""A linear-chain conditional random field: the forward recursion and the labels' marginals.

    e[t] = W x[t] + b                                                      scores of the labels, step by step
    α[0] = start + e[0],   α[t, k] = e[t, k] + log Σ_j exp(α[t−1, j] + A[j, k])
    gold = start[y₀] + Σ_t e[t, y_t] + Σ_t A[y_{t−1}, y_t]
    loss = mean over n of log Σ_k exp(α[T−1, k]) − gold
    β[T−1] = 0,   β[t, j] = log Σ_k exp(A[j, k] + e[t+1, k] + β[t+1, k]),   marginal = exp(α + β − log Z)

Shapes: x (N, T, D) sequences, y (N, T) their labels, integers below K; W (K, D), b (K,), A (K, K) from one label to the
next, start (K,). β serves the marginals, which `predict` returns; the loss has no need of it.

Source: J. Lafferty, A. McCallum, F. Pereira, Conditional random fields, ICML (2001); C. Sutton, A. McCallum,
An introduction to conditional random fields (2012), section 4.1.
"""

from sympy import exp

from symbackprop import LogSumExp, Network, Sum

net = Network("crf")
N, T, D, K = net.dims("N T D K")
n, i, j, k = net.indices(n=N, i=D, j=K, k=K)
s = net.index("s", T)  # every step
t = net.index("t", (1, T - 1))  # every step but the first
r = net.index("r", (0, T - 2))  # every step but the last
x = net.input("x", (N, T, D))
y = net.input("y", (N, T), dtype="int", high=K)
W, b = net.parameter("W", (K, D)), net.parameter("b", (K,))
A, start = net.parameter("A", (K, K), init="zeros"), net.parameter("start", (K,))
e, alpha, beta, log_z, gold, marginal = net.tensors("e alpha beta log_z gold marginal")

e[s, n, k] = Sum(W[k, i] * x[n, s, i], i) + b[k]
alpha[0, n, k] = start[k] + e[0, n, k]
alpha[t, n, k] = e[t, n, k] + LogSumExp(alpha[t - 1, n, j] + A[j, k], j)
log_z[n] = LogSumExp(alpha[T - 1, n, k], k)
gold[n] = start[y[n, 0]] + Sum(e[s, n, y[n, s]], s) + Sum(A[y[n, t - 1], y[n, t]], t)
net.loss = Sum(log_z[n] - gold[n], n) / N

beta[T - 1, n, j] = 0
beta[r, n, j] = LogSumExp(A[j, k] + e[r + 1, n, k] + beta[r + 1, n, k], k)
marginal[n, s, k] = exp(alpha[s, n, k] + beta[s, n, k] - log_z[n])
net.output(marginal)
net.notation(log_z=r"\log Z")
