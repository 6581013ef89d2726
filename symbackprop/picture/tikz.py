r"""A drawing as TikZ, which needs the package tikz and none of its libraries.

A pixel is two thirds of a point, so that the letters, 15 pixels high on a screen, are those of 10 pt. The picture is
scaled down to the line, and to the page, where these are smaller. Of a tall one a band may be written by itself.
"""

from __future__ import annotations

from symbackprop.formula.latex import latex, prose
from symbackprop.formula.tree import Formula, Words
from symbackprop.picture.curves import Stroke
from symbackprop.picture.drawing import BASELINE, Arrow, Box, Drawing
from symbackprop.picture.layout import Point
from symbackprop.picture.network_graph import Flow, NodeKind
from symbackprop.picture.outlines import HEIGHT, outline, right_cell
from symbackprop.picture.svg import number

__all__ = ["PIXEL", "Band", "fitted", "tikz"]

PIXEL = 2 / 3  # in points
Band = tuple[float, float]  # of heights in pixels

_ACCENT, _GOOD, _DELTA = "{rgb,255:red,23;green,74;blue,139}", "{rgb,255:red,28;green,92;blue,51}", "draw=netdelta"
_OPTIONS = (
    f"x={PIXEL:.5f}pt", f"y=-{PIXEL:.5f}pt", "line width=.6pt", ">=latex",
    "every node/.style={anchor=base,inner sep=0pt,outer sep=0pt,font=\\fontsize{10}{12}\\selectfont}",
)  # fmt: skip
_NODES = {
    NodeKind.INPUT: f"draw={_ACCENT}", NodeKind.PARAMETER: f"draw={_GOOD}",
    NodeKind.NOISE: "dash pattern=on 2pt off 1.7pt", NodeKind.BUFFER: "", NodeKind.INTERMEDIATE: "",
    NodeKind.LOSS: f"{_DELTA},line width=1.2pt", NodeKind.OUTPUT: f"{_DELTA},line width=1.2pt",
    NodeKind.PART: "",
}  # fmt: skip
_ARROWS = {
    (Flow.READ, False): "->", (Flow.READ, True): "->,dash pattern=on 1.3pt off 2pt",
    (Flow.DELTA, False): f"->,{_DELTA},dash pattern=on 4.7pt off 1.3pt",
    (Flow.DELTA, True): f"->,{_DELTA},dash pattern=on 4.7pt off 1.3pt on 1pt off 1.3pt",
}  # fmt: skip
# Into a box, for its size: no more than a line wide, nor than that part of a page high
_FITTED = r"""\leavevmode{\setbox0=\hbox{%%
%s}%%
\ifdim\wd0>\linewidth\setbox0=\hbox{\resizebox{\linewidth}{!}{\box0}}\fi
\ifdim\ht0>%s\textheight\setbox0=\hbox{\resizebox{!}{%s\textheight}{\box0}}\fi
\box0}"""


def fitted(drawing: Drawing, part: str = ".92", turned: bool = False, wide: bool = False) -> str:
    """The picture, no wider than a line and no higher than that part of a page; `turned`: by a quarter; `wide`:
    whether the document has Chinese letters."""
    drawn = tikz(drawing, wide=wide)
    return _FITTED % (f"\\rotatebox{{90}}{{%\n{drawn}}}" if turned else drawn, part, part)


def tikz(drawing: Drawing, band: Band | None = None, wide: bool = False) -> str:
    """The picture as it is, or what of it lies in a band of its heights."""
    top, bottom = band or (0.0, drawing.height)
    corners = f"(0,{number(top)}) rectangle ({number(drawing.width)},{number(bottom)})"
    lines = [rf"\begin{{tikzpicture}}[{','.join(_OPTIONS)}]", r"\definecolor{netdelta}{RGB}{148,41,12}"]
    lines.append(rf"{chr(92)}{'useasboundingbox' if band is None else 'clip'} {corners};")
    seen = [arrow for arrow in drawing.arrows if _meets(_heights(arrow.stroke), top, bottom)]
    lines += [_arrow(arrow) for arrow in seen if arrow.flow is Flow.READ]
    for box in drawing.boxes:
        if _meets((box.y, box.y + HEIGHT), top, bottom):
            lines += _node(box, wide)
    lines += [_arrow(arrow) for arrow in seen if arrow.flow is Flow.DELTA]
    return "\n".join([*lines, r"\end{tikzpicture}"])


def _meets(heights: Band, top: float, bottom: float) -> bool:
    return heights[1] > top and heights[0] < bottom


def _heights(stroke: Stroke) -> Band:
    """The least and the largest; a curve lies between its control points."""
    heights = [stroke.start[1], *(y for step in stroke.steps for _, y in step)]
    return min(heights), max(heights)


def _node(box: Box, wide: bool) -> list[str]:
    closed, *more = outline(box.node.kind, box.width)
    style = _NODES[box.node.kind]
    lines = [rf"\draw[{','.join(part for part in ('fill=white', style) if part)}] {_stroke(closed, box)};"]
    lines += [rf"\draw[{style}] {_stroke(stroke, box)};" for stroke in more]
    if box.delta is not None:
        lines.append(rf"\draw[fill=white,{_DELTA}] {_stroke(right_cell(box.node.kind, box.left, box.width), box)};")
        lines.append(_text(box.delta, (box.x + box.left + box.right / 2 - 1, box.y + BASELINE), "text=netdelta", wide))
    lines.append(_text(box.symbol, (box.x + box.left / 2, box.y + BASELINE), "", wide))
    return lines


def _text(formula: Formula, at: Point, style: str, wide: bool) -> str:
    words = rf"\textit{{{prose(formula.text, wide)}}}" if isinstance(formula, Words) else f"${latex(formula)}$"
    return rf"\node[{style}] at {_point(at)} {{{words}}};"


def _arrow(arrow: Arrow) -> str:
    return rf"\draw[{_ARROWS[arrow.flow, arrow.against]}] {_stroke(arrow.stroke)};"


def _stroke(stroke: Stroke, box: Box | None = None) -> str:
    """The path, at the place of the box."""
    dx, dy = (0.0, 0.0) if box is None else (box.x, box.y)
    text = _point(stroke.start, dx, dy)
    for step in stroke.steps:
        *controls, end = (_point(point, dx, dy) for point in step)
        text += f" .. controls {controls[0]} and {controls[1]} .. {end}" if controls else f" -- {end}"
    return text + (" -- cycle" if stroke.closed else "")


def _point(point: Point, dx: float = 0.0, dy: float = 0.0) -> str:
    return f"({number(point[0] + dx)},{number(point[1] + dy)})"
