"""A multilayer perceptron of symbolic depth: the number of its layers is a size like any other.

    a[0] = V x + c,   z[l] = W[l] a[l−1] + b[l],   a[l] = tanh(z[l]) for l = 1..L
    logits = U a[L] + d,   loss = mean over n of −log softmax(logits)[n, label of n]

Shapes: x (N, D) data, label (N,) integers below C; V (H, D), c (H,), W (L, H, H), b (L, H), U (C, H), d (C,).
W and b count from zero, so layer l has W[l − 1]. One recurrence of δ[l] from δ[l + 1] serves any depth.

Source: M. A. Nielsen, Neural Networks and Deep Learning (2015), chapter 2, equations BP1 to BP4.
"""

from sympy import exp, tanh

from symbackprop import LogSumExp, Network, Sum

net = Network("deep_mlp")
N, D, H, L, C = net.dims("N D H L C")
n, i, j, j2, k = net.indices(n=N, i=D, j=H, j2=H, k=C)
l = net.index("l", (1, L))
x = net.input("x", (N, D))
label = net.input("label", (N,), dtype="int", high=C)
V, c = net.parameter("V", (H, D)), net.parameter("c", (H,))
W, b = net.parameter("W", (L, H, H)), net.parameter("b", (L, H), init="zeros")
U, d = net.parameter("U", (C, H)), net.parameter("d", (C,))
z, a, logits, p = net.tensors("z a logits p")

a[0, n, j] = Sum(V[j, i] * x[n, i], i) + c[j]
z[l, n, j] = Sum(W[l - 1, j, j2] * a[l - 1, n, j2], j2) + b[l - 1, j]
a[l, n, j] = tanh(z[l, n, j])
logits[n, k] = Sum(U[k, j] * a[L, n, j], j) + d[k]
p[n, k] = exp(logits[n, k] - LogSumExp(logits[n, k], k))
net.loss = Sum(LogSumExp(logits[n, k], k) - logits[n, label[n]], n) / N
net.output(p)
