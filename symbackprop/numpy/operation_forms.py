"""What an operation of the array language is called as in NumPy, and on what."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import Array, Contract, Deviation, Fold, Map, Operand, Scalar, Statement
from symbackprop.numpy.helpers import Helper
from symbackprop.numpy.window_strides import by_stride, contiguous
from symbackprop.python_text.numpy_operations import SILENT
from symbackprop.terms.build import number
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Number

HELPERS = {MapOp.ERF: Helper.ERF, MapOp.SIGMOID: Helper.SIGMOID, MapOp.SOFTPLUS: Helper.SOFTPLUS,
            MapOp.LOG_SIGMOID: Helper.LOG_SIGMOID,
            MapOp.EXP_NORMALIZED: Helper.EXP_NORMALIZED, MapOp.LOG_COSH: Helper.LOG_COSH}  # fmt: skip
_POWERS_OF_TWO = frozenset(2**power for power in range(1, 11))  # whose reciprocals float16 has, too


def stacked(array: Array, batch: Sequence[Index], matrix: Sequence[tuple[Index, ...]]) -> list[tuple[Index, ...]]:
    """The groups of axes of a stack of matrices. Batch axes that a factor lacks have length 1, or are left out where
    nothing precedes; vectors are vectors where there is no stack."""
    lead: list[tuple[Index, ...]] = [(axis,) if axis in array.axes else () for axis in batch]
    while lead and not lead[0]:
        lead.pop(0)
    return [*lead, *(group for group in matrix if group or batch)]


def rows_with_rows(product: Contract) -> tuple[tuple[Array, tuple[Index, ...]], ...] | None:
    """Both sides of out = x · wᵀ, x first, each with the axes of its rows, where all lie row by row without gaps."""
    sides = [(product.left, product.rows), (product.right, product.columns)]
    order = by_stride(product.out, product.out.axes)
    if product.batch or not product.inner or not all(rows for _, rows in sides):
        return None
    sides.sort(key=lambda side: order.index(side[1][-1]))
    gapless = contiguous(product.out, [axis for _, rows in sides for axis in rows])
    return tuple(sides) if gapless and all(contiguous(x, [*rows, *product.inner]) for x, rows in sides) else None


def number_kind(op: MapOp, out: Array, args: Sequence[Operand]) -> Kind | None:
    """The kind of the numbers among the arguments of a ufunc, where its other arguments are of one that says so."""
    if op in HELPERS or op is MapOp.COPY:
        return None
    kinds = {arg.kind for arg in args if not isinstance(arg, Scalar)}
    if kinds == {Kind.FLOAT}:
        return Kind.FLOAT
    return Kind.INT if kinds == {Kind.INT} and out.kind is not Kind.FLOAT else None


def multiplied(op: MapOp, args: tuple[Operand, ...]) -> tuple[MapOp, tuple[Operand, ...]]:
    """Division by a power of two as the multiplication that gives the very same, in half the time."""
    match op, args:
        case MapOp.DIVIDE, (Array(kind=Kind.FLOAT) as array, Scalar(Number(by))) if by in _POWERS_OF_TWO:
            return MapOp.MULTIPLY, (array, Scalar(number(1 / by)))
        case _:
            return op, args


def wants_quiet(statement: Statement) -> bool:
    match statement:
        case Map(op, out):
            return statement.quiet and op not in SILENT and out.kind is Kind.FLOAT
        case Contract() | Fold() | Deviation():
            return statement.quiet
        case _:
            return False
