"""A mixture of experts: each item is answered by the few small networks that a gate chooses for it.

    score = G x + g,   rank[e] = how many experts score higher than e
    gate = softmax of the scores of rank below K, 0 for the others
    a[e] = relu(W1[e] x + b1[e]),   y[e] = W2[e] a[e] + b2[e], each expert by itself
    logits = Σ_e gate[e] y[e],   loss = mean over n of −log softmax(logits)[n, label of n]

Shapes: x (N, D) data, label (N,) integers below C; G (E, D), g (E,), W1 (E, H, D), b1 (E, H), W2 (E, C, H), b2 (E, C).
The number of experts E is a size above `top`, which is K; with None every expert answers. All experts are computed,
those not chosen for nothing: what is sparse is the gate, and with it the gradients. Experts whose scores tie are kept
together.

Source: N. Shazeer et al., Outrageously large neural networks, ICLR (2017), equations 1, 3 and 5, without noise; R. A.
Jacobs, M. I. Jordan, S. J. Nowlan, G. E. Hinton, Adaptive mixtures of local experts, Neural Computation 3 (1991).
"""

from sympy import Piecewise, exp, oo, sqrt

from symbackprop import LogSumExp, Network, Sum
from symbackprop.functions import relu


def moe(top: int | None = 2) -> Network:
    """The network whose gate keeps the `top` experts of the highest scores, or all of them."""
    net = Network("moe")
    N, D, E, H, C = net.dims("N D E H C")
    n, i, e, u, j, k = net.indices(n=N, i=D, e=E, u=E, j=H, k=C)
    x = net.input("x", (N, D))
    label = net.input("label", (N,), dtype="int", high=C)
    G, g = net.parameter("G", (E, D)), net.parameter("g", (E,))
    W1, b1 = net.parameter("W1", (E, H, D), init=sqrt(2 / D)), net.parameter("b1", (E, H), init="zeros")
    W2, b2 = net.parameter("W2", (E, C, H), init=1 / sqrt(H)), net.parameter("b2", (E, C), init="zeros")
    score, gate, a, y, logits, p = net.tensors("score gate a y logits p")

    score[n, e] = Sum(G[e, i] * x[n, i], i) + g[e]
    kept = score
    if top is not None:
        net.assume(top < E)
        rank, kept = net.tensors("rank kept")
        rank[n, e] = Sum(Piecewise((1, score[n, u] > score[n, e]), (0, True)), u)
        kept[n, e] = Piecewise((score[n, e], rank[n, e] < top), (-oo, True))
    gate[n, e] = exp(kept[n, e] - LogSumExp(kept[n, e], e))
    a[n, e, j] = relu(Sum(W1[e, j, i] * x[n, i], i) + b1[e, j])
    y[n, e, k] = Sum(W2[e, k, j] * a[n, e, j], j) + b2[e, k]
    logits[n, k] = Sum(gate[n, e] * y[n, e, k], e)
    p[n, k] = exp(logits[n, k] - LogSumExp(logits[n, k], k))
    net.loss = Sum(LogSumExp(logits[n, k], k) - logits[n, label[n]], n) / N
    net.output(p, gate)
    return net


net = moe()
