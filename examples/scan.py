"""A gated linear recurrence as a layer, for `layer_in_torch.py` and `layer_in_jax.py`.

    h[0] = 0,  h[t] = f[t]·h[t-1] + (1 - f[t])·x[t-1],  f[t] = sigmoid(w·x[t-1] + b)

Shapes: x (T, N, D), w and b (D,), h (T + 1, N, D).
"""

from symbackprop import Network
from symbackprop.functions import sigmoid

net = Network("scan")
T, N, D = net.dims("T N D")
n, d, t = net.indices(n=N, d=D, t=(1, T))
x = net.input("x", (T, N, D))
w, b = net.parameter("w", (D,), init="ones"), net.parameter("b", (D,))
f, h = net.tensors("f h")
f[t, n, d] = sigmoid(w[d] * x[t - 1, n, d] + b[d])
h[0, n, d] = 0
h[t, n, d] = f[t, n, d] * h[t - 1, n, d] + (1 - f[t, n, d]) * x[t - 1, n, d]
net.output(h)
