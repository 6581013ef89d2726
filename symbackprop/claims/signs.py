"""Order decided by what is assumed: with x > 0 the condition x > 0 holds, |x| is x, and relu(x) is x.

    bounds    low <(=) value <(=) high, from assumptions x > 0, p < 1, y² = y, and up through sums, products, functions
    ordered   x[n + 1] - x[n] >= 0, from assumptions between elements

Values alone are simplified, after differentiation: at its ends a kink keeps the convention that it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symbackprop.claims.bounds import (
    ANY,
    NONNEGATIVE,
    OF_FUNCTIONS,
    POSITIVE,
    Bounds,
    of_extremum,
    of_poly,
    of_power,
    of_product,
    of_sum,
)
from symbackprop.claims.matching import matched, matched_sum
from symbackprop.feasible.choices import rational_roots
from symbackprop.terms.build import (
    FALSE,
    NIL,
    TRUE,
    UNIT,
    add,
    apply,
    integer_condition,
    logic_and,
    logic_not,
    logic_or,
    map_children,
    mul,
    number,
    open_reduce,
    power,
    reduce,
    substitute,
    where,
)
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Assumption, Equation, Op, Program
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Connective,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Term,
    Where,
    accesses,
    subterms,
)

_ORDER = (Relation.GT, Relation.GE)


@dataclass(frozen=True, slots=True)
class _Known:
    """Bounds of an element at every position of the axes."""

    element: Access
    axes: Mapping[Index, Axis]
    bounds: Bounds


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
    _computed: dict[str, Bounds] = field(default_factory=dict)

    @staticmethod
    def of(program: Program) -> Signs:
        """From the assumptions of a program."""
        sizes = tuple(a.condition for a in program.assumptions if integer_condition(a.condition) is not None)
        signs = Signs(sizes)
        for assumption in program.assumptions:
            signs._note(assumption)
        return signs

    def __bool__(self) -> bool:
        return bool(self._known or self._ordered)

    # --- what is assumed -----------------------------------------------------------------------------
    def _note(self, assumption: Assumption) -> None:
        axes = {axis.index: axis for axis in assumption.axes}
        match assumption.condition:
            case Compare(relation, left, right) if relation in _ORDER:
                difference = _minus(left, right)
                self._ordered.append(_Ordered(difference, axes, relation is Relation.GT))
                linear = _linear(difference)
                if linear is not None:
                    element, slope, rest = linear
                    end, open_ = -rest / slope, relation is Relation.GT
                    bounds = Bounds(end, None, open_) if slope > 0 else Bounds(None, end, False, open_)
                    self._known.setdefault(element.tensor, []).append(_Known(element, axes, bounds))
            case Compare(Relation.EQ, left, right):
                values = _values(_minus(left, right))
                if values is not None:
                    bounds = Bounds(min(values[1]), max(values[1]))
                    self._known.setdefault(values[0].tensor, []).append(_Known(values[0], axes, bounds))

    def _of_equations(self, equations: Sequence[Equation]) -> Bounds:
        if any(equation.op is not Op.ASSIGN for equation in equations):
            return ANY
        found: Bounds | None = None
        for equation in equations:
            mine = self._difference(equation.rhs, {axis.index: axis for axis in equation.axes})
            found = mine if found is None else found.or_(mine)
        return found or ANY

    # --- bounds ----------------------------------------------------------------------------------------
    def bounds(self, term: Term, ranges: Ranges) -> Bounds:
        """Where the value of the term lies, for indices within `ranges`."""
        match term:
            case Number(value):
                return Bounds(value, value)
            case PolyValue(poly):
                return of_poly(poly)
            case Access(tensor, _):
                return self._of_element(term, ranges) if tensor in self._known else self._computed.get(tensor, ANY)
            case Add(args):
                return of_sum([self.bounds(arg, ranges) for arg in args])
            case Mul(args):
                return of_product([self.bounds(arg, ranges) for arg in args])
            case Power(base, exponent):
                return of_power(self.bounds(base, ranges), exponent)
            case Apply(Function.MAX | Function.MIN as function, args):
                return of_extremum(function, [self.bounds(arg, ranges) for arg in args])
            case Apply(function, _):
                return OF_FUNCTIONS.get(function, ANY)
            case Where(_, then, otherwise):
                return self.bounds(then, ranges).or_(self.bounds(otherwise, ranges))
            case Reduce(reduction, _, _):
                return self._of_reduction(term, reduction, ranges)
            case _:
                return ANY

    def _of_element(self, element: Access, ranges: Ranges) -> Bounds:
        found = ANY
        for known in self._known[element.tensor]:
            if matched(known.element, element, known.axes, ranges, self.sizes) is not None:
                found = found.within(known.bounds)
        return found

    def _of_reduction(self, term: Reduce, reduction: Reduction, ranges: Ranges) -> Bounds:
        axes, body = open_reduce(term, taken=ranges)
        inside = self.bounds(body, {**ranges, **{axis.index: axis for axis in axes}})
        some = all(Facts.of((), self.sizes).proves(axis.extent - 1) for axis in axes)
        match reduction:
            case Reduction.MAX | Reduction.MIN if some:
                return inside
            case Reduction.SUM if inside.nonnegative:
                return POSITIVE if inside.positive and some else NONNEGATIVE
            case Reduction.PRODUCT if inside.nonnegative:
                return POSITIVE if inside.positive else NONNEGATIVE
            case _:
                return ANY

    # --- conditions and simplification ---------------------------------------------------------------
    def truth(self, condition: Term, ranges: Ranges) -> bool | None:
        """Whether the condition holds at all positions, or at none; None where that is not known."""
        match condition:
            case Compare(relation, left, right) if integer_condition(condition) is None:
                return self._order(_minus(left, right), relation, ranges)
            case _:
                return None

    def _order(self, difference: Term, relation: Relation, ranges: Ranges) -> bool | None:
        above, below = self._difference(difference, ranges), self._difference(_negated(difference), ranges)
        match relation:
            case Relation.GT:
                return True if above.positive else False if below.nonnegative else None
            case Relation.GE:
                return True if above.nonnegative else False if below.positive else None
            case Relation.EQ | Relation.NE:
                apart = True if above.positive or below.positive else False if difference is NIL else None
                return None if apart is None else apart is (relation is Relation.NE)

    def _difference(self, difference: Term, ranges: Ranges) -> Bounds:
        found = self.bounds(difference, ranges)
        for ordered in self._ordered:
            for mapping in self._matches(ordered, difference, ranges):
                rest = _minus(difference, substitute(ordered.difference, mapping))
                if isinstance(rest, Number):
                    found = found.within(Bounds(rest.value, None, ordered.strict))
        return found

    def _matches(self, ordered: _Ordered, difference: Term, ranges: Ranges) -> Iterator[dict[Index, Poly]]:
        """What the indices of an assumed order may be for it to speak of this difference."""
        bound = {axis.index for axis in ordered.axes.values()}
        for pattern in subterms(ordered.difference):
            for term in subterms(difference):
                found: dict[Index, Poly] | None = None
                if isinstance(pattern, Reduce) and isinstance(term, Reduce):
                    found = matched_sum(pattern, term, ordered.axes, ranges, self.sizes)
                elif isinstance(pattern, Access) and isinstance(term, Access) and pattern.free <= bound:
                    found = matched(pattern, term, ordered.axes, ranges, self.sizes)
                if found is not None and ordered.difference.free <= found.keys():
                    yield found

    def simplified(self, term: Term, ranges: Ranges) -> Term:
        """The term with conditions that are decided left out, |u| and relu(u) as u or -u or 0."""
        if not self or not term.tensors:
            return term
        if isinstance(term, Reduce):
            axes, body = open_reduce(term, taken=ranges)
            inner = self.simplified(body, {**ranges, **{axis.index: axis for axis in axes}})
            return term if inner is body else reduce(term.reduction, axes, inner)
        if isinstance(term, Where):
            condition = self._decided(term.condition, ranges)
            if condition is TRUE or condition is FALSE:
                return self.simplified(term.then if condition is TRUE else term.otherwise, ranges)
            return where(condition, self.simplified(term.then, ranges), self.simplified(term.otherwise, ranges))
        if isinstance(term, Access):
            return term
        return self._known_sign(map_children(term, lambda child: self.simplified(child, ranges)), ranges)

    def _decided(self, condition: Term, ranges: Ranges) -> Term:
        match condition:
            case Logic(Connective.AND, args):
                return logic_and(*(self._decided(arg, ranges) for arg in args))
            case Logic(Connective.OR, args):
                return logic_or(*(self._decided(arg, ranges) for arg in args))
            case Logic(Connective.NOT, (inner,)):
                return logic_not(self._decided(inner, ranges))
            case _:
                found = self.truth(condition, ranges)
                return condition if found is None else TRUE if found else FALSE

    def _known_sign(self, term: Term, ranges: Ranges) -> Term:
        match term:
            case Apply(Function.RELU | Function.ABS | Function.SIGN as function, (u,)):
                above = self._difference(u, ranges)
                below = self._difference(_negated(u), ranges)
                if function is Function.SIGN:
                    return UNIT if above.positive else number(-1) if below.positive else term
                if above.nonnegative:
                    return u
                if below.nonnegative:
                    return NIL if function is Function.RELU else _negated(u)
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
        groups: dict[str, list[Equation]] = {}
        for equation in (out := [*equations]):
            groups.setdefault(equation.target, []).append(equation)
        found: dict[str, list[Equation]] = {}
        for name, group in groups.items():
            found[name] = self.simplify(group)
            self._computed[name] = self._of_equations(found[name])
        return tuple(found[equation.target].pop(0) for equation in out)

    def simplify(self, equations: Iterable[Equation]) -> list[Equation]:
        """The equations with their right-hand sides simplified."""
        if not self:
            return [*equations]
        return [replace(e, rhs=self.simplified(e.rhs, {axis.index: axis for axis in e.axes})) for e in equations]


def _minus(left: Term, right: Term) -> Term:
    """left - right, addend by addend, so that like ones cancel."""
    return add(*_addends(left), *(mul(-1, part) for part in _addends(right)))


def _negated(term: Term) -> Term:
    return add(*(mul(-1, part) for part in _addends(term)))


def _addends(term: Term) -> tuple[Term, ...]:
    return term.args if isinstance(term, Add) else (term,)


def _linear(term: Term) -> tuple[Access, Fraction, Fraction] | None:
    """(element, slope, rest) with term = slope·element + rest, both numbers."""
    element: Access | None = None
    slope, rest = Fraction(1), Fraction(0)
    for part in _addends(term):
        match part:
            case Number(value):
                rest += value
            case Access() if element is None:
                element = part
            case Mul((Number(value), Access() as inner)) if element is None:
                element, slope = inner, value
            case _:
                return None
    return None if element is None else (element, slope, rest)


def _values(term: Term) -> tuple[Access, tuple[Fraction, ...]] | None:
    """(element, its values) where term = 0 leaves it finitely many, all rational: y² - 1, y·(1 - y)."""
    found = list(accesses(term))
    if len(found) != 1:
        return None
    powers = _powers(term, found[0])
    if powers is None:
        return None
    roots = rational_roots({(0,) * k: c for k, c in powers.items() if c})
    return (found[0], roots) if roots else None


def _powers(term: Term, element: Access) -> dict[int, Fraction] | None:
    """exponent -> coefficient of a polynomial in the element."""
    match term:
        case Number(value):
            return {0: value}
        case Access() if term is element:
            return {1: Fraction(1)}
        case Power(base, exponent) if exponent.denominator == 1 and 0 < exponent <= 8:
            inner = _powers(base, element)
            out = inner
            for _ in range(exponent.numerator - 1):
                out = None if out is None or inner is None else _times(out, inner)
            return out
        case Add(args):
            total: dict[int, Fraction] = {}
            for arg in args:
                part = _powers(arg, element)
                if part is None:
                    return None
                for k, c in part.items():
                    total[k] = total.get(k, Fraction(0)) + c
            return total
        case Mul(args):
            product: dict[int, Fraction] | None = {0: Fraction(1)}
            for arg in args:
                factor = _powers(arg, element)
                product = None if factor is None or product is None else _times(product, factor)
            return product
        case _:
            return None


def _times(left: Mapping[int, Fraction], right: Mapping[int, Fraction]) -> dict[int, Fraction]:
    out: dict[int, Fraction] = {}
    for i, a in left.items():
        for j, b in right.items():
            out[i + j] = out.get(i + j, Fraction(0)) + a * b
    return out


