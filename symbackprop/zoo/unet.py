"""A small U-Net: an image halved, doubled again beside its own copy, classified pixel by pixel.

    a = relu of a convolution of x, twice                                     at full size
    m = the maximum of each 2 × 2 block of a,   c = relu of a convolution of m, twice           at half size
    u = c doubled by a transposed convolution,   joined = a beside u, channel by channel
    r = relu of a convolution of joined,   logits = a 1 × 1 convolution of r
    loss = mean over all pixels of −log softmax(logits)[label of the pixel]

Shapes: x (N, B, H, W) images of B bands, label (N, H, W) integers below C; 3 × 3 convolutions padded to their input's
size, with F features at full size and 2F at half size. An odd last row or column is left out by the pooling, and gets
but its bias from the doubling.

Source: O. Ronneberger, P. Fischer, T. Brox, U-Net: convolutional networks for biomedical image segmentation, MICCAI
(2015), figure 1 with one of its four levels, convolutions padded.
"""

from sympy import exp

from symbackprop import LogSumExp, Mean, Network, layers
from symbackprop.functions import relu

net = Network("unet")
N, B, H, W, F, C = net.dims("N B H W F C")
n, h, w, k = net.indices(n=N, h=H, w=W, k=C)
x = net.input("x", (N, B, H, W))
label = net.input("label", (N, H, W), dtype="int", high=C)
p = net.tensor("p")

a = layers.conv2d(x, F, 3, padding="same", activation=relu, name="1")
a = layers.conv2d(a, F, 3, padding="same", activation=relu, name="2")
m = layers.max_pool(a, 2)
c = layers.conv2d(m, 2 * F, 3, padding="same", activation=relu, name="3")
c = layers.conv2d(c, 2 * F, 3, padding="same", activation=relu, name="4")
u = layers.conv_transpose2d(c, F, 2, stride=2, output_padding=(H - 2 * (H // 2), W - 2 * (W // 2)), name="up")
joined = layers.concatenate(a, u, axis=1)
r = layers.conv2d(joined, F, 3, padding="same", activation=relu, name="5")
logits = layers.conv2d(r, C, 1, name="head")
p[n, k, h, w] = exp(logits[n, k, h, w] - LogSumExp(logits[n, k, h, w], k))
net.loss = Mean(LogSumExp(logits[n, k, h, w], k) - logits[n, label[n, h, w], h, w], n, h, w)
net.output(p)
