"""A bag of embeddings: the mean of the vectors of a text's tokens, classified by softmax.

    m[n] = mean over t of E[token[n, t]],   z = W m + b,   p = softmax(z)
    loss = mean over n of −log p[n, label of n]

Shapes: token (N, T) integers below V, label (N,) integers below C; E (V, D), W (C, D), b (C,).

Source: A. Joulin, E. Grave, P. Bojanowski, T. Mikolov, Bag of tricks for efficient text classification, EACL (2017).
"""

from sympy import exp, sqrt

from symbackprop import LogSumExp, Mean, Network, Sum

net = Network("embedding")
N, T, V, D, C = net.dims("N T V D C")
n, t, d, k = net.indices(n=N, t=T, d=D, k=C)
token = net.input("token", (N, T), dtype="int", high=V)
label = net.input("label", (N,), dtype="int", high=C)
E = net.parameter("E", (V, D), init=1 / sqrt(D))
W, b = net.parameter("W", (C, D)), net.parameter("b", (C,))
m, z, p = net.tensors("m z p")

m[n, d] = Mean(E[token[n, t], d], t)
z[n, k] = Sum(W[k, d] * m[n, d], d) + b[k]
p[n, k] = exp(z[n, k] - LogSumExp(z[n, k], k))
net.loss = Sum(LogSumExp(z[n, k], k) - z[n, label[n]], n) / N
net.output(p)
