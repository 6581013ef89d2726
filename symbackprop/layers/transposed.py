"""Transposed convolutions over one, two or three axes: the adjoints of `conv1d` to `conv3d` as layers."""

from __future__ import annotations

from typing import Any

from sympy import And, Eq, Integer, Piecewise, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.reductions import Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.convolution import AXES
from symbackprop.layers.grouping import in_groups
from symbackprop.layers.naming import Activation, Layer, activated, layer, require_rank
from symbackprop.layers.window import Window, numbers, places, windows


@written("filters", "kernel_size")
def conv_transpose1d(
    x: TensorSymbol, filters: Any = None, kernel_size: Any = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: Any = 1, bias: bool = True, dilation: Any = 1, activation: Activation = None,
    name: str | None = None, init: Any = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """`conv_transpose2d` over one axis: x (N, C, T), K (C, F/groups, k), result (N, F, T');
    `torch.nn.ConvTranspose1d`."""
    return _transposed(
        "conv_transpose1d", 1, x, filters, kernel_size, stride, padding, output_padding, groups, bias, dilation,
        activation, name, init, like,
    )  # fmt: skip


@written("filters", "kernel_size")
def conv_transpose2d(
    x: TensorSymbol, filters: Any = None, kernel_size: Any = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: Any = 1, bias: bool = True, dilation: Any = 1, activation: Activation = None,
    name: str | None = None, init: Any = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """The adjoint of `conv2d` as a layer: z[n, f, S·h + D·p - P, ...] gathers K[c, f, p, ...] x[n, c, h, ...].

    Written as a convolution of x with S - 1 zeros put between its elements, the kernel read backwards.
    Shapes: x (N, C, H, W), K (C, F/groups, k, k) for F = `filters`, b (F,), result (N, F, H', W') with
    H' = (H - 1)S - 2P + D(k - 1) + output_padding + 1; `torch.nn.ConvTranspose2d`. Source: Dumoulin and Visin, "A guide
    to convolution arithmetic" (2016), relationship 14.
    """
    return _transposed(
        "conv_transpose2d", 2, x, filters, kernel_size, stride, padding, output_padding, groups, bias, dilation,
        activation, name, init, like,
    )  # fmt: skip


@written("filters", "kernel_size")
def conv_transpose3d(
    x: TensorSymbol, filters: Any = None, kernel_size: Any = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: Any = 1, bias: bool = True, dilation: Any = 1, activation: Activation = None,
    name: str | None = None, init: Any = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """`conv_transpose2d` over three axes: x (N, C, D, H, W), K (C, F/groups, k, k, k), result (N, F, D', H', W');
    `torch.nn.ConvTranspose3d`."""
    return _transposed(
        "conv_transpose3d", 3, x, filters, kernel_size, stride, padding, output_padding, groups, bias, dilation,
        activation, name, init, like,
    )  # fmt: skip


def _transposed(
    kind: str, rank: int, x: TensorSymbol, filters: Any, kernel_size: Any, stride: Any, padding: Any,
    output_padding: Any, groups: Any, bias: bool, dilation: Any, activation: Activation, name: str | None, init: Any,
    like: TensorSymbol | None,
) -> TensorSymbol:  # fmt: skip
    _batch, channels, *space = require_rank(x, rank + 2, kind, AXES[rank])
    if padding == "same" or padding == "causal":
        raise InvalidArgument(f"layers.{kind}: padding", expected="numbers", found=repr(padding))
    filters = sympify(filters)
    this = layer(x, kind, name, ("K", "b", "z", "a", "u"), like)
    slid = windows(kind, space, kernel_size, stride, dilation, padding)
    extra = numbers(kind, "output_padding", output_padding, rank)
    spread = _spread(this, x, slid) if any(w.stride != 1 for w in slid) else x
    results = [
        (w.size - 1) * w.stride - w.before - w.after + w.dilation * (w.kernel - 1) + more + 1
        for w, more in zip(slid, extra, strict=True)
    ]
    n = this.indices(x)[0]
    unit = [Window(out, w.kernel, Integer(1), Integer(1), Integer(0), w.kernel - 1)
            for w, out in zip(slid, results, strict=True)]  # fmt: skip
    out, inside = places(this, unit, n)
    _, own, c, f, channel, filter_ = in_groups(this, kind, channels, filters, groups, n, *out, *inside)
    K = this.parameter("K", (channels, own, *(w.kernel for w in slid)), init)
    positions = [o + w.before - w.dilation * p for w, o, p in zip(slid, out, inside, strict=True)]
    within = [b for p, size in zip(positions, spread.shape[2:], strict=True) for b in (p >= 0, p < size)]
    element = Piecewise((spread[(n, channel, *positions)], And(*within)), (0, True))
    z = this.tensor("z")
    value = Sum(K[(channel, f, *inside)] * element, c, *inside)
    z[(n, filter_, *out)] = this.biased(value, "b", (filters,), filter_, bias)
    return activated(this, z, activation, "a")


def _spread(this: Layer, x: TensorSymbol, slid: tuple[Window, ...]) -> TensorSymbol:
    """x with stride - 1 zeros behind each element of each axis."""
    n, c, *space = this.indices(x)
    u = this.tensor("u")
    remainders = [this.index(f"r{place + 1}", w.stride, n, c, *space) for place, w in enumerate(slid)]
    position = [w.stride * h + r for w, h, r in zip(slid, space, remainders, strict=True)]
    u[(n, c, *position)] = Piecewise((x[(n, c, *space)], And(*(Eq(r, 0) for r in remainders))), (0, True))
    return u
