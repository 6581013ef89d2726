"""The log-likelihood of a mixture of Gaussians with full covariances.

    d = x − μ_k,   u_k = L_k d,   L_k lower triangular with exp(q_k) on its diagonal: L_kᵀ L_k is the precision
    s_k = log π_k + Σ log diag(L_k) − ½ |u_k|² − ½ D log 2π,   π = softmax(α)
    loss = −mean over n of log Σ_k exp(s_k)

Shapes: x (N, D) data; alpha (K,), mu (K, D), q (K, D), lower (K, D, D), of which the entries on and above the diagonal
are not read (their gradient is zero). The output is the responsibility of each component for each point.

Source: F. Srajer, Z. Kukelova, A. Fitzgibbon, A benchmark of selected algorithmic differentiation tools on some
problems in computer vision and machine learning, Optimization Methods and Software 33 (2018), section 3.1.
"""

from sympy import Piecewise, exp, log, pi

from symbackprop import LogSumExp, Network, Sum

net = Network("gmm")
N, D, K = net.dims("N D K")
n, i, j, k = net.indices(n=N, i=D, j=D, k=K)
x = net.input("x", (N, D))
alpha, mu = net.parameter("alpha", (K,)), net.parameter("mu", (K, D), init="normal")
q, lower = net.parameter("q", (K, D), init="zeros"), net.parameter("lower", (K, D, D), init="zeros")
d, u, s, responsibility = net.tensors("d u s responsibility")

d[n, k, i] = x[n, i] - mu[k, i]
u[n, k, i] = exp(q[k, i]) * d[n, k, i] + Sum(Piecewise((lower[k, i, j] * d[n, k, j], j < i), (0, True)), j)
s[n, k] = alpha[k] - LogSumExp(alpha[k], k) + Sum(q[k, i], i) - Sum(u[n, k, i] ** 2, i) / 2 - D * log(2 * pi) / 2
responsibility[n, k] = exp(s[n, k] - LogSumExp(s[n, k], k))
net.loss = -Sum(LogSumExp(s[n, k], k), n) / N
net.output(responsibility)
