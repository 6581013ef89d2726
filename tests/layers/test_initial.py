"""What layers' parameters start from: no weight of two axes or more starts the same everywhere."""

import pytest

from symbackprop import Network, Sum, layers
from symbackprop.terms.program import TensorKind

BIASES = ("b", "c")


def sequence(net):
    T, N, D = net.dims("T N D")
    return net.input("x", (T, N, D))


def image(net):
    N, C, H, W = net.dims("N C H W")
    return net.input("x", (N, C, H, W))


def tokens(net):
    N, T = net.dims("N T")
    return net.input("x", (N, T), dtype="int", high=7)


LAYERS = {
    "dense": (sequence, lambda x: layers.dense(x, 4)),
    "bilinear": (sequence, lambda x: layers.bilinear(x, x, 4)),
    "embedding": (tokens, lambda x: layers.embedding(x, 7, 4)),
    "conv2d": (image, lambda x: layers.conv2d(x, 4, 1)),
    "depthwise_conv2d": (image, lambda x: layers.depthwise_conv2d(x, 1)),
    "conv_transpose2d": (image, lambda x: layers.conv_transpose2d(x, 4, 2, stride=2)),
    "rnn": (sequence, lambda x: layers.rnn(x, 4)),
    "lstm": (sequence, lambda x: layers.lstm(x, 4)),
    "gru": (sequence, lambda x: layers.gru(x, 4)),
    "bidirectional": (sequence, lambda x: layers.bidirectional(layers.gru, x, 4)),
    "learned_positions": (sequence, layers.learned_positions),
    "multi_head_attention": (sequence, lambda x: layers.multi_head_attention(x, heads=2)),
    "transformer_block": (sequence, lambda x: layers.transformer_block(layers.dense(x, 4), heads=2)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_weights_start_apart(name):
    make, layer = LAYERS[name]
    net = Network("q")
    y = layer(make(net))
    at = layers.naming.indices_of(y)
    net.loss = Sum(y[at] ** 2, *at)
    weights = [tensor for tensor in net.to_program().of_kind(TensorKind.PARAMETER) if tensor.rank > 1]
    assert weights
    for tensor in weights:
        if not tensor.name.startswith(BIASES):
            assert tensor.initializer.name not in ("constant", "ones", "zeros"), tensor.name
