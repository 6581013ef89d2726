"""Sentences about equations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symbackprop.document.model import Math, Paragraph, Reference, Run, Runs
from symbackprop.formula.tree import DOTS, Chain, Formula, Joint, Relation, Sign
from symbackprop.phrases import Phrases
from symbackprop.schedule import Loop, Step
from symbackprop.terms.poly import Index, Poly
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
    """For each loop: which equations are evaluated together, and in which order of its index; those that are at another
    place than the loop's index says stand behind the others, with their place."""
    words = writer.spelling.words
    for step in steps:
        if isinstance(step, Loop):
            first, last = writer.poly(step.low, {}), writer.poly(step.high, {})
            if step.descending:
                first, last = last, first
            index = writer.index(step.variable, {})
            order = Math(Chain(Joint.LIST, (Relation(index, ((Sign.EQUAL, first),)), DOTS, last)))
            groups: list[Runs] = []
            many = 0
            for place, labels in _places(step, step.variable).items():
                listed = _consecutive(labels, words)
                position = None if place is None else Math(_position(place, step.variable, writer))
                at = words.equations_at
                groups.append(at(equations=listed, position=position) if position else words.these(equations=listed))
                many += len(labels)
            said = words.evaluated_together if many > 1 else words.recurrence
            yield Paragraph(said(order=order, groups=groups))


def _places(loop: Loop[Step], variable: Index) -> dict[tuple[Index, Poly] | None, list[str]]:
    """The labels of the equations in a loop by where they are computed: None, at the loop's variable, first."""
    found: dict[tuple[Index, Poly] | None, list[str]] = {}
    for step in loop.body:
        if isinstance(step, Loop):
            inner = _places(step, variable)
        else:
            pins = [pin for pin in step.pins if variable in pin[1].indices()]
            elsewhere = next((pin for pin in pins if pin != (variable, Poly.of(variable))), None)
            inner = {elsewhere: [step.equation.label]}
        for place, labels in inner.items():
            known = found.setdefault(place, [])
            known += [label for label in labels if label not in known]
    here = found.pop(None, None)
    return found if here is None else {None: here, **found}


def _position(place: tuple[Index, Poly], variable: Index, writer: Writer) -> Formula:
    """`t - 1`, or `s = t - 1` of an index that is not the loop's."""
    index, poly = place
    position = writer.poly(poly, {})
    return position if index == variable else Relation(writer.index(index, {}), ((Sign.EQUAL, position),))


def _consecutive(labels: Sequence[str], words: Phrases) -> list[Runs]:
    """References to the labels; three or more whose numbers follow one another are the first and the last."""
    runs: list[list[str]] = []
    for label in labels:
        follows = runs and runs[-1][-1][0] == label[0] and int(runs[-1][-1][1:]) + 1 == int(label[1:])
        if follows:
            runs[-1].append(label)
        else:
            runs.append([label])
    out: list[Runs] = []
    for run in runs:
        if len(run) > 2:
            out.append(words.first_to_last(first=Reference(run[0]), last=Reference(run[-1])))
        else:
            out += [(Reference(label),) for label in run]
    return out
