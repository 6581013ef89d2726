"""A row of the table of stable forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Rule = TypeVar("Rule")


@dataclass(frozen=True, slots=True)
class Row(Generic[Rule]):
    """`plain` is written, `stable` is what it becomes, and `why`; `rule` answers with the stable form or None."""

    plain: str
    stable: str
    why: str
    rule: Rule
