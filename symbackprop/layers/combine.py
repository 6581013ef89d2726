"""Layers made of layers: sums, concatenations, chains, residual branches."""

from __future__ import annotations

from collections.abc import Callable

from symbackprop.errors import InvalidArgument
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.naming import layer, letter_of, put, require_axis, require_tensor

Block = Callable[[TensorSymbol], TensorSymbol]


@written()
def add(x: TensorSymbol, y: TensorSymbol, name: str | None = None) -> TensorSymbol:
    """s[...] = x[...] + y[...].

    Shapes: x, y and the result (...), the same; InvalidArgument where they differ.
    """
    this = layer(x, "add", name, ("sum",))
    _require_same("add", x, y)
    indices = this.indices(x)
    total = this.tensor("sum")
    total[indices] = x[indices] + y[indices]
    return total


@written()
def concatenate(x: TensorSymbol, y: TensorSymbol, axis: int = -1, name: str | None = None) -> TensorSymbol:
    """y behind x along one axis.

    Shapes: the same but along `axis`, where the result is as long as both; InvalidArgument where they differ elsewhere.
    """
    this = layer(x, "concatenate", name, ("joined",))
    axis = require_axis(x, axis, "layers.concatenate")
    _require_same("concatenate", x, y, but=axis)
    indices = this.indices(x)
    j = this.index(letter_of(y.shape[axis], "j"), y.shape[axis], *indices)
    joined = this.tensor("joined")
    joined[indices] = x[indices]
    joined[put(indices, axis, x.shape[axis] + j)] = y[put(indices, axis, j)]
    return joined


def _require_same(kind: str, x: TensorSymbol, y: TensorSymbol, but: int | None = None) -> None:
    require_tensor(y, f"layers.{kind}")
    pairs = enumerate(zip(x.shape, y.shape, strict=False))
    if y.rank != x.rank or any(left != right for place, (left, right) in pairs if place != but):
        raise InvalidArgument(f"layers.{kind}", expected=f"shapes that agree with {x.name}{x.shape}",
                              found=f"{y.name}{y.shape}")  # fmt: skip


@written()
def residual(x: TensorSymbol, block: Block, name: str | None = None) -> TensorSymbol:
    """x + block(x), of one shape. Source: He et al., "Deep residual learning" (2016), equation 1."""
    return add(x, block(x), name=name)


@written()
def sequential(x: TensorSymbol, *blocks: Block) -> TensorSymbol:
    """The blocks one after another: `sequential(x, lambda h: dense(h, 64, relu), lambda h: dense(h, 10))`."""
    for block in blocks:
        x = block(x)
    return x
