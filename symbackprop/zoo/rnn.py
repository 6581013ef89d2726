"""A simple recurrent network that predicts a label at every step of a sequence.

    h[0] = h0,   h[t] = tanh(W x[t] + U h[t−1] + b),   z[t] = V h[t] + c,   p[t] = softmax(z[t])
    loss = mean over sequences and steps of −log p[label]

Shapes: x (T, N, D) sequences, label (T, N) integers below C; W (H, D), U (H, H), b (H,), h0 (H,), V (C, H), c (C,).
The hidden states h have T + 1 rows, so that step t of the data leads to h[t + 1].

Source: J. L. Elman, Finding structure in time, Cognitive Science 14 (1990).
"""

from sympy import exp, tanh

from symbackprop import LogSumExp, Network, Sum

net = Network("rnn")
T, N, D, H, C = net.dims("T N D H C")
n, i, j, j2, k = net.indices(n=N, i=D, j=H, j2=H, k=C)
s = net.index("s", T)  # the steps of the data
t = net.index("t", (1, T))  # the steps of the state
x = net.input("x", (T, N, D))
label = net.input("label", (T, N), dtype="int", high=C)
W, U, b = net.parameter("W", (H, D)), net.parameter("U", (H, H)), net.parameter("b", (H,))
h0 = net.parameter("h0", (H,))
V, c = net.parameter("V", (C, H)), net.parameter("c", (C,))
h, z, p = net.tensors("h z p")

h[0, n, j] = h0[j]
h[t, n, j] = tanh(Sum(W[j, i] * x[t - 1, n, i], i) + Sum(U[j, j2] * h[t - 1, n, j2], j2) + b[j])
z[s, n, k] = Sum(V[k, j] * h[s + 1, n, j], j) + c[k]
p[s, n, k] = exp(z[s, n, k] - LogSumExp(z[s, n, k], k))
net.loss = Sum(LogSumExp(z[s, n, k], k) - z[s, n, label[s, n]], s, n) / (N * T)
net.output(p)
