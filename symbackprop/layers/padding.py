"""Padding: what stands around the spatial axes of (N, C, *space)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from sympy import Expr, Le, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.naming import Layer, layer, put, require_rank
from symbackprop.layers.window import sides_of

# What stands at p before the first element, and q behind the last, for an axis of T elements padded by P before.
_SOURCES: dict[str, tuple[Callable[[Any, Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "reflect": (lambda p, P, T: P - p, lambda q, T: T - 2 - q),
    "replicate": (lambda p, P, T: 0, lambda q, T: T - 1),
    "circular": (lambda p, P, T: T - P + p, lambda q, T: q),
}
_SPARED = {"reflect": 1, "circular": 0}  # elements of the axis that padding cannot take; "replicate" takes any number


MODES = tuple(_SOURCES)
Mode = Literal["constant", "reflect", "replicate", "circular"]


@written()
def pad(
    x: TensorSymbol, padding: Any, mode: Mode = "constant", value: Any = 0, name: str | None = None
) -> TensorSymbol:
    """y[..., P + t] = x[..., t], and around it `value`, or what `mode` takes from x itself.

    Shapes: x (N, C, *space), result each axis of space longer by what is before and behind; `padding`: a number, or for
    each axis a number or a pair (before, after). "reflect": x mirrored at its first and last elements; "replicate":
    those two themselves; "circular": x from its other end. `torch.nn.functional.pad`.
    """
    if mode != "constant" and mode not in _SOURCES:
        raise InvalidArgument("layers.pad: mode", expected=f"constant, {', '.join(_SOURCES)}", found=repr(mode))
    space = require_rank(x, 3, "pad", "(N, C, *space)", or_more=True)[2:]
    return padded(layer(x, "pad", name, ("padded",)), x, sides_of("pad", padding, len(space)), mode, value)


def padded(this: Layer, x: TensorSymbol, sides: Sequence[tuple[Expr, Expr]], mode: str, value: Any = 0) -> TensorSymbol:
    """`pad` as tensors of a layer, one for each axis that has something around it, the last called `padded`."""
    axes = [place for place, (before, after) in enumerate(sides, 2) if before != 0 or after != 0]
    for number, axis in enumerate(axes, 1):
        last = number == len(axes)
        x = _along(this, x, axis, sides[axis - 2], mode, value, this.tensor("padded" if last else f"padded_{number}_"))
    return x


def _along(
    this: Layer, x: TensorSymbol, axis: int, sides: tuple[Expr, Expr], mode: str, value: Any, y: TensorSymbol
) -> TensorSymbol:
    indices, size, (before, after) = this.indices(x), x.shape[axis], sides
    ahead, behind = _SOURCES.get(mode, (None, None))
    for side in dict.fromkeys(sides) if mode in _SPARED else ():
        _require_room(this, side, size, mode)
    y[put(indices, axis, before + indices[axis])] = x[indices]
    if before != 0:
        p = this.index("p", before, *indices)
        y[put(indices, axis, p)] = value if ahead is None else x[put(indices, axis, ahead(p, before, size))]
    if after != 0:
        q = this.index("q", after, *indices)
        place = put(indices, axis, before + size + q)
        y[place] = value if behind is None else x[put(indices, axis, behind(q, size))]
    return y


def _require_room(this: Layer, side: Expr, size: Expr, mode: str) -> None:
    """No more is taken from an axis than it has: for symbolic sizes a condition checked where the module is called."""
    enough = Le(side + _SPARED[mode], sympify(size))
    if enough == False:  # noqa: E712  a SymPy relation that is decided
        raise InvalidArgument(
            "layers.pad: padding", expected=f"at most {size - _SPARED[mode]} in mode {mode!r}", found=str(side)
        )
    if enough != True:  # noqa: E712
        this.net.assume(enough)
