"""Windows that slide over the spatial axes of (N, C, *space): strides, dilations, padding, in any number of axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sympy import And, Expr, Idx, Integer, Min, Piecewise, floor, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.naming import Layer

Padding = Literal["valid", "same", "causal"] | int | Expr | Sequence[Any]
_SPACE = {1: "t", 2: "hw", 3: "dhw"}
_WINDOW = {1: "p", 2: "pq", 3: "pqr"}


@dataclass(frozen=True, slots=True)
class Window:
    """One axis: out = (size + before + after - dilation*(kernel - 1) - 1)//stride + 1 positions of a window.

    With `ceil_mode` the quotient is rounded up, where the last window still begins inside the input or before it: one
    window more may hang over the end.
    """

    size: Expr
    kernel: Expr
    stride: Expr
    dilation: Expr
    before: Expr
    after: Expr
    ceil_mode: bool = False

    @property
    def out(self) -> Expr:
        behind = self.after - self.dilation * (self.kernel - 1) - 1
        if self.ceil_mode:  # ⌈(X + behind)/S⌉, but no more than ⌊(X - 1)/S⌋, X = size + before
            behind = Min(behind + self.stride - 1, -1)
            if behind.has(Min):
                raise InvalidArgument("layers: ceil_mode", expected="a kernel and a stride that can be compared",
                                      found=f"{self.kernel} and {self.stride}")  # fmt: skip
        return floor((self.size + self.before + behind) / self.stride) + 1

    @property
    def padded(self) -> bool:
        return bool(self.before != 0 or self.after != 0 or self.ceil_mode)

    def position(self, place: Any, offset: Any) -> Expr:
        """Where in the input the window at `place` finds its element `offset`."""
        return self.stride * place + self.dilation * offset - self.before


def windows(
    kind: str, space: Sequence[Expr], kernel: Any, stride: Any, dilation: Any, padding: Any, ceil_mode: bool = False
) -> tuple[Window, ...]:
    """The windows over each spatial axis; numbers stand for all axes. `padding`: "valid", "same", "causal" (before the
    one axis alone, as much as the window reaches), a number on both sides, or for each axis a number or a pair (before,
    after)."""
    rank = len(space)
    kernels, strides, dilations = (
        numbers(kind, what, value, rank)
        for what, value in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation))
    )
    reaches = [d * (k - 1) for d, k in zip(dilations, kernels, strict=True)]
    if padding == "same":
        if any(s != 1 for s in strides):
            raise InvalidArgument(f"layers.{kind}: padding", expected='stride 1 with "same"', found=f"stride {stride}")
        sides = [(floor(reach / Integer(2)), reach - floor(reach / Integer(2))) for reach in reaches]
    elif padding == "causal" and rank == 1:
        sides = [(reaches[0], Integer(0))]
    elif padding == "valid":
        sides = [(Integer(0), Integer(0))] * rank
    elif isinstance(padding, str):
        words = '"valid", "same", "causal"' if rank == 1 else '"valid", "same"'
        raise InvalidArgument(f"layers.{kind}: padding", expected=f"{words} or numbers", found=repr(padding))
    else:
        sides = sides_of(kind, padding, rank)
    return tuple(
        Window(size, k, s, d, *side, ceil_mode)
        for size, k, s, d, side in zip(space, kernels, strides, dilations, sides, strict=True)
    )


def sides_of(kind: str, padding: Any, rank: int) -> list[tuple[Expr, Expr]]:
    """(before, after) for each axis, of a number for all, or for each axis a number or a pair."""
    return [_pair(kind, side) for side in _per_axis(kind, "padding", padding, rank)]


def numbers(kind: str, what: str, value: Any, rank: int) -> tuple[Expr, ...]:
    """A number for each axis, of a number for all or one each; InvalidArgument naming `what` otherwise."""
    return tuple(_size(kind, what, one) for one in _per_axis(kind, what, value, rank))


def _per_axis(kind: str, what: str, value: Any, rank: int) -> tuple[Any, ...]:
    values = tuple(value) if isinstance(value, tuple | list) else (value,) * rank
    if len(values) != rank:
        raise InvalidArgument(f"layers.{kind}: {what}", expected=f"a number or {rank} of them", found=str(value))
    return values


def _pair(kind: str, side: Any) -> tuple[Expr, Expr]:
    if not isinstance(side, tuple | list):
        side = (side, side)
    if len(side) != 2:
        raise InvalidArgument(f"layers.{kind}: padding", expected="a number or (before, after)", found=str(side))
    before, after = (_size(kind, "padding", one) for one in side)
    return before, after


def _size(kind: str, what: str, value: Any) -> Expr:
    """An integer or an expression in sizes; padding may be 0."""
    size = sympify(value)
    least = 0 if "padding" in what else 1
    whole = size.is_integer is not False and not isinstance(value, bool)
    if not whole or (size.is_number and (size < least) == True):  # noqa: E712  SymPy's relation, not a bool
        raise InvalidArgument(f"layers.{kind}: {what}", expected=f"integers of at least {least}", found=str(value))
    return size


def places(this: Layer, slid: Sequence[Window], *taken: Idx) -> tuple[tuple[Idx, ...], tuple[Idx, ...]]:
    """(an index for each axis of the result, an index within each window)."""
    rank = len(slid)
    for window in slid:
        if window.out.is_number and window.out < 1:
            reach = window.dilation * (window.kernel - 1) + 1
            raise InvalidArgument(
                "layers: window", expected=f"one that fits into {window.size} elements and their padding",
                found=f"a window over {reach}",
            )  # fmt: skip
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
