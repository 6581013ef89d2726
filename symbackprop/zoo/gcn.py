"""A graph convolutional network: two rounds of averaging over neighbours, a few vertices labelled.

    degree[v] = 1 + Σ_u edge[v, u]
    S[v, u] = (edge[v, u] + 1 where v = u) / √(degree[v] degree[u])
    a = relu(S X W1 + b1),   logits = S a W2 + b2
    loss = mean over m of −log softmax(logits of vertex labelled[m])[label[m]]

Shapes: x (V, D) features of the vertices, edge (V, V) integers 0 or 1, symmetric with an empty diagonal; labelled (M,)
integers below V and label (M,) integers below C; W1 (D, H), b1 (H,), W2 (H, C), b2 (C,).

Source: T. N. Kipf, M. Welling, Semi-supervised classification with graph convolutional networks, ICLR (2017),
equations 2 and 9.
"""

from sympy import Eq, Piecewise, exp, sqrt

from symbackprop import LogSumExp, Network, Sum
from symbackprop.functions import relu

net = Network("gcn")
V, D, H, C, M = net.dims("V D H C M")
v, u, i, j, k, m = net.indices(v=V, u=V, i=D, j=H, k=C, m=M)
x = net.input("x", (V, D))
edge = net.input("edge", (V, V), dtype="int", high=2)
labelled = net.input("labelled", (M,), dtype="int", high=V)
label = net.input("label", (M,), dtype="int", high=C)
W1, b1 = net.parameter("W1", (D, H)), net.parameter("b1", (H,))
W2, b2 = net.parameter("W2", (H, C)), net.parameter("b2", (C,))
degree, S, a, logits, z, p = net.tensors("degree S a logits z p")

degree[v] = 1 + Sum(edge[v, u], u)
S[v, u] = (edge[v, u] + Piecewise((1, Eq(v, u)), (0, True))) / sqrt(degree[v] * degree[u])
a[v, j] = relu(Sum(S[v, u] * Sum(x[u, i] * W1[i, j], i), u) + b1[j])
logits[v, k] = Sum(S[v, u] * Sum(a[u, j] * W2[j, k], j), u) + b2[k]
p[v, k] = exp(logits[v, k] - LogSumExp(logits[v, k], k))
z[m, k] = logits[labelled[m], k]
net.loss = Sum(LogSumExp(z[m, k], k) - z[m, label[m]], m) / M
net.output(p)
