"""A neural ordinary differential equation, integrated by the classical Runge-Kutta method.

    f(u, τ) = W2 tanh(W1 u + c τ + b1) + b2,   y(0) = x
    k1 = f(y, τ),   k2 = f(y + ½ Δ k1, τ + ½ Δ),   k3 = f(y + ½ Δ k2, τ + ½ Δ),   k4 = f(y + Δ k3, τ + Δ)
    y(τ + Δ) = y(τ) + Δ/6 (k1 + 2 k2 + 2 k3 + k4),   Δ = 1/S, so that S steps lead from 0 to 1
    loss = mean over n of ½ |y(1) − target|²

Shapes: x and target (N, D) states; W1 (H, D), b1 and c (H,), W2 (D, H), b2 (D,). The number of steps S is a size: the
gradient is that of the discretised equation, exactly.

Source: R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, Neural ordinary differential equations, NeurIPS
(2018), equations 2 and 3; W. Kutta (1901) for the scheme.
"""

from sympy import Expr, Rational, tanh

from symbackprop import Network, Sum

net = Network("neural_ode")
N, D, H, S = net.dims("N D H S")
n, i, j, s = net.indices(n=N, i=D, j=H, s=S)
x, target = net.input("x", (N, D)), net.input("target", (N, D))
W1, b1 = net.parameter("W1", (H, D)), net.parameter("b1", (H,))
c = net.parameter("c", (H,))
W2, b2 = net.parameter("W2", (D, H)), net.parameter("b2", (D,))
y, out = net.tensors("y out")
step, half = 1 / S, Rational(1, 2)

y[0, n, i] = x[n, i]
slopes: list[Expr] = []
for stage, passed in enumerate((0, half, half, 1), start=1):  # the part of the step that has passed at each stage
    u, a, k = net.tensors(f"u{stage} a{stage} k{stage}")
    u[s, n, i] = y[s, n, i] + (passed * step * slopes[-1] if slopes else 0)
    a[s, n, j] = tanh(Sum(W1[j, i] * u[s, n, i], i) + c[j] * (s + passed) * step + b1[j])
    k[s, n, i] = Sum(W2[i, j] * a[s, n, j], j) + b2[i]
    slopes.append(k[s, n, i])
k1, k2, k3, k4 = slopes
y[s + 1, n, i] = y[s, n, i] + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
out[n, i] = y[S, n, i]
net.loss = Sum((out[n, i] - target[n, i]) ** 2, n, i) / (2 * N)
net.output(out)
