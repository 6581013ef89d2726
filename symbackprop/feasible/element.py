"""What a condition says of the one element that it reads, as a polynomial in it: y² = 1, 2·x - 1 > 0.

The polynomial's one variable is number 0, whatever the element.
"""

from __future__ import annotations

from fractions import Fraction

from symbackprop.feasible.choices import rational_roots
from symbackprop.feasible.polynomial import Expansion, NotPolynomial, Polynomial, Quotient, variable
from symbackprop.terms.build import sub
from symbackprop.terms.term import Access, Add, Compare, Connective, Logic, Mul, Number, Power, Relation, Term, accesses

_MOST_POWER = 8
_NUMBERS, _ELEMENT = Expansion(), variable(0)


def polynomial_of(term: Term) -> tuple[Access, Polynomial] | None:
    """(element, the term as a polynomial in it); None of a term that reads several, or is no polynomial."""
    found = list(accesses(term))
    if len(found) != 1:
        return None
    try:
        above, below = _quotient(term)
    except NotPolynomial:
        return None
    return (found[0], above) if below == {(): 1} else None


def _quotient(term: Term) -> Quotient:
    match term:
        case Number(value):
            return _NUMBERS.number(value)
        case Access():
            return _NUMBERS.given((_ELEMENT, {(): Fraction(1)}))
        case Add(args):
            return _NUMBERS.add([_quotient(arg) for arg in args])
        case Mul(args):
            return _NUMBERS.multiply([_quotient(arg) for arg in args])
        case Power(base, exponent) if 0 < exponent <= _MOST_POWER:
            return _NUMBERS.power(_quotient(base), exponent)
        case _:
            raise NotPolynomial


def few_values(condition: Term) -> tuple[Access, tuple[Fraction, ...]] | None:
    """(element, its values) where a condition leaves an element finitely many, all rational: y² = y, y = 0 or y = 2."""
    match condition:
        case Logic(Connective.OR, args):
            parts = [few_values(arg) for arg in args]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts) or any(element is not known[0][0] for element, _ in known):
                return None
            return known[0][0], tuple(sorted({value for _, values in known for value in values}))
        case Compare(Relation.EQ, left, right):
            found = polynomial_of(sub(left, right))
            roots = None if found is None else rational_roots(found[1])
            return (found[0], roots) if found is not None and roots else None
        case _:
            return None
