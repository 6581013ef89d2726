"""A GRU encoder and a GRU decoder with attention, taught by the words that came before.

    key[s] = the states of a GRU over the embedded source
    energy[t, s] = v · tanh(A h[t−1] + B key[s]),   w = softmax of energy over s,   context[t] = Σ_s w[t, s] key[s]
    r, u = sigmoid of M e[t] + K context[t] + U h[t−1] + b,   c = tanh(M e[t] + K context[t] + U (r ⊙ h[t−1]) + b)
    h[t] = (1 − u) ⊙ c + u ⊙ h[t−1],   h[0] = tanh(B0 key[last] + b0)
    logits[t] = O h[t] + Q context[t] + o,   loss = mean over n and t of −log softmax(logits)[target]

Shapes: source (S, N) integers below V; previous and target (T, N) integers below W: the target's words, and the same
words one step late. E_source (V, D), E_target (W, D), the encoder's W, U, b, c; A and B (J, H), v (J,), M (3, H, D), K
and U (3, H, H), b (3, H), B0 (H, H), b0 (H,), O and Q (W, H), o (W,).

Source: D. Bahdanau, K. Cho, Y. Bengio, Neural machine translation by jointly learning to align and translate, ICLR
(2015), appendix A.1.2 and A.2.2, here with one direction of the encoder and a plain softmax.
"""

from sympy import exp, sqrt, tanh

from symbackprop import LogSumExp, Network, Sum, layers
from symbackprop.functions import sigmoid

net = Network("gru_seq2seq")
N, S, T, V, W, D, H, J = net.dims("N S T V W D H J")
n, s, y, d, i, j, j2 = net.indices(n=N, s=S, y=W, d=D, i=J, j=H, j2=H)
g = net.index("g", 3)
t = net.index("t", (1, T))
source = net.input("source", (S, N), dtype="int", high=V)
previous = net.input("previous", (T, N), dtype="int", high=W)
target = net.input("target", (T, N), dtype="int", high=W)

key = layers.gru(layers.embedding(source, V, D, name="source", init=1 / sqrt(D)), H, name="source")
word = layers.embedding(previous, W, D, name="target", init=1 / sqrt(D))

A, B, v = net.parameter("A", (J, H)), net.parameter("B", (J, H)), net.parameter("v", (J,), init=1 / sqrt(J))
M, K = net.parameter("M", (3, H, D), init=1 / sqrt(D)), net.parameter("K", (3, H, H), init=1 / sqrt(H))
U, b = net.parameter("U", (3, H, H), init=1 / sqrt(H)), net.parameter("b", (3, H), init="zeros")
B0, b0 = net.parameter("B0", (H, H)), net.parameter("b0", (H,))
O, Q, o = net.parameter("O", (W, H)), net.parameter("Q", (W, H)), net.parameter("o", (W,))
seen, h, energy, w, context, z = net.tensors("seen h energy w context z")
reset, update, candidate, logits, p = net.tensors("reset update candidate logits p")

seen[s, n, i] = Sum(B[i, j] * key[s, n, j], j)
h[0, n, j] = tanh(Sum(B0[j, j2] * key[S - 1, n, j2], j2) + b0[j])
energy[t, n, s] = Sum(v[i] * tanh(Sum(A[i, j] * h[t - 1, n, j], j) + seen[s, n, i]), i)
w[t, n, s] = exp(energy[t, n, s] - LogSumExp(energy[t, n, s], s))
context[t, n, j] = Sum(w[t, n, s] * key[s, n, j], s)
z[t, n, g, j] = Sum(M[g, j, d] * word[t - 1, n, d], d) + Sum(K[g, j, j2] * context[t, n, j2], j2) + b[g, j]
reset[t, n, j] = sigmoid(z[t, n, 0, j] + Sum(U[0, j, j2] * h[t - 1, n, j2], j2))
update[t, n, j] = sigmoid(z[t, n, 1, j] + Sum(U[1, j, j2] * h[t - 1, n, j2], j2))
candidate[t, n, j] = tanh(z[t, n, 2, j] + Sum(U[2, j, j2] * reset[t, n, j2] * h[t - 1, n, j2], j2))
h[t, n, j] = (1 - update[t, n, j]) * candidate[t, n, j] + update[t, n, j] * h[t - 1, n, j]

u = net.index("u", T)
logits[u, n, y] = Sum(O[y, j] * h[u + 1, n, j] + Q[y, j] * context[u + 1, n, j], j) + o[y]
p[u, n, y] = exp(logits[u, n, y] - LogSumExp(logits[u, n, y], y))
net.loss = Sum(LogSumExp(logits[u, n, y], y) - logits[u, n, target[u, n]], u, n) / (T * N)
net.output(p)
