"""Derived terms as one would write them: without conditions that always hold where they stand.

    [0 ≤ i < C]·a, i in 0..C-1        a
    [c]·a + [not c]·b                 a if [c] else b, and a where b is a
    [c]·a - [c]·a                     0
    [y ≠ 0]·y·f                       y·f        (the derivative of x^y: zero at y = 0 either way)
    Σ_w [c]·k·a[w]                    k·Σ_w [c]·a[w]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from symbackprop.claims.unfold import facts_about
from symbackprop.terms.build import (
    FALSE,
    NIL,
    TRUE,
    add,
    compare,
    guarded,
    integer_condition,
    logic_and,
    logic_not,
    map_children,
    mul,
    number,
    open_reduce,
    reduce,
    split_coefficient,
    split_guards,
    where,
)
from symbackprop.terms.conditions import is_and
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import (
    Access,
    Add,
    Axis,
    Compare,
    Connective,
    Logic,
    Mul,
    Reduce,
    Reduction,
    Relation,
    Term,
    Where,
)


def simplified(term: Term, ranges: Ranges, facts: tuple[Term, ...] = ()) -> Term:
    """The same values at every position of the `ranges`, under the `facts` between sizes."""
    if isinstance(term, Access) or (not term.tensors and not isinstance(term, Where | Logic | Compare | Reduce)):
        return term
    if isinstance(term, Reduce):
        axes, body = open_reduce(term, taken=ranges)
        inside = {**ranges, **{axis.index: axis for axis in axes}}
        return _reduced(term.reduction, axes, simplified(body, inside, facts))
    if isinstance(term, Where):
        return _branches(term, ranges, facts)
    inner = map_children(term, lambda child: simplified(child, ranges, facts))
    if isinstance(inner, Compare | Logic):
        return _condition(inner, ranges, facts)
    return _collected(inner) if isinstance(inner, Add) else inner


def _reduced(reduction: Reduction, axes: Sequence[Axis], body: Term) -> Term:
    """What a sum's indices do not touch stands before it, also where a condition within does."""
    guards, value = split_guards(body)
    bound = {axis.index for axis in axes}
    factors = value.args if isinstance(value, Mul) else (value,)
    outside = [factor for factor in factors if not factor.free & bound]
    if reduction is not Reduction.SUM or not guards or not outside or len(outside) == len(factors):
        return reduce(reduction, axes, body)
    inside = mul(*(factor for factor in factors if factor not in outside))
    return mul(*outside, reduce(reduction, axes, guarded(guards, inside)))


def _branches(term: Where, ranges: Ranges, facts: tuple[Term, ...]) -> Term:
    condition = _condition(term.condition, ranges, facts)
    if condition is TRUE:
        return simplified(term.then, ranges, facts)
    if condition is FALSE:
        return simplified(term.otherwise, ranges, facts)
    sizes = tuple(part for part in _parts(condition) if integer_condition(part) is not None)
    then = simplified(term.then, ranges, (*facts, *sizes))
    otherwise = simplified(term.otherwise, ranges, facts)
    if otherwise is NIL:
        condition = logic_and(*(part for part in _parts(condition) if not _vanishes_without(part, then)))
    return where(condition, then, otherwise)


def _condition(condition: Term, ranges: Ranges, facts: tuple[Term, ...]) -> Term:
    if isinstance(condition, Logic):
        parts = [_condition(part, ranges, facts) for part in condition.args]
        if condition.connective is Connective.NOT:
            return logic_not(parts[0])
        if condition.connective is Connective.AND:
            return logic_and(*parts)
        return logic_not(logic_and(*map(logic_not, parts)))
    integer = integer_condition(condition)
    if integer is None:
        return _without_sign(condition)
    relation, poly = integer
    known = facts_about(poly, ranges, facts)
    never = known.proves(-poly - 1) or (relation is not Relation.GE and known.proves(poly - 1))
    match relation:
        case Relation.GE if known.proves(poly) or never:
            return FALSE if never else TRUE
        case Relation.EQ if never or known.proves_zero(poly):
            return FALSE if never else TRUE
        case Relation.NE if never or known.proves_zero(poly):
            return TRUE if never else FALSE
        case _:
            return condition


def _without_sign(condition: Term) -> Term:
    """`0 ≠ -beta` is `beta ≠ 0`."""
    match condition:
        case Compare(Relation.EQ | Relation.NE as relation, left, right) if left is NIL or right is NIL:
            other = right if left is NIL else left
            coefficient, rest = split_coefficient(other)
            return compare(relation, rest, NIL) if coefficient != 1 else condition
        case _:
            return condition


def _vanishes_without(condition: Term, value: Term) -> bool:
    """Whether the value is zero anyway where `y ≠ 0` fails."""
    match condition:
        case Compare(Relation.NE, left, right) if left is NIL or right is NIL:
            _, base = split_coefficient(right if left is NIL else left)
            _, inner = split_guards(value)
            return base in (inner.args if isinstance(inner, Mul) else (inner,))
        case _:
            return False


def _parts(condition: Term) -> tuple[Term, ...]:
    return condition.args if is_and(condition) else (condition,)


# --- sums ----------------------------------------------------------------------------------------------
def _collected(total: Add) -> Term:
    """Like terms behind like guards collected, and what stands behind a condition and its opposite in one branch."""
    rows: dict[tuple[frozenset[Term], Term], Fraction] = {}
    order: dict[frozenset[Term], tuple[Term, ...]] = {}
    for arg in total.args:
        guards, value = split_guards(arg)
        key = frozenset(guards)
        order.setdefault(key, guards)
        scale, sum_ = split_coefficient(value)
        for part in sum_.args if isinstance(sum_, Add) else (sum_,):
            coefficient, rest = split_coefficient(part)
            rows[key, rest] = rows.get((key, rest), Fraction(0)) + scale * coefficient
    groups: dict[frozenset[Term], list[Term]] = {}
    for (key, rest), coefficient in rows.items():
        if coefficient:
            groups.setdefault(key, []).append(mul(number(coefficient), rest))
    sums = {key: add(*values) for key, values in groups.items()}
    return add(*_merged(sums, order))


def _merged(sums: dict[frozenset[Term], Term], order: dict[frozenset[Term], tuple[Term, ...]]) -> Iterator[Term]:
    waiting = dict(sums)
    while waiting:
        key, value = waiting.popitem()
        for condition in order[key]:
            other = (key - {condition}) | {logic_not(condition)}
            if other in waiting:
                opposite = waiting.pop(other)
                shared = [guard for guard in order[key] if guard is not condition]
                yield guarded(shared, where(condition, value, opposite))
                break
        else:
            yield guarded(order[key], value)

