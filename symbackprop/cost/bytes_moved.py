"""Counts what is moved: the bytes that each equation reads and writes."""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.terms.poly import ONE, Index, Poly
from symbackprop.terms.program import DType, Equation, Op, Tensor
from symbackprop.terms.term import Access, Axis, Reduce, Term, children_of

__all__ = ["bytes_moved", "size"]

FLOAT_BYTES, INT_BYTES = 4, 8  # float32 and int64


def size(tensor: Tensor) -> Poly:
    """The bytes of a tensor."""
    total = Poly.of(INT_BYTES if tensor.dtype is DType.INT else FLOAT_BYTES)
    for extent in tensor.shape:
        total = total * extent
    return total


def bytes_moved(equation: Equation, tensors: Mapping[str, Tensor]) -> Poly:
    """Each element that the equation reads moved once, and each that it writes (twice where it adds)."""
    places = {axis.index: axis for axis in equation.axes}
    reads: dict[Access, Poly] = {}
    _visit(equation.rhs, places, tensors, reads)
    written = Poly.of(FLOAT_BYTES)
    for axis in equation.axes:
        written = written * axis.extent
    total = written * (2 if equation.op is Op.ACCUMULATE else 1)
    for moved in reads.values():
        total = total + moved
    return total


def _visit(term: Term, places: Mapping[Index, Axis], tensors: Mapping[str, Tensor], reads: dict[Access, Poly]) -> None:
    if isinstance(term, Reduce):
        places = {**places, **{axis.index: axis for axis in term.axes}}
    if isinstance(term, Access) and term not in reads:
        reads[term] = _touched(term, places, tensors[term.tensor])
    for child in children_of(term):
        _visit(child, places, tensors, reads)


def _touched(access: Access, places: Mapping[Index, Axis], tensor: Tensor) -> Poly:
    """The bytes an access touches, each once: by axis, what its subscript runs over, at most the whole of it."""
    item = INT_BYTES if tensor.dtype is DType.INT else FLOAT_BYTES
    gathered = any(isinstance(subscript, Access) for subscript in access.subscripts)
    total = ONE
    if gathered:  # a row for each position, repeated ones too
        for index in sorted(access.free, key=str):
            total = total * places[index].extent
        return total * item
    met: set[Index] = set()
    for subscript, extent in zip(access.subscripts, tensor.shape, strict=True):
        assert isinstance(subscript, Poly)
        fresh = [index for index in subscript.indices() if index not in met]
        met.update(fresh)
        if len(fresh) == 1:
            total = total * places[fresh[0]].extent
        elif fresh:
            total = total * extent
    return total * item
