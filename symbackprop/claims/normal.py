"""Sums of products in one form, so that two ways of writing one sum are one term.

    addend  ::= Σ over axes of [guards]·product         the axes from 0, those that an equation fixes eliminated
    normal  ::= sum of addends, like ones collected

Products are multiplied out, also with sums over indices ((Σ_i a)(Σ_j b) is Σ_ij ab), sums taken term by term, guards
brought to the front and left out where they follow from the ranges. Sums that are known (`KnownSums`) get their value,
and what is assumed is applied to each addend (`rules`). Everything else, functions and roots among it, is an atom,
whose insides are normal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations, count

from symbackprop.claims.addend import at_least_zero, canonical, exclude, sharp, solved, with_coefficient
from symbackprop.claims.rules import Assumed
from symbackprop.claims.unfold import TooLong, facts_about
from symbackprop.optimise.known import KnownSums
from symbackprop.terms.build import (
    NIL,
    UNIT,
    add,
    conjuncts,
    fresh_index,
    integer_condition,
    logic_not,
    map_children,
    mul,
    poly_value,
    reduce,
    split_guards,
    substitute,
)
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges
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


@dataclass(frozen=True, slots=True)
class _Addend:
    axes: tuple[Axis, ...]
    guards: tuple[Term, ...]
    value: Term

    def times(self, other: _Addend) -> _Addend:
        return _Addend(self.axes + other.axes, self.guards + other.guards, mul(self.value, other.value))


_ONE = _Addend((), (), UNIT)


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
    def _expand(self, term: Term, ranges: Ranges) -> list[_Addend]:
        match term:
            case Add(args):
                return self._limited([part for arg in args for part in self._expand(arg, ranges)])
            case Mul(args):
                return self._product([self._expand(arg, ranges) for arg in args])
            case Power(base, exponent) if exponent.denominator == 1 and exponent > 1:
                if isinstance(base, Access):
                    return [_Addend((), (), term)]
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
                inside = {**ranges, **{axis.index: axis for axis in axes}}
                return [replace(a, axes=(*axes, *a.axes)) for a in self._expand(body, inside)]
            case PolyValue(poly) if len(poly.terms) > 1:
                return [_Addend((), (), poly_value(Poly({monomial: c}))) for monomial, c in poly.terms]
            case _:
                return [_Addend((), (), self._atom(term, ranges))]

    def _product(self, factors: Sequence[list[_Addend]]) -> list[_Addend]:
        rows = [_ONE]
        for choices in factors:
            rows = self._limited([row.times(choice) for row in rows for choice in choices])
        return rows

    def _limited(self, addends: list[_Addend]) -> list[_Addend]:
        if len(addends) > self.most:
            raise TooLong
        return addends

    def _open(self, term: Reduce) -> tuple[tuple[Axis, ...], Term]:
        """Bound indices under names that are nowhere else, so that sums can be multiplied."""
        names = {axis.index: fresh_index(f"~e{next(self._numbers)}") for axis in term.axes}
        axes = tuple(Axis(names[axis.index], axis.low, axis.high) for axis in term.axes)
        return axes, substitute(term.body, {old: Poly.of(new) for old, new in names.items()})

    def _atom(self, term: Term, ranges: Ranges) -> Term:
        """What is not opened, with its insides normal."""
        if isinstance(term, Reduce):
            axes, body = self._open(term)
            inside = {**ranges, **{axis.index: axis for axis in axes}}
            return reduce(term.reduction, axes, self(body, inside))
        if isinstance(term, Access):
            return term
        return map_children(term, lambda child: self._inner(child, ranges))

    def _inner(self, child: Term, ranges: Ranges) -> Term:
        return child if isinstance(child, Access) or not child.tensors else self(child, ranges)

    # --- one addend --------------------------------------------------------------------------------
    def _finished(self, addend: _Addend, ranges: Ranges, left: int = _REWRITES) -> list[tuple[Fraction, Term]]:
        more, value = split_guards(addend.value)
        axes = {axis.index: axis for axis in addend.axes}
        zero = self.assumed.guards(value, {**ranges, **axes}) if self.assumed else ()
        guards = list(dict.fromkeys((*addend.guards, *more, *zero)))
        fixed = self._eliminated(axes, guards, value, ranges)
        if fixed is None:
            return []
        guards, value = fixed
        value = self._known_sums(axes, guards, value, ranges)
        found = self.assumed.rewritten(axes, guards, value, ranges) if self.assumed else None
        if found is not None:
            return self._again(*found, guards, ranges, left - 1)
        unused = [i for i in axes if i not in value.free and not any(i in guard.free for guard in guards)]
        extents = [poly_value(axes.pop(i).extent) for i in unused if plainly_nonnegative(axes[i].extent)]
        parts = [part.value for part in self._expand(mul(*extents, value), ranges)] if extents else [value]
        out = []
        for coefficient, rest in map(with_coefficient, parts):
            sign, term = canonical(list(axes.values()), guards, rest, self.assumed)
            out.append((sign * coefficient, term))
        return out

    def _again(
        self, axes: list[Axis], value: Term, guards: list[Term], ranges: Ranges, left: int
    ) -> list[tuple[Fraction, Term]]:
        """What a rule made of an addend, finished."""
        if not left:
            raise TooLong
        inside = {**ranges, **{axis.index: axis for axis in axes}}
        return [
            pair
            for part in self._limited(self._expand(value, inside))
            for pair in self._finished(
                _Addend((*axes, *part.axes), (*guards, *part.guards), part.value), ranges, left
            )
        ]  # fmt: skip

    def _eliminated(
        self, axes: dict[Index, Axis], guards: list[Term], value: Term, ranges: Ranges
    ) -> tuple[list[Term], Term] | None:
        """Guards, and the value, with the axes that an equation fixes replaced and the ranges as tight as the guards
        make them; None where the guards exclude each other. `axes` changes."""
        changed = True
        while changed:
            changed = False
            for guard in guards:
                integer = integer_condition(guard)
                if integer is None:
                    continue
                relation, poly = integer
                found = solved(poly, axes)
                if found is None:
                    continue
                axis, solution, sign = found
                others = [other for other in guards if other is not guard]
                if relation is Relation.EQ:
                    del axes[axis.index]
                    inside = [at_least_zero(solution - axis.low), at_least_zero(axis.high - solution)]
                    mapping = {axis.index: solution}
                    guards = [substitute(other, mapping) for other in (*inside, *others)]
                    value = substitute(value, mapping)
                    changed = True
                elif relation is Relation.GE and not solution.indices():
                    if not self._tightened(axes, axis, solution, sign):
                        continue
                    guards, changed = others, True
                if changed:
                    break
        for index, axis in list(axes.items()):
            if axis.low == axis.high:  # one value
                del axes[index]
                mapping = {index: axis.low}
            elif axis.low.terms:  # from 0 on
                axes[index] = Axis(index, axis.low * 0, axis.high - axis.low)
                mapping = {index: Poly.of(index) + axis.low}
            else:
                continue
            guards, value = [substitute(guard, mapping) for guard in guards], substitute(value, mapping)
        kept = self._necessary(guards, (*ranges.values(), *axes.values()))
        return None if kept is None else self._fixed(kept, value, ranges)

    def _fixed(self, guards: list[Term], value: Term, ranges: Ranges) -> tuple[list[Term], Term]:
        """Under a guard that fixes a free index, `[t = T]`, the value has what it is fixed to."""
        for guard in guards:
            integer = integer_condition(guard)
            found = solved(integer[1], dict(ranges)) if integer is not None else None
            if integer is not None and found is not None and integer[0] is Relation.EQ:
                axis, solution, _ = found
                value = substitute(value, {axis.index: solution})
                guards = [g if g is guard else substitute(g, {axis.index: solution}) for g in guards]
        return guards, value

    def _tightened(self, axes: dict[Index, Axis], axis: Axis, bound: Poly, sign: int) -> bool:
        """Whether `index >= bound` (or `<=`, for a negative sign) became part of the range."""
        facts = Facts.of((), self.facts)
        if sign > 0:
            if facts.proves(bound - axis.low):
                axes[axis.index] = replace(axis, low=bound)
                return True
            return facts.proves(axis.low - bound)
        if facts.proves(axis.high - bound):
            axes[axis.index] = replace(axis, high=bound)
            return True
        return facts.proves(bound - axis.high)

    def _necessary(self, guards: Sequence[Term], axes: Sequence[Axis]) -> list[Term] | None:
        """The guards that do not follow from the ranges; None where one never holds."""
        ranges, kept = {axis.index: axis for axis in axes}, []
        for guard in dict.fromkeys(guards):
            integer = integer_condition(guard)
            if integer is None:
                kept.append(guard)
                continue
            relation, poly = integer
            facts = facts_about(poly, ranges, self.facts)
            if relation is Relation.GE and facts.proves(poly):
                continue
            if relation is Relation.NE and facts.proves_nonzero(poly):
                continue
            if facts.proves(-poly - 1) or (relation is Relation.EQ and facts.proves(poly - 1)):
                return None
            kept.append(sharp(relation, poly, facts))
        return None if any(exclude(one, other) for one, other in combinations(kept, 2)) else kept

    def _known_sums(self, axes: dict[Index, Axis], guards: Sequence[Term], value: Term, ranges: Ranges) -> Term:
        """The value with known sums over single factors taken; their axes are gone from `axes`."""
        for index, axis in list(axes.items()):
            factors = value.args if isinstance(value, Mul) else (value,)
            inside = [factor for factor in factors if index in factor.free]
            if len(inside) != 1 or any(index in guard.free for guard in guards):
                continue
            total = reduce(Reduction.SUM, [axis], inside[0])
            around = {**ranges, **{i: a for i, a in axes.items() if i is not index}}
            found = self.known.find(total, around) if isinstance(total, Reduce) else None
            if found is not None:
                del axes[index]
                value = mul(found, *(factor for factor in factors if factor is not inside[0]))
        return value
