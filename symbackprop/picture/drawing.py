"""A graph in place: boxes and arrows in pixels, y downwards, whatever notation they are written in.

A node that has a δ carries it in a cell of its own, at the right; arrows of the δ go from cell to cell, upwards where
the readings go downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.formula.tree import Formula, Letter, Mark, Words
from symbackprop.formula.width import is_wide
from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.picture.curves import Stroke, side_loop, through
from symbackprop.picture.layout import Point, lay_out
from symbackprop.picture.network_graph import Edge, Flow, Graph, Node, NodeKind
from symbackprop.picture.outlines import HEIGHT, SLANT
from symbackprop.picture.svg_symbols import symbol

__all__ = ["BASELINE", "Arrow", "Box", "Drawing", "draw"]

BASELINE = 19.0  # of the letters, below the upper border of their box
_PADDING, _MARGIN, _LOOP = 11.0, 14.0, 16.0
_MANY = 40  # nodes from which a gradient is written ∇ beside its parameter, rather than in full
_LONGEST = 80.0  # pixels up to which a δ is written in full: the name beside it says of what it is
_LETTER = 7.4  # the width of a letter of a part's name


@dataclass(frozen=True, slots=True)
class Box:
    """A node's place: its upper left corner, the widths of its two cells, and what is written in them."""

    node: Node
    x: float
    y: float
    left: float
    right: float
    symbol: Formula
    delta: Formula | None

    @property
    def width(self) -> float:
        return self.left + self.right


@dataclass(frozen=True, slots=True)
class Arrow:
    """`labels`: the equations that it stands for; `against`: whether it is a recurrence's."""

    stroke: Stroke
    flow: Flow
    labels: tuple[str, ...]
    against: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: float
    height: float


def draw(graph: Graph, words: Phrases = ENGLISH) -> Drawing:
    """The drawing of the graph, readings downwards; `words`: the phrases of its language."""
    cells = [_cells(node, len(graph.nodes) > _MANY, words) for node in graph.nodes]
    sizes = [(left + right, HEIGHT) for left, right, _, _ in cells]
    layout = lay_out(sizes, [(edge.source, edge.target) for edge in graph.edges])
    across, down = _MARGIN + _LOOP, _MARGIN
    boxes = tuple(
        Box(node, x - (left + right) / 2 + across, y - HEIGHT / 2 + down, left, right, name, delta)
        for node, (left, right, name, delta), (x, y) in zip(graph.nodes, cells, layout.centres, strict=True)
    )
    arrows = tuple(
        _arrow(edge, boxes, [(x + across, y + down) for x, y in path])
        for edge, path in zip(graph.edges, layout.paths, strict=True)
    )
    return Drawing(boxes, arrows, layout.width + 2 * across, layout.height + 2 * down)


def _cells(node: Node, short: bool, words: Phrases) -> tuple[float, float, Formula, Formula | None]:
    """The widths of both cells, and what is written in them."""
    name: Formula
    if node.symbol is None:
        text = words.block.text(number=node.name) if node.name.isdigit() else node.name
        name, wide = Words(text), _LETTER * (len(text) + sum(map(is_wide, text)))
        left = wide + 2 * _PADDING
    else:
        name, left = node.symbol, symbol(node.symbol).width + 2 * _PADDING
    left += SLANT if node.kind is NodeKind.INPUT else 0.0
    delta = None if node.delta is None else _delta(node.delta, node.kind, short)
    return left, 0.0 if delta is None else symbol(delta).width + 2 * _PADDING - 4, name, delta


def _delta(delta: Formula, kind: NodeKind, short: bool) -> Formula:
    """What is written in the cell of a δ: the sign alone where all of it would take much room."""
    given = kind in (NodeKind.PARAMETER, NodeKind.INPUT)
    if (given and short) or symbol(delta).width > _LONGEST:
        return Mark("∇") if given else Letter("δ")
    return delta


def _arrow(edge: Edge, boxes: Sequence[Box], path: Sequence[Point]) -> Arrow:
    """A curve along the path, its ends at the cells for what the arrow carries; one against the order is a loop's."""
    upper, lower = min(edge.source, edge.target), max(edge.source, edge.target)
    target = boxes[edge.target].node
    labels = target.forward if edge.flow is Flow.READ else target.backward
    against = edge.source >= edge.target if edge.flow is Flow.READ else edge.source <= edge.target
    if upper == lower:
        return Arrow(_loop(edge, boxes[upper]), edge.flow, labels, against)
    aside = 7 if edge.flow is Flow.DELTA else -7 if against else 0  # where several go the same way
    points = [(x + aside, y) for x, y in path]
    points[0] = (path[0][0] + _anchor(boxes[upper], edge.flow), path[0][1])
    points[-1] = (path[-1][0] + _anchor(boxes[lower], edge.flow), path[-1][1])
    if edge.source > edge.target:
        points.reverse()
    return Arrow(through(points), edge.flow, labels, against)


def _anchor(box: Box, flow: Flow) -> float:
    """Where an arrow meets the box, from its middle: the middle of the cell for what it carries."""
    if flow is Flow.DELTA and box.delta is not None:
        return (box.left - 2) / 2
    return -box.right / 2


def _loop(edge: Edge, box: Box) -> Stroke:
    """From the side of a box back into it: readings at the left, the δ at the right."""
    middle = box.y + HEIGHT / 2
    if edge.flow is Flow.READ:
        return side_loop((box.x, middle + 7), (box.x, middle - 7), -_LOOP)
    return side_loop((box.x + box.width, middle - 7), (box.x + box.width, middle + 7), _LOOP)
