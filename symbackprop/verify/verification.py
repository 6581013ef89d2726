"""What verification found: a row for each tensor and method, a verdict, text and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from symbackprop.formula.html_tables import html_table, note
from symbackprop.phrases import Message

_HEAD = ("tensor", "method", "verdict", "entries", "worst at", "analytic", "reference", "error")


class Verdict(Enum):
    """PASS: shown right within the error estimate (or exactly). FAIL: shown wrong. KINK: the loss has a corner here,
    and the gradient lies between the slopes on its two sides. NOISY: rounding hides the answer. UNCHECKED: the method
    does not apply; the note says why."""

    PASS = "pass"
    FAIL = "FAIL"
    KINK = "kink"
    NOISY = "noisy"
    UNCHECKED = "unchecked"


def verdict_words(verdict: Verdict) -> Message:
    """What a verdict is called."""
    return Message(f"verdict_{verdict.name.lower()}")


@dataclass(frozen=True, slots=True)
class Row:
    """One tensor by one method. `index`: of the worst entry (of the wrong one, where there is one); `analytic`: the
    derivative under test there; `reference`: what the method says; `error`: their distance; `step`: the increment of
    central differences; `entries`: how many were compared."""

    tensor: str
    method: str
    verdict: Verdict
    entries: int = 0
    index: tuple[int, ...] | None = None
    analytic: float | None = None
    reference: float | None = None
    error: float | None = None
    step: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Of one network at `sizes`: the first for every method, the others for the exact check; the module also at
    `aligned`, in float32 and float64. `passed` if nothing failed and every tensor passed by one method at least."""

    network: str
    rows: tuple[Row, ...]
    sizes: tuple[Mapping[str, int], ...] = ()
    seed: int = 0
    notes: tuple[str, ...] = field(default=())
    aligned: tuple[Mapping[str, int], ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and every tensor passed by one method at least."""
        shown = {row.tensor for row in self.rows if row.verdict in (Verdict.PASS, Verdict.KINK)}
        return bool(self.rows) and not self.failures and all(row.tensor in shown for row in self.rows)

    @property
    def failures(self) -> tuple[Row, ...]:
        """The rows that failed."""
        return tuple(row for row in self.rows if row.verdict is Verdict.FAIL)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; numbers that JSON cannot hold are text."""
        rows = []
        for row in self.rows:
            plain = {key: json_value(value) for key, value in asdict(row).items()}
            plain["verdict"] = row.verdict.name
            rows.append(plain)
        return {
            "network": self.network, "passed": self.passed, "seed": self.seed,
            "sizes": [dict(sizes) for sizes in self.sizes],
            "aligned": [dict(sizes) for sizes in self.aligned], "notes": list(self.notes), "rows": rows,
        }  # fmt: skip

    def to_json(self) -> str:
        """`as_dict` as text."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        title, *places = self._heading()
        rows = [(*_cells(row), row.note) for row in self.rows]
        table = html_table(title, (*_HEAD, ""), rows, numbers=range(3, 8), strong=Verdict.FAIL.value)
        return "\n".join([table, *map(note, (*places, *self.notes))])

    def _heading(self) -> list[str]:
        """The verdict, and the sizes that it is of."""
        lines = [f"{self.network}: gradients {'verified' if self.passed else 'NOT verified'}"]
        if self.sizes and self.sizes[0]:
            others = f", and exactly at {len(self.sizes) - 1} more" if len(self.sizes) > 1 else ""
            lines.append(f"at {_sizes(self.sizes[0])}{others}")
        if self.aligned:
            places = "; ".join(map(_sizes, self.aligned)) if self.aligned[0] else "its sizes"
            lines.append(f"the module in float32 and float64 at {places}")
        return lines

    def __str__(self) -> str:
        table = [_HEAD, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[column]) for line in table) for column in range(len(_HEAD))]
        title, *places = self._heading()
        lines = [title, *(f"  {place}" for place in places)]
        for line in table:
            lines.append("  " + "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip())
        lines += [f"  {row.tensor} ({row.method}): {row.note}" for row in self.rows if row.note]
        return "\n".join(lines + [f"  {note}" for note in self.notes])


def _sizes(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sizes.items())


def _cells(row: Row) -> tuple[str, ...]:
    index = "" if row.index is None else f"[{', '.join(map(str, row.index))}]"
    return (
        row.tensor, row.method, row.verdict.value, str(row.entries) if row.entries else "", index,
        _number(row.analytic, ".9g"), _number(row.reference, ".9g"), _number(row.error, ".1e"),
    )  # fmt: skip


def _number(value: float | None, style: str) -> str:
    return "" if value is None else format(value, style)


def json_value(value: Any) -> Any:
    """As JSON can hold it: numbers that it cannot are text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
