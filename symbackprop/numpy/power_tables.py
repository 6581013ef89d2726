"""Tables of powers, t[i]**k for all k, with the exponent outermost in memory where only products of matrices read them.

A row of powers is then made from rows there are by one multiplication along all of i (`_powers`), whatever the number
of exponents; with the exponent innermost it is written in pieces as short as the powers there are: 1, 2, 4 and so on.
"""

from __future__ import annotations

from symbackprop.lower.axis_order import Orders, reordered
from symbackprop.lower.layout import inner_tensors, split
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_walks import computed_in, steps_in
from symbackprop.lower.values import (
    Contract,
    Define,
    Function,
    Map,
    MapOp,
    Position,
    Read,
    Step,
    Value,
    children_of,
    inside,
)
from symbackprop.terms.poly import Index, Poly


def exponents_outermost(module: ModuleIR[Function]) -> ModuleIR[Function]:
    """The module with its tables of powers laid out so."""
    orders = _orders(module)
    if not orders:
        return module
    steps = [step for function in module.functions for step in steps_in(function.body)]
    while stay := {name for step in steps for name, _ in split(step, orders)}:
        orders = {name: order for name, order in orders.items() if name not in stay}
    return module.mapped(lambda function: reordered(function, orders))


def _orders(module: ModuleIR[Function]) -> Orders:
    steps = [step for function in module.functions for step in steps_in(function.body)]
    ordered = [(step.tensor, _order(step)) for step in steps if isinstance(step, Define)]
    if all(order is None for _, order in ordered):
        return {}
    inner, found, other = inner_tensors(module), dict[str, tuple[int, ...]](), set[str]()
    for tensor, order in ordered:
        if tensor in inner and (order is None or found.setdefault(tensor, order) != order):
            other.add(tensor)
    for step in steps:
        other |= _read_by_element(step)
    return {name: order for name, order in found.items() if name not in other and order != tuple(range(len(order)))}


def _order(step: Define) -> tuple[int, ...] | None:
    """The dimension of the exponent, then the others, if what it defines is a table."""
    axis = exponent_of(step.value)
    if axis is None or axis not in (plain := [s.index if isinstance(s, Poly) else None for s in step.subscripts]):
        return None
    first = plain.index(axis)
    return (first, *(place for place in range(len(plain)) if place != first))


def exponent_of(value: Value) -> Index | None:
    """The axis along which the exponents of a table of powers count, one that the base does not have."""
    match value:
        case Map(MapOp.POWER, (base, Map(MapOp.COPY, (Position(poly, over),)))) if (
            len(over) == 1 and base.axes and poly.is_affine
        ):
            (axis,) = over
            return axis if axis not in base.axes and poly.coefficient(axis).constant else None
    return None


def _read_by_element(step: Step) -> set[str]:
    """The tensors that the step reads other than as a factor of a product of matrices, whole."""

    def parts(value: Value) -> tuple[Value, ...]:
        children = children_of(value)
        if not (isinstance(value, Contract) and len({factor.axes for factor in value.factors}) > 1):
            return children
        return tuple(child for child in children if not _is_plain_read(child))

    return {part.tensor for value in computed_in(step) for part in inside(value, parts) if isinstance(part, Read)}


def _is_plain_read(value: Value) -> bool:
    """Whether each subscript is an axis of its own."""
    if not isinstance(value, Read):
        return False
    axes = [subscript.index for subscript in value.subscripts if isinstance(subscript, Poly)]
    return None not in axes and len(set(axes)) == len(value.subscripts)


__all__ = ["exponent_of", "exponents_outermost"]
