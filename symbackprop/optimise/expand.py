"""Opening brackets and closing them again: sums of products, in which what cancels is seen to cancel.

`expand` multiplies products of sums out and takes sums over indices term by term; `gather_factors` puts what several
terms share in front of them, the factor that most of them share first.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from symbackprop.terms.build import NIL, UNIT, add, map_children, mul, open_reduce, poly_value, power, reduce, sort_key
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import Access, Add, Axis, Mul, Number, PolyValue, Power, Reduce, Reduction, Term, Where

_MOST = 40  # summands; what would be longer is left as it is

Find = Callable[[Reduce, Ranges], Term | None]


def expand(term: Term, ranges: Ranges, known: Find, about: frozenset[str] | None = None) -> Term:
    """The term as a sum of products, the sums over indices in it of products, or of what `known` says of them.

    Only sums, products and their integer powers are opened: not what stands under a guard or a function. With `about`,
    only the brackets in which one of these tensors is read: `1 - a²` is rounded less than a multiple of it in parts.
    """

    def inner(part: Term) -> Term:
        return expand(part, ranges, known, about)

    match term:
        case Add(args):
            return add(*map(inner, args))
        case Mul(args):
            return _product([inner(arg) for arg in args], about)
        case Power(base, exponent) if exponent.denominator == 1 and exponent > 1 and _opens(base, about):
            return _product([inner(base)] * exponent.numerator, about)
        case Reduce(Reduction.SUM, _, _):
            axes, body = open_reduce(term, taken=ranges)
            opened = expand(body, {**ranges, **{axis.index: axis for axis in axes}}, known, about)
            parts = opened.args if isinstance(opened, Add) and _opens(opened, about) else (opened,)
            apart = [part for part in parts if about is None or part.tensors & about]
            together = add(*(part for part in parts if part not in apart))
            every = [*apart, together] if together is not NIL else apart
            return add(*(_known(_summed(axes, part, ranges, known), ranges, known) for part in every))
        case _:
            return term


def _opens(term: Term, about: frozenset[str] | None) -> bool:
    return isinstance(term, Add) and (about is None or not about.isdisjoint(term.tensors))


def _summed(axes: list[Axis], part: Term, ranges: Ranges, known: Find) -> Term:
    """The sum of a product. Along an axis that it does not depend on it is a multiple: as often as there are positions,
    of which there are not less than none, or because a factor is an average along that axis."""
    unused = [axis for axis in axes if axis.index not in part.free]
    used = [axis for axis in axes if axis.index in part.free]
    if not unused:
        return reduce(Reduction.SUM, axes, part)
    facts = Facts.of()
    if all(facts.proves(axis.extent) for axis in unused):
        return mul(*(poly_value(axis.extent) for axis in unused), reduce(Reduction.SUM, used, part))
    factors = part.args if isinstance(part, Mul) else (part,)
    for place, factor in enumerate(factors):
        again = reduce(Reduction.SUM, unused, factor)
        found = known(again, ranges) if isinstance(factor, Access) and isinstance(again, Reduce) else None
        if found is not None:
            return reduce(Reduction.SUM, used, mul(*factors[:place], found, *factors[place + 1 :]))
    return reduce(Reduction.SUM, axes, part)


def _known(term: Term, ranges: Ranges, known: Find) -> Term:
    """A sum over indices, or a product in which there is one, by its value if that is known."""
    if isinstance(term, Reduce):
        found = known(term, ranges)
        return term if found is None else found
    return map_children(term, lambda arg: _known(arg, ranges, known)) if isinstance(term, Mul) else term


def _product(factors: list[Term], about: frozenset[str] | None) -> Term:
    rows: list[Term] = [UNIT]
    for factor in factors:
        choices = factor.args if isinstance(factor, Add) and _opens(factor, about) else (factor,)
        if len(rows) * len(choices) > _MOST:
            return mul(*factors)
        rows = [mul(row, choice) for row in rows for choice in choices]
    return add(*rows)


def gather_factors(term: Term) -> Term:
    """A sum of products with shared elements in front: `r·a + b - r·c·x` is `b + r·(a - c·x)`."""
    if not isinstance(term, Add):
        return term
    rows = [_factors(arg) for arg in term.args]
    shared = _most_shared(rows)
    if shared is None:
        return term
    base, sign = shared
    inside = [place for place, row in enumerate(rows) if row.get(base, 0) * sign > 0]
    least = min((rows[place][base] for place in inside), key=abs)
    front = power(base, least)
    group = add(*(mul(term.args[place], power(base, -least)) for place in inside))
    rest = add(*(arg for place, arg in enumerate(term.args) if place not in inside))
    return add(gather_factors(rest), mul(front, gather_factors(group)))


def _most_shared(rows: list[dict[Term, Fraction]]) -> tuple[Term, int] | None:
    """(element, sign of its exponent) that stands in most rows; among equals what has the fewest indices."""
    counts: dict[tuple[Term, int], int] = {}
    for row in rows:
        for base, exponent in row.items():
            key = base, 1 if exponent > 0 else -1
            counts[key] = counts.get(key, 0) + 1
    often = [key for key, count in counts.items() if count > 1]
    return min(often, key=lambda key: (-counts[key], len(key[0].free), sort_key(key[0])), default=None)


def _factors(term: Term) -> dict[Term, Fraction]:
    """element -> exponent. Numbers and sizes stay with their terms: a mean is a sum over its count."""
    out: dict[Term, Fraction] = {}
    for arg in term.args if isinstance(term, Mul) else (term,):
        base, exponent = (arg.base, arg.exponent) if isinstance(arg, Power) else (arg, Fraction(1))
        if base.tensors and not isinstance(base, Number | PolyValue | Reduce | Where | Add):
            out[base] = out.get(base, Fraction(0)) + exponent
    return out


__all__ = ["Find", "expand", "gather_factors"]
