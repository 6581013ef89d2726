"""What each statement should give: plain loops, and long double on fresh contiguous arrays.

An oracle gives (values, slack): how far each result may lie from its value, 0 where it must be the very number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from symbackprop.lower.values import MapOp
from symbackprop.terms.term import Reduction

Array = np.ndarray
Wide = np.longdouble
_ULPS = 16  # of functions that NumPy does not promise to the last digit


def _erf(x: Array) -> Array:
    return np.array([math.erf(float(v)) for v in x.reshape(-1)], Wide).reshape(x.shape)


def _power(x: Array, y: Array) -> Array:
    return np.power(x, y)


# The functions that must give the very number which contiguous arrays of the dtype itself give, ...
EXACT: dict[MapOp, Callable[..., Array]] = {
    MapOp.COPY: lambda x: x, MapOp.ADD: np.add, MapOp.SUBTRACT: np.subtract, MapOp.MULTIPLY: np.multiply,
    MapOp.DIVIDE: np.divide, MapOp.FLOOR_DIVIDE: np.floor_divide, MapOp.SQUARE: np.square, MapOp.SQRT: np.sqrt,
    MapOp.ABS: np.abs, MapOp.SIGN: np.sign, MapOp.FLOOR: np.floor, MapOp.CEILING: np.ceil,
    MapOp.MAXIMUM: np.maximum, MapOp.MINIMUM: np.minimum, MapOp.GREATER: np.greater,
    MapOp.GREATER_EQUAL: np.greater_equal, MapOp.EQUAL: np.equal, MapOp.NOT_EQUAL: np.not_equal,
    MapOp.AND: np.logical_and, MapOp.OR: np.logical_or, MapOp.NOT: np.logical_not, MapOp.SELECT: np.where,
}  # fmt: skip
# ... and those that must be near what long double gives.
NEAR: dict[MapOp, Callable[..., Array]] = {
    MapOp.POWER: _power, MapOp.EXP: np.exp, MapOp.EXPM1: np.expm1, MapOp.LOG: np.log, MapOp.LOG1P: np.log1p,
    MapOp.SIN: np.sin, MapOp.COS: np.cos, MapOp.TAN: np.tan, MapOp.ASIN: np.arcsin, MapOp.ACOS: np.arccos,
    MapOp.ATAN: np.arctan, MapOp.ATAN2: np.arctan2, MapOp.SINH: np.sinh, MapOp.COSH: np.cosh, MapOp.TANH: np.tanh,
    MapOp.ASINH: np.arcsinh, MapOp.ACOSH: np.arccosh, MapOp.ATANH: np.arctanh, MapOp.ERF: _erf,
    MapOp.LOG_COSH: lambda x: np.log1p(np.sinh(x) ** 2) / 2,
    MapOp.SIGMOID: lambda x: 1 / (1 + np.exp(x * Wide(-1))),
    MapOp.LOG_SIGMOID: lambda x: np.minimum(x, 0) - np.log1p(np.exp(np.abs(x) * Wide(-1))),
    MapOp.LOG_ADD_EXP: lambda u, v: np.maximum(u, v) + np.log1p(np.exp(np.abs(u - v) * Wide(-1))),
    MapOp.SOFTPLUS: lambda x: np.maximum(x, 0) + np.log1p(np.exp(np.abs(x) * Wide(-1))),
    MapOp.EXP_NORMALIZED: lambda u, v: np.where(v == -np.inf, Wide(0), np.exp(u - np.where(v == -np.inf, Wide(0), v))),
}  # fmt: skip


def mapped(op: MapOp, args: Sequence[Array], dtype: np.dtype) -> tuple[Array, Array]:
    """`args`: contiguous, aligned so that they broadcast."""
    if op in EXACT:
        value = np.asarray(EXACT[op](*args)).astype(dtype)
        return value, np.zeros(value.shape, Wide)
    wide = NEAR[op](*(arg.astype(Wide) for arg in args))
    eps = Wide(np.finfo(dtype).eps)
    absolute = Wide(np.finfo(dtype).tiny)
    if op is MapOp.ERF:
        absolute = Wide(4e-15)  # what the helper promises
    elif op is MapOp.LOG_ADD_EXP:
        absolute = _ULPS * eps  # its two parts may cancel
    elif op is MapOp.POWER and args[1].dtype.kind == "i":
        return wide, 2 * _ULPS * eps * np.abs(wide) + absolute  # one from another
    return wide, _ULPS * eps * np.abs(wide) + absolute


def folded(reduction: Reduction, source: Array, dtype: np.dtype) -> tuple[Array, Array]:
    """Reduced along the first axis."""
    eps = Wide(np.finfo(dtype).eps)
    match reduction:
        case Reduction.MAX | Reduction.MIN:
            choose = max if reduction is Reduction.MAX else min
            value = np.array([choose(column.tolist()) for column in source.T], dtype)
            return value, np.zeros(value.shape, Wide)
        case Reduction.SUM:
            total, size = np.zeros(source.shape[1:], Wide), np.zeros(source.shape[1:], Wide)
            for row in source.astype(Wide):
                total, size = total + row, size + np.abs(row)
            return total, (len(source) + 1) * eps * size
        case Reduction.PRODUCT:
            total = np.ones(source.shape[1:], Wide)
            for row in source.astype(Wide):
                total = total * row
            return total, (len(source) + 1) * eps * np.abs(total) + float(np.finfo(dtype).tiny)
        case _:
            raise TypeError(f"not folded by a call of its own: {reduction}")


def contracted(left: Array, right: Array, dtype: np.dtype) -> tuple[Array, Array]:
    """Σ left*right along the first axis of both, which broadcast."""
    shape = np.broadcast_shapes(left.shape[1:], right.shape[1:])
    total, size = np.zeros(shape, Wide), np.zeros(shape, Wide)
    for a, b in zip(left.astype(Wide), right.astype(Wide), strict=True):
        total, size = total + a * b, size + np.abs(a * b)
    return total, (len(left) + 1) * Wide(np.finfo(dtype).eps) * size


def deviating(
    left: Array, right: Array, weight: Array | None = None, *, count: int, dtype: np.dtype
) -> tuple[Array, Array]:
    """Σ (left - right)² along the first axis of both, or Σ weight*(left - right), where `right` has one position."""
    between = left.astype(Wide) - right.astype(Wide)
    products = between**2 if weight is None else weight.astype(Wide) * between
    size = np.abs(products).sum(axis=0)
    return products.sum(axis=0), (count + 40) * Wide(np.finfo(dtype).eps) * size + float(np.finfo(dtype).tiny)


def scattered(start: Array, index: Array, source: Array, dtype: np.dtype) -> tuple[Array, Array]:
    """start with source[p] added at row index[p]: start (rows, width), index (count,), source (count, width)."""
    total, size = start.astype(Wide), np.abs(start.astype(Wide))
    times = np.ones(len(start), int)
    for place, row in zip(index.tolist(), source.astype(Wide), strict=True):
        total[place], size[place] = total[place] + row, size[place] + np.abs(row)
        times[place] += 1
    return total, (times[:, None] + 1) * Wide(np.finfo(dtype).eps) * size
