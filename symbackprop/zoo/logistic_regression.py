"""Logistic regression: the probability of one of two classes as the sigmoid of a line.

    z = w · x + b,   p = sigmoid(z)
    loss = mean over n of −y log p − (1 − y) log(1 − p), which is log(1 + exp z) − y z

Shapes: x (N, D) data, y (N,) integers 0 or 1; w (D,), b ().

Source: C. M. Bishop, Pattern recognition and machine learning (2006), equation 4.90.
"""

from sympy import exp, log

from symbackprop import Network, Sum
from symbackprop.functions import sigmoid

net = Network("logistic_regression")
N, D = net.dims("N D")
n, i = net.indices(n=N, i=D)
x = net.input("x", (N, D))
y = net.input("y", (N,), dtype="int", high=2)
w, b = net.parameter("w", (D,)), net.parameter("b", ())
z, p = net.tensors("z p")

z[n] = Sum(w[i] * x[n, i], i) + b
p[n] = sigmoid(z[n])
net.loss = Sum(log(1 + exp(z[n])) - y[n] * z[n], n) / N
net.output(p)
