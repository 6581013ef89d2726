"""A residual network: convolutions that learn what to add to their input, with batch normalisation.

    y = relu(norm(a 3 × 3 convolution of x)), the stem
    each block:  a = relu(norm(conv of y)),   y ← relu(norm(conv of a) + shortcut(y))
    logits = W · mean of y over the image + b,   loss = mean over n of −log softmax(logits)[n, label of n]

Shapes: x (N, B, H, W) images of B bands, label (N,) integers below C; stage s has blocks of 2^s F features, and but for
the first halves the image by a stride of 2, where the shortcut is a 1 × 1 convolution with a norm. `blocks` counts the
blocks of each stage: (3, 3, 3) is the 20-layer network of the paper's section 4.2, (2, 2, 2, 2) has the blocks of
ResNet-18. Batch statistics in training, running ones in `predict`.

Source: K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition, CVPR (2016), equations 1 and 2.
"""

from collections.abc import Sequence
from typing import Any

from sympy import exp

from symbackprop import LogSumExp, Network, layers, losses
from symbackprop.functions import relu
from symbackprop.layers.naming import indices_of


def resnet(blocks: Sequence[int] = (2, 2, 2, 2)) -> Network:
    """The network with that many blocks in each stage."""
    net = Network("resnet")
    N, B, H, W, F, C = net.dims("N B H W F C")
    x = net.input("x", (N, B, H, W))
    label = net.input("label", (N,), dtype="int", high=C)

    y = activated(convolution(x, F, 3, 1, "stem"), "stem")
    for stage, count in enumerate(blocks):
        for block in range(count):
            stride = 2 if block == 0 and stage > 0 else 1
            y = basic_block(y, 2**stage * F, stride, f"{stage}_{block}")
    logits = layers.dense(layers.global_avg_pool(y, name="pool"), C, name="head")
    p = net.tensor("p")
    n, k = net.index("n", N), net.index("k", C)
    p[n, k] = exp(logits[n, k] - LogSumExp(logits[n, k], k))
    net.loss = losses.softmax_cross_entropy(logits, label)
    net.output(p)
    return net


def basic_block(y: Any, features: Any, stride: int, name: str) -> Any:
    """relu(two convolutions of y + shortcut(y))."""
    a = activated(convolution(y, features, 3, stride, f"{name}a"), f"{name}a")
    z = convolution(a, features, 3, 1, f"{name}b")
    shortcut = y if stride == 1 else convolution(y, features, 1, stride, f"{name}s")
    return activated(layers.add(z, shortcut, name=name), name)


def convolution(x: Any, features: Any, size: int, stride: int, name: str) -> Any:
    """A convolution without a bias, normalised."""
    padding = (size - 1) // 2
    z = layers.conv2d(x, features, size, stride=stride, padding=padding, bias=False, name=name, init="he_normal")
    return layers.batch_norm(z, name=name)


def activated(x: Any, name: str) -> Any:
    """relu of each element."""
    net = x.network
    a = net.tensor(f"a_{name}")
    at = indices_of(x)
    a[at] = relu(x[at])
    return a


net = resnet(blocks=(1, 1))
