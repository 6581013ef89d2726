"""The picture of a network's graph: SVG text, with the labels of the equations that each node and arrow stands for.

Kinds of nodes differ in their outline, not in colour alone: an input is a parallelogram, a parameter has round ends,
noise has them dashed, a buffer two sides, the loss cut corners, a folded part a shadow. A node that has a δ carries it
in a cell of its own, at the right; arrows of the δ go from cell to cell, upwards where the readings go downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from symbackprop.formula.tree import Mark
from symbackprop.report.drawing import Point, lay_out
from symbackprop.report.network_graph import Edge, Flow, Graph, Node, NodeKind
from symbackprop.report.svg_symbols import Symbol, symbol

__all__ = ["Picture", "draw"]

_HEIGHT, _PADDING, _MARGIN, _LOOP = 28.0, 11.0, 14.0, 16.0
_MANY = 40  # nodes from which a gradient is written ∇ beside its parameter, rather than in full
_SLANT = {NodeKind.INPUT: 7.0}
_SAID = {NodeKind.INTERMEDIATE: "", NodeKind.LOSS: "the loss", NodeKind.OUTPUT: "an output"}  # others as they are


@dataclass(frozen=True, slots=True)
class Picture:
    """`svg`: what stands inside an svg element of that size."""

    svg: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Box:
    """A node's text and its place: `left` and `right` are the widths of its two cells."""

    node: Node
    symbol: Symbol
    delta: Symbol | None
    left: float
    right: float

    @property
    def width(self) -> float:
        return self.left + self.right


def draw(graph: Graph) -> Picture:
    """The picture of the graph, readings downwards."""
    boxes = [_box(node, len(graph.nodes) > _MANY) for node in graph.nodes]
    layout = lay_out([(box.width, _HEIGHT) for box in boxes], [(edge.source, edge.target) for edge in graph.edges])
    drawn = [
        (edge.flow, _arrow(edge, boxes, layout.centres, path))
        for edge, path in zip(graph.edges, layout.paths, strict=True)
    ]
    reads = [arrow for flow, arrow in drawn if flow is Flow.READ]
    deltas = [arrow for flow, arrow in drawn if flow is Flow.DELTA]
    nodes = [_node(box, centre) for box, centre in zip(boxes, layout.centres, strict=True)]
    text = f'<g class="reads">{"".join(reads)}</g><g class="nodes">{"".join(nodes)}</g>'
    text += f'<g class="deltas">{"".join(deltas)}</g>'
    width, height = layout.width + 2 * (_MARGIN + _LOOP), layout.height + 2 * _MARGIN
    offset = f'<g transform="translate({_number(_MARGIN + _LOOP)},{_number(_MARGIN)})">{text}</g>'
    return Picture(offset, width, height)


def _box(node: Node, short: bool) -> _Box:
    if node.symbol is None:
        words = f"block {node.name}" if node.name.isdigit() else node.name
        shown = Symbol(escape(words, quote=False), 7.4 * len(words), words)
    else:
        shown = symbol(node.symbol)
    given = node.kind in (NodeKind.PARAMETER, NodeKind.INPUT)
    delta = symbol(Mark("∇") if short and given else node.delta) if node.delta else None
    left = shown.width + 2 * _PADDING + _SLANT.get(node.kind, 0.0)
    return _Box(node, shown, delta, left, 0.0 if delta is None else delta.width + 2 * _PADDING - 4)


# --- nodes ---------------------------------------------------------------------------------------------
def _node(box: _Box, centre: Point) -> str:
    node = box.node
    x, y = centre[0] - box.width / 2, centre[1] - _HEIGHT / 2
    title = escape(_title(node), quote=False)
    main = f'{_outline(node.kind, box)}<text x="{_number(box.left / 2)}" y="19">{box.symbol.markup}</text>'
    cells = _link(main, node.forward, "cell", node.name)
    if box.delta is not None:
        middle = box.left + box.right / 2 - 1
        text = f'<text x="{_number(middle)}" y="19">{box.delta.markup}</text>'
        left = _number(box.left)
        back = f'<path class="back" d="M{left} 0{_right(node.kind, box.width)}H{left}Z"/>{text}'
        cells += _link(back, node.backward, "cell delta", f"δ of {node.name}")
    return (
        f'<g class="node {node.kind.value}" transform="translate({_number(x)},{_number(y)})">'
        f"<title>{title}</title>{cells}</g>"
    )


def _link(inside: str, labels: Sequence[str], kind: str, name: str) -> str:
    if not labels:
        return f'<g class="{kind}">{inside}</g>'
    spoken = escape(f"{name}: {', '.join(labels)}" if len(labels) <= 8 else f"{name}: {labels[0]} to {labels[-1]}")
    return f'<a class="{kind}" href="#{labels[0]}" data-l="{" ".join(labels)}" aria-label="{spoken}">{inside}</a>'


def _title(node: Node) -> str:
    words = [node.name, _SAID.get(node.kind, node.kind.value)]
    if node.members:
        words.append(", ".join(node.members))
    for name, labels in (("", node.forward), ("its δ", node.backward)):
        if labels and len(labels) <= 8:
            words.append(f"{name} ({', '.join(labels)})".strip())
    return " · ".join(word for word in words if word)


def _outline(kind: NodeKind, box: _Box) -> str:
    w, h, right = box.width, _HEIGHT, _right(kind, box.width)
    match kind:
        case NodeKind.INPUT:
            d = f"M7 0{right}H0Z"
        case NodeKind.LOSS | NodeKind.OUTPUT:
            d = f"M8 0{right}H8L0 {h - 8:g}V8Z"
        case NodeKind.PARAMETER | NodeKind.NOISE:
            d = f"M14 0{right}H14A14 14 0 0 1 14 0Z"
        case NodeKind.BUFFER:
            d = f"M0 0{right}H0ZM4 0V{h:g}M{_number(w - 4)} 0V{h:g}"
        case NodeKind.PART:
            d = f"M4 0V-4H{_number(w + 4)}V{h - 4:g}H{_number(w)}M0 0{right}H0Z"
        case NodeKind.INTERMEDIATE:
            d = f"M0 0{right}H0Z"
    return f'<path class="box" d="{d}"/>'


def _right(kind: NodeKind, width: float) -> str:
    """The right end of an outline, down from its upper border, of which the cell of the δ is a part."""
    w, h = width, _HEIGHT
    match kind:
        case NodeKind.INPUT:
            return f"H{_number(w)}L{_number(w - 7)} {h:g}"
        case NodeKind.LOSS | NodeKind.OUTPUT:
            return f"H{_number(w - 8)}L{_number(w)} 8V{h - 8:g}L{_number(w - 8)} {h:g}"
        case NodeKind.PARAMETER | NodeKind.NOISE:
            return f"H{_number(w - 14)}A14 14 0 0 1 {_number(w - 14)} {h:g}"
        case _:
            return f"H{_number(w)}V{h:g}"


# --- arrows --------------------------------------------------------------------------------------------
def _arrow(edge: Edge, boxes: Sequence[_Box], centres: Sequence[Point], path: Sequence[Point]) -> str:
    """A curve along the path, its ends at the cells for what the arrow carries; one against the order is a loop's."""
    upper, lower = min(edge.source, edge.target), max(edge.source, edge.target)
    target = boxes[edge.target].node
    labels = target.forward if edge.flow is Flow.READ else target.backward
    against = edge.source >= edge.target if edge.flow is Flow.READ else edge.source <= edge.target
    attributes = ' class="loop"' if against else ""
    if labels and len(labels) <= _MANY:
        attributes += f' data-l="{" ".join(labels)}"'
    if upper == lower:
        return f'<path{attributes} d="{_loop(edge, boxes[upper], centres[upper])}"/>'
    aside = 7 if edge.flow is Flow.DELTA else -7 if against else 0  # where several go the same way
    points = [(x + aside, y) for x, y in path]
    points[0] = (path[0][0] + _anchor(boxes[upper], edge.flow), path[0][1])
    points[-1] = (path[-1][0] + _anchor(boxes[lower], edge.flow), path[-1][1])
    if edge.source > edge.target:
        points.reverse()
    return f'<path{attributes} d="{_curve(_needed(points))}"/>'


def _needed(points: Sequence[Point]) -> list[Point]:
    """The points without those inside a straight stretch."""
    inner = [
        here
        for before, here, after in zip(points, points[1:], points[2:], strict=False)
        if abs(here[0] - before[0]) > 0.5 or abs(here[0] - after[0]) > 0.5
    ]
    return [points[0], *inner, points[-1]]


def _anchor(box: _Box, flow: Flow) -> float:
    """Where an arrow meets the box, from its middle: the middle of the cell for what it carries."""
    if flow is Flow.DELTA and box.delta is not None:
        return (box.left - 2) / 2
    return -box.right / 2


def _curve(points: Sequence[Point]) -> str:
    """A smooth curve through the points, upright at its ends, that never leaves the strip between two neighbours, its
    slopes being harmonic means: F. N. Fritsch, J. Butland, A method for constructing local monotone piecewise cubic
    interpolants, SIAM Journal on Scientific and Statistical Computing 5 (1984)."""
    secants = [(x - before_x) / (y - before_y) for (before_x, before_y), (x, y) in pairwise(points)]
    inner = [2 * a * b / (a + b) if a * b > 0 else 0.0 for a, b in pairwise(secants)]
    slopes = [0.0, *inner, 0.0]
    text = f"M{_number(points[0][0])} {_number(points[0][1])}"
    for place, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        if abs(to_x - x) < 0.5 and not slopes[place] and not slopes[place + 1]:
            text += f"V{_number(to_y)}"
            continue
        rise = (to_y - y) / (2 if place in (0, len(points) - 2) else 3)
        first = f"{_number(x + slopes[place] * rise)} {_number(y + rise)}"
        second = f"{_number(to_x - slopes[place + 1] * rise)} {_number(to_y - rise)}"
        text += f"C{first} {second} {_number(to_x)} {_number(to_y)}"
    return text


def _loop(edge: Edge, box: _Box, centre: Point) -> str:
    """From the side of a box back into it: readings at the left, the δ at the right."""
    side = -1 if edge.flow is Flow.READ else 1
    x = centre[0] + side * box.width / 2
    down, up = (centre[1] + 7, centre[1] - 7) if edge.flow is Flow.READ else (centre[1] - 7, centre[1] + 7)
    out = _number(x + side * _LOOP)
    return f"M{_number(x)} {_number(down)}C{out} {_number(down)} {out} {_number(up)} {_number(x)} {_number(up)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
