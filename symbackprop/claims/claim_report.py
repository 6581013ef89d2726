"""What became of each claim: a verdict, and for a false one where, by how much, and in which term."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from symbackprop.formula.html_tables import html_table
from symbackprop.verify.verification import json_value

_LEAST, _MOST = 6, 60  # digits shown of the values of a counterexample


class Verdict(Enum):
    """PROVED: equal for all sizes, or exactly at all those tried. REFUTED: a counterexample is at hand. UNDECIDED:
    neither; the note says why."""

    PROVED = "proved"
    REFUTED = "REFUTED"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Row:
    """One claim. `claim`: as it was written, at `place`. `note`: in which sense it is proved, or why it is undecided.

    Of a false one: `sizes` and `element`, the smallest that were found to show it, at that `position` of the claim's
    indices; `claimed` and `derived`, the values there, also in `digits` that differ; `data`: the inputs, parameters,
    random tensors and buffers that they were computed from; `wrong` of `entries` elements differ there, only `where`;
    `mistake`: the kind of mistake, and `finding` what it is, in a sentence; `repaired`: the claim with that mended,
    which is true; `derivation`: the δ as it was derived.
    """

    claim: str
    place: str
    verdict: Verdict
    note: str = ""
    sizes: Mapping[str, int] | None = None
    element: str = ""
    position: Mapping[str, int] | None = None
    claimed: float | None = None
    derived: float | None = None
    digits: tuple[str, str] | None = None
    data: Mapping[str, Any] | None = None
    wrong: int = 0
    entries: int = 0
    where: str = ""
    mistake: str = ""
    finding: str = ""
    repaired: str = ""
    derivation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimReport:
    """Of the claims about one network, in the order of writing. `passed` where every one is proved."""

    network: str
    rows: tuple[Row, ...]
    seed: int = 0

    @property
    def passed(self) -> bool:
        """Whether every claim is proved."""
        return all(row.verdict is Verdict.PROVED for row in self.rows)

    @property
    def refuted(self) -> tuple[Row, ...]:
        """The rows of the claims that are refuted."""
        return tuple(row for row in self.rows if row.verdict is Verdict.REFUTED)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; numbers that JSON cannot hold are text."""
        rows = [
            {**{key: json_value(value) for key, value in asdict(row).items()}, "verdict": row.verdict.name}
            for row in self.rows
        ]
        return {"network": self.network, "passed": self.passed, "seed": self.seed, "claims": rows}

    def to_json(self) -> str:
        """`as_dict` as text."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        placed = any(row.place for row in self.rows)
        rows = [
            (row.verdict.value, *([row.place] if placed else []), row.claim, "\n".join(_details(row)))
            for row in self.rows
        ]
        head = ("verdict", *(["at"] if placed else []), "claim", "")
        return html_table(self._heading(), head, rows, strong=Verdict.REFUTED.value)

    def _heading(self) -> str:
        counts = [(sum(row.verdict is verdict for row in self.rows), verdict.value) for verdict in Verdict]
        said = ", ".join(f"{count} {verdict}" for count, verdict in counts if count)
        return f"{self.network}: {len(self.rows)} claim{'s' if len(self.rows) > 1 else ''}, {said}"

    def __str__(self) -> str:
        width = max((len(row.place) for row in self.rows), default=0)
        lines = [self._heading()]
        for row in self.rows:
            head = "  ".join(part for part in (f"{row.verdict.value:9}", f"{row.place:{width}}") if part.strip())
            lines.append(f"  {head}  {row.claim}".rstrip())
            lines += [f"    {line}" for line in _details(row)]
        return "\n".join(lines)


def digits(claimed: Any, derived: Any) -> tuple[str, str]:
    """Both values with as many digits as show that they differ, six at least."""
    pair = [mpmath.mpf(value) if isinstance(value, float | int) else value for value in (claimed, derived)]
    for count in range(_LEAST, _MOST + 1):
        strip = count == _LEAST
        shown = [mpmath.nstr(value, count, strip_zeros=strip) for value in pair]
        if shown[0] != shown[1]:
            break
    first, second = (text.removesuffix(".0") for text in shown)
    return first, second


def plain(array: Any) -> Any:
    """The values of an array as lists of numbers, those that no float holds as text."""
    if isinstance(array, np.ndarray) and array.ndim:
        return [plain(part) for part in array]
    value = array.item() if isinstance(array, np.ndarray | np.generic) else array
    if isinstance(value, Fraction):
        return float(value) if Fraction(float(value)) == value else str(value)
    if hasattr(value, "_mpf_"):  # of any context of mpmath
        return json_value(float(value)) if float(value) == value else mpmath.nstr(value, _MOST)
    return json_value(value)


def _details(row: Row) -> list[str]:
    lines = [row.note] if row.note else []
    if row.claimed is not None and row.derived is not None:
        claimed, derived = row.digits or digits(row.claimed, row.derived)
        lines.append(f"{row.element}: claimed {claimed}, derived {derived}{_at(row)}{_extent(row)}")
    if row.finding:
        lines.append(row.finding)
    if row.repaired and row.repaired not in row.derivation:
        lines.append(f"true if  {row.repaired}")
    lines += [f"derived  {line}" if not place else f"         {line}" for place, line in enumerate(row.derivation)]
    return lines


def _at(row: Row) -> str:
    return " at " + ", ".join(f"{name}={value}" for name, value in row.sizes.items()) if row.sizes else ""


def _extent(row: Row) -> str:
    if row.where:
        return f"; wrong only {row.where}"
    return f"; {row.wrong} of {row.entries} elements differ" if row.wrong < row.entries else ""
