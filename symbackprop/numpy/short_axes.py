"""Tensors that end with an axis of few positions, whatever the sizes, have it outermost in memory.

    d[p, a] = x[p, a] - y[p, a],   a = 0, 1, 2      lies as d[a, p]

An operation on arrays runs along the innermost axis and begins anew for each row, unless all of its operands go on to
the next: a sum over three coordinates, or a number for each point that all of its coordinates are multiplied with,
begins for each three numbers, and along the points three times.

Where that is so, tensors that stay inside the module are kept so, with those that they are read with, but for what
products of matrices or loops read; what users see keeps its own order, and is written and read by long strides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from symbackprop.lower.axis_order import Orders, reordered
from symbackprop.lower.convolutions import Convolutions, name_of, reads_of
from symbackprop.lower.layout import inner_tensors, multiplies, split
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_subscripts import indices_of
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Define, Function, Loop, Read, Step, inside
from symbackprop.numpy.product_layout import Families
from symbackprop.terms.poly import Poly

_SHORT = 16  # positions

__all__ = ["short_axes_outermost"]


def short_axes_outermost(module: ModuleIR[Function]) -> ModuleIR[Function]:
    """The module, its inner tensors so."""
    orders = _orders(module)
    if not orders:
        return module
    steps = [step for function in module.functions for step in steps_in(function.body)]
    convolutions = Convolutions(module.functions)
    if any(True for step in steps for _ in convolutions.of(step)):
        return module
    while stay := {name for step in steps for name, _ in split(step, orders)}:
        orders = {name: order for name, order in orders.items() if name not in stay}
    return module.mapped(lambda function: _axes_alike(reordered(function, orders), orders)) if orders else module


def _axes_alike(function: Function, orders: Orders) -> Function:
    """The function, what is computed on the way from such tensors, or to them, in such orders, too."""
    return replace(function, body=tuple(_alike(step, orders) for step in function.body))


def _alike(step: Step, orders: Orders) -> Step:
    if not isinstance(step, Define) or any(multiplies(part) for part in inside(step.value)):
        return step
    if orders.keys().isdisjoint((step.tensor, *_read(step))):
        return step
    return replace(step, axes=tuple(sorted(step.axes, key=lambda axis: not is_short(axis.extent))))


def _orders(module: ModuleIR[Function]) -> Orders:
    shapes = {name: tensor.shape for function in module.functions for name, tensor in function.tensors.items()}
    found = {name: _order(shapes[name]) for name in inner_tensors(module)}
    found = {name: order for name, order in found.items() if order != tuple(range(len(order)))}
    if not found:
        return {}
    families = Families(module)
    loops = [step for f in module.functions for step in steps_in(f.body) if isinstance(step, Loop)]
    turning = {name for loop in loops for s in steps_in(loop.body) for name in (name_of(s), *_read(s))}
    stay = {families.of(name) for name in (*families.uses, *turning)}
    steps = [step for f in module.functions for step in f.body if isinstance(step, Define)]
    move = {families.of(name) for step in steps for name in _begun_anew(step, shapes)} - stay
    return {name: order for name, order in found.items() if families.of(name) in move}


def _begun_anew(step: Define, shapes: Mapping[str, tuple[Poly, ...]]) -> Iterator[str]:
    """The tensors along whose last axis, a short one, the step begins anew for each position of the long axis before
    it: beside something that has that and not this, or where one position of it is read."""
    own = {axis.index for axis in step.axes}
    parts = [step.left, *(part.axes for part in inside(step.value))]
    reads = [(part.tensor, part.subscripts) for part in inside(step.value) if isinstance(part, Read)]
    for name, subscripts in ((step.tensor, step.subscripts), *reads):
        if name in shapes and subscripts and is_short(shapes[name][-1]):
            axes = [indices_of(subscript) & own for subscript in subscripts]
            long = [axis for axis, extent in zip(axes, shapes[name], strict=True) if not is_short(extent)]
            if any(long[-1:]) and (not axes[-1] or any(long[-1] <= part and not axes[-1] <= part for part in parts)):
                yield name


def _read(step: Step) -> list[str]:
    return [read.tensor for read in reads_of(step)]


def _order(shape: tuple[Poly, ...]) -> tuple[int, ...]:
    if not shape or not is_short(shape[-1]):
        return tuple(range(len(shape)))
    return tuple(sorted(range(len(shape)), key=lambda place: not is_short(shape[place])))


def is_short(extent: Poly) -> bool:
    """Whether there are few positions, whatever the sizes."""
    return extent.constant is not None and extent.constant <= _SHORT
