"""Forms whose axes are named by indices: what the conversion works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbackprop.matrix.build import hadamard, product, scale, transpose
from symbackprop.matrix.form import CONDITIONS, Coefficient, Form, Ones, Scaled
from symbackprop.terms.build import UNIT, mul
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Axis, Term

Axes = Mapping[Index, Axis]


class NoForm(Exception):
    """A term has no matrix form; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """coefficient · scalars · form, where rows run over `row` and columns over `column`.

    A vector has `row` alone and a scalar neither; `form` is None exactly for a scalar, whose factors are `scalars`.
    """

    coefficient: Term = UNIT
    scalars: tuple[Form, ...] = ()
    form: Form | None = None
    row: Index | None = None
    column: Index | None = None

    @property
    def indices(self) -> tuple[Index, ...]:
        return tuple(index for index in (self.row, self.column) if index is not None)

    def other(self, index: Index) -> Index | None:
        """The other index of a matrix."""
        return self.column if self.row is index else self.row


def part(form: Form, row: Index | None = None, column: Index | None = None) -> Part:
    """The form as a part, its scalars in front."""
    coefficient: Term = UNIT
    scalars: tuple[Form, ...] = ()
    if isinstance(form, Scaled):
        coefficient, scalars, form = form.coefficient, form.scalars, form.form
    if row is None:
        if isinstance(form, Coefficient):
            return Part(mul(coefficient, form.term), scalars)
        return Part(coefficient, (*scalars, form))
    return Part(coefficient, scalars, form, row, column)


def times(left: Part, right: Part) -> Part:
    """A part with the scalar factors of another in front."""
    if right.coefficient is UNIT and not right.scalars:
        return left
    coefficient, scalars = mul(left.coefficient, right.coefficient), (*left.scalars, *right.scalars)
    return replace(left, coefficient=coefficient, scalars=scalars)


def bare(item: Part) -> Part:
    """The part without its scalar factors."""
    return replace(item, coefficient=UNIT, scalars=())


def oriented(item: Part, row: Index | None, column: Index | None) -> Form:
    """The part's form without its scalars, rows running over `row`."""
    assert item.form is not None
    assert set(item.indices) == {index for index in (row, column) if index is not None}
    return item.form if item.row is row else transpose(item.form)


def finished(item: Part) -> Form:
    """The part as one form, with its scalars."""
    if item.form is not None:
        return scale(item.coefficient, item.scalars, item.form)
    if not item.scalars:
        return Coefficient(item.coefficient)
    *before, last = sorted(item.scalars, key=lambda scalar: not isinstance(scalar, CONDITIONS))  # guards in front
    return scale(item.coefficient, before, last)


def spread(item: Part, row: Index | None, column: Index | None, axes: Axes) -> Form:
    """The part over rows `row` and columns `column`, repeated along those it does not have."""
    target = tuple(index for index in (row, column) if index is not None)
    assert set(item.indices) <= set(target)
    if not target:
        return finished(item)
    assert row is not None
    if item.form is None:
        ones = Ones(axes[row].extent, None if column is None else axes[column].extent)
        return scale(item.coefficient, item.scalars, ones)
    if len(item.indices) == len(target):
        return scale(item.coefficient, item.scalars, oriented(item, row, column))
    assert column is not None
    if item.row is row:
        repeated = product(item.form, transpose(Ones(axes[column].extent)))
    else:
        repeated = product(Ones(axes[row].extent), transpose(item.form))
    return scale(item.coefficient, item.scalars, repeated)


def merged(first: Part, second: Part) -> Part:
    """The elementwise product of two parts over the same indices."""
    assert first.form is not None
    form = hadamard(first.form, oriented(second, first.row, first.column))
    return times(Part(first.coefficient, first.scalars, form, first.row, first.column), bare_scalars(second))


def bare_scalars(item: Part) -> Part:
    """The scalar factors alone."""
    return Part(item.coefficient, item.scalars)
