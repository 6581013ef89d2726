"""A hidden Markov model of discrete symbols, fitted by the gradient of its likelihood.

    log start = log softmax(a),   log A[j] = log softmax(b[j]),   log B[k] = log softmax(c[k])
    α[0, k] = log start[k] + log B[k, symbol 0]
    α[t, k] = log B[k, symbol t] + log Σ_j exp(α[t−1, j] + log A[j, k])                the forward algorithm
    loss = −mean over n of log Σ_k exp(α[T−1, k])
    filtered[t] = softmax of α[t]: each state's probability given the symbols so far

Shapes: symbol (N, T) integers below V; a (K,), b (K, K) from one state to the next, c (K, V): logits, so that
probabilities stay such whatever the step. The logarithm keeps long sequences from underflowing.

Source: L. R. Rabiner, A tutorial on hidden Markov models, Proc. IEEE 77 (1989), equations 19 to 21.
"""

from sympy import exp

from symbackprop import LogSumExp, Network, Sum

net = Network("hmm")
N, T, K, V = net.dims("N T K V")
n, s, j, k, v = net.indices(n=N, s=T, j=K, k=K, v=V)
t = net.index("t", (1, T - 1))  # every step but the first
symbol = net.input("symbol", (N, T), dtype="int", high=V)
a = net.parameter("a", (K,), init="normal")
b, c = net.parameter("b", (K, K), init="normal"), net.parameter("c", (K, V), init="normal")
log_start, log_A, log_B, alpha, filtered = net.tensors("log_start log_A log_B alpha filtered")

log_start[k] = a[k] - LogSumExp(a[k], k)
log_A[j, k] = b[j, k] - LogSumExp(b[j, k], k)
log_B[k, v] = c[k, v] - LogSumExp(c[k, v], v)
alpha[0, n, k] = log_start[k] + log_B[k, symbol[n, 0]]
alpha[t, n, k] = log_B[k, symbol[n, t]] + LogSumExp(alpha[t - 1, n, j] + log_A[j, k], j)
net.loss = -Sum(LogSumExp(alpha[T - 1, n, k], k), n) / N
filtered[n, s, k] = exp(alpha[s, n, k] - LogSumExp(alpha[s, n, k], k))
net.output(filtered)
net.notation(log_start=r"\log\pi", log_A=r"\log A", log_B=r"\log B")
