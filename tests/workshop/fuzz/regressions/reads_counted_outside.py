"""A branch of values in front of a condition on indices, in the count of what reads state[k] for k < D alone."""

from sympy import Piecewise, tanh

from symbackprop import Network, Sum
from symbackprop.functions import selu

net = Network("reads_counted_outside")
N, M, D = net.dims("N M D")
a, k, t = net.indices(a=M, k=N, t=D)
W = net.parameter("W", (M,))
x = net.input("x", (N,))
state, h = net.tensors("state h")
state[t] = Sum(tanh(W[a] ** 2), a)
h[k] = x[k] ** 2 * selu(Piecewise((state[k], k < D), (0, True)))
net.loss = Sum(h[k] ** 2, k)
SIZES = {"N": 3, "M": 2, "D": 1}
