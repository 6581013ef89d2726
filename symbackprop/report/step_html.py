"""A measured step as the page has it: a row for each equation, with a bar for its time and one for what is least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup

from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.picture.svg import element

__all__ = ["MeasuredRow", "MeasuredStep", "StepRow", "StepView", "step_view"]

_WIDTH = 160  # of the longest bar


class MeasuredRow(Protocol):
    """What `measured.profile.ProfileRow` has."""

    @property
    def label(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    @property
    def multiply_adds(self) -> int: ...
    @property
    def bytes_moved(self) -> int: ...
    @property
    def peak(self) -> float | None: ...


class MeasuredStep(Protocol):
    """What `measured.profile.Profile` has."""

    @property
    def sizes(self) -> Mapping[str, int]: ...
    @property
    def seconds(self) -> float: ...
    @property
    def rounds(self) -> int: ...
    @property
    def rows(self) -> Sequence[MeasuredRow]: ...
    @property
    def peak(self) -> str: ...


@dataclass(frozen=True, slots=True)
class StepRow:
    """`cells`: µs, the share, multiply-adds, bytes, the share of the peak."""

    label: str
    bar: Markup
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """`told`: sentences about the whole step."""

    told: tuple[str, ...]
    head: tuple[str, ...]
    rows: tuple[StepRow, ...]


def step_view(step: MeasuredStep, words: Phrases = ENGLISH) -> StepView:
    """The step in words, and its rows."""
    longest = max((row.seconds for row in step.rows), default=0.0) or 1.0
    total = sum(row.seconds for row in step.rows) or 1.0
    named = {"arguments": words.heading_door, "storage": words.heading_arrays, "rest": words.step_rest}
    rows = [
        StepRow(
            named.get(row.label, row.label),
            _bar(row.seconds / longest, row.peak or 0.0),
            (f"{row.seconds * 1e6:,.1f}", f"{row.seconds / total:.0%}",
             *(f"{count:,}" if count else "" for count in (row.multiply_adds, row.bytes_moved)),
             "" if row.peak is None else f"{row.peak:.0%}"),
        )
        for row in step.rows
    ]  # fmt: skip
    micros = f"{step.seconds * 1e6:,.1f}"
    if step.sizes:
        sizes = [f"{name} = {size}" for name, size in step.sizes.items()]
        takes = words.step_takes_at.text(sizes=words.listing.text(items=sizes), micros=micros, rounds=step.rounds)
    else:
        takes = words.step_takes.text(micros=micros, rounds=step.rounds)
    told = (takes, words.step_peak.text(peak=step.peak), words.step_bars)
    head = ("µs", words.column_share, words.multiply_adds, words.bytes_moved, words.column_peak)
    return StepView(told, head, tuple(rows))


def _bar(length: float, peak: float) -> Markup:
    """As long as the time, in part filled by the least time."""
    width = max(1.0, length * _WIDTH)
    least = min(width, width * peak)
    bars = f'<rect class="took" width="{width:.1f}" height="10"/><rect class="least" width="{least:.1f}" height="10"/>'
    return Markup(element((_WIDTH, 10), bars, class_="bar", aria_hidden="true"))
