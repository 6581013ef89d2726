"""A deep autoencoder: data squeezed through a narrow code and rebuilt, by cross-entropy.

    a1 = sigmoid(W1 x + b1),   code = W2 a1 + b2                     the encoder
    a3 = sigmoid(W3 code + b3),   logits = W4 a3 + b4                the decoder
    loss = mean over n of Σ_i log(1 + exp logits) − x ⊙ logits, the cross-entropy of x and sigmoid(logits)

Shapes: x (N, D) data between 0 and 1; W1 (H, D), b1 (H,), W2 (K, H), b2 (K,), W3 (H, K), b3 (H,), W4 (D, H), b4 (D,).

Source: G. E. Hinton, R. R. Salakhutdinov, Reducing the dimensionality of data with neural networks, Science 313
(2006), whose code is linear and whose other units are logistic.
"""

from sympy import exp, log

from symbackprop import Network, Sum, layers
from symbackprop.functions import sigmoid

net = Network("autoencoder")
N, D, H, K = net.dims("N D H K")
n, i = net.indices(n=N, i=D)
x = net.input("x", (N, D))
reconstruction = net.tensor("reconstruction")

a1 = layers.dense(x, H, activation=sigmoid, name="1")
code = layers.dense(a1, K, name="2")
a3 = layers.dense(code, H, activation=sigmoid, name="3")
logits = layers.dense(a3, D, name="4")
reconstruction[n, i] = sigmoid(logits[n, i])
net.loss = Sum(log(1 + exp(logits[n, i])) - x[n, i] * logits[n, i], n, i) / N
net.output(reconstruction, code)
