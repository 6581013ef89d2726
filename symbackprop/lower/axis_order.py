"""Tensors with their dimensions in another order in memory, and the steps that use them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TypeVar

from symbackprop.lower.value_subscripts import Subscripts, indices_of
from symbackprop.lower.value_walks import rebuilt, rewritten, steps_in
from symbackprop.lower.values import (
    Bind,
    Define,
    Function,
    Note,
    Read,
    Step,
    Value,
    inside,
    with_children,
)
from symbackprop.terms.poly import Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

Orders = Mapping[str, tuple[int, ...]]  # of a tensor's dimensions in memory, outermost first
T = TypeVar("T")


def reordered(function: Function, orders: Orders) -> Function:
    """The function with the dimensions of tensors as they lie in memory, and the axes of its steps alike."""
    tensors = {
        name: replace(tensor, shape=_sorted(tensor.shape, orders[name]), origin=_sorted(tensor.origin, orders[name]),
                      axes=_sorted(tensor.axes, orders[name]) if tensor.axes else ())
        if name in orders else tensor
        for name, tensor in function.tensors.items()
    }  # fmt: skip

    own = dict(orders)  # and those of bound values

    def changed(step: Step, _: Facts) -> Iterable[Step]:
        if not isinstance(step, Define | Bind):
            return [step]
        if isinstance(step, Define) and step.tensor not in orders and _is_plain(step) and not _reads(step.value, own):
            return [step]
        value = _with_orders(step.value, own)
        if isinstance(step, Bind):
            axes = _axes_in_order(step, (), value, own)
            outer = tuple(axis.index for axis in axes if axis.index in step.outer)
            own[step.name] = tuple(map(step.outer.index, outer))
            return [replace(step, outer=outer, value=value, axes=axes)]
        subscripts = tuple(_with_orders(s, own) if isinstance(s, Value) else s for s in step.subscripts)
        subscripts = _sorted(subscripts, orders[step.tensor]) if step.tensor in orders else subscripts
        return [replace(step, subscripts=subscripts, value=value, axes=_axes_in_order(step, subscripts, value, own))]

    body = rewritten(_told(function, orders), changed, function.facts)
    return replace(function, tensors=tensors, body=body)


def _told(function: Function, orders: Orders) -> Iterator[Step]:
    """The steps; the note of an equation says how what it is the first to define is kept."""
    told = set(function.given)
    for place, step in enumerate(function.body):
        if isinstance(step, Note) and step.label:
            own = takewhile(lambda later: not (isinstance(later, Note) and later.label), function.body[place + 1 :])
            for each in steps_in(own):
                if isinstance(each, Define) and each.tensor in orders and each.tensor not in told:
                    told.add(each.tensor)
                    names = function.tensors[each.tensor].axes
                    names = names if names and all(names) else tuple(map(str, each.subscripts))
                    kept = f"{each.tensor}[{', '.join(_sorted(names, orders[each.tensor]))}]"
                    step = replace(step, text=f"{step.text}; kept as {kept}")
        yield step


def _sorted(items: Sequence[T], order: Sequence[int]) -> tuple[T, ...]:
    return tuple(items[place] for place in order)


def _is_plain(step: Define) -> bool:
    """Whether its first axes are the subscripts of its left side."""
    first = step.axes[: len(step.subscripts)]
    return [axis.index for axis in first] == [s.index if isinstance(s, Poly) else None for s in step.subscripts]


def _reads(value: Value, orders: Orders) -> bool:
    return any(isinstance(part, Read) and part.tensor in orders for part in inside(value))


def _with_orders(top: Value, orders: Orders) -> Value:
    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        new = with_children(value, children) if children else value
        if isinstance(new, Read) and new.tensor in orders:
            return Read(new.tensor, _sorted(new.subscripts, orders[new.tensor]), new.over, new.kind, new.padded)
        return new

    return rebuilt(top, changed)


def _axes_in_order(step: Define | Bind, left: Subscripts, value: Value, orders: Orders) -> tuple[Axis, ...]:
    """The axes of the left side as they lie there, then the others as they lie in what is read."""
    reads = [part for part in inside(value) if isinstance(part, Read) and part.tensor in orders]
    reads.sort(key=lambda read: -len(read.axes))
    along = [index for subscripts in (left, *(read.subscripts for read in reads)) for s in subscripts
             for index in sorted(indices_of(s), key=str)]  # fmt: skip
    rank = {index: place for place, index in reversed(list(enumerate(along)))}
    outer = step.left if isinstance(step, Define) else frozenset(step.outer)
    numbered = list(enumerate(step.axes))
    numbered.sort(key=lambda item: (item[1].index not in outer, rank.get(item[1].index, -1), item[0]))
    return tuple(axis for _, axis in numbered)


__all__ = ["Orders", "reordered"]
