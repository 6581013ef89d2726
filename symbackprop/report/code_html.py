"""The parts of the generated module as HTML: each block of statements an element of its own, which equations light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from symbackprop.report.highlight import highlighted
from symbackprop.report.module_code import Chunk, Part

__all__ = ["ChunkView", "PartView", "listing"]


@dataclass(frozen=True, slots=True)
class ChunkView:
    """`key`: its id on the page, that of the first block of an equation being `code-`, say, and the label."""

    html: Markup
    labels: tuple[str, ...]
    key: str
    function: str


@dataclass(frozen=True, slots=True)
class PartView:
    title: str
    lines: int
    first: int
    chunks: tuple[ChunkView, ...]


def listing(parts: Sequence[Part], stem: str = "code") -> tuple[PartView, ...]:
    """The parts with the number of their first line; `title` is empty for what is shown without being asked for.
    `stem`: what the ids begin with."""
    views: list[PartView] = []
    seen: dict[str, int] = {}
    line, inside = 1, False
    for part in parts:
        chunks: list[ChunkView] = []
        for chunk in part.chunks:
            html, inside = highlighted(chunk.lines, inside)
            chunks.append(ChunkView(Markup(html), chunk.labels, _key(chunk, stem, seen), chunk.function))
        views.append(PartView(part.title, part.lines, line, _joined(chunks)))
        line += part.lines
    return tuple(views)


def _key(chunk: Chunk, begin: str, seen: dict[str, int]) -> str:
    """The id: of the equation that the block computes, and how often that has come before; empty without one."""
    if not chunk.labels:
        return ""
    stem = f"{begin}-{chunk.labels[0]}" if chunk.own else f"{begin}-ahead-{chunk.labels[0]}"
    seen[stem] = seen.get(stem, 0) + 1
    return stem if seen[stem] == 1 else f"{stem}-{seen[stem]}"


def _joined(chunks: Sequence[ChunkView]) -> tuple[ChunkView, ...]:
    """Neighbours without equations as one."""
    out: list[ChunkView] = []
    for chunk in chunks:
        if out and not chunk.labels and not out[-1].labels:
            out[-1] = ChunkView(out[-1].html + chunk.html, (), "", out[-1].function)
        else:
            out.append(chunk)
    return tuple(out)
