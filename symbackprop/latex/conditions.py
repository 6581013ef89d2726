r"""Conditions in LaTeX, and the indicators of conditions: `\mathbf{1}\left[n = n'\right]`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from symbackprop.latex.indices import Bound, IndexPrinter
from symbackprop.terms.conditions import integer_condition, is_and
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.term import Compare, Connective, Logic, Number, PolyValue, Relation, Term, Training, Truth

__all__ = ["CONNECTIVES", "NEGATED", "RELATIONS", "ConditionPrinter"]

RELATIONS = {Relation.GT: ">", Relation.GE: r"\ge", Relation.EQ: "=", Relation.NE: r"\ne"}
NEGATED = {Relation.GT: r"\le", Relation.GE: "<", Relation.EQ: r"\ne", Relation.NE: "="}
CONNECTIVES = {Connective.AND: r"\land", Connective.OR: r"\lor"}


class ConditionPrinter(IndexPrinter, ABC):
    """Writes conditions on indices and values."""

    @abstractmethod
    def term(self, term: Term, bound: Bound | None = None) -> str:
        """A value in a relation."""

    def bracket(self, condition: Term, bound: Bound) -> str:
        """1 where the condition holds and 0 elsewhere: an indicator, which no δ can be mistaken for. Equations are
        indicators of their own, so that each can be contracted with a sum."""
        return r" \, ".join(self.brackets(condition, bound))

    def brackets(self, condition: Term, bound: Bound) -> list[str]:
        """The factors of `bracket`."""
        parts = condition.args if is_and(condition) else (condition,)
        equal = [part for part in parts if isinstance(part, Compare) and part.relation is Relation.EQ]
        texts = [self._part(part, bound) for part in equal]
        rest, between = self._between([part for part in parts if part not in equal], bound)
        texts += between
        if rest:
            texts.append(r" \land ".join(self._part(part, bound) for part in rest))
        return [rf"\mathbf{{1}}\left[{text}\right]" for text in texts]

    def _between(self, parts: Sequence[Term], bound: Bound) -> tuple[list[Term], list[str]]:
        r"""Pairs `u - a >= 0`, `b - u >= 0` become `a \le u \le b`; the other conditions come first."""
        polys = {part: poly for part in parts if (poly := _at_least(part)) is not None}
        rest, texts = list(parts), []
        for first, low in polys.items():
            for second, high in polys.items():
                middle = low - low.without_indices()
                if first not in rest or second not in rest or middle + (high - high.without_indices()) != ZERO:
                    continue
                leading = min(middle.indices(), key=lambda index: self.index(index, bound))
                if middle.coefficient(leading).constant_part < 0:
                    continue  # the pair is met again the other way round
                rest.remove(first)
                rest.remove(second)
                start, end = self.poly(-low.without_indices(), bound), high.without_indices()
                strict = end.constant is None and end.constant_part == -1
                stop = f"< {self.poly(end + 1, bound)}" if strict else rf"\le {self.poly(end, bound)}"
                texts.append(rf"{start} \le {self.poly(middle, bound)} {stop}")
        return rest, texts

    def condition(self, condition: Term, bound: Bound) -> str:
        """A condition without its brackets."""
        match condition:
            case Training():
                return r"\text{training}"
            case Truth(value):
                return r"\text{true}" if value else r"\text{false}"
            case Compare(relation, PolyValue(poly), Number(value)) if value == 0:
                if relation is Relation.GE and poly.constant_part == -1:  # j < i reads better than j + 1 ≤ i
                    relation, poly = Relation.GT, poly + 1
                left = Poly({monomial: c for monomial, c in poly.terms if c > 0})
                right = Poly({monomial: -c for monomial, c in poly.terms if c < 0})
                sides = [self.poly(left, bound), self.poly(right, bound)]
                if relation in (Relation.EQ, Relation.NE):  # n = n', k = 2 m
                    sides.sort(key=lambda side: (len(side), side))
                return f"{sides[0]} {RELATIONS[relation]} {sides[1]}"
            case Compare(relation, left_term, right_term):
                return f"{self.term(left_term, bound)} {RELATIONS[relation]} {self.term(right_term, bound)}"
            case Logic(Connective.NOT, (Compare(relation, left_term, right_term),)):
                return f"{self.term(left_term, bound)} {NEGATED[relation]} {self.term(right_term, bound)}"
            case Logic(Connective.NOT, (inner,)):
                return rf"\lnot \left({self.condition(inner, bound)}\right)"
            case Logic(connective, args):
                return f" {CONNECTIVES[connective]} ".join(self._part(arg, bound) for arg in args)
            case _:
                return self.term(condition, bound)

    def _part(self, condition: Term, bound: Bound) -> str:
        text = self.condition(condition, bound)
        match condition:
            case Logic(Connective.NOT, (Compare(),)):
                return text
            case Logic():
                return rf"\left({text}\right)"
            case _:
                return text


def _at_least(condition: Term) -> Poly | None:
    """p, of a condition p >= 0 on indices."""
    integer = integer_condition(condition)
    return integer[1] if integer is not None and integer[0] is Relation.GE and integer[1].indices() else None
