"""How far subscripts lie inside their tensor."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from symbackprop.terms.build import integer_condition
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.term import Relation, Subscript, Term


def margins(subscripts: Sequence[Subscript], tensor: Tensor) -> Iterator[Poly]:
    """Of each polynomial subscript how far it is above the lowest and below the highest position: inside where none is
    negative. What is looked up is left out."""
    for subscript, low, high in zip(subscripts, tensor.origin, tensor.highest, strict=True):
        if isinstance(subscript, Poly):
            yield from (subscript - low, high - subscript)


def says_inside(condition: Term, inside: Container[Poly]) -> bool:
    """Whether the condition only says that one of these margins is not negative."""
    integers = integer_condition(condition)
    return integers is not None and integers[0] is Relation.GE and integers[1] in inside


__all__ = ["margins", "says_inside"]
