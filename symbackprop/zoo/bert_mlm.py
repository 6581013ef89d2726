"""BERT's masked language model: a transformer that reads both ways restores hidden words.

    x = norm(E[token] + P[position] + G[segment])
    blocks:  x ← norm(x + attention(x)),   x ← norm(x + W2 gelu(W1 x + b1) + b2), padding not attended to
    u[m] = norm(gelu(W x at place[m] + b)),   logits[m] = E · u[m] + bias
    loss = Σ over n and m of weight · −log softmax(logits)[word], by the weights' sum and ε

Shapes: token, segment and present (N, T): integers below V, 2 and 2, `present` 0 on padding; place (N, M) integers
below T, word (N, M) below V, weight (N, M): where words are masked, which they were, and 0 for places to spare;
E (V, D), P (T, D), G (2, D), for each block the weights of `layers.transformer_block` for A heads, W (D, D), b (D,),
bias (V,).

Source: J. Devlin, M.-W. Chang, K. Lee, K. Toutanova, BERT: pre-training of deep bidirectional transformers for language
understanding, NAACL (2019), section 3.1 and figure 2; the head of its reference code.
"""

from sympy import Rational, exp

from symbackprop import LogSumExp, Network, Sum, layers
from symbackprop.functions import gelu


def bert_mlm(blocks: int = 1) -> Network:
    """The network of that many blocks."""
    net = Network("bert_mlm")
    N, T, M, V, D, A = net.dims("N T M V D A")
    n, t, m, v, d = net.indices(n=N, t=T, m=M, v=V, d=D)
    token = net.input("token", (N, T), dtype="int", high=V)
    segment = net.input("segment", (N, T), dtype="int", high=2)
    present = net.input("present", (N, T), dtype="int", high=2)
    place = net.input("place", (N, M), dtype="int", high=T)
    word = net.input("word", (N, M), dtype="int", high=V)
    weight = net.input("weight", (N, M))
    E, P, G = (net.parameter(name, (rows, D), init=Rational(1, 50)) for name, rows in (("E", V), ("P", T), ("G", 2)))
    bias = net.parameter("bias", (V,))
    embedded, masked, logits, p, surprise = net.tensors("embedded masked logits p surprise")

    embedded[n, t, d] = E[token[n, t], d] + P[t, d] + G[segment[n, t], d]
    x = layers.layer_norm(embedded, name="embedding")
    for block in range(1, blocks + 1):
        x = layers.transformer_block(x, heads=A, norm_first=False, key_mask=present, name=str(block))
    masked[n, m, d] = x[n, place[n, m], d]
    u = layers.layer_norm(layers.dense(masked, D, activation=gelu, name="head"), name="head")
    logits[n, m, v] = Sum(E[v, d] * u[n, m, d], d) + bias[v]
    p[n, m, v] = exp(logits[n, m, v] - LogSumExp(logits[n, m, v], v))
    surprise[n, m] = LogSumExp(logits[n, m, v], v) - logits[n, m, word[n, m]]
    net.loss = Sum(weight[n, m] * surprise[n, m], n, m) / (Sum(weight[n, m], n, m) + 1e-5)
    net.output(p)
    return net


net = bert_mlm()
