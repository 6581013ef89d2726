"""Adjoints that several equations add up, box by box, as `=` equations on regions that do not overlap.

d_c[t] += d_h[t]·o[t]·...         t = 1..T           d_c[0] = d_c[1]·f[1]
d_c[t] += d_c[t + 1]·f[t + 1]     t = 0..T - 1       d_c[t] = d_h[t]·o[t]·... + d_c[t + 1]·f[t + 1]   t = 1..T - 1
                                                     d_c[T] = d_h[T]·o[T]·...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from symbackprop.terms.build import add, substitute
from symbackprop.terms.domains import Span, spans_of
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Axis, Term

__all__ = ["without_overlap", "written"]


def written(equation: Equation) -> tuple[Span, ...] | None:
    """Where the equation writes, along each axis of its target; None where that is no box of whole index ranges."""
    ranges = ranges_of(equation.axes)
    spans: list[Span] = []
    for subscript in equation.subscripts:
        if not isinstance(subscript, Poly):
            return None
        index = subscript.index
        if index is not None and index in ranges:
            axis = ranges.pop(index)
            spans.append(Span.of(axis))
        elif not subscript.indices():
            spans.append(Span.at(subscript))
        else:
            return None
    return None if ranges else tuple(spans)


def without_overlap(equations: Sequence[Equation], tensor: Tensor) -> tuple[Equation, ...] | None:
    """The same adjoint as `=` equations, each on a box of its own; None where the equations write no boxes, differ
    along several axes, or their bounds cannot be put in order."""
    boxes = [written(equation) for equation in equations]
    if any(box is None for box in boxes):
        return None
    spans = [box for box in boxes if box is not None]
    whole = spans_of(tensor)
    differing = [place for place, span in enumerate(whole) if any(box[place] != span for box in spans)]
    if len(differing) > 1 or not spans:
        return None
    names = _index_names(equations, tensor)
    if not differing:
        return (_added(equations, equations[0], whole, names),)
    (place,) = differing
    cuts = _in_order([cut for box in (*spans, whole) for cut in (box[place].low, box[place].high + 1)])
    if cuts is None:
        return None
    out: list[Equation] = []
    for low, after in pairwise(cuts):
        here = [e for e, box in zip(equations, spans, strict=True) if box[place].holds(Span(low, after - 1))]
        region = (*whole[:place], Span(low, after - 1), *whole[place + 1 :])
        out.append(_added(here, equations[0], region, names))
    return tuple(out)


def _index_names(equations: Sequence[Equation], tensor: Tensor) -> list[Index]:
    """An index for each axis: one that an equation has there, else the tensor's own."""
    names: list[Index] = []
    for place in range(tensor.rank):
        own = [index for equation in equations if (index := _index(equation, place)) is not None]
        others = [Index(name) for name in (*tensor.axes[place : place + 1], f"i{place + 1}") if name]
        names.append(next(index for index in (*own, *others) if index not in names))
    return names


def _in_order(cuts: Sequence[Poly]) -> list[Poly] | None:
    """The different ones in ascending order, as far as sizes of at least 1 tell: `1` stands before `T`."""
    facts = Facts()
    ordered: list[Poly] = []
    for cut in dict.fromkeys(cuts):
        place = 0
        while place < len(ordered) and facts.proves(cut - ordered[place]):
            place += 1
        if not all(facts.proves(later - cut) for later in ordered[place:]):
            return None
        ordered.insert(place, cut)
    return ordered


def _added(equations: Sequence[Equation], like: Equation, box: Sequence[Span], names: Sequence[Index]) -> Equation:
    """One `=` for the sum of the equations on a box, 0 if there are none."""
    subscripts = tuple(span.low if span.point else Poly.of(index) for span, index in zip(box, names, strict=True))
    axes = tuple(Axis(i, span.low, span.high) for span, i in zip(box, names, strict=True) if not span.point)
    values: list[Term] = []
    for equation in equations:
        own = {index: subscripts[at] for at in range(len(box)) if (index := _index(equation, at)) is not None}
        values.append(substitute(equation.rhs, own))
    return replace(like, subscripts=subscripts, axes=axes, rhs=add(*values), op=Op.ASSIGN)


def _index(equation: Equation, place: int) -> Index | None:
    subscript = equation.subscripts[place]
    return subscript.index if isinstance(subscript, Poly) else None
