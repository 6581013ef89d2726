"""Conditions and guarded values, in normal form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from math import lcm
from typing import TypeGuard

from symbackprop.terms.leaves import FALSE, NIL, TRUE, UNIT, sort_key
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.term import (
    Add,
    Compare,
    Connective,
    Logic,
    Mul,
    Number,
    PolyValue,
    Relation,
    Term,
    Truth,
    Where,
)

_MOST_ROWS = 32  # conditions that are compared with each other


def compare(relation: Relation, left: Term, right: Term) -> Term:
    """A relation; between sizes and indices it becomes one polynomial against zero."""
    first, second = scaled_poly(left), scaled_poly(right)
    if first is not None and second is not None:
        (above, by), (below, other) = first, second
        common = lcm(by, other)
        return _integer_condition(relation, above * (common // by) - below * (common // other))
    if isinstance(left, Number) and isinstance(right, Number):
        a, b = left.value, right.value
        return Truth({Relation.GT: a > b, Relation.GE: a >= b, Relation.EQ: a == b, Relation.NE: a != b}[relation])
    if relation in (Relation.EQ, Relation.NE) and sort_key(right) < sort_key(left):
        left, right = right, left
    return Compare(relation, left, right)


def scaled_poly(term: Term, atom: Callable[[Term], Poly | None] = lambda _: None) -> tuple[Poly, int] | None:
    """(poly, d) with term = poly/d: what is linear in sizes and indices over the integers, `k/4 + 1/4` included, and in
    what else `atom` gives a polynomial for."""
    match term:
        case PolyValue(poly):
            return poly, 1
        case Number(value):
            return Poly.of(value.numerator), value.denominator
        case Mul((Number(value), rest)):
            inner = scaled_poly(rest, atom)
            return None if inner is None else (inner[0] * value.numerator, inner[1] * value.denominator)
        case Add(args):
            total, below = ZERO, 1
            for arg in args:
                part = scaled_poly(arg, atom)
                if part is None:
                    return None
                common = lcm(below, part[1])
                total, below = total * (common // below) + part[0] * (common // part[1]), common
            return total, below
        case _:
            found = atom(term)
            return None if found is None else (found, 1)


def _integer_condition(relation: Relation, poly: Poly) -> Term:
    if relation is Relation.GT:
        relation, poly = Relation.GE, poly - 1
    value = poly.constant
    if value is not None:
        return Truth({Relation.GE: value >= 0, Relation.EQ: value == 0, Relation.NE: value != 0}[relation])
    if relation is not Relation.GE and poly.terms[0][1] < 0:
        poly = -poly
    return Compare(relation, PolyValue(poly), NIL)


def integer_condition(condition: Term) -> tuple[Relation, Poly] | None:
    """(relation, poly) of a condition between sizes and indices: poly relation 0."""
    match condition:
        case Compare(relation, PolyValue(poly), Number(value)) if value == 0:
            return relation, poly
        case _:
            return None


def at_least_zero(poly: Poly) -> Term:
    return _integer_condition(Relation.GE, poly)


def logic_and(*args: Term) -> Term:
    return connect(Connective.AND, args)


def logic_or(*args: Term) -> Term:
    return connect(Connective.OR, args)


def connect(connective: Connective, args: Sequence[Term]) -> Term:
    neutral, absorbing = (TRUE, FALSE) if connective is Connective.AND else (FALSE, TRUE)
    flat: dict[Term, None] = {}
    for arg in args:
        for inner in arg.args if isinstance(arg, Logic) and arg.connective is connective else (arg,):
            if inner is absorbing:
                return absorbing
            if inner is not neutral:
                flat[inner] = None
    if len(flat) > 1:
        if any(logic_not(arg) in flat for arg in flat):
            return absorbing
        if any(_is_opposed(arg, connective) for arg in flat):
            rows = simplified([arg.args if _is_opposed(arg, connective) else (arg,) for arg in flat])
            told = {connect(connective.opposite, row): None for row in rows}
            if told.keys() != flat.keys():
                return connect(connective, list(told))
        if len(bounds := [arg for arg in flat if _is_bound(arg)]) > 1:
            spare = _spare_bounds(connective, bounds)
            if spare is None:
                return absorbing
            flat = {arg: None for arg in flat if arg not in spare}
    if not flat:
        return neutral
    if len(flat) == 1:
        return next(iter(flat))
    return Logic(connective, tuple(sorted(flat, key=sort_key)))


def _is_opposed(arg: Term, connective: Connective) -> TypeGuard[Logic]:
    """Whether it is a conjunction in a disjunction, or the other way round, whose parts may be left out: not of data,
    whose reads a part may keep inside their tensors."""
    return isinstance(arg, Logic) and arg.connective is connective.opposite and not arg.tensors


def simplified(rows: Iterable[tuple[Term, ...]]) -> list[tuple[Term, ...]]:
    """The same disjunction of conjunctions (or conjunction of disjunctions): c or (not c and d) is c or d, and c or
    (c and d) is c."""
    kept = list({frozenset(row): row for row in rows}.values())
    place = 0 if len(kept) <= _MOST_ROWS else len(kept)
    while place < len(kept):
        row, others = set(kept[place]), [set(other) for other in (*kept[:place], *kept[place + 1 :])]
        if any(other <= row for other in others):
            del kept[place]
            continue
        spare = next((part for part in kept[place] if _is_spare(part, row, others)), None)
        if spare is None:
            place += 1
        else:
            kept[place] = tuple(part for part in kept[place] if part is not spare)
            place = 0
    return kept


def _is_spare(part: Term, row: set[Term], others: Iterable[set[Term]]) -> bool:
    """Whether another row holds where this one does but for the part."""
    denied, rest = logic_not(part), row - {part}
    return any(denied in other and other - {denied} <= rest for other in others)


def _is_bound(condition: Term) -> bool:
    integer = integer_condition(condition)
    return integer is not None and integer[0] is not Relation.NE


def _spare_bounds(connective: Connective, bounds: Sequence[Term]) -> set[Term] | None:
    """Of conditions `poly >= 0` and `poly == 0` those that another implies, or in a disjunction is implied by:
    polynomials that differ by a number. None where one leaves nothing, or everything, with another."""
    conjunction = connective is Connective.AND
    one = 1 if conjunction else -1
    kept: dict[Poly, tuple[int, Term]] = {}  # poly >= -number
    equal: list[tuple[Poly, int, Term]] = []  # poly == -number, told by either sign
    spare: set[Term] = set()
    for condition in bounds:
        integer = integer_condition(condition)
        assert integer is not None
        number = integer[1].constant_part
        poly = integer[1] - number
        before = kept.get(poly)
        if integer[0] is Relation.EQ:
            equal += [(poly, number, condition), (-poly, -number, condition)]
        elif before is None or one * number < one * before[0]:
            spare |= set() if before is None else {before[1]}
            kept[poly] = number, condition
        else:
            spare.add(condition)
    for poly, (number, _) in kept.items():
        opposite = kept.get(-poly)
        if opposite is not None and one * (number + opposite[0]) < (0 if conjunction else 2):
            return None
    for poly, number, condition in equal:
        bound = kept.get(poly)
        if bound is not None and number <= bound[0]:
            spare.add(bound[1] if conjunction else condition)
        elif bound is not None and conjunction:
            return None
    return spare


def logic_not(arg: Term) -> Term:
    match arg:
        case Truth(value):
            return Truth(not value)
        case Logic(Connective.NOT, (inner,)):
            return inner
        case Logic():
            return _denied(arg)
        case Compare(Relation.EQ, left, right):
            return Compare(Relation.NE, left, right)
        case Compare(Relation.NE, left, right):
            return Compare(Relation.EQ, left, right)
    integer = integer_condition(arg)
    if integer is not None:  # only poly >= 0 is left
        return _integer_condition(Relation.GE, -integer[1] - 1)
    return Logic(Connective.NOT, (arg,))  # not flipped: a comparison with NaN is false both ways


@lru_cache(maxsize=16384)
def _denied(arg: Logic) -> Term:
    """Kept: each connection asks for the opposite of its parts, and these of theirs."""
    return connect(arg.connective.opposite, [logic_not(part) for part in arg.args])


def where(condition: Term, then: Term, otherwise: Term) -> Term:
    """`then` where the condition holds."""
    if condition is TRUE or then is otherwise:
        return then
    if condition is FALSE:
        return otherwise
    if isinstance(then, Where):
        if then.condition is condition:
            return where(condition, then.then, otherwise)
        if then.otherwise is otherwise and not then.condition.tensors:  # whose reads may need this condition
            return where(logic_and(condition, then.condition), then.then, otherwise)
    if isinstance(otherwise, Where) and otherwise.condition is condition:
        return where(condition, then, otherwise.otherwise)
    if then is NIL:
        negated = logic_not(condition)
        if not (isinstance(negated, Logic) and negated.connective is Connective.NOT):
            return where(negated, otherwise, NIL)
    return Where(condition, then, otherwise)


def indicator(condition: Term) -> Term:
    """1 where the condition holds, else 0."""
    return where(condition, UNIT, NIL)


def guarded(guards: Sequence[Term], value: Term) -> Term:
    """The value where all guards hold, else 0. A guard may read what those before it allow."""
    for guard in reversed(guards):
        value = where(guard, value, NIL)
    return value


def conjuncts(condition: Term) -> tuple[Term, ...]:
    """The conditions that must all hold."""
    return condition.args if is_and(condition) else (condition,)


def shared_by(rows: Sequence[tuple[Term, ...]]) -> tuple[Term, ...]:
    """The conditions that stand in all rows."""
    return tuple(condition for condition in rows[0] if all(condition in row for row in rows))


def either(rows: Sequence[tuple[Term, ...]]) -> tuple[tuple[Term, ...], Term]:
    """(the conditions that stand in all rows, that the rest of some row holds)."""
    shared = shared_by(rows)
    return shared, logic_or(*(logic_and(*(part for part in row if part not in shared)) for row in rows))


def split_guards(term: Term) -> tuple[tuple[Term, ...], Term]:
    """(guards, value) with term = guarded(guards, value), conjunctions taken apart."""
    guards: list[Term] = []
    while isinstance(term, Where) and term.otherwise is NIL:
        guards += conjuncts(term.condition)
        term = term.then
    return tuple(guards), term


def is_and(condition: Term) -> TypeGuard[Logic]:
    return isinstance(condition, Logic) and condition.connective is Connective.AND
