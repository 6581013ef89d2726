"""A siamese network: one encoder for both halves of a pair, trained by their distance.

    a = tanh(W1 x + b1),   h = W2 a + b2, for either half of each pair
    distance = √(|h of the left − h of the right|² + ε)
    loss = mean over n of ½ distance² where the pair is alike, ½ max(0, margin − distance)² where it is not

Shapes: x (N, 2, D) pairs, alike (N,) integers 0 or 1; W1 (H, D), b1 (H,), W2 (K, H), b2 (K,). The halves are rows of
one array, so they share weights without more ado. ε keeps the root's derivative finite where both halves agree.

Source: R. Hadsell, S. Chopra, Y. LeCun, Dimensionality reduction by learning an invariant mapping, CVPR (2006),
equation 4.
"""

from sympy import Eq, Max, Piecewise, sqrt, tanh

from symbackprop import Network, Sum, layers

net = Network("siamese")
N, D, H, K = net.dims("N D H K")
n, k = net.indices(n=N, k=K)
margin, epsilon = 1, 1e-6
x = net.input("x", (N, 2, D))
alike = net.input("alike", (N,), dtype="int", high=2)
distance, pair_loss = net.tensors("distance pair_loss")

a = layers.dense(x, H, activation=tanh, name="1")
h = layers.dense(a, K, name="2")
distance[n] = sqrt(Sum((h[n, 0, k] - h[n, 1, k]) ** 2, k) + epsilon)
pair_loss[n] = Piecewise((distance[n] ** 2, Eq(alike[n], 1)), (Max(0, margin - distance[n]) ** 2, True)) / 2
net.loss = Sum(pair_loss[n], n) / N
net.output(distance)
