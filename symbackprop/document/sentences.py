"""Sentences about equations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symbackprop.document.model import Math, Paragraph, Reference, Run, Runs
from symbackprop.formula.tree import DOTS, Chain, Joint, Relation, Sign
from symbackprop.phrases import Phrases
from symbackprop.schedule import Loop, Step, equations_of
from symbackprop.terms.writing import Writer

__all__ = ["joined", "recurrences"]


def joined(sentences: Iterable[Runs], words: Phrases) -> Runs:
    """The sentences, one behind the other."""
    out: list[Run] = []
    for sentence in sentences:
        if out and words.between_sentences:
            out.append(words.between_sentences)
        out += sentence
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
            words = writer.spelling.words
            said = words.evaluated_together if len(labels) > 1 else words.recurrence
            order = Math(Chain(Joint.LIST, (Relation(index, ((Sign.EQUAL, first),)), DOTS, last)))
            yield Paragraph(said(equations=labels, order=order))
