"""A read behind a guard was taken to stand inside its tensor because the axis of another sum was not empty."""

from sympy import Piecewise

from symbackprop import Network, Sum

net = Network("frame_beside_an_empty_axis")
N, M = net.dims("N M")
q, r, t = net.indices(q=1, r=N, t=M)
W, b = net.parameter("W", (M,)), net.parameter("b", (N, M))
score = net.tensor("score")
beyond = Piecewise((b[r, q + 2], q + 2 < M), (0, True))
rows = [Piecewise((W[index + 2], index + 2 < M), (0, True)) for index in (q, t)]
score[q, r] = Sum(rows[0] * rows[1] * beyond, t) + b[r, q]
net.loss = Sum(score[q, r] ** 2, q, r)
SIZES = {"N": 5, "M": 2}
