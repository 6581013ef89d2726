"""Counts what is moved: the bytes that each equation reads and writes."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Tensor
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Access, Axis
from symbackprop.terms.walks import visits

__all__ = ["bytes_moved", "size"]

FLOAT_BYTES, INT_BYTES = 4, 8  # float32 and int64


def size(tensor: Tensor) -> Poly:
    """The bytes of a tensor."""
    return prod(tensor.shape, start=Poly.of(_item(tensor)))


def _item(tensor: Tensor) -> int:
    return INT_BYTES if tensor.dtype is DType.INT else FLOAT_BYTES


def bytes_moved(equation: Equation, tensors: Mapping[str, Tensor]) -> Poly:
    """Each element that the equation reads moved once, and each that it writes (twice where it adds)."""
    reads: dict[Access, Poly] = {}
    for term, places in visits(equation.rhs, ranges_of(equation.axes), lambda total: ranges_of(total.axes)):
        if isinstance(term, Access) and term not in reads:
            reads[term] = _touched(term, places, tensors[term.tensor])
    written = prod((axis.extent for axis in equation.axes), start=Poly.of(FLOAT_BYTES))
    return sum(reads.values(), written * (2 if equation.op is Op.ACCUMULATE else 1))


def _touched(access: Access, places: Mapping[Index, Axis], tensor: Tensor) -> Poly:
    """The bytes an access touches, each once: by axis, what its subscript runs over, at most the whole of it."""
    if any(isinstance(subscript, Access) for subscript in access.subscripts):  # a row for each position, repeated too
        return prod((places[index].extent for index in access.free), start=Poly.of(_item(tensor)))
    total = Poly.of(_item(tensor))
    met: set[Index] = set()
    for subscript, extent in zip(access.subscripts, tensor.shape, strict=True):
        assert isinstance(subscript, Poly)
        fresh = [index for index in subscript.indices() if index not in met]
        met.update(fresh)
        if len(fresh) == 1:
            total = total * places[fresh[0]].extent
        elif fresh:
            total = total * extent
    return total
