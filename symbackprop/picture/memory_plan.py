"""A plan of work memory: a box for each buffer, as long as it is in use and as high as it has numbers, where it lies.

Time goes to the right, in columns: a new one wherever a buffer begins or ends, so that nothing changes within one. The
line over the boxes is how many numbers are in use, and the dashed one the most of them, below which no plan can be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from symbackprop.c.memory import Buffer, Plan
from symbackprop.c.memory_text import Moments, span
from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.picture.svg import element, number
from symbackprop.resources import templates

__all__ = ["memory_picture", "spoken_span", "style"]

WIDTH, HEIGHT = 720.0, 330.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 12.0, 40.0  # around the frame
_LETTER, _LINE = 6.65, 12.0  # of a name
_MARK = 7.5  # a letter of a mark
_MARKS = 6  # along the axis of offsets, at most
_UNITS = ("", "k", "M", "G")


def style() -> str:
    """The rules, for a page that sets the colours and letters that they name."""
    return (templates() / "picture" / "memory.css").read_text(encoding="utf-8")


def memory_picture(
    plan: Plan, at: Moments, title: str, labels: Mapping[str, Sequence[str]], words: Phrases = ENGLISH
) -> str:
    """The svg element. `at`: the equations at each moment; `title`: what is spoken of it; `labels`: for the name of a
    buffer those of the equations that compute it, with which it is lit."""
    drawing = _Drawing(plan, at, words)
    boxes = "".join(drawing.box(buffer, labels.get(buffer.name, ())) for buffer in plan.buffers)
    inside = "".join((*drawing.marks(), boxes, *drawing.lines(), *drawing.names()))
    return element((WIDTH, HEIGHT), inside, class_="memory-plan", role="img", aria_label=title)


def spoken_span(buffer: Buffer, at: Moments, words: Phrases = ENGLISH) -> tuple[str, str]:
    """The equations between which it is in use."""
    first, last = span(buffer, at)
    return first or words.the_beginning, words.the_end if last is None else last or words.the_beginning


class _Drawing:
    def __init__(self, plan: Plan, at: Moments, words: Phrases) -> None:
        self.plan, self.at, self.words = plan, at, words
        self.begins = sorted({at for b in plan.buffers for at in (b.first, b.last + 1)})  # of the columns, and the end
        self.most = max(plan.size, 1)

    def across(self, moment: int) -> float:
        """Where the column begins that a moment begins."""
        return LEFT + (WIDTH - LEFT - RIGHT) * self.begins.index(moment) / max(len(self.begins) - 1, 1)

    def up(self, offset: int) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * offset / self.most

    def place(self, buffer: Buffer) -> tuple[float, float, float, float]:
        """x, y, width, height."""
        x, y = self.across(buffer.first), self.up(buffer.offset + buffer.size)
        return x, y, self.across(buffer.last + 1) - x, self.up(buffer.offset) - y

    def box(self, buffer: Buffer, labels: Sequence[str]) -> str:
        x, y, width, height = self.place(buffer)
        kind = "back" if self.at[buffer.first][0].startswith("B") else "fore"
        first, last = spoken_span(buffer, self.at, self.words)
        told = self.words.buffer_told.text(
            name=buffer.name, size=buffer.size, offset=f"{buffer.offset:,}", first=first, last=last
        )
        borne = f' data-l="{" ".join(labels)}"' if labels else ""
        return (
            f'<g class="{kind}"{borne}><title>{escape(told, quote=False)}</title><rect class="box" '
            f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(max(height, 0.5))}"/></g>'
        )

    def lines(self) -> Iterator[str]:
        """What is in use in each column, and the most."""
        live = [self.plan.live(moment) for moment in self.begins[:-1]]
        path = "".join(
            f"{'L' if place else 'M'}{number(self.across(moment))} {number(self.up(size))}"
            f"H{number(self.across(self.begins[place + 1]))}"
            for place, (moment, size) in enumerate(zip(self.begins, live, strict=False))
        )
        yield f'<path class="bound" d="M{number(LEFT)} {number(self.up(max(live)))}H{number(WIDTH - RIGHT)}"/>'
        yield f'<path class="live" d="{path}"/>'

    def marks(self) -> Iterator[str]:
        """Offsets, and below the columns the equations at which they begin, as many as there is room for."""
        step = _step(self.most)
        for offset in range(0, self.most + 1, step):
            y = number(self.up(offset))
            yield f'<path class="grid" d="M{number(LEFT)} {y}H{number(WIDTH - RIGHT)}"/>'
            yield _text(LEFT - 6, self.up(offset) + 4, _short(offset), "end", "mark")
        free, before = LEFT, ""
        for moment in self.begins[:-1]:
            label = self.at[moment][0] if moment < len(self.at) else self.words.the_end
            x = self.across(moment)
            if label != before and x >= free:
                yield f'<path class="grid" d="M{number(x)} {number(HEIGHT - BOTTOM)}v4"/>'
                yield _text(x, HEIGHT - BOTTOM + 16, label, "start", "mark")
                free = x + _MARK * (len(label) + 1)
            before = label

    def names(self) -> Iterator[str]:
        """Of the buffers whose boxes have room for them, over the lines; and of the axis."""
        for buffer in self.plan.buffers:
            x, y, width, height = self.place(buffer)
            if width >= _LETTER * len(buffer.name) + 4 and height >= _LINE:
                yield _text(x + width / 2, y + height / 2 + 4, buffer.name, "middle")
        yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, self.words.equations_in_order, "middle", "mark")


def _step(most: int) -> int:
    """Between marks: 1, 2 or 5 times a power of ten."""
    least = most / _MARKS
    power = 10 ** max(0, math.floor(math.log10(least))) if least > 1 else 1
    return next(times * power for times in (1, 2, 5, 10) if times * power >= least)


def _short(value: int) -> str:
    """As `20 k`."""
    place = 0
    while place + 1 < len(_UNITS) and value and value % 1000 == 0:
        value, place = value // 1000, place + 1
    return f"{value} {_UNITS[place]}".rstrip()


def _text(x: float, y: float, said: str, anchor: str, kind: str = "name") -> str:
    place = f'x="{number(x)}" y="{number(y)}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {place}>{escape(said, quote=False)}</text>'
