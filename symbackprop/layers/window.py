"""Windows that slide over the spatial axes of (N, C, *space): strides, dilations, padding, in any number of axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import And, Expr, Idx, Integer, Piecewise, floor, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.naming import Layer

_SPACE = {1: "t", 2: "hw", 3: "dhw"}
_WINDOW = {1: "p", 2: "pq", 3: "pqr"}


@dataclass(frozen=True, slots=True)
class Window:
    """One axis: out = (size + before + after - dilation*(kernel - 1) - 1)//stride + 1 positions of a window."""

    size: Expr
    kernel: Expr
    stride: Expr
    dilation: Expr
    before: Expr
    after: Expr

    @property
    def out(self) -> Expr:
        reach = self.size + self.before + self.after - self.dilation * (self.kernel - 1) - 1
        return floor(reach / self.stride) + 1

    @property
    def padded(self) -> bool:
        return bool(self.before != 0 or self.after != 0)

    def position(self, place: Any, offset: Any) -> Expr:
        """Where in the input the window at `place` finds its element `offset`."""
        return self.stride * place + self.dilation * offset - self.before


def windows(
    kind: str, space: Sequence[Expr], kernel: Any, stride: Any, dilation: Any, padding: Any
) -> tuple[Window, ...]:
    """The windows over each spatial axis; numbers stand for all axes. `padding`: "valid", "same", a number on both
    sides, or one for each axis."""
    rank = len(space)
    kernels, strides, dilations = (
        _each(kind, what, value, rank)
        for what, value in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation))
    )
    if padding == "same":
        if any(s != 1 for s in strides):
            raise InvalidArgument(f"layers.{kind}: padding", expected='stride 1 with "same"', found=f"stride {stride}")
        totals = [d * (k - 1) for d, k in zip(dilations, kernels, strict=True)]
        sides = [(floor(total / Integer(2)), total - floor(total / Integer(2))) for total in totals]
    elif padding == "valid":
        sides = [(Integer(0), Integer(0))] * rank
    elif isinstance(padding, str):
        raise InvalidArgument(f"layers.{kind}: padding", expected='"valid", "same" or numbers', found=repr(padding))
    else:
        sides = [(p, p) for p in _each(kind, "padding", padding, rank)]
    return tuple(
        Window(size, k, s, d, *side)
        for size, k, s, d, side in zip(space, kernels, strides, dilations, sides, strict=True)
    )


def _each(kind: str, what: str, value: Any, rank: int) -> tuple[Expr, ...]:
    values = tuple(value) if isinstance(value, tuple | list) else (value,) * rank
    if len(values) != rank:
        raise InvalidArgument(f"layers.{kind}: {what}", expected=f"a number or {rank} of them", found=str(value))
    return tuple(sympify(v) for v in values)


def places(this: Layer, slid: Sequence[Window], *taken: Idx) -> tuple[tuple[Idx, ...], tuple[Idx, ...]]:
    """(an index for each axis of the result, an index within each window)."""
    rank = len(slid)
    out: list[Idx] = []
    inside: list[Idx] = []
    for window, letter in zip(slid, _SPACE[rank], strict=True):
        out.append(this.index(letter, window.out, *taken, *out))
    for window, letter in zip(slid, _WINDOW[rank], strict=True):
        inside.append(this.index(letter, window.kernel, *taken, *out, *inside))
    return tuple(out), tuple(inside)


def read(
    x: TensorSymbol, first: tuple[Any, ...], slid: Sequence[Window], out: Sequence[Idx], inside: Sequence[Idx], pad: Any
) -> Expr:
    """x[first..., position of each window], and `pad` outside of x."""
    positions = [w.position(o, i) for w, o, i in zip(slid, out, inside, strict=True)]
    element = x[(*first, *positions)]
    inner = []
    for window, position in zip(slid, positions, strict=True):
        if window.padded:
            inner += [position >= 0, position <= window.size - 1]
    return Piecewise((element, And(*inner)), (pad, True)) if inner else element
