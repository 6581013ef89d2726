"""Sums of products in one form, so that two ways of writing one sum are one term.

Products are multiplied out, also with sums over indices ((Σ_i a)(Σ_j b) is Σ_ij ab), sums taken term by term, guards
brought to the front and left out where they follow from the ranges. Sums that are known (`KnownSums`) get their value,
and what is assumed is applied to each addend (`assumed_rules`). Everything else, functions and roots among it, is an
atom, whose insides are normal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count

from symbackprop.claims.assumed_rules import Assumed
from symbackprop.claims.canonical import canonical, with_coefficient
from symbackprop.claims.unfold import TooLong
from symbackprop.optimise.known import KnownSums
from symbackprop.terms.addend import Addend
from symbackprop.terms.binders import renamed
from symbackprop.terms.build import (
    FALSE,
    NIL,
    TRUE,
    UNIT,
    add,
    conjuncts,
    fresh_index,
    integer_condition,
    logic_and,
    logic_not,
    map_children,
    mul,
    poly_value,
    reduce,
    split_guards,
    substitute,
)
from symbackprop.terms.decided import sharpened
from symbackprop.terms.domains import tightened
from symbackprop.terms.equalities import equal_to, slope_of, solution
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.products import factors, multiplied_out
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import (
    Access,
    Add,
    Axis,
    Mul,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Term,
    Where,
)

_MOST = 400  # addends of one sum
_REWRITES = 40  # by rules, of one addend


@dataclass(slots=True)
class Normaliser:
    """`facts`: conditions between sizes; `known`: sums with a value; `assumed`: rules."""

    facts: tuple[Term, ...] = ()
    known: KnownSums = field(default_factory=KnownSums)
    assumed: Assumed = field(default_factory=Assumed)
    most: int = _MOST
    _numbers: Iterator[int] = field(default_factory=count)

    def __call__(self, term: Term, ranges: Ranges) -> Term:
        """The normal form of a term whose free indices have those ranges. Raises `TooLong`."""
        return add(*self.addends(term, ranges))

    def addends(self, term: Term, ranges: Ranges) -> list[Term]:
        """The addends of the normal form, none of them zero."""
        return [mul(coefficient, term) for term, coefficient in self._collected(term, ranges).items()]

    def _collected(self, term: Term, ranges: Ranges) -> dict[Term, Fraction]:
        """The addends with their coefficients, which a guard would hide from `add`."""
        total: dict[Term, Fraction] = {}
        for addend in self._expand(term, ranges):
            for coefficient, part in self._finished(addend, ranges):
                total[part] = total.get(part, Fraction(0)) + coefficient
        return {part: coefficient for part, coefficient in total.items() if coefficient and part is not NIL}

    # --- multiplying out ---------------------------------------------------------------------------
    def _expand(self, term: Term, ranges: Ranges) -> list[Addend]:
        match term:
            case Add(args):
                return self._limited([part for arg in args for part in self._expand(arg, ranges)])
            case Mul(args):
                return self._product([self._expand(arg, ranges) for arg in args])
            case Power(base, exponent) if exponent.denominator == 1 and exponent > 1:
                if isinstance(base, Access):
                    return [Addend(value=term)]
                return self._product([self._expand(base, ranges) for _ in range(exponent.numerator)])
            case Where(condition, then, otherwise):
                yes = [replace(a, guards=(*conjuncts(condition), *a.guards)) for a in self._expand(then, ranges)]
                if otherwise is NIL:
                    return yes
                opposite = conjuncts(logic_not(condition))
                no = [replace(a, guards=(*opposite, *a.guards)) for a in self._expand(otherwise, ranges)]
                return self._limited(yes + no)
            case Reduce(Reduction.SUM, _, _):
                axes, body = self._open(term)
                inside = {**ranges, **ranges_of(axes)}
                return [replace(a, axes=(*axes, *a.axes)) for a in self._expand(body, inside)]
            case PolyValue(poly) if len(poly.terms) > 1:
                return [Addend(value=poly_value(Poly({monomial: c}))) for monomial, c in poly.terms]
            case _:
                return [Addend(value=self._atom(term, ranges))]

    def _product(self, brackets: Sequence[list[Addend]]) -> list[Addend]:
        rows = multiplied_out(brackets, Addend(), Addend.times, self.most)
        if rows is None:
            raise TooLong
        return rows

    def _limited(self, addends: list[Addend]) -> list[Addend]:
        if len(addends) > self.most:
            raise TooLong
        return addends

    def _open(self, term: Reduce) -> tuple[tuple[Axis, ...], Term]:
        """Bound indices under names that are nowhere else, so that sums can be multiplied."""
        axes, names = renamed(term.axes, [fresh_index(f"~e{next(self._numbers)}") for _ in term.axes])
        return tuple(axes), substitute(term.body, names)

    def _atom(self, term: Term, ranges: Ranges) -> Term:
        """What is not opened, with its insides normal."""
        if isinstance(term, Reduce):
            axes, body = self._open(term)
            inside = {**ranges, **ranges_of(axes)}
            return reduce(term.reduction, axes, self(body, inside))
        if isinstance(term, Access):
            return term
        return map_children(term, lambda child: self._inner(child, ranges))

    def _inner(self, child: Term, ranges: Ranges) -> Term:
        return child if isinstance(child, Access) or not child.tensors else self(child, ranges)

    # --- one addend --------------------------------------------------------------------------------
    def _finished(self, addend: Addend, ranges: Ranges, left: int = _REWRITES) -> list[tuple[Fraction, Term]]:
        more, value = split_guards(addend.value)
        zero = self.assumed.guards(value, {**ranges, **addend.ranges}) if self.assumed else ()
        guarded = Addend(addend.axes, tuple(dict.fromkeys((*addend.guards, *more, *zero))), value)
        fixed = self._eliminated(guarded, ranges)
        if fixed is None:
            return []
        known = self._known_sums(fixed, ranges)
        found = self.assumed.rewritten(known, ranges) if self.assumed else None
        if found is not None:
            return self._again(found, ranges, left - 1)
        return [
            (sign * coefficient, term)
            for part in self._without_unused(known, ranges)
            for coefficient, rest in (with_coefficient(part.value),)
            for sign, term in (canonical(replace(part, value=rest), self.assumed),)
        ]

    def _again(self, addend: Addend, ranges: Ranges, left: int) -> list[tuple[Fraction, Term]]:
        """What a rule made of an addend, finished."""
        if not left:
            raise TooLong
        around = replace(addend, value=UNIT)
        parts = self._limited(self._expand(addend.value, {**ranges, **addend.ranges}))
        return [pair for part in parts for pair in self._finished(around.times(part), ranges, left)]

    def _without_unused(self, addend: Addend, ranges: Ranges) -> list[Addend]:
        """With the extents of axes that nothing depends on as factors."""
        read = addend.value.free.union(*(guard.free for guard in addend.guards))
        unused = [axis for axis in addend.axes if axis.index not in read and plainly_nonnegative(axis.extent)]
        if not unused:
            return [addend]
        axes = tuple(axis for axis in addend.axes if axis not in unused)
        extents = [poly_value(axis.extent) for axis in unused]
        parts = self._expand(mul(*extents, addend.value), ranges)
        return [Addend(axes, addend.guards, part.value) for part in parts]

    def _eliminated(self, addend: Addend, ranges: Ranges) -> Addend | None:
        """With the axes that an equation fixes replaced, and the ranges as tight as the guards make them, from 0 on;
        None where the guards exclude each other."""
        simpler: Addend | None = addend
        while simpler is not None:
            addend, simpler = simpler, self._without_guard(simpler)
        for axis in addend.axes:
            if axis.low == axis.high:  # one value
                addend = addend.put(axis.index, axis.low)
            elif axis.low.terms:
                addend = addend.from_zero(axis)
        kept = self._necessary(addend.guards, {**ranges, **addend.ranges})
        return None if kept is None else _fixed(replace(addend, guards=tuple(kept)), ranges)

    def _without_guard(self, addend: Addend) -> Addend | None:
        """Without one of the guards, which fixes an axis or becomes part of its range; None where none does."""
        axes = addend.ranges
        for guard in addend.guards:
            relation, poly = integer_condition(guard) or (None, ZERO)
            axis = next((axes[i] for i in poly.indices() if i in axes and slope_of(poly, i)), None)
            value = None if axis is None else solution(poly, axis.index)
            if axis is None or value is None:
                continue
            others = tuple(other for other in addend.guards if other is not guard)
            if relation is Relation.EQ:
                return replace(addend, guards=others).at(axis, value)
            if relation is Relation.GE and not value.indices():
                tight = tightened(axis, poly, Facts.of((), self.facts))
                if tight is not None:
                    return replace(addend, guards=others).with_axis(tight)
        return None

    def _necessary(self, guards: Sequence[Term], ranges: Ranges) -> list[Term] | None:
        """The guards that do not follow from the ranges; None where one never holds."""
        sharp = [sharpened(guard, ranges, self.facts) for guard in dict.fromkeys(guards)]
        kept = [guard for guard in sharp if guard is not TRUE]
        return None if logic_and(*kept) is FALSE else kept

    def _known_sums(self, addend: Addend, ranges: Ranges) -> Addend:
        """With known sums over single factors taken."""
        for axis in addend.axes:
            inside = [factor for factor in factors(addend.value) if axis.index in factor.free]
            if len(inside) != 1 or any(axis.index in guard.free for guard in addend.guards):
                continue
            total = reduce(Reduction.SUM, [axis], inside[0])
            others = tuple(other for other in addend.axes if other is not axis)
            around = {**ranges, **ranges_of(others)}
            found = self.known.find(total, around) if isinstance(total, Reduce) else None
            if found is not None:
                rest = (factor for factor in factors(addend.value) if factor is not inside[0])
                addend = replace(addend, axes=others, value=mul(found, *rest))
        return addend


def _fixed(addend: Addend, ranges: Ranges) -> Addend:
    """Under a guard that fixes a free index, `[t = T]`, the value has what it is fixed to."""
    for guard in addend.guards:
        _, poly = integer_condition(guard) or (None, ZERO)
        for index in poly.indices():
            value = equal_to(guard, index) if index in ranges else None
            if value is not None:
                mapping = {index: value}
                guards = tuple(g if g is guard else substitute(g, mapping) for g in addend.guards)
                addend = Addend(addend.axes, guards, substitute(addend.value, mapping))
                break
    return addend
