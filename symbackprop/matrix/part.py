"""Forms whose axes are named by indices: what the conversion works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.matrix.constructors import hadamard, product, scale, transpose, unscaled
from symbackprop.matrix.form import CONDITIONS, Coefficient, Form, Ones
from symbackprop.phrases import Message
from symbackprop.terms.build import UNIT, mul
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Axis, Term

Axes = Mapping[Index, Axis]


class NoForm(Exception):
    """A term has no matrix form; `reason` says why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Part:
    """coefficient · scalars · form, where rows run over the first of the indices and columns over the second.

    A vector has one index and a scalar none; `form` is None exactly for a scalar, whose factors are `scalars`.
    """

    coefficient: Term = UNIT
    scalars: tuple[Form, ...] = ()
    form: Form | None = None
    indices: tuple[Index, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it is its coefficient alone."""
        return self.form is None and not self.scalars

    def other(self, index: Index) -> Index:
        """The other index of a matrix."""
        (other,) = (own for own in self.indices if own is not index)
        return other


def part(form: Form, *indices: Index) -> Part:
    """The form as a part, its scalars in front."""
    scaled = unscaled(form)
    if indices:
        return Part(scaled.coefficient, scaled.scalars, scaled.form, indices)
    if isinstance(scaled.form, Coefficient):
        return Part(mul(scaled.coefficient, scaled.form.term), scaled.scalars)
    return Part(scaled.coefficient, (*scaled.scalars, scaled.form))


def times(left: Part, right: Part) -> Part:
    """A part with the scalar factors of another in front."""
    if right.coefficient is UNIT and not right.scalars:
        return left
    return replace(left, coefficient=mul(left.coefficient, right.coefficient), scalars=(*left.scalars, *right.scalars))


def bare(item: Part) -> Part:
    """The part without its scalar factors."""
    return replace(item, coefficient=UNIT, scalars=())


def oriented(item: Part, *indices: Index) -> Form:
    """The part's form without its scalars, its rows and columns running over its indices in this order."""
    assert item.form is not None
    assert set(item.indices) == set(indices)
    return item.form if item.indices == indices else transpose(item.form)


def finished(item: Part) -> Form:
    """The part as one form, with its scalars."""
    if item.form is not None:
        return scale(item.coefficient, item.scalars, item.form)
    if not item.scalars:
        return Coefficient(item.coefficient)
    *before, last = sorted(item.scalars, key=lambda scalar: not isinstance(scalar, CONDITIONS))  # guards in front
    return scale(item.coefficient, before, last)


def spread(item: Part, indices: Sequence[Index], axes: Axes) -> Form:
    """The part over rows and columns that run over the indices, repeated along those that it does not have."""
    assert set(item.indices) <= set(indices)
    if len(item.indices) == len(indices):
        return scale(item.coefficient, item.scalars, oriented(item, *indices)) if indices else finished(item)
    if item.form is None:
        return scale(item.coefficient, item.scalars, Ones(*(axes[index].extent for index in indices)))
    row, column = indices
    if item.indices == (row,):
        repeated = product(item.form, transpose(Ones(axes[column].extent)))
    else:
        repeated = product(Ones(axes[row].extent), transpose(item.form))
    return scale(item.coefficient, item.scalars, repeated)


def merged(first: Part, second: Part) -> Part:
    """The elementwise product of two parts over the same indices."""
    assert first.form is not None
    return times(replace(first, form=hadamard(first.form, oriented(second, *first.indices))), second)


def few(indices: Sequence[Index]) -> tuple[Index, ...]:
    """The indices, if a matrix has no more."""
    if len(indices) > 2:
        raise NoForm(Message("term_has_indices", count=len(indices), indices=[*map(str, indices)]))
    return tuple(indices)


def union(parts: Sequence[Part]) -> tuple[Index, ...]:
    """The indices of all parts, rows first as most of the matrices among them have it."""
    indices = few(list(dict.fromkeys(index for item in parts for index in item.indices)))
    turned = sum(item.indices == indices[::-1] for item in parts if len(item.indices) == 2)
    straight = sum(item.indices == indices for item in parts)
    return indices[::-1] if turned > straight else indices
