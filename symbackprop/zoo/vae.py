"""A variational autoencoder: a Gaussian code, drawn by reparametrisation, and a Bernoulli likelihood.

    a1 = tanh(W1 x + b1),   mean = Wm a1 + bm,   log_var = Wv a1 + bv
    code = mean + exp(½ log_var) ⊙ noise,   noise drawn from a standard normal distribution
    a2 = tanh(W2 code + b2),   logits = W3 a2 + b3
    loss = mean over n of Σ_i log(1 + exp logits) − x ⊙ logits  +  ½ Σ_k exp(log_var) + mean² − 1 − log_var,
    the negative log-likelihood and the divergence of the code from a standard normal distribution

Shapes: x (N, D) data between 0 and 1, noise (N, K); W1 (H, D), b1 (H,), Wm and Wv (K, H), bm and bv (K,), W2 (H, K),
b2 (H,), W3 (D, H), b3 (D,). `predict` rebuilds x from the mean of its code.

Source: D. P. Kingma, M. Welling, Auto-encoding variational Bayes, ICLR (2014), equation 10 and appendix C.1.
"""

from sympy import exp, log, tanh

from symbackprop import Network, Sum
from symbackprop.functions import sigmoid

net = Network("vae")
N, D, H, K = net.dims("N D H K")
n, i, j, k = net.indices(n=N, i=D, j=H, k=K)
x = net.input("x", (N, D))
noise = net.random("noise", (N, K), "normal")
W1, b1 = net.parameter("W1", (H, D)), net.parameter("b1", (H,))
Wm, bm = net.parameter("Wm", (K, H)), net.parameter("bm", (K,))
Wv, bv = net.parameter("Wv", (K, H)), net.parameter("bv", (K,))
W2, b2 = net.parameter("W2", (H, K)), net.parameter("b2", (H,))
W3, b3 = net.parameter("W3", (D, H)), net.parameter("b3", (D,))
a1, mean, log_var, code, a2, logits, reconstruction = net.tensors("a1 mean log_var code a2 logits reconstruction")
likelihood, divergence = net.tensors("likelihood divergence")

a1[n, j] = tanh(Sum(W1[j, i] * x[n, i], i) + b1[j])
mean[n, k] = Sum(Wm[k, j] * a1[n, j], j) + bm[k]
log_var[n, k] = Sum(Wv[k, j] * a1[n, j], j) + bv[k]
code[n, k] = mean[n, k] + exp(log_var[n, k] / 2) * noise[n, k]
a2[n, j] = tanh(Sum(W2[j, k] * code[n, k], k) + b2[j])
logits[n, i] = Sum(W3[i, j] * a2[n, j], j) + b3[i]

likelihood[n] = Sum(x[n, i] * logits[n, i] - log(1 + exp(logits[n, i])), i)
divergence[n] = Sum(exp(log_var[n, k]) + mean[n, k] ** 2 - 1 - log_var[n, k], k) / 2
net.loss = Sum(divergence[n] - likelihood[n], n) / N
reconstruction[n, i] = sigmoid(logits[n, i])
net.output(reconstruction, mean)
