r"""The picture in a document for print: the fullest view that one can read there.

The view that a page shows first is tried, upright and turned, then those that fold more. One whose letters, of 10 pt,
would shrink too much in one piece is broken between its layers, where the line has room for it. Where none can be read,
the document says so. A machine without tikz typesets the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from symbackprop.formula.latex import prose
from symbackprop.phrases import ENGLISH, Phrases
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


def printed(graph: Graph, words: Phrases = ENGLISH) -> str:
    """LaTeX that stands in a document whose preamble has the line `PACKAGE`; `words`: the phrases of its language."""
    every = views(graph)
    first = next(place for place, view in enumerate(every) if view.shown)
    tried = [(view, draw(view.graph, words)) for view in every[first:]]
    found = _whole(tried, WELL, words)
    if found is not None:
        return found
    for view, drawing in tried:
        scale = _scale(drawing.width, LINE)
        pieces = bands(drawing, PAGE / (PIXEL * scale))
        if scale >= WELL and len(pieces) <= MOST_BANDS:
            return _guarded((*_told(view, words), words.goes_on), _broken(drawing, pieces, scale, _wide(words)), words)
    found = _whole(tried, SMALLEST, words)
    if found is not None:
        return found
    return f"{_prose(words.too_large.text(tensors=len(graph.nodes)), words)}\n"


def _whole(tried: Sequence[tuple[View, Drawing]], smallest: float, words: Phrases) -> str | None:
    """The first that a page has room for, upright or turned, where its letters shrink to no less."""
    for view, drawing in tried:
        for turned, across, up in ((False, LINE, PAGE), (True, PAGE, LINE)):
            if min(_scale(drawing.width, across), _scale(drawing.height, up)) >= smallest:
                return _guarded(_told(view, words), fitted(drawing, PART, turned, _wide(words)), words)
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


def _told(view: View, words: Phrases) -> tuple[str, ...]:
    shown = {"bare": words.shown_bare, "parts": words.shown_parts, "blocks": words.shown_blocks}
    return (*([shown[view.key]] if view.key in shown else []), words.arrows)


def _broken(drawing: Drawing, pieces: list[Band], scale: float, wide: bool) -> str:
    drawn = [f"\\scalebox{{{scale:.3f}}}{{%\n{tikz(drawing, band, wide)}}}" for band in pieces]
    return "\\par\\medskip\n".join(drawn)


def _prose(said: str, words: Phrases) -> str:
    return prose(said, _wide(words))


def _wide(words: Phrases) -> bool:
    """Whether the document has Chinese letters."""
    return bool(words.latex_package)


def _guarded(told: Sequence[str], drawn: str, words: Phrases) -> str:
    """What is drawn below what is told of it, where tikz is there."""
    said = _prose(words.between_sentences.join(told), words)
    centred = f"{{\\centering\n{drawn}\\par}}"
    missing = _prose(words.no_tikz, words)
    return f"\\ifdefined\\tikzpicture\n{said}\\par\\nopagebreak\n{centred}\n\\else\n{missing}\n\\fi\n"
