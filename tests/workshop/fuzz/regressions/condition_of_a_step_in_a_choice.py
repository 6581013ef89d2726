"""C: a condition of a step, which no axis stands in, chooses inside of another choice."""

from sympy import Eq, Lt, Piecewise
from symbackprop import Network, Sum

net = Network("masked_step")
H = net.dim("H")
token = net.input("token", ())
(v,) = net.indices(v=H)
s = net.index("s", (1, H))
score = net.tensor("score")
p = net.index("p", H)
b = net.parameter("b", ())
i = net.index("i", H + 1)
score[0, v] = 0
score[s, v] = Piecewise(
    (Sum(score[s - 1, p], p), Lt(token[()], 1)),
    (Piecewise((b[()], s < H), (0, True)) * Piecewise((2, Eq(v, 0)), (0, True)), True),
)
net.loss = Sum(score[i, v], i, v)
SIZES = {"H": 2}
