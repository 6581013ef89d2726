"""A multilayer perceptron with one hidden layer and a softmax classifier.

    z1 = W1 x + b1,   a1 = tanh(z1),   z2 = W2 a1 + b2,   p = softmax(z2)
    loss = mean over n of −Σ_k y_k log p_k

Shapes: x (N, D) data, y (N, C) one row of probabilities each; W1 (H, D), b1 (H,), W2 (C, H), b2 (C,).

Source: D. E. Rumelhart, G. E. Hinton, R. J. Williams, Learning representations by back-propagating errors,
Nature 323 (1986).
"""

from sympy import Eq, exp, tanh

from symbackprop import LogSumExp, Network, Sum

net = Network("mlp")
N, D, H, C = net.dims("N D H C")
n, i, j, k = net.indices(n=N, i=D, j=H, k=C)
x, y = net.input("x", (N, D)), net.input("y", (N, C))
W1, b1 = net.parameter("W1", (H, D)), net.parameter("b1", (H,))
W2, b2 = net.parameter("W2", (C, H)), net.parameter("b2", (C,))
z1, a1, z2, p = net.tensors("z1 a1 z2 p")

net.assume(Eq(Sum(y[n, k], k), 1))
z1[n, j] = Sum(W1[j, i] * x[n, i], i) + b1[j]
a1[n, j] = tanh(z1[n, j])
z2[n, k] = Sum(W2[k, j] * a1[n, j], j) + b2[k]
p[n, k] = exp(z2[n, k] - LogSumExp(z2[n, k], k))
net.loss = Sum(LogSumExp(z2[n, k], k) - Sum(y[n, k] * z2[n, k], k), n) / N
net.output(p)
