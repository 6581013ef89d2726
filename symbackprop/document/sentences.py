"""Sentences about equations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbackprop.document.model import Math, Paragraph, Reference, Run, Runs
from symbackprop.formula.tree import DOTS, Chain, Joint, Relation, Sign
from symbackprop.schedule import Loop, Step, equations_of
from symbackprop.terms.writing import Writer

__all__ = ["listed", "recurrences"]


def listed(items: Sequence[Run], last: str = " and ") -> Runs:
    """`a`, `a and b`, `a, b and c`; `last`: what stands before the last one."""
    out: list[Run] = []
    for place, item in enumerate(items):
        if place:
            out.append(last if place == len(items) - 1 else ", ")
        out.append(item)
    return tuple(out)


def recurrences(steps: Sequence[Step], writer: Writer) -> Iterator[Paragraph]:
    """For each loop: which equations are evaluated together, and in which order of their index."""
    for step in steps:
        if isinstance(step, Loop):
            labels = [Reference(equation.label) for equation in dict.fromkeys(equations_of((step,)))]
            first, last = writer.poly(step.low, {}), writer.poly(step.high, {})
            if step.descending:
                first, last = last, first
            index = writer.index(step.variable, {})
            together = "Evaluated together: " if len(labels) > 1 else "A recurrence: "
            order = Math(Chain(Joint.LIST, (Relation(index, ((Sign.EQUAL, first),)), DOTS, last)))
            yield Paragraph((together, *listed(labels), ", for ", order, " in this order."))
