"""Reading elements: at affine subscripts, or where integer tensors say.

A read behind a guard may leave its tensor's range where the guard is false; it is 0 there (a gather: any element).
"""

from __future__ import annotations

from symbackprop.lower.evaluator import Evaluator
from symbackprop.lower.values import Kind, MapOp, Read, Scalar, Value
from symbackprop.terms.build import NIL
from symbackprop.terms.domains import margins
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType
from symbackprop.terms.term import Access, Subscript


def read(ev: Evaluator, access: Access) -> Value:
    """The elements over the axes of the subscripts."""
    if access.tensor not in ev.context.begun:
        # the order is that of reads that happen, and of what is added to: nothing is, where this is read
        assert access.tensor in ev.context.sums or ev.never(access), f"{access} is read before it is defined"
        return Scalar(NIL)
    tensor = ev.context.table[access.tensor]
    kind = Kind.INT if tensor.dtype is DType.INT else Kind.FLOAT
    polys = [subscript for subscript in access.subscripts if isinstance(subscript, Poly)]
    over = frozenset[Index]().union(*map(ev.axes_of, polys))
    padded = bool(ev.guards) and not all(map(ev.never_negative, margins(access.subscripts, tensor)))
    return Read(access.tensor, placed(ev, access.subscripts, tensor.origin), over, kind, padded)


def placed(ev: Evaluator, subscripts: tuple[Subscript, ...], origin: tuple[Poly, ...]) -> tuple[Poly | Value, ...]:
    """The subscripts as positions in the tensor's storage."""
    return tuple(
        subscript - low if isinstance(subscript, Poly) else _picked(ev, subscript, low)
        for subscript, low in zip(subscripts, origin, strict=True)
    )


def _picked(ev: Evaluator, subscript: Access, low: Poly) -> Value:
    value = ev.integer(subscript)
    return ev.map(MapOp.SUBTRACT, value, ev.position(low), kind=Kind.INT) if low.terms else value
