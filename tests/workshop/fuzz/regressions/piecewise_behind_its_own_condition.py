"""Reading: SymPy drops the default of a Piecewise that stands behind the condition of its own last branch."""

from sympy import Eq, Ne, Piecewise

from symbackprop import Network, Sum

net = Network("piecewise_behind_its_own_condition")
M = net.dim("M")
p, q = net.indices(p=M, q=M)
A, B = net.parameter("A", (M,)), net.parameter("B", (M,))
e = net.tensor("e")

e[q, p] = Piecewise((Piecewise((A[p], Ne(p, 1)), (B[q] ** 2, Eq(q, p)), (1, True)), Eq(p, q)), (B[p], True))
net.loss = Sum(e[q, p] ** 2, q, p)

SIZES = {"M": 3}
