"""The parts of the generated module as HTML: each block of statements an element of its own, which equations light."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from symbackprop.phrases import ENGLISH, Phrases, again
from symbackprop.report.highlight import highlighted
from symbackprop.report.module_code import Chunk, Part

__all__ = ["ChunkView", "PartView", "listing"]

Highlight = Callable[[Sequence[str], bool], tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class ChunkView:
    """`key`: its id on the page, that of the first block of an equation being `code-`, say, and the label; `others`: of
    the other equations that it computes."""

    html: Markup
    labels: tuple[str, ...]
    key: str
    function: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartView:
    title: str
    lines: int
    first: int
    chunks: tuple[ChunkView, ...]


def listing(
    parts: Sequence[Part], stem: str = "code", words: Phrases = ENGLISH, highlight: Highlight = highlighted
) -> tuple[PartView, ...]:
    """The parts with the number of their first line; `title` is empty for what is shown without being asked for.
    `stem`: what the ids begin with; `words`: the phrases of the titles' language; `highlight`: lines as HTML, in
    the language of the code."""
    views: list[PartView] = []
    seen: dict[str, int] = {}
    line, inside = 1, False
    for part in parts:
        chunks: list[ChunkView] = []
        for chunk in part.chunks:
            html, inside = highlight(chunk.lines, inside)
            keys = _keys(chunk, stem, seen)
            chunks.append(ChunkView(Markup(html), chunk.labels, keys[0] if keys else "", chunk.function, keys[1:]))
        views.append(PartView(again(part.title, words), part.lines, line, _joined(chunks)))
        line += part.lines
    return tuple(views)


def _keys(chunk: Chunk, begin: str, seen: dict[str, int]) -> tuple[str, ...]:
    """The ids: of the equations that the block computes, and how often each has come before."""
    keys = []
    stems = [f"{begin}-{label}" for label in chunk.labels]
    for stem in stems if chunk.own else [f"{begin}-ahead-{label}" for label in chunk.labels[:1]]:
        seen[stem] = seen.get(stem, 0) + 1
        keys.append(stem if seen[stem] == 1 else f"{stem}-{seen[stem]}")
    return tuple(keys)


def _joined(chunks: Sequence[ChunkView]) -> tuple[ChunkView, ...]:
    """Neighbours without equations as one."""
    out: list[ChunkView] = []
    for chunk in chunks:
        if out and not chunk.labels and not out[-1].labels:
            out[-1] = ChunkView(out[-1].html + chunk.html, (), "", out[-1].function)
        else:
            out.append(chunk)
    return tuple(out)
