"""Windows in JAX: `conv_general_dilated` of what moves and of its transpose, `reduce_window` of what is pooled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from string import ascii_lowercase
from typing import TypeAlias

from symbackprop.array_text.alignment import Alignment
from symbackprop.array_text.fragment import Code, Level
from symbackprop.array_text.reads import outside
from symbackprop.jax.windows import Convolution, Pooling, Spread, Window
from symbackprop.lower.values import Choose, Contract, Fold, Kind, Map, MapOp, Read, Value
from symbackprop.python_text.bracketed import call, tuple_text
from symbackprop.terms.poly import ONE, ZERO, Index, Poly
from symbackprop.terms.term import Axis, Reduction

_REDUCING = {Reduction.SUM: ("0.0", "add"), Reduction.PRODUCT: ("1.0", "mul"),
             Reduction.MAX: ("-jnp.inf", "max"), Reduction.MIN: ("jnp.inf", "min")}  # fmt: skip

_Zeros: TypeAlias = Sequence[tuple[Poly, Poly]]  # how many before and behind, along each dimension of windows


def convolved(ev: Alignment, found: Convolution) -> Code:
    """Over the axes of the factors that are not summed over, and the windows' places."""
    windows = _in_order(ev, found.kernel, found.windows)
    moving, along, pads = _operand(ev, found.moving, windows)
    axes = [_Axes(axis, w.offset.index, w.place.index) for axis, w in zip(along, windows, strict=True)]
    code = _convolution(ev, moving, found.kernel, axes, [window.stride for window in windows], pads,
                        _steps(ev, "rhs_dilation", [window.dilation for window in windows]))  # fmt: skip
    return _turned(ev, code, found.windows)


def spread_out(ev: Alignment, found: Spread) -> Code | None:
    """Over the axes of the factors that are not summed over, and the elements; None where it is not known that every
    window begins and ends within zeros around the moving factor."""
    pads, axes = [], []
    windows = _in_order(ev, found.kernel, found.windows)
    elements = dict(zip(found.windows, found.elements, strict=True))
    for window in windows:
        element = elements[window]
        width = window.dilation * (window.offset.extent - 1)
        last = element.start + window.stride * (window.place.extent - 1)
        pads.append((element.start + width, element.axis.high - last))
        axes.append(_Axes(window.place.index, window.offset.index, element.axis.index))
    if not _are_around(ev, pads):
        return None
    for element in found.elements:
        ev.also(element.axis)
    steps = [_steps(ev, "lhs_dilation", [window.stride for window in windows]),
             _steps(ev, "rhs_dilation", [window.dilation for window in windows])]  # fmt: skip
    return _convolution(ev, found.moving, found.kernel, axes, [ONE] * len(axes), pads, *steps)


def pooled(ev: Alignment, found: Pooling, reduction: Reduction) -> Code:
    """Over the axes that are not reduced over, the windows' places among them."""
    for window in found.windows:
        ev.also(window.along)
    code = ev.total(_floats(ev, found.moving), reduction, found.bound)
    at = {window.along.index: window for window in found.windows}
    start, function = _REDUCING[reduction]

    def by_dimension(of: Callable[[Window], Poly]) -> str:
        return tuple_text([ev.spelling.poly(of(at[axis])) if axis in at else "1" for axis in code.axes])

    args = [code.text, start, f"jax.lax.{function}", by_dimension(lambda window: window.offset.extent)]
    args += [by_dimension(lambda window: window.stride), '"VALID"']
    if any(window.dilation != ONE for window in found.windows):
        args.append(f"window_dilation={by_dimension(lambda window: window.dilation)}")
    axes = tuple(at[axis].place.index if axis in at else axis for axis in code.axes)
    return _turned(ev, Code(call("jax.lax.reduce_window", *args), axes=axes, called=True), found.windows)


def _in_order(ev: Alignment, kernel: Value, windows: Sequence[Window]) -> list[Window]:
    """As they stand in the kernel: in that order JAX counts strides, dilations and zeros."""
    axes = ev.code(kernel).axes
    return sorted(windows, key=lambda window: axes.index(window.offset.index))


# --- the call ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Axes:
    """Of a dimension along which windows move: that of what moves, of the kernel, and of the result."""

    moving: Index
    kernel: Index
    result: Index


def _convolution(
    ev: Alignment, moving: Value, kernel: Value, axes: Sequence[_Axes], strides: Sequence[Poly], pads: _Zeros,
    *more: str,
) -> Code:  # fmt: skip
    """The call. Batch, channels and features are one dimension each: where several axes or none stand for one, arrays
    are reshaped."""
    left_axes, right_axes = (value.axes.intersection(ev.axes) for value in (moving, kernel))
    shared = left_axes & right_axes
    batch = ev.ordered(left_axes - shared - {each.moving for each in axes})
    features = ev.ordered(right_axes - shared - {each.kernel for each in axes})
    channels = ev.ordered(shared)
    letters = _letters(ev, [each.result for each in axes])
    left, left_layout = _laid(ev, _floats(ev, moving), {"N": batch, "C": channels},
                              dict(zip(letters, [each.moving for each in axes], strict=True)))  # fmt: skip
    right, right_layout = _laid(ev, _floats(ev, kernel), {"O": features, "I": channels},
                                dict(zip(letters, [each.kernel for each in axes], strict=True)))  # fmt: skip
    results = dict(zip(letters, [each.result for each in axes], strict=True))
    simple = len(batch) == len(features) == 1
    order = ev.ordered([*batch, *features, *results.values()]) if simple else (*batch, *features, *results.values())
    names = {batch[0]: "N", features[0]: "C"} | {axis: letter for letter, axis in results.items()} if simple else {}
    layout = "".join(names[axis] for axis in order) if simple else "".join(["N", "C", *letters])
    spelling = ev.spelling
    padding = [tuple_text([spelling.poly(low), spelling.poly(high)]) for low, high in pads]
    text = call(
        "jax.lax.conv_general_dilated", left, right, tuple_text([spelling.poly(stride) for stride in strides]),
        f"[{', '.join(padding)}]" if any(low.terms or high.terms for low, high in pads) else '"VALID"',
        *(each for each in more if each), f'dimension_numbers=("{left_layout}", "{right_layout}", "{layout}")',
    )  # fmt: skip
    return Code(text if simple else f"{text}.reshape({ev.shape(order)})", axes=order, called=True)


def _laid(
    ev: Alignment, code: Code, groups: Mapping[str, Sequence[Index]], spaces: Mapping[str, Index]
) -> tuple[str, str]:
    """(the array with a dimension for each group of axes and each space, the letters of its dimensions)."""
    if all(len(axes) == 1 for axes in groups.values()):
        names = {axis: letter for letter, (axis,) in groups.items()} | {axis: letter for letter, axis in spaces.items()}
        return code.text, "".join(names[axis] for axis in code.axes)
    whole = ev.library.exactly(code, [*(axis for axes in groups.values() for axis in axes), *spaces.values()])
    extents = [prod((ev.axes[axis].extent for axis in axes), start=ONE) for axes in groups.values()]
    extents += [ev.axes[axis].extent for axis in spaces.values()]
    return f"{whole.at(Level.ATOM)}.reshape({ev.spelling.shape(extents, ev.facts)})", "".join([*groups, *spaces])


def _letters(ev: Alignment, axes: Sequence[Index]) -> list[str]:
    """A small letter for each space, of its axis's name if that has one that is free."""
    out: list[str] = []
    for axis in axes:
        candidates = [*axis.name.lower(), *ev.dimension(axis).lower(), *ascii_lowercase]
        out.append(next(c for c in candidates if c in ascii_lowercase and c not in out))
    return out


def _steps(ev: Alignment, name: str, steps: Sequence[Poly]) -> str:
    return "" if set(steps) == {ONE} else f"{name}={tuple_text([ev.spelling.poly(step) for step in steps])}"


def _turned(ev: Alignment, code: Code, windows: Sequence[Window]) -> Code:
    turned = {window.place.index for window in windows if window.turned}
    text = ev.library.turned(code.text, [axis in turned for axis in code.axes])
    return Code(text, axes=code.axes, called=True)


# --- what moves ----------------------------------------------------------------------------------------
def _operand(ev: Alignment, moving: Value, windows: Sequence[Window]) -> tuple[Value, list[Index], _Zeros]:
    """(what moves, its axes along which windows do, zeros around it), the zeros taken off where it is a tensor with
    zeros around."""
    for window in windows:
        ev.also(window.along)
    inner = _unpadded(ev, moving, windows) if isinstance(moving, Read) and moving.padded else None
    return inner or (moving, [window.along.index for window in windows], [(ZERO, ZERO)] * len(windows))


def _unpadded(ev: Alignment, moving: Read, windows: Sequence[Window]) -> tuple[Value, list[Index], _Zeros] | None:
    shape, subscripts = ev.tensors[moving.tensor].shape, list(moving.subscripts)
    axes, pads = list[Axis](), list[tuple[Poly, Poly]]()
    for window in windows:
        along = Poly.of(window.along.index)
        at = [d for d, s in enumerate(subscripts) if isinstance(s, Poly) and window.along.index in s.indices()]
        subscript = subscripts[at[0]]
        if len(at) != 1 or not isinstance(subscript, Poly):
            return None
        start, last = subscript - along, shape[at[0]] - 1
        axes.append(Axis(Index(f"{window.along.index.name} inside", 0, True), ZERO, last))
        pads.append((-start, start + window.along.high - last))
        subscripts[at[0]] = Poly.of(axes[-1].index)
    if not _are_around(ev, pads):
        return None
    for axis in axes:
        ev.also(axis)
    around = outside(ev, subscripts, shape)
    if around is None or any(low.terms or high.terms for low, high in around):
        return None
    over = moving.over.difference(window.along.index for window in windows).union(axis.index for axis in axes)
    return Read(moving.tensor, tuple(subscripts), over, moving.kind, False), [axis.index for axis in axes], pads


def _are_around(ev: Alignment, pads: _Zeros) -> bool:
    """Whether so many zeros can be put around an array when the code is read."""
    known = ev.spelling.traced.isdisjoint(index for pair in pads for poly in pair for index in poly.indices())
    return known and all(ev.facts.proves(poly) for pair in pads for poly in pair)


# --- floats --------------------------------------------------------------------------------------------
def _floats(ev: Alignment, value: Value) -> Code:
    """Its expression, with the module's type even where that is made of Python's numbers."""
    code = ev.code(value)
    return code if _has_type(value) else ev.library.cast(code, ev.spelling.dtype)


def _has_type(value: Value) -> bool:
    match value:
        case Read():
            return value.kind is Kind.FLOAT
        case Map(MapOp.COPY, (arg,), Kind.FLOAT) if arg.kind is not Kind.FLOAT:
            return True
        case Map(MapOp.SELECT, (_, then, otherwise)) | Choose(_, then, otherwise):
            return _has_type(then) or _has_type(otherwise)
        case Map(_, args) | Contract(args):
            return any(map(_has_type, args))
        case Fold(_, source):
            return _has_type(source)
        case _:
            return False


__all__ = ["convolved", "pooled", "spread_out"]
