"""At a corner: what no look-up picks has a δ of 0, which met an infinite derivative there."""

from sympy import Eq, Min, Piecewise, log

from symbackprop import Mean, Network, Sum

net = Network("elements_that_no_look_up_picks")
N, M, H, B = net.dims("N M H B")
n, t, v, j, b = net.indices(n=N, t=M, v=M, j=H, b=B)
x, y = net.parameter("x", (H,)), net.parameter("y", (2 * N,))
z, w = net.input("z", ()), net.parameter("w", (M,))
token = net.input("token", (B,), dtype="int", high=H)
score, shown, second, alpha, u = net.tensors("score shown second alpha u")
score[j] = log(x[j] ** 2)
shown[b] = score[token[b]]
u[n] = log(y[2 * n + 1] ** 2)
second[n] = 1 / (1 + y[2 * n] ** 2)
alpha[t, v] = Mean(Min(Piecewise((w[t], Eq(t, v)), (u[n], True)), z), n)
net.loss = Sum(shown[b], b) + Sum(alpha[t, t], t) + Sum(second[n], n)
SIZES = {"N": 2, "M": 3, "H": 5, "B": 2}
