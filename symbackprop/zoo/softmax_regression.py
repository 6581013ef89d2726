"""Softmax regression: a linear classifier trained by cross-entropy.

    z = W x + b,   p = softmax(z),   loss = mean over n of −Σ_k y_k log p_k

Shapes: x (N, D) data, y (N, C) one row of probabilities each; W (C, D), b (C,).
The rows of y sum to one, which is what makes the gradient by z the well-known (p − y)/N.

Source: C. M. Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4.
"""

from sympy import Eq, exp

from symbackprop import LogSumExp, Network, Sum

net = Network("softmax_regression")
N, D, C = net.dims("N D C")
n, i, k = net.indices(n=N, i=D, k=C)
x, y = net.input("x", (N, D)), net.input("y", (N, C))
W, b = net.parameter("W", (C, D)), net.parameter("b", (C,))
z, p = net.tensors("z p")

net.assume(Eq(Sum(y[n, k], k), 1))
z[n, k] = Sum(W[k, i] * x[n, i], i) + b[k]
p[n, k] = exp(z[n, k] - LogSumExp(z[n, k], k))
net.loss = Sum(LogSumExp(z[n, k], k) - Sum(y[n, k] * z[n, k], k), n) / N
net.output(p)
