"""Sums of squared and of weighted differences, a statement each: the difference has no storage."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.lower.values import Kind
from symbackprop.numpy.array import Array, Deviation, Operand
from symbackprop.numpy.definition import Definition
from symbackprop.numpy.matrix_products import ready
from symbackprop.terms.poly import Index


def deviation(ev: Definition, sides: Sequence[Operand], bound: Sequence[Index], quiet: bool) -> Array:
    """Σ over `bound` of (left - right)^2, or of weight*(left - right); `sides`: the weight if any, left and right."""
    *weights, left, right = (ev.as_array(side, Kind.FLOAT, quiet) for side in sides)
    inner = list(ev.ordered(bound))
    if weights:
        (weight,) = weights
        columns = [axis for axis in ev.ordered(left.axes) if axis not in inner]
        rows = [axis for axis in ev.ordered(right.axes) if axis not in columns]
        weight, left = ready(ev, weight, (), rows, inner, quiet), ready(ev, left, (), inner, columns, quiet)
        right = ready(ev, right, (), rows, columns, quiet)
        out = ev.temporary((*rows, *columns))
        ev.builder.emit(Deviation(out, left, right, weight, tuple(inner), quiet))
        return out
    rows, columns = ([axis for axis in ev.ordered(side.axes) if axis not in inner] for side in (left, right))
    if ev.ordered((rows[0], columns[0]))[0] == columns[0]:  # the result lies that way
        left, right, rows, columns = right, left, columns, rows
    left, right = ready(ev, left, (), rows, inner, quiet), ready(ev, right, (), columns, inner, quiet)
    out = ev.temporary((*rows, *columns))
    ev.builder.emit(Deviation(out, left, right, None, tuple(inner), quiet))
    return out


__all__ = ["deviation"]
