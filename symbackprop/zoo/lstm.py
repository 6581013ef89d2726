"""A long short-term memory that reads a sequence and classifies it by its last state.

    z[t] = W x[t] + U h[t−1] + b, in four rows: one for each gate
    i = sigmoid(z₀),   f = sigmoid(z₁),   g = tanh(z₂),   o = sigmoid(z₃)
    c[t] = f ⊙ c[t−1] + i ⊙ g,   h[t] = o ⊙ tanh(c[t]),   logits = V h[T] + d
    loss = mean over n of −log softmax(logits)[n, label of n]

Shapes: x (T, N, D) sequences, label (N,) integers below C; W (4, H, D), U (4, H, H), b (4, H), V (C, H), d (C,).
The rows of the four gates stand in the order of PyTorch's `nn.LSTM`.

Source: S. Hochreiter, J. Schmidhuber, Long short-term memory, Neural Computation 9 (1997), with the forget gate of
F. A. Gers, J. Schmidhuber, F. Cummins, Learning to forget, Neural Computation 12 (2000).
"""

from sympy import exp, sqrt, tanh

from symbackprop import LogSumExp, Network, Sum
from symbackprop.functions import sigmoid

net = Network("lstm")
T, N, D, H, C = net.dims("T N D H C")
t = net.index("t", (1, T))
n, e, i, j, j2, k = net.indices(n=N, e=4, i=D, j=H, j2=H, k=C)
x = net.input("x", (T, N, D))
label = net.input("label", (N,), dtype="int", high=C)
W = net.parameter("W", (4, H, D), init=1 / sqrt(D))
U = net.parameter("U", (4, H, H), init=1 / sqrt(H))
b = net.parameter("b", (4, H), init="zeros")
V, d = net.parameter("V", (C, H)), net.parameter("d", (C,))
z, input_gate, forget_gate, candidate, output_gate = net.tensors("z input_gate forget_gate candidate output_gate")
c, h, logits, p = net.tensors("c h logits p")

c[0, n, j] = 0
h[0, n, j] = 0
z[t, n, e, j] = Sum(W[e, j, i] * x[t - 1, n, i], i) + Sum(U[e, j, j2] * h[t - 1, n, j2], j2) + b[e, j]
input_gate[t, n, j] = sigmoid(z[t, n, 0, j])
forget_gate[t, n, j] = sigmoid(z[t, n, 1, j])
candidate[t, n, j] = tanh(z[t, n, 2, j])
output_gate[t, n, j] = sigmoid(z[t, n, 3, j])
c[t, n, j] = forget_gate[t, n, j] * c[t - 1, n, j] + input_gate[t, n, j] * candidate[t, n, j]
h[t, n, j] = output_gate[t, n, j] * tanh(c[t, n, j])

logits[n, k] = Sum(V[k, j] * h[T, n, j], j) + d[k]
p[n, k] = exp(logits[n, k] - LogSumExp(logits[n, k], k))
net.loss = Sum(LogSumExp(logits[n, k], k) - logits[n, label[n]], n) / N
net.output(p)
net.notation(input_gate=r"\mathsf{i}", forget_gate=r"\mathsf{f}", candidate=r"\mathsf{g}", output_gate=r"\mathsf{o}")
