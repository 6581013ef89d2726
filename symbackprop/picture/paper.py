r"""The picture in a document for print: the fullest view that one can read there.

The view that a page shows first is tried, upright and turned, then those that fold more. One whose letters, of 10 pt,
would shrink too much in one piece is broken between its layers, where the line has room for it. Where none can be read,
the document says so. A machine without tikz typesets the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from symbackprop.formula.latex import prose
from symbackprop.picture.drawing import Drawing, draw
from symbackprop.picture.network_graph import Graph
from symbackprop.picture.outlines import HEIGHT
from symbackprop.picture.tikz import PIXEL, Band, fitted, tikz
from symbackprop.picture.views import View, views

__all__ = ["PACKAGE", "bands", "printed"]

LINE, PAGE, PART = 480.0, 640.0, ".88"  # points, and a part of the page: what the document's heading leaves
WELL, SMALLEST = 0.6, 0.48  # of the letters' 10 pt: to be read well, and at all
MOST_BANDS = 4
PACKAGE = r"\IfFileExists{tikz.sty}{\usepackage{tikz}}{}"
_ARROWS = (
    "Solid arrows lead from a tensor to those that read it, dashed ones from a $\\delta$ to those computed from it"
)
_FOLDED = {"bare": ", without its parameters", "parts": ", its parts folded", "blocks": ", its blocks folded"}


def printed(graph: Graph) -> str:
    """LaTeX that stands in a document whose preamble has the line `PACKAGE`."""
    every = views(graph)
    first = next(place for place, view in enumerate(every) if view.shown)
    tried = [(view, draw(view.graph)) for view in every[first:]]
    found = _whole(tried, WELL)
    if found is not None:
        return found
    for view, drawing in tried:
        scale = _scale(drawing.width, LINE)
        pieces = bands(drawing, PAGE / (PIXEL * scale))
        if scale >= WELL and len(pieces) <= MOST_BANDS:
            return _guarded(f"{_words(view)} It goes on over the pages.", _broken(drawing, pieces, scale))
    found = _whole(tried, SMALLEST)
    if found is not None:
        return found
    return f"The picture of the network, of {len(graph.nodes)} tensors, is too large for a page.\n"


def _whole(tried: Sequence[tuple[View, Drawing]], smallest: float) -> str | None:
    """The first that a page has room for, upright or turned, where its letters shrink to no less."""
    for view, drawing in tried:
        for turned, across, up in ((False, LINE, PAGE), (True, PAGE, LINE)):
            if min(_scale(drawing.width, across), _scale(drawing.height, up)) >= smallest:
                return _guarded(_words(view), fitted(drawing, PART, turned))
    return None


def _scale(length: float, room: float) -> float:
    """By how much so many pixels are to shrink to so many points."""
    return min(1.0, room / (length * PIXEL))


def bands(drawing: Drawing, room: float) -> list[Band]:
    """The heights of the drawing in bands of at most `room` where that can be, each ending between two layers."""
    layers = sorted({box.y for box in drawing.boxes})
    cuts = [(upper + HEIGHT + lower) / 2 for upper, lower in pairwise(layers)]
    found, top, last = list[Band](), 0.0, 0.0
    for cut in (*cuts, drawing.height):
        if cut - top > room and last > top:
            found.append((top, last))
            top = last
        last = cut
    return [*found, (top, drawing.height)]


def _words(view: View) -> str:
    return f"The network{_FOLDED.get(view.key, '')}. {_ARROWS}."


def _broken(drawing: Drawing, pieces: list[Band], scale: float) -> str:
    drawn = [f"\\scalebox{{{scale:.3f}}}{{%\n{tikz(drawing, band)}}}" for band in pieces]
    return "\\par\\medskip\n".join(drawn)


def _guarded(words: str, drawn: str) -> str:
    """What is drawn, where tikz is there."""
    missing = prose("The picture of the network needs the LaTeX package tikz, which was not found.")
    centred = f"{{\\centering\n{drawn}\\par}}"
    return f"\\ifdefined\\tikzpicture\n{words}\\par\\nopagebreak\n{centred}\n\\else\n{missing}\n\\fi\n"
