"""Linear regression: a line through the data, fitted by least squares.

    prediction = w · x + b
    loss = mean over n of ½ (prediction − y)²

Shapes: x (N, D) data, y (N,) targets; w (D,), b ().

Source: C. M. Bishop, Pattern recognition and machine learning (2006), equations 3.1 and 3.12.
"""

from symbackprop import Network, Sum

net = Network("linear_regression")
N, D = net.dims("N D")
n, i = net.indices(n=N, i=D)
x, y = net.input("x", (N, D)), net.input("y", (N,))
w, b = net.parameter("w", (D,)), net.parameter("b", ())
prediction = net.tensor("prediction")

prediction[n] = Sum(w[i] * x[n, i], i) + b
net.loss = Sum((prediction[n] - y[n]) ** 2, n) / (2 * N)
net.output(prediction)
