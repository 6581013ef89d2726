"""Sums and products taken apart: what is added up, what is multiplied, and products of sums multiplied out.

    sum      ::= addend + ... + addend
    addend   ::= product, perhaps behind guards
    product  ::= coefficient·base^exponent·...        a number and powers

Any term is a sum of one addend, and a product of one factor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeGuard, TypeVar

from symbackprop.terms.arithmetic import add, neg
from symbackprop.terms.term import Add, Mul, Number, Power, Reduce, Reduction, Term

T = TypeVar("T")


def addends(term: Term) -> tuple[Term, ...]:
    """What is added up."""
    return term.args if isinstance(term, Add) else (term,)


def factors(term: Term) -> tuple[Term, ...]:
    """What is multiplied; a guarded product is one factor."""
    return term.args if isinstance(term, Mul) else (term,)


def is_sum(term: Term) -> TypeGuard[Reduce]:
    """Whether it is a sum over indices."""
    return isinstance(term, Reduce) and term.reduction is Reduction.SUM


def without(parts: Sequence[T], place: int) -> list[T]:
    """All but one of them."""
    return [*parts[:place], *parts[place + 1 :]]


def negated(term: Term) -> Term:
    """-term, addend by addend."""
    return add(*map(neg, addends(term)))


@dataclass(frozen=True, slots=True)
class Product:
    """A coefficient times powers, base -> exponent. What stands behind a guard is a base with its guard.

    >>> from symbackprop.terms.build import access, div, mul
    >>> product = Product.of(mul(-3, div(access("a"), access("b"))))
    >>> str(product.coefficient), {base.tensor: int(exponent) for base, exponent in product.powers.items()}
    ('-3', {'a': 1, 'b': -1})
    """

    coefficient: Fraction
    powers: Mapping[Term, Fraction]

    @staticmethod
    def of(term: Term) -> Product:
        coefficient = Fraction(1)
        powers: dict[Term, Fraction] = {}
        for factor in factors(term):
            match factor:
                case Number(number):
                    coefficient = number
                case Power(base, exponent):
                    powers[base] = powers.get(base, Fraction(0)) + exponent
                case _:
                    powers[factor] = powers.get(factor, Fraction(0)) + 1
        return Product(coefficient, powers)


def multiplied_out(brackets: Iterable[Sequence[T]], one: T, times: Callable[[T, T], T], most: int) -> list[T] | None:
    """The addends of a product of sums, each bracket the addends of one; None where they are more than `most`."""
    rows = [one]
    for bracket in brackets:
        if len(rows) * len(bracket) > most:
            return None
        rows = [times(row, part) for row in rows for part in bracket]
    return rows


__all__ = ["Product", "addends", "factors", "is_sum", "multiplied_out", "negated", "without"]
