"""Windows of few constant positions are written out, one after another.

    p[n, h] = max_d a[n, 2*h + d]           becomes   p[n, h] = maximum(a[n, 2*h], a[n, 2*h + 1])
    s[n, h] = (Σ_d a[n, 2*h + d])           becomes   s[n, h] = (a[n, 2*h] + a[n, 2*h + 1])
    y[n, 2*h + d] += f(a[n, 2*h + d])       becomes   y[n, 2*h] += f(a[n, 2*h]),   y[n, 2*h + 1] += f(a[n, 2*h + 1])

so that what runs innermost is as long as an image's row, not as short as a window: a reduction along an axis of two or
three positions, and a window that such an axis moves, cost a call for every few elements. Sums of products stay, since
matrix products are made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import product
from typing import TypeAlias

from symbackprop.lower.map_ops import OF_TWO
from symbackprop.lower.substitution import with_polynomials
from symbackprop.lower.value_subscripts import indices_of
from symbackprop.lower.value_walks import rebuilt, rewritten, steps_in
from symbackprop.lower.values import (
    Bind,
    Contract,
    Define,
    Fold,
    Function,
    Kind,
    Map,
    MapOp,
    Read,
    Scalar,
    Step,
    Value,
    inside,
    wanted_axes,
    with_children,
)
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction

_MOST = 9  # positions that are written out
Place: TypeAlias = Mapping[Atom, Poly]  # a position of some axes


def write_out_small_axes(function: Function) -> Function:
    """The function with small windows written out."""
    if not any(_small(axis) for step in steps_in(function.body) for axis in _axes_of(step)):
        return function
    return replace(function, body=rewritten(function.body, _step, function.facts))


def _step(step: Step, _: Facts) -> Iterable[Step]:
    match step:
        case Bind(_, outer, axes):
            value = _chained(step.value, axes)
            yield (
                step
                if value is step.value
                else replace(step, value=value, axes=wanted_axes(axes, frozenset(outer), value))
            )
        case Define():
            value = _chained(step.value, step.axes)
            yield from _by_position(step if value is step.value else step.with_value(value))
        case _:
            yield step


def _axes_of(step: Step) -> tuple[Axis, ...]:
    return step.axes if isinstance(step, Bind | Define) else ()


def _small(axis: Axis) -> bool:
    count = axis.extent.constant
    return count is not None and 1 <= count <= _MOST


# --- reductions ----------------------------------------------------------------------------------------
def _chained(top: Value, axes: Sequence[Axis]) -> Value:
    """The value with each reduction along a small window as one operation after another."""
    small = {axis.index: axis for axis in axes if _small(axis)}
    if not small:
        return top

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        new = with_children(value, children) if children else value
        match new:
            case Fold(reduction, source, bound, quiet):
                pass
            case Contract((source,), bound, quiet):
                reduction = Reduction.SUM
            case _:
                return new
        chosen = _chosen([small[index] for index in bound if index in small], source)
        if not chosen:
            return new
        op, parts = OF_TWO[reduction], (_at(source, place) for place in _positions(chosen))
        chain = reduce(lambda total, part: Map(op, (total, part), Kind.FLOAT, quiet), parts)
        rest = tuple(index for index in bound if index not in {axis.index for axis in chosen})
        if not rest:
            return chain
        return Contract((chain,), rest, quiet) if isinstance(new, Contract) else Fold(reduction, chain, rest, quiet)

    return rebuilt(top, changed)


def _chosen(axes: Sequence[Axis], top: Value, left: Sequence[Poly | Value] = ()) -> list[Axis]:
    """Of small axes those that move a window, of what is read element by element or of the left side, as many as are
    few together."""
    chosen: list[Axis] = []
    count = 1
    for axis in sorted(axes, key=lambda axis: axis.extent.constant or 0):
        count *= axis.extent.constant or 0
        if count > _MOST:
            break
        if _elementwise(top, axis.index) and (_windowed(left, axis.index) or _moves(top, axis.index)):
            chosen.append(axis)
    return [axis for axis in axes if axis in chosen]


def _elementwise(top: Value, index: Index) -> bool:
    """Whether nothing is summed or chosen along the axis, nor read beyond an edge, which would take a frame for each
    position."""
    return not any(
        index in part.axes and (isinstance(part, Contract | Fold) or (isinstance(part, Read) and part.padded))
        for part in inside(top)
    )


def _moves(top: Value, index: Index) -> bool:
    return any(isinstance(part, Read) and _windowed(part.subscripts, index) for part in inside(top))


def _windowed(subscripts: Sequence[Poly | Value], index: Index) -> bool:
    """Whether the axis and another one run along the same dimension."""
    return any(index in indices_of(subscript) and len(indices_of(subscript)) > 1 for subscript in subscripts)


def _positions(axes: Sequence[Axis]) -> Iterator[Place]:
    """All positions of small axes, the last axis fastest."""
    for numbers in product(*(range(axis.extent.constant or 0) for axis in axes)):
        yield {axis.index: axis.low + number for axis, number in zip(axes, numbers, strict=True)}


def _at(top: Value, place: Place) -> Value:
    """The value at a position of some of its axes."""

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        if isinstance(value, Map) and value.op is MapOp.SELECT:
            return _select(children, value.kind, value.quiet)
        return with_polynomials(value, children, place)

    return rebuilt(top, changed)


def _select(args: tuple[Value, ...], kind: Kind, quiet: bool) -> Value:
    """The choice, its zeros last where the mask can say so: positions of one window share what is not 0."""
    match args:
        case Map(MapOp.NOT_EQUAL, sides, mask_kind, mask_quiet), Scalar(term), other if term is NIL:
            mask = Map(MapOp.EQUAL, sides, mask_kind, mask_quiet)
            return Map(MapOp.SELECT, (mask, other, Scalar(NIL)), kind, quiet)
        case _:
            return Map(MapOp.SELECT, args, kind, quiet)


# --- additions -----------------------------------------------------------------------------------------
def _by_position(step: Define) -> Iterator[Define]:
    """The step, or one for each position of the small axes that move a window of its left side."""
    small = [axis for axis in step.axes if axis.index in step.left and _small(axis)]
    chosen = [] if step.op is Op.ASSIGN or step.padded else _chosen(small, step.value, step.subscripts)
    chosen = [axis for axis in chosen if _windowed(step.subscripts, axis.index)]
    if not chosen or not all(isinstance(subscript, Poly) for subscript in step.subscripts):
        yield step
        return
    gone = {axis.index for axis in chosen}
    axes = tuple(axis for axis in step.axes if axis.index not in gone)
    for place in _positions(chosen):
        subscripts = tuple(s.substitute(place) if isinstance(s, Poly) else s for s in step.subscripts)
        yield replace(step, subscripts=subscripts, axes=axes, value=_at(step.value, place))
