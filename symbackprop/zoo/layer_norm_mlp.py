"""A multilayer perceptron whose hidden layer is normalised over its units.

    z1 = W1 x + b1,   μ = mean of z1 over its units,   σ² = their variance
    u = (z1 − μ) / √(σ² + ε),   a1 = gelu(gain ⊙ u + shift),   z2 = W2 a1 + b2,   p = softmax(z2)
    loss = mean over n of −log p[n, label of n]

Shapes: x (N, D) data, label (N,) integers below C; W1 (H, D), b1, gain and shift (H,), W2 (C, H), b2 (C,).

Source: J. L. Ba, J. R. Kiros, G. E. Hinton, Layer normalization, arXiv:1607.06450 (2016), equation 4.
"""

from sympy import exp, sqrt

from symbackprop import LogSumExp, Mean, Network, Sum
from symbackprop.functions import gelu

net = Network("layer_norm_mlp")
N, D, H, C = net.dims("N D H C")
n, i, j, k = net.indices(n=N, i=D, j=H, k=C)
epsilon = 1e-5
x = net.input("x", (N, D))
label = net.input("label", (N,), dtype="int", high=C)
W1, b1 = net.parameter("W1", (H, D)), net.parameter("b1", (H,))
gain, shift = net.parameter("gain", (H,), init="ones"), net.parameter("shift", (H,), init="zeros")
W2, b2 = net.parameter("W2", (C, H)), net.parameter("b2", (C,))
z1, mu, variance, u, a1, z2, p = net.tensors("z1 mu variance u a1 z2 p")

z1[n, j] = Sum(W1[j, i] * x[n, i], i) + b1[j]
mu[n] = Mean(z1[n, j], j)
variance[n] = Mean((z1[n, j] - mu[n]) ** 2, j)
u[n, j] = (z1[n, j] - mu[n]) / sqrt(variance[n] + epsilon)
a1[n, j] = gelu(gain[j] * u[n, j] + shift[j])
z2[n, k] = Sum(W2[k, j] * a1[n, j], j) + b2[k]
p[n, k] = exp(z2[n, k] - LogSumExp(z2[n, k], k))
net.loss = Sum(LogSumExp(z2[n, k], k) - z2[n, label[n]], n) / N
net.output(p)
