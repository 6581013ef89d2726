"""Edits of an element that is read: its subscripts exchanged, shifted, running the other way; another tensor's.

    W[j, i] for W[i, j]       K[R - 1 - r] for K[r]       h[t - 1] for h[t + 1]       x[n, j] for x[m, j]

What may then lie outside its tensor is 0 there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from symbackprop.edits.kinds import Edit, Kind
from symbackprop.terms.build import at_least_zero, guarded
from symbackprop.terms.domains import margins
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import Access, Subscript, Term

Table = Mapping[str, Tensor]
Changed = tuple[Kind, Access, tuple[Index, ...]]


def read_edits(read: Access, table: Table, tensors: Sequence[str], ranges: Ranges) -> Iterator[Edit]:
    """`tensors`: what may stand in place of another."""
    for kind, access, indices in _changed(read, table, tensors, ranges):
        yield Edit(kind, element(access, table, ranges), read, access, indices)


def element(access: Access, table: Table, ranges: Ranges) -> Term:
    """The element, 0 where it may be outside its tensor."""
    facts, rooms = Facts.of(ranges.values()), margins(access.subscripts, table[access.tensor])
    guards = [at_least_zero(room) for room in rooms if room.constant is None and not facts.proves(room)]
    return guarded(guards, access)


def _changed(read: Access, table: Table, tensors: Sequence[str], ranges: Ranges) -> Iterator[Changed]:
    tensor, subscripts = read.tensor, read.subscripts
    for one, other in combinations(range(len(subscripts)), 2):
        if subscripts[one] != subscripts[other]:
            swapped = list(subscripts)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            yield Kind.TRANSPOSED, Access(tensor, tuple(swapped)), ()
    for name in tensors:
        if name != tensor and _is_alike(table[name], table[tensor]):
            yield Kind.ANOTHER_TENSOR, Access(name, subscripts), ()
    yield from _flipped(read, table[tensor], ranges)
    for place, subscript in enumerate(subscripts):
        if not isinstance(subscript, Poly) or not subscript.indices():
            continue
        for shifted in shifted_subscripts(subscripts, place):
            yield Kind.SHIFTED, Access(tensor, shifted), ()
        known = ranges.get(subscript.index) if subscript.index is not None else None
        for index, axis in ranges.items():
            if known is not None and index != known.index and (axis.low, axis.high) == (known.low, known.high):
                yield Kind.ANOTHER_INDEX, Access(tensor, _with(subscripts, place, Poly.of(index))), (index,)


def _is_alike(other: Tensor, tensor: Tensor) -> bool:
    """Whether it may stand in its place: floats, or integers for integers, of the same shape."""
    same = other.shape == tensor.shape and other.origin == tensor.origin
    return same and other.dtype in (DType.FLOAT, tensor.dtype)


def shifted_subscripts(subscripts: Sequence[Subscript], place: int) -> Iterator[tuple[Subscript, ...]]:
    """One of them higher and lower by one."""
    subscript = subscripts[place]
    if isinstance(subscript, Poly) and subscript.indices():
        for step in (1, -1):
            yield _with(subscripts, place, subscript + step)


def _flipped(read: Access, tensor: Tensor, ranges: Ranges) -> Iterator[Changed]:
    """One axis read from its other end, one index running the other way, a step to one side for the same to the
    other."""
    subscripts = read.subscripts
    for place, subscript in enumerate(subscripts):
        if not isinstance(subscript, Poly) or not subscript.indices():
            continue
        end = tensor.origin[place] + tensor.highest[place] - subscript
        yield Kind.AXIS_FLIPPED, Access(tensor.name, _with(subscripts, place, end)), ()
        for index in subscript.indices() if subscript.index is None else ():
            if index in ranges:
                back = ranges[index].low + ranges[index].high - Poly.of(index)
                turned = _with(subscripts, place, subscript.substitute({index: back}))
                yield Kind.INDEX_FLIPPED, Access(tensor.name, turned), (index,)
        step = subscript.constant_part
        if step and not subscript.dims():
            yield Kind.STEP_FLIPPED, Access(tensor.name, _with(subscripts, place, subscript - 2 * step)), ()


def _with(subscripts: Sequence[Subscript], place: int, new: Poly) -> tuple[Subscript, ...]:
    return (*subscripts[:place], new, *subscripts[place + 1 :])
