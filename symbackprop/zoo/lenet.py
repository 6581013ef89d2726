"""A convolutional classifier after LeNet-5: two convolutions with max-pooling, then two dense layers.

    z1 = K1 * x + b1,    a1 = relu(z1),   p1 = the maximum of each 2 × 2 block of a1
    z2 = K2 * p1 + b2,   a2 = relu(z2),   p2 = the maximum of each 2 × 2 block of a2
    z3 = W3 · p2 + b3,   a3 = relu(z3),   z4 = W4 a3 + b4,   p = softmax(z4)
    loss = mean over n of −log p[n, label of n]

Shapes: x (N, B, H, W) images of B bands, label (N,) integers below C; K1 (F, B, R, R) and K2 (G, F, S, S) kernels of
valid convolutions; W3 (M, G, H2, W2) with H2 × W2 the size left after both poolings; W4 (C, M).
An odd last row or column is left out by the pooling. 28 × 28 images with R = S = 5 leave 4 × 4, as in the paper
(the relu and the maximum stand for its scaled tanh and its trained averages).

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition,
Proc. IEEE 86 (1998).
"""

from sympy import exp

from symbackprop import LogSumExp, Network, ReduceMax, Sum
from symbackprop.functions import relu

net = Network("lenet")
N, B, H, W, C = net.dims("N B H W C")  # images, bands, height, width, classes
F, G, R, S, M = net.dims("F G R S M")  # features of either convolution, their kernel sizes, hidden units
V1, U1 = H - R + 1, W - R + 1  # rows and columns of the first convolution
H1, W1 = V1 // 2, U1 // 2  # and of its pooling
V2, U2 = H1 - S + 1, W1 - S + 1  # rows and columns of the second convolution
H2, W2 = V2 // 2, U2 // 2  # and of its pooling

n, b, f, g, m, k = net.indices(n=N, b=B, f=F, g=G, m=M, k=C)
r, s = net.indices(r=R, s=R)  # within the first kernel
t, u = net.indices(t=S, u=S)  # within the second kernel
d, e = net.indices(d=2, e=2)  # within a block
h0, w0, h1, w1 = net.indices(h0=V1, w0=U1, h1=H1, w1=W1)
h2, w2, h3, w3 = net.indices(h2=V2, w2=U2, h3=H2, w3=W2)

x = net.input("x", (N, B, H, W))
label = net.input("label", (N,), dtype="int", high=C)
K1, b1 = net.parameter("K1", (F, B, R, R), init="he_normal"), net.parameter("b1", (F,))
K2, b2 = net.parameter("K2", (G, F, S, S), init="he_normal"), net.parameter("b2", (G,))
W3, b3 = net.parameter("W3", (M, G, H2, W2), init="he_normal"), net.parameter("b3", (M,))
W4, b4 = net.parameter("W4", (C, M)), net.parameter("b4", (C,))
z1, a1, p1, z2, a2, p2, z3, a3, z4, p = net.tensors("z1 a1 p1 z2 a2 p2 z3 a3 z4 p")

z1[n, f, h0, w0] = Sum(K1[f, b, r, s] * x[n, b, h0 + r, w0 + s], b, r, s) + b1[f]
a1[n, f, h0, w0] = relu(z1[n, f, h0, w0])
p1[n, f, h1, w1] = ReduceMax(a1[n, f, 2 * h1 + d, 2 * w1 + e], d, e)

z2[n, g, h2, w2] = Sum(K2[g, f, t, u] * p1[n, f, h2 + t, w2 + u], f, t, u) + b2[g]
a2[n, g, h2, w2] = relu(z2[n, g, h2, w2])
p2[n, g, h3, w3] = ReduceMax(a2[n, g, 2 * h3 + d, 2 * w3 + e], d, e)

z3[n, m] = Sum(W3[m, g, h3, w3] * p2[n, g, h3, w3], g, h3, w3) + b3[m]
a3[n, m] = relu(z3[n, m])
z4[n, k] = Sum(W4[k, m] * a3[n, m], m) + b4[k]
p[n, k] = exp(z4[n, k] - LogSumExp(z4[n, k], k))
net.loss = Sum(LogSumExp(z4[n, k], k) - z4[n, label[n]], n) / N
net.output(p)
