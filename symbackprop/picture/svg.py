"""A drawing as SVG: inside a page, which has the style, or as a file with its own.

Nodes and arrows bear the labels of the equations that they stand for (`data-l`), and cells lead to them. A file spells
its colours out, light ones and, where dark is preferred, dark ones: not every program that shows SVG knows variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from symbackprop.formula.tree import Formula, Words
from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.picture.curves import Stroke
from symbackprop.picture.drawing import BASELINE, Arrow, Box, Drawing
from symbackprop.picture.network_graph import Flow, Node, NodeKind, kind_words
from symbackprop.picture.outlines import outline, right_cell
from symbackprop.picture.svg_symbols import symbol
from symbackprop.resources import templates

__all__ = [
    "MOST_LABELS",
    "coloured",
    "element",
    "inside",
    "markers",
    "number",
    "picture",
    "sample",
    "standalone",
    "style",
]

MOST_LABELS = 40  # an arrow bears no more than these
_FEW = 8  # labels that are told one by one
_LIGHT = {
    "paper": "#ffffff", "ink": "#1d1c1a", "line": "#6f6a5e", "accent": "#174a8b", "delta": "#94290c", "good": "#1c5c33",
    "serif": "Georgia, 'Times New Roman', serif",
}  # fmt: skip
_DARK = {
    **_LIGHT, "paper": "#1a1b1e", "ink": "#e9e5db", "line": "#928c80", "accent": "#9cc2f5", "delta": "#f5a888",
    "good": "#8fd6a5",
}  # fmt: skip


def standalone(drawing: Drawing, title: str) -> str:
    """A file, or what stands in a notebook: no links, its own style, and a ground in the colour of the paper."""
    drawn = (
        f"<title>{escape(title, quote=False)}</title><style>{coloured(style())}</style>{markers()}"
        f'<rect class="ground" width="100%" height="100%"/>{inside(drawing, links=False)}'
    )
    return f"{picture(drawing, drawn, role='img', xmlns='http://www.w3.org/2000/svg')}\n"


def picture(drawing: Drawing, drawn: str, **attributes: str | bool) -> str:
    """The svg element of a picture of a network, in its size; `drawn`: what stands inside; `attributes` as `element`
    has them."""
    return element((drawing.width, drawing.height), drawn, **{"class_": "net-picture", **attributes})


def element(size: tuple[float, float], drawn: str, **attributes: str | bool) -> str:
    """An svg element of that size, (width, height). `attributes`: its others, by their names, `aria_label` for
    aria-label and `class_` for class; True is one that is there alone, False one that is not."""
    width, height = map(round, size)
    others = "".join(
        f" {name.strip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for name, value in attributes.items()
        if value is not False
    )
    return f'<svg{others} viewBox="0 0 {width} {height}" width="{width}" height="{height}">{drawn}</svg>'


def inside(drawing: Drawing, words: Phrases = ENGLISH, links: bool = True) -> str:
    """What stands inside an svg element of the class net-picture. `links`: whether a cell leads to its equation, which
    has its label as its id on the page; `words`: the phrases of its language."""
    reads = [_arrow(arrow) for arrow in drawing.arrows if arrow.flow is Flow.READ]
    deltas = [_arrow(arrow) for arrow in drawing.arrows if arrow.flow is Flow.DELTA]
    nodes = [_node(box, words, links) for box in drawing.boxes]
    return (
        f'<g class="reads">{"".join(reads)}</g><g class="nodes">{"".join(nodes)}</g>'
        f'<g class="deltas">{"".join(deltas)}</g>'
    )


def style() -> str:
    """The rules, for a page that sets the colours --paper, --ink, --line, --accent, --delta, --good and the --serif."""
    return (templates() / "picture" / "picture.css").read_text(encoding="utf-8")


def markers() -> str:
    """The heads of the arrows, which a page has once."""
    return (templates() / "picture" / "markers.svg").read_text(encoding="utf-8").strip()


def sample(kind: NodeKind) -> str:
    """A small node of that kind, for a legend: what stands inside an svg element of the class net-picture."""
    drawn = "".join(_path("box", outline(kind, 34.0, 18.0)))
    return f'<g class="node {kind.value}">{drawn}</g>'


def number(value: float) -> str:
    """With a tenth, where there is one."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def coloured(rules: str) -> str:
    """Rules with their colours spelled out, light ones and dark ones."""
    return f"{_spelled(rules, _LIGHT)}@media (prefers-color-scheme: dark) {{{_spelled(rules, _DARK)}}}"


def _spelled(rules: str, colours: Mapping[str, str]) -> str:
    return re.sub(r"var\(--(\w+)\)", lambda found: colours[found[1]], rules).replace("\n", "")


# --- nodes ---------------------------------------------------------------------------------------------
def _node(box: Box, words: Phrases, links: bool) -> str:
    node = box.node
    title = escape(_title(node, words), quote=False)
    main = _path("box", outline(node.kind, box.width)) + _text(box.symbol, box.left / 2)
    cells = _link(main, "cell", node.forward if links else (), node.name, words)
    if box.delta is not None:
        back = _path("back", (right_cell(node.kind, box.left, box.width),))
        back += _text(box.delta, box.left + box.right / 2 - 1)
        cells += _link(back, "cell delta", node.backward if links else (), words.node_delta.text(name=node.name), words)
    return (
        f'<g class="node {node.kind.value}" transform="translate({number(box.x)},{number(box.y)})">'
        f"<title>{title}</title>{cells}</g>"
    )


def _text(formula: Formula, x: float) -> str:
    written = escape(formula.text, quote=False) if isinstance(formula, Words) else symbol(formula).markup
    return f'<text x="{number(x)}" y="{number(BASELINE)}">{written}</text>'


def _link(drawn: str, kind: str, labels: Sequence[str], name: str, words: Phrases) -> str:
    """A cell, which leads to the first of the equations with these labels; to none where there are none."""
    if not labels:
        return f'<g class="{kind}">{drawn}</g>'
    several = words.spoken_many.text(name=name, first=labels[0], last=labels[-1])
    spoken = escape(words.spoken.text(name=name, labels=labels) if len(labels) <= _FEW else several)
    borne = " ".join(labels)
    return f'<a class="{kind}" href="#{labels[0]}" data-l="{borne}" aria-label="{spoken}">{drawn}</a>'


def _title(node: Node, words: Phrases) -> str:
    told = [node.name, _said(node.kind, words)]
    if node.members:
        told.append(words.node_members.text(members=node.members))
    if 0 < len(node.forward) <= _FEW:
        told.append(words.node_equations.text(labels=node.forward))
    if 0 < len(node.backward) <= _FEW:
        told.append(words.node_delta_equations.text(labels=node.backward))
    return " · ".join(part for part in told if part)


def _said(kind: NodeKind, words: Phrases) -> str:
    match kind:
        case NodeKind.INTERMEDIATE:
            return ""
        case NodeKind.LOSS:
            return words.the_loss
        case NodeKind.OUTPUT:
            return words.an_output
        case _:
            return kind_words(kind, words)


# --- strokes -------------------------------------------------------------------------------------------
def _arrow(arrow: Arrow) -> str:
    attributes = ' class="loop"' if arrow.against else ""
    if arrow.labels and len(arrow.labels) <= MOST_LABELS:
        attributes += f' data-l="{" ".join(arrow.labels)}"'
    return f'<path{attributes} d="{_stroke(arrow.stroke)}"/>'


def _path(kind: str, strokes: Sequence[Stroke]) -> str:
    return f'<path class="{kind}" d="{"".join(map(_stroke, strokes))}"/>'


def _stroke(stroke: Stroke) -> str:
    """The path, with short words for lines along an axis."""
    (x, y), text = stroke.start, f"M{number(stroke.start[0])} {number(stroke.start[1])}"
    for step in stroke.steps:
        (to_x, to_y) = step[-1]
        if len(step) == 3:
            text += "C" + " ".join(f"{number(a)} {number(b)}" for a, b in step)
        elif to_y == y:
            text += f"H{number(to_x)}"
        elif to_x == x:
            text += f"V{number(to_y)}"
        else:
            text += f"L{number(to_x)} {number(to_y)}"
        x, y = to_x, to_y
    return text + ("Z" if stroke.closed else "")
