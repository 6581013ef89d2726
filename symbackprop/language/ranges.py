"""What is said of a read that may lie outside its tensor under the conditions of its branch (`terms.inside`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from symbackprop.errors import InvalidSubscript, OutOfRange, UnprovedRange
from symbackprop.terms.inside import Read
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Tensor
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.term import Access

Subject = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Placed:
    """A tensor with its lowest and highest positions, worked out once."""

    tensor: Tensor
    low: tuple[Poly, ...]
    high: tuple[Poly, ...]

    @staticmethod
    def of(tensor: Tensor) -> Placed:
        return Placed(tensor, tensor.origin, tensor.highest)


def check_read(read: Read, table: Mapping[str, Placed], subject: Subject) -> None:
    """Raises where a subscript may leave the tensor's range."""
    placed = table[read.access.tensor]
    for place, subscript in enumerate(read.access.subscripts):
        if not isinstance(subscript, Poly):
            _check_gather(read, subscript, placed.tensor, place, table, subject)
            continue
        low, high = placed.low[place], placed.high[place]
        index = subscript.index
        if index is not None and any(a.index == index and a.low == low and a.high == high for a in read.axes):
            continue
        for poly in (subscript - low, high - subscript):
            if not read.facts.proves(poly):
                _refuse(read, placed.tensor, place, poly, table, subject)


def _check_gather(
    read: Read, gather: Access, tensor: Tensor, place: int, table: Mapping[str, Placed], subject: Subject
) -> None:
    source = table[gather.tensor].tensor
    if source.dtype is not DType.INT:
        raise InvalidSubscript(subject(), expected="an integer input as a subscript", found=f"{source.name}, a float")
    if source.high is None:
        raise InvalidSubscript(
            subject(),
            expected=f"a bound on the values of {source.name}, which is a subscript of {tensor.name}",
            found=f"{source.name} declared without one",
            remedy=f'declare it with high={tensor.shape[place]}, as in net.input("y", (N,), dtype="int", high=C)',
        )
    for poly in (-tensor.origin[place], tensor.highest[place] - source.high + 1):
        if not read.facts.proves(poly):
            text = f"{source.name} has values 0..{source.high - 1}"
            _refuse(read, tensor, place, poly, table, subject, text)


def _refuse(
    read: Read, tensor: Tensor, place: int, poly: Poly, table: Mapping[str, Placed], subject: Subject, why: str = ""
) -> None:
    names = _names(read, table)
    printer = Printer()
    element = printer.access(read.access, names)
    span = f"{tensor.origin[place]}..{tensor.highest[place]}"
    expected = f"{element} inside {tensor.name}, whose axis {place} runs over {span}"
    witness = read.facts.refutes(poly)
    if witness is None:
        raise UnprovedRange(
            subject(), expected=expected, found=f"{why + ', and ' if why else ''}no proof of it for all sizes",
            remedy=_remedy(read, poly),
        )  # fmt: skip
    values = ", ".join(
        f"{names.get(atom, atom.name) if isinstance(atom, Index) else atom.name} = {value}"
        for atom, value in witness.items()
    )
    subscript = read.access.subscripts[place]
    known = {**witness}
    position = ""
    if isinstance(subscript, Poly) and all(a in known for a in (*subscript.indices(), *subscript.dims())):
        position = f" the subscript is {subscript.evaluate(known.__getitem__)}"
        span_polys = (tensor.origin[place], tensor.highest[place])
        if all(atom in known for p in span_polys for atom in p.dims()):
            low, high = (p.evaluate(known.__getitem__) for p in span_polys)
            position += f", outside {low}..{high}"
    found = f"{why + '; ' if why else ''}at {values}{position}" if values else why or "it never is"
    raise OutOfRange(subject(), expected=expected, found=found, remedy=_remedy(read, poly))


def _names(read: Read, table: Mapping[str, Placed]) -> dict[Index, str]:
    names: dict[Index, str] = {}
    taken = {axis.index.name for axis in read.axes if not axis.index.level}
    namer = Namer({name: placed.tensor for name, placed in table.items()})
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


__all__ = ["Placed", "check_read"]
