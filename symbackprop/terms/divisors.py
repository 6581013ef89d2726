"""Sizes that divide and so must not be 0: N - 1 in `2*n/(N - 1)`, and in `D//(N - 1)`.

What stands in a branch is not asked for where the branch's condition on sizes rules the 0 out: `1/(N - 1)` where N > 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from symbackprop.terms.build import NIL, compare, integer_condition, poly_value
from symbackprop.terms.poly import Floor, Poly
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.readings import Occurrence, occurrences
from symbackprop.terms.term import PolyValue, Power, Relation, Term, Where, subterms


def nonzero_conditions(program: Program, equations: Iterable[Equation], facts: Facts) -> tuple[Term, ...]:
    """`size != 0` for each number made of sizes alone that divides, in an extent of the program or in the equations,
    and that `facts` do not say it of."""
    polys: list[Poly] = [extent for tensor in program.tensors for extent in tensor.shape]
    found: dict[Term, None] = {}
    for equation in equations:
        polys += [bound for axis in equation.axes for bound in (axis.low, axis.high)]
        polys += [subscript for subscript in equation.subscripts if isinstance(subscript, Poly)]
        polys += [term.poly for term in subterms(equation.rhs) if isinstance(term, PolyValue)]
        found |= dict.fromkeys(_in(equation.rhs, facts))
    for poly in polys:
        for atom in poly.atoms():
            if isinstance(atom, Floor) and not atom.denominator.indices():
                found |= dict.fromkeys(_asked(poly_value(atom.denominator), facts))
    return tuple(found)


def nonzero_in(terms: Iterable[Term]) -> tuple[Term, ...]:
    """The same for terms that stand by themselves."""
    return tuple(dict.fromkeys(condition for term in terms for condition in _in(term, Facts())))


def _in(term: Term, facts: Facts) -> Iterator[Term]:
    """Of the facts' and the branches' conditions, those on sizes alone are made use of."""

    def asked(place: Occurrence) -> tuple[Term, ...]:
        assert isinstance(place.term, Power)
        known = facts
        for guard in place.guards:
            known = known.assume(guard)
        return _asked(place.term.base, known)

    dividing = [part for part in subterms(term) if _divides(part)]
    if dividing and any(isinstance(part, Where) for part in subterms(term)):
        found = [place for place in occurrences(term) if _divides(place.term)]
    else:
        found = list(map(Occurrence, dividing))
    for place in found:
        yield from asked(place)


def _divides(term: Term) -> bool:
    return isinstance(term, Power) and term.exponent < 0 and not term.base.tensors


@lru_cache(maxsize=4096)
def _asked(base: Term, facts: Facts) -> tuple[Term, ...]:
    if base.tensors or base.free or base.height:
        return ()
    integer = integer_condition(condition := compare(Relation.NE, base, NIL))
    if integer is None or integer[0] is not Relation.NE:
        return ()
    return (condition,) if integer[1].dims() and not facts.proves_nonzero(integer[1]) else ()


__all__ = ["nonzero_conditions", "nonzero_in"]
