"""A row of the table of stable forms, and the answer of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from symbackprop.stable.seeing import View
from symbackprop.terms.term import Term

Rule = TypeVar("Rule")
Otherwise = TypeVar("Otherwise")


@dataclass(frozen=True, slots=True)
class Row(Generic[Rule]):
    """`plain` is written, `stable` is what it becomes, and `why`; `rule` answers with the stable form or None."""

    plain: str
    stable: str
    why: str
    rule: Rule


def first_answer(rows: Sequence[Row[Any]], found: Any, view: View, otherwise: Otherwise) -> Term | Otherwise:
    """That of the first row that has one."""
    answers = (row.rule(found, view) for row in rows)
    return next((answer for answer in answers if answer is not None), otherwise)
