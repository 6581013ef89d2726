"""Convolutions (cross-correlations, as in every framework) over one, two or three axes, whole, grouped or depthwise."""

from __future__ import annotations

from typing import Any, Literal

from sympy import sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.reductions import Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.grouping import in_groups
from symbackprop.layers.naming import Activation, activated, layer, require_rank
from symbackprop.layers.padding import MODES, padded
from symbackprop.layers.window import Padding, places, read, windows

Mode = Literal["zeros", "reflect", "replicate", "circular"]
AXES = {1: "(N, C, T)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}


@written("filters", "kernel_size")
def conv1d(
    x: TensorSymbol, filters: Any = None, kernel_size: Any = None, stride: Any = 1, padding: Padding = "valid",
    dilation: Any = 1, groups: Any = 1, bias: bool = True, padding_mode: Mode = "zeros", activation: Activation = None,
    name: str | None = None, init: Any = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """`conv2d` over one axis: x (N, C, T), K (F, C/groups, k), result (N, F, T'); `torch.nn.Conv1d`.

    `padding="causal"` puts D·(k - 1) zeros before the first element, so that z[t] reads x up to t alone.
    """
    return _convolution(
        "conv1d", 1, x, filters, kernel_size, stride, padding, dilation, groups, bias, padding_mode, activation, name,
        init, like,
    )  # fmt: skip


@written("filters", "kernel_size")
def conv2d(
    x: TensorSymbol, filters: Any = None, kernel_size: Any = None, stride: Any = 1, padding: Padding = "valid",
    dilation: Any = 1, groups: Any = 1, bias: bool = True, padding_mode: Mode = "zeros", activation: Activation = None,
    name: str | None = None, init: Any = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """z[n, f, h, w] = Σ_{c,p,q} K[f, c, p, q] x[n, c, S·h + D·p - P, S·w + D·q - P] + b[f], zero outside x.

    Shapes: x (N, C, H, W), K (F, C/groups, k, k) for F = `filters`, b (F,), result (N, F, H', W') with
    H' = (H + 2P - D(k - 1) - 1)//S + 1; `torch.nn.Conv2d`. Filter f reads the C/groups channels of its own group.

    `kernel_size`, `stride` S and `dilation` D: a number, or one for each axis. `padding` P: "valid" (0), "same" (the
    result as large as x, for stride 1), a number, or for each axis a number or a pair (before, after). `padding_mode`:
    "zeros", or a mode of `pad`. Source: Goodfellow, Bengio and Courville, "Deep learning" (2016), equation 9.8;
    Dumoulin and Visin, "A guide to convolution arithmetic" (2016), relationship 15 for the sizes.
    """
    return _convolution(
        "conv2d", 2, x, filters, kernel_size, stride, padding, dilation, groups, bias, padding_mode, activation, name,
        init, like,
    )  # fmt: skip


@written("filters", "kernel_size")
def conv3d(
    x: TensorSymbol, filters: Any = None, kernel_size: Any = None, stride: Any = 1, padding: Padding = "valid",
    dilation: Any = 1, groups: Any = 1, bias: bool = True, padding_mode: Mode = "zeros", activation: Activation = None,
    name: str | None = None, init: Any = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """`conv2d` over three axes: x (N, C, D, H, W), K (F, C/groups, k, k, k), result (N, F, D', H', W');
    `torch.nn.Conv3d`."""
    return _convolution(
        "conv3d", 3, x, filters, kernel_size, stride, padding, dilation, groups, bias, padding_mode, activation, name,
        init, like,
    )  # fmt: skip


@written("kernel_size")
def depthwise_conv1d(
    x: TensorSymbol, kernel_size: Any = None, multiplier: Any = 1, stride: Any = 1, padding: Padding = "valid",
    dilation: Any = 1, bias: bool = True, padding_mode: Mode = "zeros", activation: Activation = None,
    name: str | None = None, init: Any = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """Each channel convolved by itself, into `multiplier` channels: `conv1d` with as many groups as channels.

    Shapes: x (N, C, T), K (C·multiplier, 1, k), result (N, C·multiplier, T').
    """
    return _depthwise(
        "depthwise_conv1d", 1, x, kernel_size, multiplier, stride, padding, dilation, bias, padding_mode, activation,
        name, init, like,
    )  # fmt: skip


@written("kernel_size")
def depthwise_conv2d(
    x: TensorSymbol, kernel_size: Any = None, multiplier: Any = 1, stride: Any = 1, padding: Padding = "valid",
    dilation: Any = 1, bias: bool = True, padding_mode: Mode = "zeros", activation: Activation = None,
    name: str | None = None, init: Any = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """Each channel convolved by itself, into `multiplier` channels: `conv2d` with as many groups as channels.

    Shapes: x (N, C, H, W), K (C·multiplier, 1, k, k), result (N, C·multiplier, H', W').
    """
    return _depthwise(
        "depthwise_conv2d", 2, x, kernel_size, multiplier, stride, padding, dilation, bias, padding_mode, activation,
        name, init, like,
    )  # fmt: skip


def _depthwise(
    kind: str, rank: int, x: TensorSymbol, kernel_size: Any, multiplier: Any, stride: Any, padding: Any, dilation: Any,
    bias: bool, padding_mode: str, activation: Activation, name: str | None, init: Any, like: TensorSymbol | None,
) -> TensorSymbol:  # fmt: skip
    channels = require_rank(x, rank + 2, kind, AXES[rank])[1]
    return _convolution(
        kind, rank, x, channels * multiplier, kernel_size, stride, padding, dilation, channels, bias, padding_mode,
        activation, name, init, like,
    )  # fmt: skip


def _convolution(
    kind: str, rank: int, x: TensorSymbol, filters: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
    groups: Any, bias: bool, padding_mode: str, activation: Activation, name: str | None, init: Any,
    like: TensorSymbol | None,
) -> TensorSymbol:  # fmt: skip
    _batch, channels, *space = require_rank(x, rank + 2, kind, AXES[rank])
    filters = sympify(filters)
    this = layer(x, kind, name, ("K", "b", "z", "a", "padded"), like)
    slid = windows(kind, space, kernel_size, stride, dilation, padding)
    if padding_mode != "zeros":
        if padding_mode not in MODES:
            words = f'"zeros", {", ".join(MODES)}'
            raise InvalidArgument(f"layers.{kind}: padding_mode", expected=words, found=repr(padding_mode))
        x = padded(this, x, [(window.before, window.after) for window in slid], padding_mode)
        slid = windows(kind, x.shape[2:], kernel_size, stride, dilation, "valid")
    n = this.indices(x)[0]
    out, inside = places(this, slid, n)
    inner, _, c, _, channel, filter_ = in_groups(this, kind, channels, filters, groups, n, *out, *inside)
    K = this.parameter("K", (filters, inner, *(window.kernel for window in slid)), init)
    z = this.tensor("z")
    value = Sum(K[(filter_, c, *inside)] * read(x, (n, channel), slid, out, inside, 0), c, *inside)
    z[(n, filter_, *out)] = this.biased(value, "b", (filters,), filter_, bias)
    return activated(this, z, activation, "a")
