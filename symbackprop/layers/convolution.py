"""Convolutions (cross-correlations, as in every framework) over one, two or three axes, and their transposes."""

from __future__ import annotations

from typing import Any

from sympy import And, Eq, Integer, Piecewise, sympify

from symbackprop.language.reductions import Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.grouping import share
from symbackprop.layers.naming import Layer, activated, layer, letter_of, require_rank
from symbackprop.layers.window import Window, places, read, windows

_AXES = {1: "(N, C, T)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}


def conv1d(x: TensorSymbol, filters: Any, kernel_size: Any, **options: Any) -> TensorSymbol:
    """Convolution over one axis, x (N, C, T); options and equation as in `conv2d`."""
    return _convolution("conv1d", 1, x, filters, kernel_size, **options)


def conv2d(x: TensorSymbol, filters: Any, kernel_size: Any, **options: Any) -> TensorSymbol:
    """z[n, f, h, w] = Σ_{c,p,q} K[f, c, p, q] x[n, c, S·h + D·p - P, S·w + D·q - P] + b[f], zero outside x.

    Shapes: x (N, C, H, W), K (F, C/groups, k, k), b (F,), result (N, F, H', W') with
    H' = (H + 2P - D(k - 1) - 1)//S + 1; `torch.nn.Conv2d`.

    Options: `stride=1`, `padding="valid"` ("same", a number, or one for each axis), `dilation=1`, `groups=1`,
    `bias=True`, `activation=None`, `name=None`, `init=None`. Source: LeCun et al. (1998), equation of section II.
    """
    return _convolution("conv2d", 2, x, filters, kernel_size, **options)


def conv3d(x: TensorSymbol, filters: Any, kernel_size: Any, **options: Any) -> TensorSymbol:
    """Convolution over three axes, x (N, C, D, H, W); options and equation as in `conv2d`."""
    return _convolution("conv3d", 3, x, filters, kernel_size, **options)


def depthwise_conv2d(x: TensorSymbol, kernel_size: Any, multiplier: Any = 1, **options: Any) -> TensorSymbol:
    """Each channel convolved by itself, into `multiplier` channels: `conv2d` with as many groups as channels."""
    channels = require_rank(x, 4, "depthwise_conv2d", _AXES[2])[1]
    return _convolution(
        "depthwise_conv2d", 2, x, channels * multiplier, kernel_size, groups=channels, **options
    )  # fmt: skip


def _convolution(
    kind: str, rank: int, x: TensorSymbol, filters: Any, kernel_size: Any, stride: Any = 1, padding: Any = "valid",
    dilation: Any = 1, groups: Any = 1, bias: bool = True, activation: Any = None, name: str | None = None,
    init: Any = None,
) -> TensorSymbol:  # fmt: skip
    _batch, channels, *space = require_rank(x, rank + 2, kind, _AXES[rank])
    filters = sympify(filters)
    this = layer(x, kind, name, ("K", "b", "z", "a"))
    slid = windows(kind, space, kernel_size, stride, dilation, padding)
    n = this.indices(x)[0]
    out, inside = places(this, slid, n)
    inner, own = (share(this.net, kind, size, groups) for size in (channels, filters))
    c = this.index(letter_of(inner, "c"), inner, n, *out, *inside)
    f = this.index(letter_of(own, "f"), own, n, c, *out, *inside)
    K = this.parameter("K", (filters, inner, *(window.kernel for window in slid)), init)
    z = this.tensor("z")
    if groups == 1:
        filter_, channel = f, c
    else:
        g = this.index("g", groups, n, c, f, *out, *inside)
        filter_, channel = g * own + f, g * inner + c
    value = Sum(K[(filter_, c, *inside)] * read(x, (n, channel), slid, out, inside, 0), c, *inside)
    if bias:
        value += this.parameter("b", (filters,))[filter_]
    z[(n, filter_, *out)] = value
    return activated(this, z, activation, "a")


def conv_transpose1d(x: TensorSymbol, filters: Any, kernel_size: Any, **options: Any) -> TensorSymbol:
    """Transposed convolution over one axis, x (N, C, T); options as in `conv_transpose2d`."""
    return _transposed("conv_transpose1d", 1, x, filters, kernel_size, **options)


def conv_transpose2d(x: TensorSymbol, filters: Any, kernel_size: Any, **options: Any) -> TensorSymbol:
    """The adjoint of `conv2d` as a layer: z[n, f, S·h + D·p - P, ...] gathers K[c, f, p, ...] x[n, c, h, ...].

    Written as a convolution of x with S - 1 zeros put between its elements, the kernel read backwards.
    Shapes: x (N, C, H, W), K (C, F, k, k), b (F,), result (N, F, H', W') with
    H' = (H - 1)S - 2P + D(k - 1) + output_padding + 1; `torch.nn.ConvTranspose2d`.

    Options: `stride=1`, `padding=0`, `output_padding=0`, `dilation=1`, `bias=True`, `activation=None`, `name=None`,
    `init=None`. Source: Dumoulin and Visin, "A guide to convolution arithmetic" (2016), relationship 14.
    """
    return _transposed("conv_transpose2d", 2, x, filters, kernel_size, **options)


def _transposed(
    kind: str, rank: int, x: TensorSymbol, filters: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, dilation: Any = 1, bias: bool = True, activation: Any = None, name: str | None = None,
    init: Any = None,
) -> TensorSymbol:  # fmt: skip
    _batch, channels, *space = require_rank(x, rank + 2, kind, _AXES[rank])
    this = layer(x, kind, name, ("K", "b", "z", "a", "u"))
    slid = windows(kind, space, kernel_size, stride, dilation, padding)
    extra = windows(kind, space, output_padding, 1, 1, "valid")
    spread = _spread(this, x, slid) if any(w.stride != 1 for w in slid) else x
    sizes = spread.shape[2:]
    results = [
        (w.size - 1) * w.stride - 2 * w.before + w.dilation * (w.kernel - 1) + e.kernel + 1
        for w, e in zip(slid, extra, strict=True)
    ]
    n = this.indices(x)[0]
    unit = [Window(out, w.kernel, Integer(1), Integer(1), Integer(0), w.kernel - 1)
            for w, out in zip(slid, results, strict=True)]  # fmt: skip
    out, inside = places(this, unit, n)
    c = this.index(letter_of(channels, "c"), channels, n, *out, *inside)
    f = this.index(letter_of(filters, "f"), filters, n, c, *out, *inside)
    K = this.parameter("K", (channels, filters, *(w.kernel for w in slid)), init)
    positions = [o + w.before - w.dilation * p for w, o, p in zip(slid, out, inside, strict=True)]
    inner = [b for position, size in zip(positions, sizes, strict=True) for b in (position >= 0, position < size)]
    element = Piecewise((spread[(n, c, *positions)], And(*inner)), (0, True))
    z = this.tensor("z")
    value = Sum(K[(c, f, *inside)] * element, c, *inside)
    if bias:
        value += this.parameter("b", (filters,))[f]
    z[(n, f, *out)] = value
    return activated(this, z, activation, "a")


def _spread(this: Layer, x: TensorSymbol, slid: tuple[Window, ...]) -> TensorSymbol:
    """x with stride - 1 zeros behind each element of each axis."""
    n, c, *space = this.indices(x)
    u = this.tensor("u")
    remainders = [this.index(f"r{place + 1}", w.stride, n, c, *space) for place, w in enumerate(slid)]
    position = [w.stride * h + r for w, h, r in zip(slid, space, remainders, strict=True)]
    u[(n, c, *position)] = Piecewise((x[(n, c, *space)], And(*(Eq(r, 0) for r in remainders))), (0, True))
    return u
