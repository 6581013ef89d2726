"""Curves over a size that doubles, in panels side by side: both axes are logarithmic.

The kinds of strokes and colours are those of the plot of the cost on the page (`templates/report/cost.js`), which a
reader's browser draws; this one is a file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from symbackprop.picture.svg import coloured, element, number
from symbackprop.resources import templates

__all__ = ["KINDS", "Curve", "Panel", "log_plot"]

KINDS = 4  # of strokes, which curves take in turns
FRAME, HEIGHT = 260.0, 300.0  # how wide a frame is, and how high a panel
LEFT, TOP, BOTTOM = 66.0, 34.0, 46.0  # around its frame; at its right are the names of the curves
_LETTER = 6.8  # a letter of these
_LINE = 15.0  # between the names of curves
_MOST = 7  # marks along an axis
_UNITS = ("", "k", "M", "G", "T", "P", "E")


@dataclass(frozen=True, slots=True)
class Curve:
    """`points`: (a size, a quantity) each; what is 0 is not drawn."""

    name: str
    points: tuple[tuple[int, float], ...]

    @property
    def drawn(self) -> tuple[tuple[int, float], ...]:
        return tuple((size, value) for size, value in self.points if value > 0)


@dataclass(frozen=True, slots=True)
class Panel:
    """`title`: the quantity; `along`: what the size is; `unit`: of the quantity."""

    title: str
    along: str
    curves: tuple[Curve, ...]
    unit: str = ""


def log_plot(panels: Sequence[Panel], title: str) -> str:
    """The text of an SVG file. `title`: what is spoken of it."""
    rules = (templates() / "picture" / "plot.css").read_text(encoding="utf-8")
    frames: list[_Frame] = []
    for panel in panels:
        frames.append(_Frame(panel, frames[-1].end if frames else 0.0))
    drawn = "".join(frame.drawn() for frame in frames)
    inside = (
        f"<title>{escape(title, quote=False)}</title><style>{coloured(rules)}</style>"
        f'<rect class="ground" width="100%" height="100%"/>{drawn}'
    )
    size = frames[-1].end, HEIGHT
    return f"{element(size, inside, class_='log-plot', role='img', xmlns='http://www.w3.org/2000/svg')}\n"


class _Frame:
    """A panel whose left side is at `x`."""

    def __init__(self, panel: Panel, x: float) -> None:
        self.panel = panel
        points = [point for curve in panel.curves for point in curve.points]
        values = [value for curve in panel.curves for _, value in curve.drawn]
        self.last = max(1, math.ceil(math.log2(max((size for size, _ in points), default=1))))
        self.low = math.floor(math.log10(min(values, default=1)))
        self.up = max(self.low + 1, math.ceil(math.log10(max(values, default=1))))
        self.left, self.right = x + LEFT, x + LEFT + FRAME
        self.end = self.right + 16.0 + _LETTER * max((len(curve.name) for curve in panel.curves), default=0)

    def drawn(self) -> str:
        return "".join((*self._marks(), *self._labels(), *self._curves(), *self._names()))

    def across(self, size: float) -> float:
        return self.left + (self.right - self.left) * math.log2(size) / self.last

    def height(self, value: float) -> float:
        part = (math.log10(value) - self.low) / (self.up - self.low)
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part)

    def _marks(self) -> Iterator[str]:
        """The grid, each line with what it stands at."""
        for exponent in range(self.low, self.up + 1, math.ceil((self.up - self.low) / _MOST)):
            y = self.height(10.0**exponent)
            yield f'<path class="grid" d="M{number(self.left)} {number(y)}H{number(self.right)}"/>'
            yield _text(self.left - 8, y + 4, _decade(exponent, self.panel.unit), "end")
        for exponent in range(0, self.last + 1, math.ceil(self.last / _MOST)):
            x = self.across(2**exponent)
            yield f'<path class="grid" d="M{number(x)} {number(TOP)}V{number(HEIGHT - BOTTOM)}"/>'
            yield _text(x, HEIGHT - BOTTOM + 17, str(2**exponent), "middle")

    def _labels(self) -> Iterator[str]:
        width, height = self.right - self.left, HEIGHT - TOP - BOTTOM
        yield (
            f'<rect class="frame" x="{number(self.left)}" y="{number(TOP)}" width="{number(width)}" '
            f'height="{number(height)}"/>'
        )
        yield _text((self.left + self.right) / 2, TOP - 12, self.panel.title, "middle", "head")
        yield _text((self.left + self.right) / 2, HEIGHT - 8, self.panel.along, "middle")

    def _curves(self) -> Iterator[str]:
        for place, curve in enumerate(self.panel.curves):
            at = [(number(self.across(size)), number(self.height(value))) for size, value in curve.drawn]
            path = "".join(f"{'L' if step else 'M'}{x} {y}" for step, (x, y) in enumerate(at))
            if path:
                yield f'<path class="curve curve-{place % KINDS}" d="{path}"/>'
            for x, y in at:
                yield f'<circle class="dot dot-{place % KINDS}" cx="{x}" cy="{y}" r="2.6"/>'

    def _names(self) -> Iterator[str]:
        """Beside the ends of the curves, and apart from one another."""
        ends = [(self.across(curve.drawn[-1][0]), self.height(curve.drawn[-1][1]), place, curve.name)
                for place, curve in enumerate(self.panel.curves) if curve.drawn]  # fmt: skip
        before = -math.inf
        for x, y, place, name in sorted(ends, key=lambda end: end[1]):
            before = max(y + 4, before + _LINE)
            yield _text(x + 8, before, name, "start", f"end-{place % KINDS}")


def _text(x: float, y: float, said: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    place = f'x="{number(x)}" y="{number(y)}" text-anchor="{anchor}"'
    return f"<text{named} {place}>{escape(said, quote=False)}</text>"


def _decade(exponent: int, unit: str) -> str:
    """A power of ten: `10 kB`."""
    place = min(max(exponent, 0) // 3, len(_UNITS) - 1)
    value = 10.0 ** (exponent - 3 * place)
    return f"{value:g} {_UNITS[place]}{unit}".rstrip()
