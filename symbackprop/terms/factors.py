"""The summands of a sum and the factors of a product; what is no sum has one summand, itself."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbackprop.terms.term import Add, Mul, Power, Term

__all__ = ["factors", "powers", "summands"]


def summands(term: Term) -> tuple[Term, ...]:
    return term.args if isinstance(term, Add) else (term,)


def factors(term: Term) -> tuple[Term, ...]:
    return term.args if isinstance(term, Mul) else (term,)


def powers(term: Term) -> Iterator[tuple[Term, Fraction]]:
    """(base, exponent) of each factor."""
    for factor in factors(term):
        yield (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, Fraction(1))
