"""What is said of a read that may lie outside its tensor under the conditions of its branch (`terms.inside`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbackprop.errors import InvalidSubscript, OutOfRange, UnprovedRange
from symbackprop.language.told import Subject
from symbackprop.terms.deep import too_deep
from symbackprop.terms.inside import Margin, Read, margins, reads_outside
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Tensor
from symbackprop.terms.readings import TooManyPaths
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.term import Access, Axis, Term, accesses


@dataclass(frozen=True, slots=True)
class Pending:
    """What reads tensors whose range is not known yet, and what was known where it was written."""

    term: Term
    axes: tuple[Axis, ...]
    conditions: tuple[Term, ...]
    subject: Subject


def check_reads(
    term: Term, axes: tuple[Axis, ...], conditions: tuple[Term, ...], table: Mapping[str, Tensor], subject: Subject
) -> None:
    """Raises where a subscript may leave the range of a tensor of the table."""
    for access in accesses(term):
        if access.tensor in table:
            _check_gathers(access, table, subject)
    outside = reads_outside(term, axes, conditions, lambda read: _left(read, table) is None)
    try:
        read = next(outside, None)
    except TooManyPaths as error:
        raise too_deep(subject(), error) from error
    if read is not None:
        found = _left(read, table)
        assert found is not None
        raise _refusal(read, found, table, subject)


def _left(read: Read, table: Mapping[str, Tensor]) -> Margin | None:
    """By what a tensor of the table may be left, if it may."""
    if read.access.tensor not in table:
        return None
    return next((margin for margin in margins(read, table) if not read.facts.proves(margin.room)), None)


def _check_gathers(access: Access, table: Mapping[str, Tensor], subject: Subject) -> None:
    tensor = table[access.tensor]
    for extent, subscript in zip(tensor.shape, access.subscripts, strict=True):
        if not isinstance(subscript, Access):
            continue
        source = table[subscript.tensor]
        if source.dtype is not DType.INT:
            raise InvalidSubscript(
                subject(), expected="an integer input as a subscript", found=f"{source.name}, a float"
            )
        if source.high is None:
            raise InvalidSubscript(
                subject(),
                expected=f"a bound on the values of {source.name}, which is a subscript of {tensor.name}",
                found=f"{source.name} declared without one",
                remedy=f'declare it with high={extent}, as in net.input("y", (N,), dtype="int", high=C)',
            )


def _refusal(read: Read, margin: Margin, table: Mapping[str, Tensor], subject: Subject) -> OutOfRange | UnprovedRange:
    tensor, place, poly = table[read.access.tensor], margin.place, margin.room
    subscript, why = read.access.subscripts[place], ""
    if isinstance(subscript, Access):
        source = table[subscript.tensor]
        assert source.high is not None
        why = f"{source.name} has values 0..{source.high - 1}"
    names = _names(read, table)
    printer = Printer()
    element = printer.access(read.access, names)
    span = f"{tensor.origin[place]}..{tensor.highest[place]}"
    expected = f"{element} inside {tensor.name}, whose axis {place} runs over {span}"
    witness = read.facts.refutes(poly)
    if witness is None:
        return UnprovedRange(
            subject(), expected=expected, found=f"{why + ', and ' if why else ''}no proof of it for all sizes",
            remedy=_remedy(read, poly),
        )  # fmt: skip
    values = ", ".join(
        f"{names.get(atom, atom.name) if isinstance(atom, Index) else atom.name} = {value}"
        for atom, value in witness.items()
    )
    known = {**witness}
    position = ""
    if isinstance(subscript, Poly) and all(a in known for a in (*subscript.indices(), *subscript.dims())):
        position = f" the subscript is {subscript.evaluate(known.__getitem__)}"
        span_polys = (tensor.origin[place], tensor.highest[place])
        if all(atom in known for p in span_polys for atom in p.dims()):
            low, high = (p.evaluate(known.__getitem__) for p in span_polys)
            position += f", outside {low}..{high}"
    found = f"{why + '; ' if why else ''}at {values}{position}" if values else why or "it never is"
    return OutOfRange(subject(), expected=expected, found=found, remedy=_remedy(read, poly))


def _names(read: Read, table: Mapping[str, Tensor]) -> dict[Index, str]:
    names: dict[Index, str] = {}
    taken = {axis.index.name for axis in read.axes if not axis.index.level}
    namer = Namer(table)
    for reduction in read.inside:
        names = namer.names(reduction, names, taken)
        taken |= set(names.values())
    return names


def _remedy(read: Read, poly: Poly) -> str:
    guard = "guard it with a Piecewise, whose conditions on indices are taken into account"
    worst = _worst(read, poly)
    if worst is None or worst.constant is not None or not read.facts.nonnegative_too([worst]).proves(poly):
        return guard
    above = Poly({monomial: c for monomial, c in worst.terms if c > 0})
    below = Poly({monomial: -c for monomial, c in worst.terms if c < 0})
    return f"if that is meant, state net.assume(Le({below}, {above})) before the equation, or {guard}"


def _worst(read: Read, poly: Poly) -> Poly | None:
    """The least value of the polynomial over the ranges of its indices, or None."""
    for axis in reversed(read.axes):
        weight = poly.coefficient(axis.index)
        if not weight.terms:
            continue
        if read.facts.proves(weight):
            poly = poly.substitute({axis.index: axis.low})
        elif read.facts.proves(-weight):
            poly = poly.substitute({axis.index: axis.high})
        else:
            return None
    return None if poly.indices() else poly


__all__ = ["Pending", "check_reads"]
