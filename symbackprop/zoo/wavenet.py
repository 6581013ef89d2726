"""WaveNet: dilated causal convolutions with gates, residual connections and summed skips.

    h[0] = E[token]
    f = tanh(Σ_p F[p] h[t − p·2^l]),   g = sigmoid(Σ_p G[p] h[t − p·2^l]), zero before the start, for layer l
    u = f ⊙ g,   h[l+1] = h[l] + R u + r,   skip = Σ_l S u + s
    logits = O2 relu(O1 relu(skip) + o1) + o2,   p = softmax(logits)
    loss = mean over n and t of −log p[n, t, next token]

Shapes: token and target (N, T) integers below V, the target being the token that follows; E (V, D); for each layer F
and G (P, D, D), R (D, D), r (D,), S (K, D), s (K,); O1 (K, K), o1 (K,), O2 (V, K), o2 (V,). Each of `layers` doubles
the reach into the past.

Source: A. van den Oord et al., WaveNet: a generative model for raw audio, arXiv:1609.03499 (2016), equation 2 and
figure 4.
"""

from sympy import Piecewise, exp, sqrt, tanh

from symbackprop import LogSumExp, Network, Sum
from symbackprop.functions import relu, sigmoid


def wavenet(layers: int = 3) -> Network:
    """The network of that many layers, with dilations 1, 2, 4, ..."""
    net = Network("wavenet")
    N, T, V, D, P, K = net.dims("N T V D P K")
    n, t, v, d, e, p, k, m = net.indices(n=N, t=T, v=V, d=D, e=D, p=P, k=K, m=K)
    token = net.input("token", (N, T), dtype="int", high=V)
    target = net.input("target", (N, T), dtype="int", high=V)
    E = net.parameter("E", (V, D), init=1 / sqrt(D))

    h = net.tensor("h0")
    h[n, t, d] = E[token[n, t], d]
    skip = 0
    for layer in range(layers):
        F, G = (net.parameter(f"{kind}{layer}", (P, D, D), init=1 / sqrt(P * D)) for kind in "FG")
        S, s = net.parameter(f"S{layer}", (K, D)), net.parameter(f"s{layer}", (K,))
        f, g, u = net.tensors(f"f{layer} g{layer} u{layer}")
        past = t - 2**layer * p
        before = Piecewise((h[n, past, e], past >= 0), (0, True))
        f[n, t, d] = tanh(Sum(F[p, d, e] * before, p, e))
        g[n, t, d] = sigmoid(Sum(G[p, d, e] * before, p, e))
        u[n, t, d] = f[n, t, d] * g[n, t, d]
        skip += Sum(S[k, d] * u[n, t, d], d) + s[k]
        if layer < layers - 1:  # nothing reads what the last layer would pass on
            R, r = net.parameter(f"R{layer}", (D, D)), net.parameter(f"r{layer}", (D,))
            passed = net.tensor(f"h{layer + 1}")
            passed[n, t, d] = h[n, t, d] + Sum(R[d, e] * u[n, t, e], e) + r[d]
            h = passed

    O1, o1 = net.parameter("O1", (K, K)), net.parameter("o1", (K,))
    O2, o2 = net.parameter("O2", (V, K)), net.parameter("o2", (V,))
    skips, hidden, logits, probability = net.tensors("skips hidden logits probability")
    skips[n, t, k] = relu(skip)
    hidden[n, t, k] = relu(Sum(O1[k, m] * skips[n, t, m], m) + o1[k])
    logits[n, t, v] = Sum(O2[v, k] * hidden[n, t, k], k) + o2[v]
    probability[n, t, v] = exp(logits[n, t, v] - LogSumExp(logits[n, t, v], v))
    net.loss = Sum(LogSumExp(logits[n, t, v], v) - logits[n, t, target[n, t]], n, t) / (N * T)
    net.output(probability)
    return net


net = wavenet()
