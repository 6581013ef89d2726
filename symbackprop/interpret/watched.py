"""Ties: equal values between which an order decided on the way to a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbackprop.interpret.number_system import Deciding
from symbackprop.interpret.witnessed import Witnessed
from symbackprop.terms.term import Compare, Function, Relation, Term

__all__ = ["Watched"]


class Watched(Witnessed):
    """Exact numbers; `tied` once an order was asked for between equal values, other than of `integers`, and than
    whether a relu that is off is above 0 (its derivation asks that)."""

    def __init__(self, integers: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.integers, self.tied, self._off = integers, False, False

    def about(self, term: Term) -> Deciding:
        exact = isinstance(term, Compare) and term.tensors and term.tensors <= self.integers
        return Witnessed() if exact else self

    def apply(self, function: Function, values: Sequence[Any]) -> Any:
        found = super().apply(function, values)
        match function:
            case Function.MAX | Function.MIN:
                self.tied |= type(found) is int and sum(value == found for value in values) > 1
            case Function.RELU:
                self.tied |= values[0] == 0
                self._off |= found == 0
            case Function.ABS | Function.SIGN:
                self.tied |= values[0] == 0
        return found

    def compare(self, relation: Relation, left: Any, right: Any) -> bool:
        off = self._off and left == right == 0
        self.tied |= relation in (Relation.GT, Relation.GE) and left == right and type(left) is int and not off
        return super().compare(relation, left, right)
