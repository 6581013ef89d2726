"""The plans of work memory as the page has them: a picture of each, what it takes beside the least, and a table."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.picture.memory_plan import memory_picture, spoken_span
from symbackprop.report.c_code import TextInC, computed_by, read_c

__all__ = ["MemoryView", "memory_views"]


@dataclass(frozen=True, slots=True)
class MemoryView:
    """`rows`: name, numbers, offset, from, to."""

    svg: Markup
    caption: str
    rows: tuple[tuple[str, ...], ...]


def memory_views(text: TextInC, words: Phrases = ENGLISH) -> tuple[MemoryView, ...]:
    """Of a step and of predict, but for those without any buffer."""
    views: list[MemoryView] = []
    computed = computed_by(read_c(text))
    for what, (_, plan, own) in zip((words.memory_of_step, words.memory_of_predict), text.kit.memory, strict=False):
        if not plan.buffers:
            continue
        at = tuple((text.labels.get(first) or first, text.labels.get(last) or last) for first, last in own)
        labels = {b.name: computed.get(b.name) or _known(at[b.first][0], text) for b in plan.buffers}
        size, live = plan.size, plan.live(plan.fullest)
        given = {"what": what, "size": f"{size:,}", "bytes": f"{4 * size:,}", "label": at[plan.fullest][0]}
        if size == live:
            caption = words.memory_caption_least.text(**given)
        else:
            caption = words.memory_caption.text(**given, live=f"{live:,}", over=f"{100 * (size / live - 1):.1f}")
        rows = tuple(
            (buffer.name, f"{buffer.size:,}", f"{buffer.offset:,}", *spoken_span(buffer, at, words))
            for buffer in plan.buffers
        )
        views.append(MemoryView(Markup(memory_picture(plan, at, caption, labels, words)), caption, rows))
    return tuple(views)


def _known(label: str, text: TextInC) -> tuple[str, ...]:
    """The label, where the page has it."""
    return (label,) if label in text.labels.values() else ()
