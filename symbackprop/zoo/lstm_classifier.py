"""A bidirectional LSTM over the words of a text, pooled by maximum, and a softmax classifier.

    e[t] = E[token[t]],   h = the states of an LSTM reading forwards beside those of one reading backwards
    m = the maximum of h over t,   logits = W m + b,   p = softmax(logits)
    loss = mean over n of −log p[n, label of n]

Shapes: token (T, N) integers below V, time first; label (N,) integers below C; E (V, D), for each direction W (4, H,
D), U (4, H, H), b (4, H), gates in the order input, forget, candidate, output; W_head (C, 2H), b_head (C,).

Source: A. Conneau et al., Supervised learning of universal sentence representations from natural language inference
data, EMNLP (2017), section 3.2.2; the cell of F. A. Gers et al., Learning to forget (2000).
"""

from sympy import exp, sqrt

from symbackprop import LogSumExp, Network, ReduceMax, layers, losses

net = Network("lstm_classifier")
T, N, V, D, H, C = net.dims("T N V D H C")
n, t, k = net.indices(n=N, t=T, k=C)
j = net.index("j", 2 * H)
token = net.input("token", (T, N), dtype="int", high=V)
label = net.input("label", (N,), dtype="int", high=C)
m, p = net.tensors("m p")

e = layers.embedding(token, V, D, init=1 / sqrt(D))
h = layers.bidirectional(layers.lstm, e, H)
m[n, j] = ReduceMax(h[t, n, j], t)
logits = layers.dense(m, C, name="head")
p[n, k] = exp(logits[n, k] - LogSumExp(logits[n, k], k))
net.loss = losses.softmax_cross_entropy(logits, label)
net.output(p)
