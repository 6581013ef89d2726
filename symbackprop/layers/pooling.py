"""Pooling over windows and over whole axes; flattening."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import And, Expr, Idx, Mul, Piecewise, oo, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.reductions import Mean, ReduceMax, Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.naming import Layer, layer, require_rank
from symbackprop.layers.window import Window, places, read, windows


@written()
def max_pool(
    x: TensorSymbol, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, name: str | None = None,
) -> TensorSymbol:  # fmt: skip
    """m[n, c, h, w] = max_{p,q} x[n, c, S·h + D·p - P, S·w + D·q - P], -∞ outside x.

    Shapes: x (N, C, *space) with one to three spatial axes; `stride` is `kernel_size` by default; `ceil_mode`: a last
    window that hangs over the end counts as well; `torch.nn.MaxPool1d` to `3d`. Elements that tie for the maximum share
    its gradient equally (PyTorch gives it to the first). Source: Goodfellow, Bengio and Courville, "Deep learning"
    (2016), section 9.3.
    """
    this, slid, at, out, inside = _pooling("max_pool", x, kernel_size, stride, dilation, padding, ceil_mode, name)
    m = this.tensor("m")
    m[(*at, *out)] = ReduceMax(read(x, at, slid, out, inside, -oo), *inside)
    return m


@written()
def avg_pool(
    x: TensorSymbol, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: Any = None, name: str | None = None,
) -> TensorSymbol:  # fmt: skip
    """m[n, c, h, w] = Σ_{p,q} x[n, c, S·h + p - P, S·w + q - P]/(k·k), zero outside x.

    Shapes: x (N, C, *space) with one to three spatial axes; `stride` is `kernel_size` by default; `torch.nn.AvgPool1d`
    to `3d`. Padding counts in the mean unless `count_include_pad` is false; with `ceil_mode` what hangs over the padded
    input does not. `divisor_override` divides instead. Source: LeCun et al., "Gradient-based learning applied to
    document recognition" (1998), section II.B.
    """
    this, slid, at, out, inside = _pooling("avg_pool", x, kernel_size, stride, 1, padding, ceil_mode, name)
    m = this.tensor("m")
    divisor = sympify(divisor_override)
    if divisor is None:
        divisor = Mul(*(_count(*axis, count_include_pad) for axis in zip(slid, out, inside, strict=True)))
    m[(*at, *out)] = Sum(read(x, at, slid, out, inside, 0), *inside) / divisor
    return m


def _count(window: Window, place: Idx, offset: Idx, include_pad: bool) -> Expr:
    """How many elements of the window count along its axis."""
    if not window.padded or (include_pad and not window.ceil_mode):
        return window.kernel
    position = window.position(place, offset)
    last = window.size - 1 + (window.after if include_pad else 0)
    counted = position <= last if include_pad else And(position >= 0, position <= last)
    return Sum(Piecewise((1, counted), (0, True)), offset)


def _pooling(
    kind: str, x: TensorSymbol, kernel_size: Any, stride: Any, dilation: Any, padding: Any, ceil_mode: bool,
    name: str | None,
) -> tuple[Layer, tuple[Window, ...], tuple[Idx, ...], tuple[Idx, ...], tuple[Idx, ...]]:  # fmt: skip
    """(the layer, its windows, the indices of batch and channel, those of the windows, and those within each)."""
    _batch, _channels, *space = require_rank(x, 3, kind, "(N, C, *space)", or_more=True)
    if len(space) > 3:
        raise InvalidArgument(f"layers.{kind}", expected="one to three spatial axes", found=f"{len(space)}")
    this = layer(x, kind, name, ("m",))
    slid = windows(kind, space, kernel_size, kernel_size if stride is None else stride, dilation, padding, ceil_mode)
    at = this.indices(x)[:2]
    return this, slid, at, *places(this, slid, *at)


@written()
def global_avg_pool(x: TensorSymbol, name: str | None = None) -> TensorSymbol:
    """m[n, c] = the mean of x[n, c, ...] over all spatial axes. Shapes: x (N, C, *space), result (N, C);
    `torch.nn.AdaptiveAvgPool2d(1)`. Source: Lin, Chen and Yan, "Network in network" (2014), section 3.2."""
    return _global("global_avg_pool", Mean, x, name)


@written()
def global_max_pool(x: TensorSymbol, name: str | None = None) -> TensorSymbol:
    """m[n, c] = the maximum of x[n, c, ...] over all spatial axes; ties share its gradient. Shapes: x (N, C, *space),
    result (N, C); `torch.amax`. Source: Oquab et al., "Is object localization for free?" (2015), section 3."""
    return _global("global_max_pool", ReduceMax, x, name)


def _global(kind: str, reduction: Callable[..., Expr], x: TensorSymbol, name: str | None) -> TensorSymbol:
    require_rank(x, 3, kind, "(N, C, *space)", or_more=True)
    this = layer(x, kind, name, ("m",))
    n, c, *space = this.indices(x)
    m = this.tensor("m")
    m[n, c] = reduction(x[(n, c, *space)], *space)
    return m


@written()
def flatten(x: TensorSymbol, name: str | None = None) -> TensorSymbol:
    """f[n, (c·H + h)·W + w] = x[n, c, h, w]: all axes but the first as one, in C order; `torch.nn.Flatten`.

    Shapes: x (N, *rest), result (N, their product); x itself if it has two axes.
    """
    shape = require_rank(x, 2, "flatten", "(N, ...)", or_more=True)
    if len(shape) == 2:
        return x
    this = layer(x, "flatten", name, ("f",))
    n, *rest = this.indices(x)
    position = rest[0]
    for index, extent in zip(rest[1:], shape[2:], strict=True):
        position = position * extent + index
    f = this.tensor("f")
    f[n, position] = x[(n, *rest)]
    return f
