"""A factorization machine: a linear model with an inner product of factors for each pair of features.

    pairs = ½ Σ_f ((Σ_i V[i, f] x[i])² − Σ_i V[i, f]² x[i]²), which is Σ_{i<j} (V[i] · V[j]) x[i] x[j]
    prediction = w0 + w · x + pairs
    loss = mean over n of ½ (prediction − y)²

Shapes: x (N, D) features, y (N,) targets; w0 (), w (D,), V (D, F).

Source: S. Rendle, Factorization machines, ICDM (2010), equation 1 and lemma 3.1.
"""

from sympy import Rational

from symbackprop import Network, Sum

net = Network("factorization_machine")
N, D, F = net.dims("N D F")
n, i, f = net.indices(n=N, i=D, f=F)
x, y = net.input("x", (N, D)), net.input("y", (N,))
w0, w = net.parameter("w0", ()), net.parameter("w", (D,))
V = net.parameter("V", (D, F), init=Rational(1, 10))
total, squares, prediction = net.tensors("total squares prediction")

total[n, f] = Sum(V[i, f] * x[n, i], i)
squares[n, f] = Sum(V[i, f] ** 2 * x[n, i] ** 2, i)
prediction[n] = w0 + Sum(w[i] * x[n, i], i) + Sum(total[n, f] ** 2 - squares[n, f], f) / 2
net.loss = Sum((prediction[n] - y[n]) ** 2, n) / (2 * N)
net.output(prediction)
