"""Causal multi-head self-attention, fitted to a target by least squares.

    q = Wq x + bq,   key = Wk x + bk,   v = Wv x + bv, each head by itself
    score[t, s] = q[t] · key[s] / √K where s ≤ t, and −∞ where s lies in the future
    w = softmax of score over s,   o[t] = Σ_s w[t, s] v[s],   out = Wo o + bo over all heads
    loss = mean over n and t of ½ |out − target|²

Shapes: x and target (N, T, D) sequences; Wq, Wk, Wv (A, K, D) and their biases (A, K) for A heads of size K;
Wo (D, A, K), bo (D,). The loss does not change with bk (every score of a row moves alike), so its gradient is zero.

Source: A. Vaswani et al., Attention is all you need, NeurIPS (2017), sections 3.2.1 to 3.2.3.
"""

from sympy import Piecewise, exp, oo, sqrt

from symbackprop import LogSumExp, Network, Sum

net = Network("attention")
N, T, D, A, K = net.dims("N T D A K")
n, t, s, d, a, k = net.indices(n=N, t=T, s=T, d=D, a=A, k=K)
x, target = net.input("x", (N, T, D)), net.input("target", (N, T, D))
Wq, bq = net.parameter("Wq", (A, K, D), init=1 / sqrt(D)), net.parameter("bq", (A, K), init="zeros")
Wk, bk = net.parameter("Wk", (A, K, D), init=1 / sqrt(D)), net.parameter("bk", (A, K), init="zeros")
Wv, bv = net.parameter("Wv", (A, K, D), init=1 / sqrt(D)), net.parameter("bv", (A, K), init="zeros")
Wo, bo = net.parameter("Wo", (D, A, K), init=1 / sqrt(A * K)), net.parameter("bo", (D,))
q, key, v, score, w, o, out = net.tensors("q key v score w o out")

q[n, a, t, k] = Sum(Wq[a, k, d] * x[n, t, d], d) + bq[a, k]
key[n, a, t, k] = Sum(Wk[a, k, d] * x[n, t, d], d) + bk[a, k]
v[n, a, t, k] = Sum(Wv[a, k, d] * x[n, t, d], d) + bv[a, k]
score[n, a, t, s] = Piecewise((Sum(q[n, a, t, k] * key[n, a, s, k], k) / sqrt(K), s <= t), (-oo, True))
w[n, a, t, s] = exp(score[n, a, t, s] - LogSumExp(score[n, a, t, s], s))
o[n, a, t, k] = Sum(w[n, a, t, s] * v[n, a, s, k], s)
out[n, t, d] = Sum(Wo[d, a, k] * o[n, a, t, k], a, k) + bo[d]
net.loss = Sum((out[n, t, d] - target[n, t, d]) ** 2, n, t, d) / (2 * N * T)
net.output(out)
