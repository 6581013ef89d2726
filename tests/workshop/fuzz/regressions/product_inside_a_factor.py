"""C: a factor that is summed first has a product inside, whose range was lost."""

from sympy import Piecewise, erf, exp, oo
from symbackprop import Network, Product, Sum

net = Network("product_inside_a_factor")
H = net.dim("H")
(b,) = net.indices(b=H)
u = net.index("u", H)
i = net.index("i", (1, H))
A = net.parameter("A", (H,))
token = net.input("token", (), dtype="int", high=H)
score = net.tensor("score")
score[b, u] = Piecewise((Product(erf(A[token]), i), u <= b), (-oo, True))
net.loss = Sum(exp(score[b, u]), b, u)
SIZES = {"H": 5}
