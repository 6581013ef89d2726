"""Sums in the form that textbooks print: common factors in front, brackets opened where that makes them shorter."""

from __future__ import annotations

from fractions import Fraction

from symbackprop.terms.build import NIL, UNIT, add, map_children, mul, number, power, split_coefficient
from symbackprop.terms.conditions import guarded, split_guards
from symbackprop.terms.divisors import nonzero_in
from symbackprop.terms.term import Add, Mul, Number, Power, Reduce, Term, Where

_MOST = 12  # summands after opening the brackets; longer sums are left as they are


def collect_all(term: Term) -> Term:
    """`collect` at the root, behind guards and inside reductions."""
    return map_children(term, collect_all) if isinstance(term, Reduce | Where) else collect(term)


def collect(term: Term) -> Term:
    """A sum with its common factors in front: `p/N - y/N` is `(p - y)/N`; the same term, in fewer operations."""
    if not isinstance(term, Add):
        return term
    opened = _expand(term)
    if _size(opened) < _size(term):
        term = opened
    return _factor(term) if isinstance(term, Add) else term


def _factor(term: Add) -> Term:
    split = [split_guards(arg) for arg in term.args]
    first = split[0][0]
    same = all(guards == first for guards, _ in split)
    shared = [g for g in first if same or (not g.tensors and all(g in guards for guards, _ in split))]
    if shared:
        rest = [guarded([g for g in guards if g not in shared], value) for guards, value in split]
        return guarded(shared, collect(add(*rest)))
    rows = [_factors(arg) for arg in term.args]
    always = any(not guards for guards, _ in split)  # else a factor in front would be read behind no guard
    common = {
        base: exponent
        for base, exponent in rows[0].items()
        if all(base in row and (row[base] > 0) == (exponent > 0) for row in rows[1:])
    }
    common = {
        base: min((row[base] for row in rows), key=abs)
        for base, exponent in common.items()
        if not isinstance(base, Reduce | Where) and (always or _is_anywhere(base, exponent))
    }
    coefficients = [split_coefficient(_unguarded(arg))[0] for arg in term.args]
    scale = coefficients[0] if all(abs(c) == abs(coefficients[0]) for c in coefficients) else Fraction(1)
    scale = abs(scale) if any(c > 0 for c in coefficients) else scale
    if not common and scale == 1:
        return term
    front = [power(base, exponent) for base, exponent in common.items()]
    inverse = [power(base, -exponent) for base, exponent in common.items()]
    inside = add(*(mul(arg, number(1 / scale), *inverse) for arg in term.args))
    return mul(number(scale), *front, inside)


def _is_anywhere(base: Term, exponent: Fraction) -> bool:
    """Whether it is a number made of sizes that no size makes infinite."""
    return not (base.tensors or base.free) and (exponent > 0 or not nonzero_in([power(base, -1)]))


def _factors(term: Term) -> dict[Term, Fraction]:
    """base -> exponent, the numeric coefficient left out; of a guarded value those behind the guard."""
    term = _unguarded(term)
    out: dict[Term, Fraction] = {}
    for arg in term.args if isinstance(term, Mul) else (term,):
        match arg:
            case Number():
                continue
            case Power(base, exponent):
                out[base] = out.get(base, Fraction(0)) + exponent
            case _:
                out[arg] = out.get(arg, Fraction(0)) + 1
    return out


def _unguarded(term: Term) -> Term:
    return term.then if isinstance(term, Where) and term.otherwise is NIL else term


def _expand(term: Add) -> Term:
    """The sum with products of sums multiplied out, if it stays short."""
    out: list[Term] = []
    for arg in term.args:
        rows: list[Term] = [UNIT]
        for factor in arg.args if isinstance(arg, Mul) else (arg,):
            choices = factor.args if isinstance(factor, Add) else (factor,)
            rows = [mul(row, choice) for row in rows for choice in choices]
            if len(rows) > _MOST:
                return term
        out += rows
        if len(out) > _MOST:
            return term
    return add(*out)


def _size(term: Term) -> int:
    """The operations of sums, products and powers; a sign costs nothing: it is the subtraction around it."""
    match term:
        case Mul((Number(value), *factors)) if value == -1:
            return len(factors) - 1 + sum(map(_size, factors))
        case Add(args) | Mul(args):
            return len(args) - 1 + sum(map(_size, args))
        case Power(base, _):
            return 1 + _size(base)
        case _:
            return 0
