"""A transformer block: causal attention and a perceptron, each behind a norm and beside a residual.

    u1 = norm(x),   Q, K, V = u1 Wq, u1 Wk, u1 Wv for each head,   S = Q K / √E where s ≤ t,   P = softmax of S over s
    O = P V,   y = x + O Wo + bo,   u2 = norm(y),   h = relu(u2 W1 + b1),   out = y + h W2 + b2
    norm(x) = gamma · (x − mean) / √(variance + 1e−5) + beta over the D features of a position
    loss = mean over n and t of ½ |out − target|²

Shapes: x and target (N, T, D) sequences; Wq, Wk, Wv (A, D, E) for A heads of size E, Wo (A, E, D), bo (D,);
W1 (D, F), b1 (F,), W2 (F, D), b2 (D,); gamma1, beta1, gamma2, beta2 (D,).

Source: A. Vaswani et al., Attention is all you need, NeurIPS (2017), section 3; the norms stand before the layers as in
R. Xiong et al., On layer normalization in the transformer architecture, ICML (2020), figure 1(b).
"""

from sympy import Piecewise, exp, oo, sqrt

from symbackprop import LogSumExp, Network, Sum
from symbackprop.functions import relu

net = Network("transformer_block")
N, T, D, A, E, F = net.dims("N T D A E F")
n, t, s, d, a, e, f = net.indices(n=N, t=T, s=T, d=D, a=A, e=E, f=F)
x, target = net.input("x", (N, T, D)), net.input("target", (N, T, D))
gamma1, beta1 = net.parameter("gamma1", (D,), init="ones"), net.parameter("beta1", (D,))
Wq, Wk, Wv = (net.parameter(name, (A, D, E), init=1 / sqrt(D)) for name in ("Wq", "Wk", "Wv"))
Wo, bo = net.parameter("Wo", (A, E, D), init=1 / sqrt(A * E)), net.parameter("bo", (D,))
gamma2, beta2 = net.parameter("gamma2", (D,), init="ones"), net.parameter("beta2", (D,))
W1, b1 = net.parameter("W1", (D, F), init=sqrt(2) / sqrt(D)), net.parameter("b1", (F,))
W2, b2 = net.parameter("W2", (F, D), init=1 / sqrt(F)), net.parameter("b2", (D,))
mu1, v1, x_hat, u1, Q, K, V, S, P, O, y = net.tensors("mu1 v1 x_hat u1 Q K V S P O y")
mu2, v2, y_hat, u2, z, h, out = net.tensors("mu2 v2 y_hat u2 z h out")

mu1[n, t] = Sum(x[n, t, d], d) / D
v1[n, t] = Sum((x[n, t, d] - mu1[n, t]) ** 2, d) / D
x_hat[n, t, d] = (x[n, t, d] - mu1[n, t]) / sqrt(v1[n, t] + 1e-5)
u1[n, t, d] = gamma1[d] * x_hat[n, t, d] + beta1[d]
Q[n, a, t, e] = Sum(u1[n, t, d] * Wq[a, d, e], d)
K[n, a, t, e] = Sum(u1[n, t, d] * Wk[a, d, e], d)
V[n, a, t, e] = Sum(u1[n, t, d] * Wv[a, d, e], d)
S[n, a, t, s] = Piecewise((Sum(Q[n, a, t, e] * K[n, a, s, e], e) / sqrt(E), s <= t), (-oo, True))
P[n, a, t, s] = exp(S[n, a, t, s] - LogSumExp(S[n, a, t, s], s))
O[n, a, t, e] = Sum(P[n, a, t, s] * V[n, a, s, e], s)
y[n, t, d] = x[n, t, d] + Sum(O[n, a, t, e] * Wo[a, e, d], a, e) + bo[d]

mu2[n, t] = Sum(y[n, t, d], d) / D
v2[n, t] = Sum((y[n, t, d] - mu2[n, t]) ** 2, d) / D
y_hat[n, t, d] = (y[n, t, d] - mu2[n, t]) / sqrt(v2[n, t] + 1e-5)
u2[n, t, d] = gamma2[d] * y_hat[n, t, d] + beta2[d]
z[n, t, f] = Sum(u2[n, t, d] * W1[d, f], d) + b1[f]
h[n, t, f] = relu(z[n, t, f])
out[n, t, d] = y[n, t, d] + Sum(h[n, t, f] * W2[f, d], f) + b2[d]
net.loss = Sum((out[n, t, d] - target[n, t, d]) ** 2, n, t, d) / (2 * N * T)
net.output(out)
net.notation(out=r"x^{\mathrm{out}}", target="y^{*}")
