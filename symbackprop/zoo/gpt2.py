"""GPT-2: a causal transformer that predicts the next token, its output tied to its embedding.

    x = E[token] + P[position]
    blocks:  x ← x + attention(norm x), each place reading those up to it,   x ← x + W2 gelu(W1 norm x + b1) + b2
    logits = E · norm of x,   p = softmax(logits)
    loss = mean over n and t of −log p[n, t, target]

Shapes: token and target (N, T) integers below V, the target being the token that follows; E (V, D), P (M, D) for up to
M places, T ≤ M; for each block the weights of `layers.transformer_block`. `layers`, `heads` and `width` may be numbers
(12, 12 and 768 are the paper's smallest) or, but for the first, left as sizes A and D. gelu is the tanh form.

Source: A. Radford et al., Language models are unsupervised multitask learners (2019), section 2.3; the blocks of A.
Vaswani et al., Attention is all you need (2017), the norm first.
"""

from functools import partial
from typing import Any

from sympy import Rational, exp

from symbackprop import LogSumExp, Network, Sum, losses
from symbackprop.functions import gelu
from symbackprop.layers import layer_norm, transformer_block


def gpt2(layers: int = 12, heads: Any = None, width: Any = None) -> Network:
    """The network of that many layers, with `heads` heads (A by default) of `width` features (D by default) in all."""
    net = Network("gpt2")
    N, T, M, V = net.dims("N T M V")
    D = net.dim("D") if width is None else width
    A = net.dim("A") if heads is None else heads
    n, t, v, d = net.indices(n=N, t=T, v=V, d=D)
    net.assume(T <= M)
    token = net.input("token", (N, T), dtype="int", high=V)
    target = net.input("target", (N, T), dtype="int", high=V)
    E, P = net.parameter("E", (V, D), init=Rational(1, 50)), net.parameter("P", (M, D), init=Rational(1, 100))
    x, logits, p = net.tensors("x logits p")

    x[n, t, d] = E[token[n, t], d] + P[t, d]
    y = x
    for layer in range(1, layers + 1):
        y = transformer_block(y, heads=A, causal=True, activation=partial(gelu, approximate="tanh"), name=str(layer))
    y = layer_norm(y, name="final")
    logits[n, t, v] = Sum(E[v, d] * y[n, t, d], d)
    p[n, t, v] = exp(logits[n, t, v] - LogSumExp(logits[n, t, v], v))
    net.loss = losses.softmax_cross_entropy(logits, target)
    net.output(p)
    return net


net = gpt2(layers=1)
