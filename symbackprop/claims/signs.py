"""Order decided by what is assumed: with x > 0 the condition x > 0 holds, |x| is x, and relu(x) is x.

    bounds    low <(=) value <(=) high, from assumptions x > 0, p < 1, y² = y, and up through sums, products, functions
    ordered   x[n + 1] - x[n] >= 0, from assumptions between elements

Values alone are simplified, after differentiation: at its ends a kink keeps the convention that it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from symbackprop.feasible.element import few_values, polynomial_of
from symbackprop.feasible.intervals import of_linear
from symbackprop.feasible.polynomial import degree
from symbackprop.terms.build import (
    FALSE,
    NIL,
    TRUE,
    UNIT,
    add,
    apply,
    integer_condition,
    map_children,
    number,
    power,
    substitute,
    where,
)
from symbackprop.terms.interval import ANY, Interval, of_term
from symbackprop.terms.match import matched, matched_sum
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.products import addends, negated
from symbackprop.terms.program import Assumption, Equation, Op, Program, by_target
from symbackprop.terms.rewrite import Ranges, ranges_of, rewrite
from symbackprop.terms.size_facts import size_conditions
from symbackprop.terms.term import (
    Access,
    Apply,
    Axis,
    Compare,
    Function,
    Logic,
    Number,
    Power,
    Reduce,
    Relation,
    Term,
    Where,
    subterms,
)

_ORDER = (Relation.GT, Relation.GE)


@dataclass(frozen=True, slots=True)
class _Known:
    """Where an element lies at every position of the axes."""

    element: Access
    axes: Mapping[Index, Axis]
    bounds: Interval


@dataclass(frozen=True, slots=True)
class _Ordered:
    """`difference` >= 0 (or > 0, where `strict`) at every position of the axes."""

    difference: Term
    axes: Mapping[Index, Axis]
    strict: bool


@dataclass(slots=True)
class Signs:
    """What assumptions say of order. `sizes`: conditions between sizes."""

    sizes: tuple[Term, ...] = ()
    _known: dict[str, list[_Known]] = field(default_factory=dict)
    _ordered: list[_Ordered] = field(default_factory=list)
    _computed: dict[str, Interval] = field(default_factory=dict)

    @staticmethod
    def of(program: Program) -> Signs:
        """From the assumptions of a program."""
        signs = Signs(size_conditions(program))
        for assumption in program.assumptions:
            signs._note(assumption)
        return signs

    def __bool__(self) -> bool:
        return bool(self._known or self._ordered)

    # --- what is assumed -----------------------------------------------------------------------------
    def _note(self, assumption: Assumption) -> None:
        axes = ranges_of(assumption.axes)
        match assumption.condition:
            case Compare(relation, left, right) if relation in _ORDER:
                difference = _minus(left, right)
                self._ordered.append(_Ordered(difference, axes, relation is Relation.GT))
                linear = polynomial_of(difference)
                if linear is not None and degree(linear[1]) == 1:
                    self._bound(linear[0], axes, of_linear(linear[1], relation))
            case condition:
                few = few_values(condition)
                if few is not None:
                    self._bound(few[0], axes, Interval(few[1][0], few[1][-1]))

    def _bound(self, element: Access, axes: Mapping[Index, Axis], bounds: Interval) -> None:
        self._known.setdefault(element.tensor, []).append(_Known(element, axes, bounds))

    def _of_equations(self, equations: Sequence[Equation]) -> Interval:
        if any(equation.op is not Op.ASSIGN for equation in equations):
            return ANY
        return reduce(Interval.or_, (self._difference(each.rhs, ranges_of(each.axes)) for each in equations))

    # --- bounds ----------------------------------------------------------------------------------------
    def bounds(self, term: Term, ranges: Ranges) -> Interval:
        """Where the value of the term lies, for indices within `ranges`."""
        return of_term(term, ranges, self._of_element, self.sizes)

    def _of_element(self, element: Access, ranges: Ranges) -> Interval:
        found = ANY if element.tensor in self._known else self._computed.get(element.tensor, ANY)
        for known in self._known.get(element.tensor, ()):
            if matched(known.element, element, known.axes, ranges, self.sizes) is not None:
                found = found.within(known.bounds)
        return found

    # --- conditions and simplification ---------------------------------------------------------------
    def truth(self, condition: Term, ranges: Ranges) -> bool | None:
        """Whether the condition holds at all positions, or at none; None where that is not known."""
        match condition:
            case Compare(relation, left, right) if integer_condition(condition) is None:
                return self._order(_minus(left, right), relation, ranges)
            case _:
                return None

    def _order(self, difference: Term, relation: Relation, ranges: Ranges) -> bool | None:
        above, below = self._difference(difference, ranges), self._difference(negated(difference), ranges)
        match relation:
            case Relation.GT:
                return True if above.positive else False if below.nonnegative else None
            case Relation.GE:
                return True if above.nonnegative else False if below.positive else None
            case Relation.EQ | Relation.NE:
                apart = True if above.positive or below.positive else False if difference is NIL else None
                return None if apart is None else apart is (relation is Relation.NE)

    def _difference(self, difference: Term, ranges: Ranges) -> Interval:
        found = self.bounds(difference, ranges)
        for ordered in self._ordered:
            for mapping in self._matches(ordered, difference, ranges):
                rest = _minus(difference, substitute(ordered.difference, mapping))
                if isinstance(rest, Number):
                    found = found.within(Interval(rest.value, open_low=ordered.strict))
        return found

    def _matches(self, ordered: _Ordered, difference: Term, ranges: Ranges) -> Iterator[dict[Index, Poly]]:
        """What the indices of an assumed order may be for it to speak of this difference."""
        for pattern in subterms(ordered.difference):
            for term in subterms(difference):
                found: dict[Index, Poly] | None = None
                if isinstance(pattern, Reduce) and isinstance(term, Reduce):
                    found = matched_sum(pattern, term, ordered.axes, ranges, self.sizes)
                elif isinstance(pattern, Access) and isinstance(term, Access) and pattern.free <= ordered.axes.keys():
                    found = matched(pattern, term, ordered.axes, ranges, self.sizes)
                if found is not None and ordered.difference.free <= found.keys():
                    yield found

    def simplified(self, term: Term, ranges: Ranges) -> Term:
        """The term with conditions that are decided left out, |u| and relu(u) as u or -u or 0."""
        return rewrite(term, self._rule, ranges) if self else term

    def _rule(self, term: Term, ranges: Ranges) -> Term | None:
        match term:
            case _ if isinstance(term, Access) or not term.tensors:
                return term
            case Where(condition, then, otherwise):
                decided = self._decided(condition, ranges)
                if decided is TRUE or decided is FALSE:
                    return self.simplified(then if decided is TRUE else otherwise, ranges)
                return where(decided, self.simplified(then, ranges), self.simplified(otherwise, ranges))
            case Apply() | Power():
                return self._known_sign(map_children(term, lambda child: self.simplified(child, ranges)), ranges)
            case _:
                return None

    def _decided(self, condition: Term, ranges: Ranges) -> Term:
        if isinstance(condition, Logic):
            return map_children(condition, lambda part: self._decided(part, ranges))
        found = self.truth(condition, ranges)
        return condition if found is None else TRUE if found else FALSE

    def _known_sign(self, term: Term, ranges: Ranges) -> Term:
        match term:
            case Apply(Function.RELU | Function.ABS | Function.SIGN as function, (u,)):
                above = self._difference(u, ranges)
                below = self._difference(negated(u), ranges)
                if function is Function.SIGN:
                    return UNIT if above.positive else number(-1) if below.positive else term
                if above.nonnegative:
                    return u
                if below.nonnegative:
                    return NIL if function is Function.RELU else negated(u)
                return term
            case Apply(Function.MAX | Function.MIN as function, args):
                kept = self._undominated(function, args, ranges)
                return kept[0] if len(kept) == 1 else apply(function, *kept)
            case Power(Power(base, inner), outer) if self.bounds(base, ranges).positive:
                return power(base, inner * outer)
            case _:
                return term

    def _undominated(self, function: Function, args: Sequence[Term], ranges: Ranges) -> list[Term]:
        """The arguments of an extremum that may be it."""
        kept = list(args)
        for arg in args:
            for other in kept:
                difference = _minus(other, arg) if function is Function.MAX else _minus(arg, other)
                if other is not arg and arg in kept and self._difference(difference, ranges).nonnegative:
                    kept.remove(arg)
                    break
        return kept

    def in_order(self, equations: Iterable[Equation]) -> tuple[Equation, ...]:
        """Equations simplified, what they define being known to the later ones."""
        out, found = [*equations], dict[str, list[Equation]]()
        for name, group in by_target(out).items():
            found[name] = self.simplify(group)
            self._computed[name] = self._of_equations(found[name])
        return tuple(found[equation.target].pop(0) for equation in out)

    def simplify(self, equations: Iterable[Equation]) -> list[Equation]:
        """The equations with their right-hand sides simplified."""
        if not self:
            return [*equations]
        return [replace(e, rhs=self.simplified(e.rhs, ranges_of(e.axes))) for e in equations]


def _minus(left: Term, right: Term) -> Term:
    """left - right, addend by addend, so that like ones cancel."""
    return add(*addends(left), *addends(negated(right)))
