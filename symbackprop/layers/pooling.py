"""Pooling over windows and over whole axes; flattening."""

from __future__ import annotations

from typing import Any

from sympy import Mul, oo

from symbackprop.language.reductions import Mean, ReduceMax, Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.naming import layer, require_rank
from symbackprop.layers.window import places, read, windows


def max_pool(
    x: TensorSymbol, size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, name: str | None = None
) -> TensorSymbol:
    """m[n, c, h, w] = max_{p,q} x[n, c, S·h + D·p - P, S·w + D·q - P], -∞ outside x.

    Shapes: x (N, C, *space) with one to three spatial axes; `stride` is `size` by default; `torch.nn.MaxPool2d`.
    Elements that tie for the maximum share its gradient equally (PyTorch gives it to the first).
    """
    _batch, _channels, *space = require_rank(x, 3, "max_pool", "(N, C, *space)", or_more=True)
    this = layer(x, "max_pool", name, ("m",))
    slid = windows("max_pool", space, size, size if stride is None else stride, dilation, padding)
    n, c = this.indices(x)[:2]
    out, inside = places(this, slid, n, c)
    m = this.tensor("m")
    m[(n, c, *out)] = ReduceMax(read(x, (n, c), slid, out, inside, -oo), *inside)
    return m


def avg_pool(x: TensorSymbol, size: Any, stride: Any = None, padding: Any = 0, name: str | None = None) -> TensorSymbol:
    """m[n, c, h, w] = Σ_{p,q} x[n, c, S·h + p - P, S·w + q - P]/(k·k), zero outside x.

    Shapes: x (N, C, *space) with one to three spatial axes; `stride` is `size` by default; padding counts in the
    mean; `torch.nn.AvgPool2d`.
    """
    _batch, _channels, *space = require_rank(x, 3, "avg_pool", "(N, C, *space)", or_more=True)
    this = layer(x, "avg_pool", name, ("m",))
    slid = windows("avg_pool", space, size, size if stride is None else stride, 1, padding)
    n, c = this.indices(x)[:2]
    out, inside = places(this, slid, n, c)
    m = this.tensor("m")
    m[(n, c, *out)] = Sum(read(x, (n, c), slid, out, inside, 0), *inside) / Mul(*(w.kernel for w in slid))
    return m


def global_avg_pool(x: TensorSymbol, name: str | None = None) -> TensorSymbol:
    """m[n, c] = the mean of x[n, c, ...] over all spatial axes. Shapes: x (N, C, *space), result (N, C)."""
    require_rank(x, 3, "global_avg_pool", "(N, C, *space)", or_more=True)
    this = layer(x, "global_avg_pool", name, ("m",))
    n, c, *space = this.indices(x)
    m = this.tensor("m")
    m[n, c] = Mean(x[(n, c, *space)], *space)
    return m


def flatten(x: TensorSymbol, name: str | None = None) -> TensorSymbol:
    """f[n, (c·H + h)·W + w] = x[n, c, h, w]: all axes but the first as one, in C order; `torch.nn.Flatten`."""
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
