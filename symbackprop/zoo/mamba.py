"""Mamba: a state-space recurrence over tokens whose coefficients depend on what is read.

    y = RMS norm of x,   u = W_u y,   gate = W_g y
    v = silu of u convolved causally over P steps, channel by channel
    Δ = softplus(W_Δ W_r v + b_Δ),   B = W_B v,   C = W_C v,   A[i, s] = −(s + 1) exp(a[i, s])
    h[t] = exp(Δ[t] A) h[t−1] + Δ[t] B[t] v[t],   s[t] = C[t] · h[t] + D v[t]                  the selective scan
    x ← x + W_o (s ⊙ silu(gate)), block after block;   logits = E · RMS norm of x, E the tokens' own embedding
    loss = mean over n and t of −log softmax(logits)[n, t, target]

Shapes: token and target (N, T) integers below V; E (V, D); for each block W_u and W_g (I, D), K (P, I), k (I,), W_r
(R, I), W_Δ (I, R), b_Δ (I,), W_B and W_C (S, I), a (I, S), D (I,), W_o (D, I), and the norms' gains (D,). a starts at
0, so that A starts at −1, −2, ..., −S, and b_Δ where Δ is about 1/100, the middle of the paper's 0.001 to 0.1.

Source: A. Gu, T. Dao, Mamba: linear-time sequence modeling with selective state spaces, arXiv:2312.00752 (2023),
algorithm 2, figure 3 and section 3.6.
"""

from sympy import Piecewise, exp, sqrt

from symbackprop import LogSumExp, Network, Sum, layers
from symbackprop.functions import silu, softplus
from symbackprop.losses import softmax_cross_entropy


def mamba(blocks: int = 1) -> Network:
    """The network of that many blocks."""
    net = Network("mamba")
    N, T, V, D, I, P, R, S = net.dims("N T V D I P R S")
    n, t, v, i, c, p, s = net.indices(n=N, t=T, v=V, i=I, c=D, p=P, s=S)
    token = net.input("token", (N, T), dtype="int", high=V)
    target = net.input("target", (N, T), dtype="int", high=V)
    E = net.parameter("E", (V, D), init=1 / sqrt(D))
    x = net.tensor("x")
    x[n, t, c] = E[token[n, t], c]

    for block in range(1, blocks + 1):
        y = layers.rms_norm(x, name=f"{block}")
        u = layers.dense(y, I, bias=False, name=f"u{block}")
        gate = layers.dense(y, I, bias=False, name=f"g{block}")
        K, k = net.parameter(f"K{block}", (P, I), init=1 / sqrt(P)), net.parameter(f"k{block}", (I,))
        a, bias = net.parameter(f"a{block}", (I, S), init="zeros"), net.parameter(f"b_delta{block}", (I,), init=-4.6)
        skip = net.parameter(f"D{block}", (I,), init="ones")
        conv, delta, A, gated = net.tensors(f"conv{block} delta{block} A{block} gated{block}")
        conv[n, t, i] = silu(Sum(Piecewise((K[p, i] * u[n, t - p, i], p <= t), (0, True)), p) + k[i])
        low = layers.dense(conv, R, bias=False, name=f"r{block}")
        raw = layers.dense(low, I, bias=False, name=f"delta{block}")
        delta[n, t, i] = softplus(raw[n, t, i] + bias[i])
        A[i, s] = -(s + 1) * exp(a[i, s])
        B = layers.dense(conv, S, bias=False, name=f"B{block}")
        C = layers.dense(conv, S, bias=False, name=f"C{block}")
        scanned = layers.selective_scan(conv, delta, A, B, C, skip, name=f"scan{block}")
        gated[n, t, i] = scanned[n, t, i] * silu(gate[n, t, i])
        x = layers.add(x, layers.dense(gated, D, bias=False, name=f"o{block}"), name=f"{block}")

    final = layers.rms_norm(x, name="final")
    logits, probability = net.tensors("logits probability")
    logits[n, t, v] = Sum(E[v, c] * final[n, t, c], c)
    probability[n, t, v] = exp(logits[n, t, v] - LogSumExp(logits[n, t, v], v))
    net.loss = softmax_cross_entropy(logits, target)
    net.output(probability)
    return net


net = mamba()
