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

from symbackprop.terms.build import (
    FALSE,
    NIL,
    TRUE,
    add,
    compare,
    conjuncts,
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
from symbackprop.terms.decided import decided
from symbackprop.terms.products import addends, factors
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import (
    Access,
    Add,
    Axis,
    Compare,
    Logic,
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
        inside = {**ranges, **ranges_of(axes)}
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
    outside = [factor for factor in factors(value) if not factor.free & bound]
    inside = [factor for factor in factors(value) if factor not in outside]
    if reduction is not Reduction.SUM or not guards or not outside or not inside:
        return reduce(reduction, axes, body)
    return mul(*outside, reduce(reduction, axes, guarded(guards, mul(*inside))))


def _branches(term: Where, ranges: Ranges, facts: tuple[Term, ...]) -> Term:
    condition = _condition(term.condition, ranges, facts)
    if condition is TRUE:
        return simplified(term.then, ranges, facts)
    if condition is FALSE:
        return simplified(term.otherwise, ranges, facts)
    sizes = tuple(part for part in conjuncts(condition) if integer_condition(part) is not None)
    then = simplified(term.then, ranges, (*facts, *sizes))
    otherwise = simplified(term.otherwise, ranges, facts)
    if otherwise is NIL:
        condition = logic_and(*(part for part in conjuncts(condition) if not _vanishes_without(part, then)))
    return where(condition, then, otherwise)


def _condition(condition: Term, ranges: Ranges, facts: tuple[Term, ...]) -> Term:
    if isinstance(condition, Logic):
        return map_children(condition, lambda part: _condition(part, ranges, facts))
    known = decided(condition, ranges, facts)
    return _without_sign(condition) if known is None else TRUE if known else FALSE


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
            return base in factors(inner)
        case _:
            return False


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
        for part in addends(sum_):
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
