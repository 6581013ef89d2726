"""The outline of each kind of node, at the origin.

Kinds differ in their outline, not in colour alone: an input is a parallelogram, a parameter has round ends, noise has
them dashed, a buffer two sides, the loss cut corners, a folded part a shadow.
"""

from __future__ import annotations

from symbackprop.picture.curves import Stroke, corner, polygon
from symbackprop.picture.layout import Point
from symbackprop.picture.network_graph import NodeKind

__all__ = ["HEIGHT", "SLANT", "outline", "right_cell"]

HEIGHT = 28.0
SLANT, _CUT, _SIDE, _SHADOW = 7.0, 8.0, 4.0, 4.0


def outline(kind: NodeKind, width: float, height: float = HEIGHT) -> tuple[Stroke, ...]:
    """The closed outline first, then what is drawn with it."""
    right = _right(kind, width, height)
    if kind is NodeKind.INPUT:
        return (_closed((SLANT, 0.0), right, ((0.0, height),)),)
    if kind in (NodeKind.LOSS, NodeKind.OUTPUT):
        return (_closed((_CUT, 0.0), right, ((_CUT, height),), ((0.0, height - _CUT),), ((0.0, _CUT),)),)
    if kind in (NodeKind.PARAMETER, NodeKind.NOISE):
        r = height / 2
        lower, upper = corner((r, height), (0.0, height), (0.0, r)), corner((0.0, r), (0.0, 0.0), (r, 0.0))
        return (_closed((r, 0.0), right, ((r, height),), lower, upper),)
    plain = _closed((0.0, 0.0), right, ((0.0, height),))
    if kind is NodeKind.BUFFER:
        sides = (_SIDE, width - _SIDE)
        return plain, *(polygon((x, 0.0), (x, height), closed=False) for x in sides)
    if kind is NodeKind.PART:
        up, out = -_SHADOW, width + _SHADOW
        edge = ((_SHADOW, 0.0), (_SHADOW, up), (out, up), (out, height + up), (width, height + up))
        return plain, polygon(*edge, closed=False)
    return (plain,)


def right_cell(kind: NodeKind, left: float, width: float, height: float = HEIGHT) -> Stroke:
    """The part of the outline at the right of `left`: the cell of the δ."""
    return _closed((left, 0.0), _right(kind, width, height), ((left, height),))


def _closed(start: Point, right: tuple[tuple[Point, ...], ...], *left: tuple[Point, ...]) -> Stroke:
    return Stroke(start, (*right, *left), closed=True)


def _right(kind: NodeKind, width: float, height: float) -> tuple[tuple[Point, ...], ...]:
    """From the upper border down the right end to the lower border."""
    if kind is NodeKind.INPUT:
        return ((width, 0.0),), ((width - SLANT, height),)
    if kind in (NodeKind.LOSS, NodeKind.OUTPUT):
        inner = width - _CUT
        return ((inner, 0.0),), ((width, _CUT),), ((width, height - _CUT),), ((inner, height),)
    if kind in (NodeKind.PARAMETER, NodeKind.NOISE):
        r = height / 2
        upper = corner((width - r, 0.0), (width, 0.0), (width, r))
        return ((width - r, 0.0),), upper, corner((width, r), (width, height), (width - r, height))
    return ((width, 0.0),), ((width, height),)
