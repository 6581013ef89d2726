"""Reads and targets: slices of affine subscripts, windows where two axes meet in one, fancy indices elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from symbackprop.array_text.alignment import Alignment
from symbackprop.array_text.fragment import Code
from symbackprop.lower.value_subscripts import Pads, Subscripts, framed, pads_of, shifted, whole_axis
from symbackprop.lower.values import Read, Value
from symbackprop.python_text.bracketed import call, indexed, one_or_several
from symbackprop.python_text.scalars import factor_text
from symbackprop.terms.extremes import highest_value
from symbackprop.terms.poly import ONE, ZERO, Index, Poly


def read(ev: Alignment, value: Read) -> Code:
    """The elements over the axes of the subscripts; 0 where a padded read leaves its tensor."""
    tensor = ev.tensors[value.tensor]
    whole, shape = Code(ev.spelling(tensor.name)), list(tensor.shape)
    subscripts: Subscripts = value.subscripts
    if value.padded:
        pads = outside(ev, subscripts, shape)
        if pads is None:
            return _looked_up(ev, whole, subscripts)
        if any(low.terms or high.terms for low, high in pads):
            whole = ev.library.padded(
                whole.text, [(ev.spelling.poly(low), ev.spelling.poly(high)) for low, high in pads]
            )
            shape, subscripts = framed(shape, pads), shifted(subscripts, pads)
    return sliced(ev, whole, subscripts, shape, views=True) or _fancy(ev, whole, subscripts, shape)


# --- slices and windows --------------------------------------------------------------------------------
@dataclass(slots=True)
class _Slices:
    """The items between the brackets, and the axes that they leave; windows come behind all dimensions."""

    items: list[str] = field(default_factory=list)
    axes: list[Index] = field(default_factory=list)
    reversed: list[Index] = field(default_factory=list)
    windows: list[tuple[int, str, Index, str]] = field(default_factory=list)  # dimension, length, axis, item
    blocks: bool = False  # whether two of the axes lie along one dimension of what the items leave


def sliced(ev: Alignment, whole: Code, subscripts: Subscripts, shape: Sequence[Poly], views: bool) -> Code | None:
    """The window of the whole tensor as slices, if each axis runs along one dimension of its own, or two along one in
    blocks. `views`: whether what cannot be written to will do: windows that overlap, steps backwards, and blocks as
    dimensions of their own."""
    out = _Slices()
    seen: set[Index] = set()
    for place, (subscript, size) in enumerate(zip(subscripts, shape, strict=True)):
        if not isinstance(subscript, Poly):
            return None
        axes = [index for index in subscript.indices() if index in ev.axes]
        if seen & set(axes) or len(axes) > 2:
            return None
        seen.update(axes)
        if len(axes) < 2:
            good = _along_one(ev, out, subscript, axes, size, views)
        else:
            good = _in_blocks(ev, out, subscript, size) or (views and _along_two(ev, out, place, subscript, axes, size))
        if not good:
            return None
    text, called = whole.text, whole.called
    if out.windows:
        called = False
        dimensions, lengths = [str(w[0]) for w in out.windows], [w[1] for w in out.windows]
        where = f"axis={one_or_several(dimensions)}"
        text = call(ev.spelling.helper("sliding_window_view"), text, one_or_several(lengths), where)
        out.items += [w[3] for w in out.windows]
        out.axes += [w[2] for w in out.windows]
    text = indexed(text, out.items)
    if out.blocks and views:
        text = f"{text}.reshape({ev.shape(out.axes)})"
    if out.reversed:
        text = ev.library.turned(text, [axis in out.reversed for axis in out.axes])
    return Code(text, axes=tuple(out.axes), called=called)


def blocks(ev: Alignment, subscript: Poly | Value) -> tuple[Index, Index] | None:
    """(which block, the place in it) of a subscript Q*p + q + c, q counting Q places: those of one block after those
    of another."""
    axes = [index for index in subscript.indices() if index in ev.axes] if isinstance(subscript, Poly) else []
    if len(axes) != 2 or not isinstance(subscript, Poly):
        return None
    for p, q in (axes, axes[::-1]):
        length = ev.axes[q].extent
        if subscript.coefficient(q) == ONE and subscript.coefficient(p) == length:
            some = ev.facts.proves(length - 1) and ev.facts.proves(ev.axes[p].extent - 1)
            return (p, q) if some else None
    return None


def _in_blocks(ev: Alignment, out: _Slices, subscript: Poly, size: Poly) -> bool:
    found = blocks(ev, subscript)
    if found is None:
        return False
    p, q = found
    item = _slice(ev, _start(ev, subscript), ONE, ev.axes[p].extent * ev.axes[q].extent, size)
    if item is None:
        return False
    out.items.append(item)
    out.axes += [p, q]
    out.blocks = True
    return True


def _along_one(
    ev: Alignment, out: _Slices, subscript: Poly, axes: Sequence[Index], size: Poly, backwards: bool
) -> bool:
    if not axes:
        out.items.append(ev.spelling.poly(subscript))
        return True
    (index,) = axes
    axis, step = ev.axes[index], subscript.coefficient(index)
    start, extent = _start(ev, subscript), axis.extent
    if backwards and ev.facts.proves(-step - 1) and ev.facts.proves(extent - 1):
        start, step = start + step * (extent - 1), -step
        out.reversed.append(index)
    item = _slice(ev, start, step, extent, size)
    if item is None:
        return False
    out.items.append(item)
    out.axes.append(index)
    return True


def _start(ev: Alignment, subscript: Poly) -> Poly:
    """The subscript at the first position of its axes."""
    return subscript.substitute({index: ev.axes[index].low for index in subscript.indices() if index in ev.axes})


def _slice(ev: Alignment, start: Poly, step: Poly, extent: Poly, size: Poly) -> str | None:
    """start, start + step, …: `extent` positions of a dimension of that size."""
    proves, text = ev.facts.proves, ev.spelling.poly
    if not ev.spelling.traced.isdisjoint({*start.indices(), *extent.indices()}):
        return None
    some = proves(extent - 1)
    if not proves(step - 1) or not (some or (proves(extent) and proves(start))):
        return None
    stop = start + step * extent
    to_the_end = stop == size or (step == ONE and extent == size) or proves(stop - size)
    begin, end = (text(start) if start.terms else ""), ("" if to_the_end else text(stop))
    if end and begin and ev.spelling.whole(extent) and not ev.spelling.whole(stop):
        end = f"{begin} + {factor_text(step, ev.spelling) + ' * ' if step != ONE else ''}{text(extent)}"
    return f"{begin}:{end}" + ("" if step == ONE else f":{text(step)}")


def _along_two(ev: Alignment, out: _Slices, place: int, subscript: Poly, axes: list[Index], size: Poly) -> bool:
    """a*p + b*q + c: a window of length b*(Q - 1) + 1 from each p on, of which each b-th element counts."""
    p, q = sorted(axes, key=lambda index: -len(ev.axes[index].extent.terms))  # Q the simpler: a kernel's own size
    a, b = subscript.coefficient(p), subscript.coefficient(q)
    extents = ev.axes[p].extent, ev.axes[q].extent
    if not all(ev.facts.proves(poly - 1) for poly in (a, b, *extents)):
        return False
    length = b * (extents[1] - 1) + 1
    item = _slice(ev, _start(ev, subscript), a, extents[0], size - length + 1)
    if item is None:
        return False
    out.items.append(item)
    out.axes.append(p)
    out.windows.append((place, ev.spelling.poly(length), q, ":" if b == ONE else f"::{ev.spelling.poly(b)}"))
    return True


# --- fancy indices -------------------------------------------------------------------------------------
def indices(
    ev: Alignment, subscripts: Subscripts, shape: Sequence[Poly] | None, leading: bool
) -> tuple[list[str], tuple[Index, ...]]:
    """(an index for each dimension but whole ones at the end, the axes that they and those leave). `leading`: whether
    whole dimensions at the beginning are `:` too; without a `shape` none is known to be whole."""
    sizes = [None] * len(subscripts) if shape is None else shape
    whole = [None if size is None else whole_axis(place, subscripts, ev.axes, size) for place, size in enumerate(sizes)]
    end = len(whole)
    while end and whole[end - 1] is not None:
        end -= 1
    begin = 0
    while leading and begin < end and whole[begin] is not None:
        begin += 1
    codes = [_place(ev, subscript) for subscript in subscripts[begin:end]]
    layout = tuple(dict.fromkeys(axis for code in codes for axis in code.axes))
    items = [":"] * begin + [ev.over(code, layout).text for code in codes]
    before, behind = ([axis.index for axis in part if axis is not None] for part in (whole[:begin], whole[end:]))
    return items, (*before, *layout, *behind)


def _fancy(ev: Alignment, whole: Code, subscripts: Subscripts, shape: Sequence[Poly]) -> Code:
    items, axes = indices(ev, subscripts, shape, leading=True)
    return Code(indexed(whole.text, items), axes=axes, called=whole.called)


def _looked_up(ev: Alignment, whole: Code, subscripts: Subscripts) -> Code:
    """By a helper that minds the edges."""
    places, layout = indices(ev, subscripts, None, leading=False)
    return Code(call(ev.spelling.helper("look_up"), whole.text, *places), axes=layout)


def _place(ev: Alignment, subscript: Poly | Value) -> Code:
    if isinstance(subscript, Value):
        return ev.code(subscript)
    return ev.spelling.position(subscript, ev.axes, [index for index in subscript.indices() if index in ev.axes])


# --- beyond the edges ----------------------------------------------------------------------------------
def outside(ev: Alignment, subscripts: Subscripts, shape: Sequence[Poly]) -> Pads | None:
    """How far each subscript may lie below 0 and above the last position; None where that is not known."""
    return pads_of(subscripts, shape, partial(_excess, ev))


def _excess(ev: Alignment, poly: Poly) -> Poly | None:
    """The largest value of the polynomial over the axes and loops, or 0 where that is negative."""
    facts = ev.facts.with_axes(ev.axes[index] for index in poly.indices() if index in ev.axes)
    if facts.proves(-poly):
        return ZERO
    largest = highest_value(poly, {**ev.loops, **ev.axes}, ev.facts)
    if largest is None or ev.facts.proves(largest):
        return largest
    return ZERO if ev.facts.proves(-largest) else None


__all__ = ["blocks", "indices", "outside", "read", "sliced"]
