"""Labels that are read beyond their tensor behind a guard: the frame around them holds integers too."""

from sympy import Ne, Piecewise

from symbackprop import Network, Sum

net = Network("framed_labels")
N, H = net.dims("N H")
i = net.index("i", 3)
t, j = net.indices(t=H, j=N)
b = net.parameter("b", (3,), init="ones")
token = net.input("token", (H, 3), dtype="int", high=3)
x = net.input("x", (H, N))
y = net.input("y", (3, H))
beta = net.tensor("beta")
beta[i, t] = Sum(
    Piecewise((x[t, j], Ne(i, t)), (b[i], Ne(j, i)), (y[i, H - 1 - t], True))
    * b[i]
    * b[token[H - 1 - t, 2 - i]]
    * x[t, j],
    j,
)
net.loss = Sum(beta[i, t] ** 2, i, t)
SIZES = {"N": 2, "H": 5}
