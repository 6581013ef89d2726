"""What layers and losses refuse: options that mean nothing there, tensors of other shapes; each says what it wants."""

from __future__ import annotations

import pytest

from symbackprop import Network, layers, losses
from symbackprop.errors import InvalidArgument
from symbackprop.language.symbols import TensorSymbol


@pytest.fixture
def net() -> Network:
    return Network("refused")


def tensor(net: Network, shape: str, name: str = "x", **options: object) -> TensorSymbol:
    sizes = [int(word) if word.isdigit() else net.dim(f"{word}_{name}") for word in shape.split()]
    return net.input(name, tuple(sizes), **options)


LAYERS = {
    "padding of a stride": (
        lambda x: layers.conv2d(x, 2, 3, stride=2, padding="same"), "N C H W", 'stride 1 with "same", found stride 2'),
    "word of padding": (lambda x: layers.conv2d(x, 2, 3, padding="full"), "N C H W", '"valid", "same" or numbers'),
    "causal in two axes": (lambda x: layers.conv2d(x, 2, 3, padding="causal"), "N C H W", '"valid", "same" or numbers'),
    "negative padding": (lambda x: layers.conv1d(x, 2, 3, padding=-1), "N C T", "integers of at least 0, found -1"),
    "three sides": (lambda x: layers.conv1d(x, 2, 3, padding=((1, 2, 3),)), "N C T", r"a number or \(before, after\)"),
    "mode of padding": (
        lambda x: layers.conv2d(x, 2, 3, padding=1, padding_mode="mirror"), "N C H W", '"zeros", reflect, replicate'),
    "mode of pad": (lambda x: layers.pad(x, 1, mode="mirror"), "N C T", "constant, reflect, replicate, circular"),
    "too little to mirror": (
        lambda x: layers.pad(x, 3, mode="reflect"), "N C 3", "at most 2 in mode 'reflect', found 3"),
    "kernel for each axis": (lambda x: layers.conv2d(x, 2, (3, 3, 3)), "N C H W", "a number or 2 of them"),
    "stride of 0": (lambda x: layers.max_pool(x, 2, stride=0), "N C T", "stride: expected integers of at least 1"),
    "half a kernel": (lambda x: layers.avg_pool(x, 2.5), "N C T", "kernel_size: expected integers of at least 1"),
    "groups": (lambda x: layers.conv2d(x, 4, 3, groups=3), "N 6 H W", "a divisor of 4, found 3"),
    "transposed same": (lambda x: layers.conv_transpose2d(x, 4, 3, padding="same"), "N C H W", "expected numbers"),
    "rank": (lambda x: layers.conv2d(x, 4, 3), "N C T", r"axes \(N, C, H, W\), found rank 3"),
    "four axes of space": (lambda x: layers.max_pool(x, 2), "N C A B D E", "one to three spatial axes, found 4"),
    "no axes": (lambda x: layers.layer_norm(x, axes=0), "N D", "how many of the last axes, 1 or more, found 0"),
    "all axes": (lambda x: layers.rms_norm(x, axes=2), "N D", "rank 2"),
    "all dropped": (lambda x: layers.dropout(x, 1), "N D", "a probability below 1, found 1"),
    "dropped more than all": (lambda x: layers.dropout(x, p=1.5), "N D", "a probability below 1, found 1.5"),
    "activation": (lambda x: layers.dense(x, 3, activation="relu"), "N D", "a function such as sympy.tanh"),
    "heads": (lambda x: layers.multi_head_attention(x, heads=3), "N T 8", "a divisor of 8, found 3"),
    "mask": (lambda x: layers.multi_head_attention(x, heads=2, attn_mask=x.network.input("m", (3,))), "N T 8",
             r"\(T, S\), \(N, T, S\) or \(N, A, T, S\)"),
    "mask of other keys": (lambda x: layers.multi_head_attention(x, heads=2, key_mask=x.network.input("m", (3, 5))),
                           "3 7 8", r"key_mask: expected an entry for each key, \(3, 7\), found m \(3, 5\)"),
    "mask of other pairs": (lambda x: layers.multi_head_attention(x, heads=2, attn_mask=x.network.input("m", (7, 5))),
                            "3 7 8", r"attn_mask: expected an entry for each pair, \(7, 7\), found m \(7, 5\)"),
    "value of other keys": (lambda x: layers.multi_head_attention(x, x, x.network.input("v", (3, 5, 2)), heads=2),
                            "3 7 8", "value: expected a value for each key"),
    "state of another size": (lambda x: layers.lstm(x, 5, initial=x.network.input("h0", (3, 2))), "7 3 2",
                              r"a state for each sample, \(3, 5\), found h0 \(3, 2\)"),
    "scan": (lambda x: layers.selective_scan(x, x, *(x.network.input(n, (5, 2)) for n in "ABC")), "3 7 5",
             r"selective_scan: B: expected the shape, \(3, 7, 2\), found B \(5, 2\)"),
    "window": (lambda x: layers.conv1d(x, 2, 3, dilation=2), "3 7 4",
               "fits into 4 elements and their padding, found a window over 5"),
    "unknown overhang": (lambda x: layers.max_pool(x, x.network.dim("K"), stride=x.network.dim("S"), ceil_mode=True),
                         "N C T", "a kernel and a stride that can be compared, found K and S"),
    "odd width": (lambda x: layers.rotary(x), "N T 7", "a divisor of 7, found 2"),
    "floats for tokens": (lambda x: layers.embedding(x, 5, 3), "N T", 'an input of dtype="int"'),
    "no tensor": (lambda x: layers.dense(3 * x, 5), "N D", "a tensor of a network"),
    "other shape": (lambda x: layers.add(x, x.network.input("y", (5, 7))), "N D", "shapes that agree with x"),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers(net: Network, name: str) -> None:
    make, shape, words = LAYERS[name]
    with pytest.raises(InvalidArgument, match=words):
        make(tensor(net, shape))


LOSSES = {
    "shape": (lambda z, y: losses.mse(z, y), "N D", "N D", r"the shape of z, \(N_z, D_z\), found y \(N_y, D_y\)"),
    "no tensor": (lambda z, y: losses.mse(2 * z, y), "N D", "N D", "a tensor of a network, found 2"),
    "no target": (lambda z, y: losses.mse(z, 2 * y), "N D", "N D", "a tensor of a network, found 2"),
    "no labels": (lambda z, y: losses.softmax_cross_entropy(z, [1, 2]), "N D", "N", r"a tensor of a network, found"),
    "reduction": (lambda z, y: losses.mse(z, z, reduction="median"), "N D", "N", "one of mean, sum, none, found 'med"),
    "batchmean": (lambda z, y: losses.huber(z, z, reduction="batchmean"), "N D", "N", "one of mean, sum, none"),
    "delta": (lambda z, y: losses.huber(z, z, delta=0), "N D", "N", "a number above 0, found 0"),
    "smoothing": (lambda z, y: losses.softmax_cross_entropy(z, z, label_smoothing=2), "N C", "N", "a number in 0..1"),
    "floats as labels": (lambda z, y: losses.softmax_cross_entropy(z, y), "7 5", "7", "labels of the shape of the"),
    "floats as classes": (lambda z, y: losses.nll(z, y), "7 5", "7", "integer labels, found y, floats"),
    "axis": (lambda z, y: losses.softmax_cross_entropy(z, z, axis=2), "7 5", "7", "an axis of z, found 2"),
    "ignored rows": (
        lambda z, y: losses.softmax_cross_entropy(z, z, ignore_index=1), "7 5", "7", "found probabilities"),
    "weight": (
        lambda z, y: losses.softmax_cross_entropy(z, z, weight=y), "7 5", "7", r"a weight for each class, \(5\)"),
    "element weight": (
        lambda z, y: losses.binary_cross_entropy(z, z, weight=y), "7 5", "7", r"the last axes of z, \(5\)"),
    "variance": (lambda z, y: losses.gaussian_nll(z, z, y), "7 5", "3 5", r"shape of z, \(7, 5\), found y \(3, 5\)"),
    "vectors": (lambda z, y: losses.info_nce(z, z), "N T D", "7", r"vectors \(N, D\)"),
    "sign of each": (lambda z, y: losses.cosine_embedding(z, z, y), "7 5", "3", "a target for each pair"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_losses(net: Network, name: str) -> None:
    make, first, second, words = LOSSES[name]
    with pytest.raises(InvalidArgument, match=words):
        make(tensor(net, first, "z"), tensor(net, second, "y"))


def test_ctc_wants_three_axes(net: Network) -> None:
    z, labels = tensor(net, "T N C", "z"), net.input("labels", (3,), dtype="int", high=4)
    with pytest.raises(InvalidArgument, match=r"log-probabilities \(T, N, C\) and labels \(N, U\)"):
        losses.ctc(z, labels, labels, labels)
