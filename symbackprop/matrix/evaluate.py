"""The values of a matrix form, by NumPy: the proof that what is printed is what is computed.

It shares no code with the interpreter of programs nor with the generated modules. Vectors are arrays with one row or
column, scalars have one of each, so that a product of forms is a product of arrays throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import product as tuples
from typing import Any

import numpy as np

from symbackprop.errors import SymbackpropError
from symbackprop.matrix.form import (
    CONDITIONS,
    Along,
    Coefficient,
    Compared,
    Diagonal,
    DiagonalOf,
    Direction,
    Entries,
    Form,
    Hadamard,
    Joined,
    Map,
    MatrixEquation,
    Ones,
    Over,
    Power,
    Product,
    Read,
    Scaled,
    SquaredNorm,
    Sum,
    Trace,
    Transposed,
    Where,
)
from symbackprop.matrix.scalars import FUNCTIONS, RELATIONS, term_values
from symbackprop.matrix.shape import shape_of
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Axis, Connective, Reduction


class OutsideLabels(SymbackpropError):
    """A form reads a member of a family of matrices that is not there."""


Array = np.ndarray[Any, Any]
Labels = Mapping[Index, int]


def evaluate(equation: MatrixEquation, values: Mapping[str, Array], sizes: Mapping[str, int]) -> Array:
    """What the equation writes, as an array of its tensor's shape: of all labels together, 0 where it writes nothing.

    `values`: an array for each tensor that it reads. Positions that several instances write (by `+=`) are added up.
    """
    evaluator = _Evaluator(values, sizes)
    layout = equation.left.layout
    out = np.zeros([evaluator.size(size, {}) for size in layout.sizes])
    for labels in evaluator.positions(equation.axes, {}):
        where = evaluator.place(equation.left, labels)
        if where is None:  # only ever behind a guard that is off
            continue
        with np.errstate(all="ignore"):  # infinities and NaN come out where they are due
            out[where] += evaluator.form(equation.right, labels).reshape(out[where].shape)
    return out


def value_of(
    form: Form, values: Mapping[str, Array], sizes: Mapping[str, int], labels: Labels | None = None
) -> Array:
    """The value of a form, an array of two axes: one row for a row vector, one column for a column vector."""
    with np.errstate(all="ignore"):
        return _Evaluator(values, sizes).form(form, labels or {})


class _Evaluator:
    def __init__(self, values: Mapping[str, Array], sizes: Mapping[str, int]) -> None:
        self.values, self.sizes = values, sizes

    # --- sizes, labels, elements ---------------------------------------------------------------------
    def size(self, poly: Poly, labels: Labels) -> int:
        return poly.evaluate(lambda atom: self.sizes[atom.name] if isinstance(atom, Dim) else labels[atom])

    def positions(self, axes: tuple[Axis, ...], labels: Labels) -> list[dict[Index, int]]:
        """Every assignment of the axes' indices, with the labels around."""
        ranges = [range(self.size(axis.low, labels), self.size(axis.high, labels) + 1) for axis in axes]
        indices = [axis.index for axis in axes]
        return [{**labels, **dict(zip(indices, found, strict=True))} for found in tuples(*ranges)]

    def place(self, read: Read, labels: Labels) -> tuple[int | slice, ...] | None:
        """Where the matrix stands in its tensor's array; None outside it."""
        layout = read.layout
        where: list[int | slice] = [slice(None)] * len(layout.sizes)
        for place, label in zip(layout.labels, read.labels, strict=True):
            found = self.size(label, labels) - self.size(layout.origin[place], {})
            if not 0 <= found < self.size(layout.sizes[place], {}):
                return None
            where[place] = found
        return tuple(where)

    def _shape(self, form: Form, labels: Labels) -> tuple[int, int]:
        shape = shape_of(form)
        rows, columns = (1 if size is None else self.size(size, labels) for size in (shape.rows, shape.columns))
        return rows, columns

    # --- forms ---------------------------------------------------------------------------------------
    def form(self, form: Form, labels: Labels) -> Array:
        """The form's value, an array of two axes."""
        match form:
            case Read(tensor, _, _):
                where = self.place(form, labels)
                if where is None:
                    position = ", ".join(f"{index} = {value}" for index, value in labels.items())
                    raise OutsideLabels(f"{tensor}, read at {position}", expected="labels inside the tensor")
                return np.asarray(self.values[tensor], dtype=float)[where].reshape(self._shape(form, labels))
            case Coefficient(term):
                return np.full((1, 1), float(self._entries(term, None, None, labels)[0, 0]))
            case Entries(term, row, column):
                return self._entries(term, row, column, labels)
            case Ones():
                return np.ones(self._shape(form, labels))
            case Transposed(inner):
                return self.form(inner, labels).T
            case Product(factors):
                return self._product(factors, labels)[0]
            case Hadamard(factors):
                return self._elementwise_product(factors, labels)
            case Scaled():
                return self._scaled(form, labels)
            case Sum(addends):
                return np.asarray(np.sum([self.form(addend, labels) for addend in addends], axis=0))
            case Power(base, exponent):
                return np.asarray(np.power(self.form(base, labels), float(exponent)))
            case Map(function, args):
                return np.asarray(FUNCTIONS[function](*(self.form(arg, labels) for arg in args)))
            case Compared(relation, left, right):
                holds = RELATIONS[relation](self.form(left, labels), self.form(right, labels))
                return np.asarray(holds, dtype=float)
            case Joined(connective, args):
                return self._joined(connective, [self.form(arg, labels) != 0 for arg in args]).astype(float)
            case Where():
                return self._where(form, labels)
            case Along():
                return self._along(form, labels)
            case Over(reduction, axes, inner):
                members = [self.form(inner, position) for position in self.positions(axes, labels)]
                stack = np.stack(members) if members else np.zeros((0, *self._shape(inner, labels)))
                return _REDUCED[reduction](stack, 0)
            case Diagonal(inner):
                return np.diag(self.form(inner, labels)[:, 0])
            case DiagonalOf(inner):
                return np.diag(self.form(inner, labels))[:, None]
            case Trace(inner):
                return np.full((1, 1), np.trace(self.form(inner, labels)))
            case SquaredNorm(inner):
                return np.full((1, 1), np.sum(np.square(self.form(inner, labels))))
            case _:
                raise TypeError(f"not a form: {type(form).__name__}")

    def _entries(self, term: Any, row: Axis | None, column: Axis | None, labels: Labels) -> Array:
        grids: dict[Index, Any] = dict(labels)
        shape = [1, 1]
        for place, axis in enumerate((row, column)):
            if axis is not None:
                low, high = self.size(axis.low, labels), self.size(axis.high, labels)
                grids[axis.index] = np.arange(low, high + 1).reshape((-1, 1) if place == 0 else (1, -1))
                shape[place] = high - low + 1
        found = np.asarray(term_values(term, grids, self.sizes, self.values), dtype=float)
        return np.broadcast_to(found, shape)

    def _product(self, factors: tuple[Form, ...], labels: Labels) -> tuple[Array, Array]:
        """(the product, which of its zeros come from conditions).

        Where the entry of a condition is 0 it makes 0 of what it is multiplied with, infinities and NaN too; and a
        diagonal matrix scales rows or columns, without the zeros beside its diagonal.
        """
        first, *rest = factors
        if isinstance(first, Diagonal) and rest:
            return self._rows_scaled(first, *self._product(tuple(rest), labels), labels)
        out = self.form(first, labels)
        off = (out == 0) & _is_guard(first)
        for factor in rest:
            if isinstance(factor, Diagonal):
                scaled, scaled_off = self._rows_scaled(factor, out.T, off.T, labels)
                out, off = scaled.T, scaled_off.T
                continue
            value = self.form(factor, labels)
            value_off = (value == 0) & _is_guard(factor)
            if off.any() or value_off.any():
                pairs_off = off[:, :, None] | value_off[None, :, :]
                out = np.sum(np.where(pairs_off, 0.0, out[:, :, None] * value[None, :, :]), axis=1)
                off = pairs_off.all(axis=1)
            else:
                out = out @ value
                off = np.zeros(out.shape, dtype=bool)
        return out, off

    def _rows_scaled(self, diagonal: Diagonal, value: Array, off: Array, labels: Labels) -> tuple[Array, Array]:
        """diag(v) A, and which of its zeros come from conditions."""
        vector = self.form(diagonal.form, labels)
        off = off | ((vector == 0) & _is_guard(diagonal.form))
        return np.where(off, 0.0, vector * value), off

    def _elementwise_product(self, factors: tuple[Form, ...], labels: Labels) -> Array:
        """Where a condition among the factors is off the product is 0, whatever the others are."""
        kept = np.ones((1, 1), dtype=bool)
        out = np.ones((1, 1))
        for factor in factors:
            value = self.form(factor, labels)
            if _is_guard(factor):
                kept = kept & (value != 0)
            out = out * value
        return np.where(kept, out, 0.0)

    def _scaled(self, form: Scaled, labels: Labels) -> Array:
        """Where a condition among the scalars is off the rest is not looked at: it may lie outside its tensor."""
        conditions = [scalar for scalar in form.scalars if isinstance(scalar, CONDITIONS)]
        if not all(self.form(condition, labels).item() for condition in conditions):
            return np.zeros(self._shape(form, labels))
        out = self.form(Coefficient(form.coefficient), labels) * self.form(form.form, labels)
        for scalar in form.scalars:
            out = out * self.form(scalar, labels)
        return out

    def _joined(self, connective: Connective, args: list[Array]) -> Array:
        match connective:
            case Connective.AND:
                return np.asarray(np.logical_and.reduce(args))
            case Connective.OR:
                return np.asarray(np.logical_or.reduce(args))
            case Connective.NOT:
                return np.asarray(np.logical_not(args[0]))

    def _where(self, form: Where, labels: Labels) -> Array:
        condition = self.form(form.condition, labels) != 0
        shape = self._shape(form, labels)
        if condition.shape == (1, 1) and shape_of(form.condition).is_scalar:
            chosen = form.then if condition.item() else form.otherwise
            return np.zeros(shape) if chosen is None else self.form(chosen, labels)
        otherwise = np.zeros(shape) if form.otherwise is None else self.form(form.otherwise, labels)
        return np.where(condition, self.form(form.then, labels), otherwise)

    def _along(self, form: Along, labels: Labels) -> Array:
        value = self.form(form.form, labels)
        match form.direction:
            case Direction.ROWS:
                return _REDUCED[form.reduction](value, 1)[:, None]
            case Direction.COLUMNS:
                return _REDUCED[form.reduction](value, 0)[:, None]
            case Direction.ALL:
                return _REDUCED[form.reduction](value.reshape(-1), 0).reshape(1, 1)


def _is_guard(form: Form) -> bool:
    """Whether it is a condition, as a matrix of zeros and ones, or the diagonal matrix of one."""
    match form:
        case Transposed(inner) | Diagonal(inner):
            return _is_guard(inner)
        case Hadamard(factors):
            return all(map(_is_guard, factors))
        case _:
            return isinstance(form, CONDITIONS)


def _logsumexp(values: Array, axis: int) -> Array:
    top = np.max(values, axis=axis, keepdims=True, initial=-math.inf)
    steady = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.sum(np.exp(values - steady), axis=axis)) + np.squeeze(steady, axis))


_REDUCED: dict[Reduction, Callable[[Array, int], Array]] = {
    Reduction.SUM: lambda values, axis: np.asarray(np.sum(values, axis=axis)),
    Reduction.PRODUCT: lambda values, axis: np.asarray(np.prod(values, axis=axis)),
    Reduction.MAX: lambda values, axis: np.asarray(np.max(values, axis=axis, initial=-math.inf)),
    Reduction.MIN: lambda values, axis: np.asarray(np.min(values, axis=axis, initial=math.inf)),
    Reduction.LOGSUMEXP: _logsumexp,
}
