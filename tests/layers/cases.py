"""Networks of one layer or loss each, over a grid of options; `verify` and PyTorch are asked about the same ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbackprop import LogSumExp, Network, Sum, layers, losses
from symbackprop.functions import relu
from symbackprop.layers.naming import indices_of

CASES: dict[str, Callable[[], Network]] = {}


def squared(net: Network, tensor: Any) -> Network:
    at = indices_of(tensor)
    net.loss = Sum(tensor[at] ** 2, *at)
    return net


def image(function: Any, *args: Any, channels: Any = None, space: Any = None, name: str = "", **options: Any) -> None:
    """A layer on x (N, C, *space)."""

    def build() -> Network:
        net = Network("case")
        N, C, T = net.dims("N C T")
        x = net.parameter("x", (N, channels or C, *(space or (T,))))
        return squared(net, function(x, *args, **options))

    CASES[f"{function.__name__}{args}{options}{name}"] = build


def sequence(function: Any, **options: Any) -> None:
    """A recurrent layer on x (T, N, D)."""

    def build() -> Network:
        net = Network("case")
        T, N, D, H = net.dims("T N D H")
        return squared(net, function(net.parameter("x", (T, N, D)), H, **options))

    CASES[f"{function.__name__}{options}"] = build


def attention(width: int, name: str, **options: Any) -> None:
    def build() -> Network:
        net = Network("case")
        N, T = net.dims("N T")
        return squared(net, layers.multi_head_attention(net.parameter("x", (N, T, width)), **options))

    CASES[f"multi_head_attention {name}"] = build


def pair(loss: Any, **options: Any) -> None:
    """A loss of p (N, D) and a target of its shape."""

    def build() -> Network:
        net = Network("case")
        N, D = net.dims("N D")
        net.loss = loss(net.parameter("p", (N, D)), net.input("y", (N, D)), **options)
        return net

    CASES[f"{loss.__name__}{options}"] = build


def labelled(loss: Any, **options: Any) -> None:
    """A loss of scores (N, D, C) and integer labels (N, D)."""

    def build() -> Network:
        net = Network("case")
        N, D, C = net.dims("N D C")
        net.loss = loss(net.parameter("p", (N, D, C)), net.input("y", (N, D), dtype="int", high=C), **options)
        return net

    CASES[f"{loss.__name__} of labels{options}"] = build


def case(function: Callable[[Network], Any]) -> None:
    """A network of its own kind."""

    def build() -> Network:
        net = Network("case")
        result = function(net)
        if result is not None:
            net.loss = result
        return net

    CASES[function.__name__] = build


image(layers.conv1d, 3, 3, stride=2, padding=1)
image(layers.conv1d, 3, 2, dilation=2, bias=False, activation=relu)
for padding in ("valid", "same", 1, (1, 0)):
    image(layers.conv2d, 3, (3, 2), padding=padding, space=(5, 4))
image(layers.conv2d, 6, 2, groups=2, channels=4, space=(4, 5), stride=(2, 1))
image(layers.depthwise_conv2d, 3, padding=1, space=(4, 3))
image(layers.depthwise_conv2d, 2, 2, space=(4, 3))
image(layers.conv3d, 2, 2, stride=2, padding=1, space=(4, 3, 5))
image(layers.conv_transpose1d, 3, 3)
image(layers.conv_transpose1d, 2, 3, stride=2, padding=1, dilation=2)
image(layers.conv_transpose2d, 2, 3, stride=2, padding=1, output_padding=1, space=(3, 2))
image(layers.max_pool, 2)
image(layers.max_pool, 3, stride=2, padding=1, space=(5, 6))
image(layers.avg_pool, 3, stride=1, padding=1)
image(layers.avg_pool, (2, 3), space=(4, 6))
image(layers.global_avg_pool, space=(3, 2))
image(layers.flatten, space=(3, 2))
image(layers.batch_norm)
image(layers.batch_norm, space=(2, 3), affine=False)
image(layers.group_norm, 3, channels=6)
image(layers.instance_norm, affine=True, space=(2, 3))
image(layers.layer_norm)
image(layers.layer_norm, axes=2, eps=1e-3)
image(layers.rms_norm)
image(layers.dense, 5, activation=relu)
image(layers.dropout, 0.3)
image(layers.rotary, channels=3, space=(4,))
image(layers.sinusoidal_positions, space=(4,))
image(layers.learned_positions)
sequence(layers.rnn)
sequence(layers.rnn, reverse=True, bias=False)
sequence(layers.lstm)
sequence(layers.lstm, peepholes=True, last=True)
sequence(layers.gru)
sequence(layers.gru, reverse=True, last=True)
attention(4, "plain", heads=2)
attention(6, "causal with ALiBi", heads=3, causal=True, alibi=True)
attention(8, "grouped queries", heads=4, kv_heads=2)
attention(8, "rotary", heads=2, rotary=True, bias=False)
for reduction in ("mean", "sum"):
    pair(losses.mse, reduction=reduction)
    pair(losses.mae, reduction=reduction)
    pair(losses.binary_cross_entropy, reduction=reduction)
    labelled(losses.softmax_cross_entropy, reduction=reduction)
pair(losses.huber, delta=0.5)
pair(losses.hinge)
pair(losses.kl_divergence)
pair(losses.kl_divergence, reduction="batchmean")
pair(losses.softmax_cross_entropy)
pair(losses.softmax_cross_entropy, label_smoothing=0.1)
labelled(losses.softmax_cross_entropy, label_smoothing=0.1)
labelled(losses.nll)
pair(losses.info_nce)


@case
def bilinear(net: Network) -> None:
    N, D, E = net.dims("N D E")
    squared(net, layers.bilinear(net.parameter("x", (N, D)), net.parameter("y", (N, E)), 3))


@case
def embedding(net: Network) -> None:
    N, T, V = net.dims("N T V")
    squared(net, layers.embedding(net.input("token", (N, T), dtype="int", high=V), V, 3))


@case
def cross_attention_with_padding(net: Network) -> None:
    N, T, S, D, A = net.dims("N T S D A")
    query, key = net.parameter("x", (N, T, D)), net.parameter("key", (N, S, 5))
    mask = net.input("mask", (N, S), dtype="int", high=2)
    squared(net, layers.multi_head_attention(query, key, heads=A, key_mask=mask))


@case
def transformer_block(net: Network) -> None:
    N, T = net.dims("N T")
    squared(net, layers.transformer_block(net.parameter("x", (N, T, 4)), 2, causal=True, dropout=0.1))


@case
def transformer_block_with_norms_behind(net: Network) -> None:
    N, T = net.dims("N T")
    squared(net, layers.transformer_block(net.parameter("x", (N, T, 4)), 2, norm_first=False, hidden=3))


@case
def stacked_and_bidirectional(net: Network) -> None:
    T, N, D, H = net.dims("T N D H")
    x = net.parameter("x", (T, N, D))
    squared(net, layers.bidirectional(layers.gru, layers.stacked(layers.rnn, x, [3, 2]), H))


@case
def selective_scan(net: Network) -> None:
    N, T, D, S = net.dims("N T D S")
    x, delta = net.parameter("x", (N, T, D)), net.parameter("delta", (N, T, D))
    A, B, C = net.parameter("A", (D, S)), net.parameter("B", (N, T, S)), net.parameter("C", (N, T, S))
    squared(net, layers.selective_scan(x, delta, A, B, C, net.parameter("skip", (D,))))


@case
def residual_and_sequential(net: Network) -> None:
    N, D = net.dims("N D")
    blocks = [lambda h: layers.residual(h, lambda g: layers.dense(g, D, relu)), lambda h: layers.dense(h, 2)]
    squared(net, layers.sequential(net.parameter("x", (N, D)), *blocks))


@case
def gaussian_nll(net: Network) -> Any:
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    v, q = net.parameter("v", (N, D)), net.tensor("q")
    q[n, d] = v[n, d] ** 2 + 1
    return losses.gaussian_nll(net.parameter("p", (N, D)), net.input("y", (N, D)), q, full=True)


@case
def cosine_embedding(net: Network) -> Any:
    N, D = net.dims("N D")
    x, y = net.parameter("p", (N, D)), net.parameter("y", (N, D))
    return losses.cosine_embedding(x, y, net.input("sign", (N,)), margin=0.1)


@case
def penalties(net: Network) -> Any:
    N, D = net.dims("N D")
    w, b = net.parameter("w", (N, D)), net.parameter("b", (N,))
    return losses.l1_penalty(w, b) + losses.l2_penalty(w, b)


@case
def ctc(net: Network) -> Any:
    T, N, C, U = net.dims("T N C U")
    t, n, k = net.indices(t=T, n=N, k=C)
    z, lp = net.parameter("z", (T, N, C)), net.tensor("lp")
    lp[t, n, k] = z[t, n, k] - LogSumExp(z[t, n, k], k)
    lengths = (net.input(name, (N,), dtype="int", high=most + 1) for name, most in (("frames", T), ("letters", U)))
    return losses.ctc(lp, net.input("y", (N, U), dtype="int", high=C), *lengths)
