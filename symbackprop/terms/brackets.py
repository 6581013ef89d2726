"""Brackets opened and closed: sums of products, in which what cancels is seen to cancel, and as textbooks print them.

    expand           products of sums multiplied out, sums over indices taken addend by addend
    collect          what all addends share in front: p/N - y/N is (p - y)/N
    gather_factors   what several addends share in front of these, first what most of them share

The value stays, and where it is asked for: nothing is read in front of its guard.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from symbackprop.terms.build import (
    NIL,
    UNIT,
    add,
    guarded,
    map_children,
    mul,
    number,
    open_reduce,
    poly_value,
    power,
    reduce,
    sort_key,
    split_guards,
)
from symbackprop.terms.divisors import nonzero_in
from symbackprop.terms.products import Product, addends, factors, multiplied_out, without
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import Access, Add, Axis, Mul, Number, PolyValue, Power, Reduce, Reduction, Term, Where
from symbackprop.terms.walks import fold

_MOST_OPEN = 40  # addends; what would be longer is left as it is
_MOST_COLLECTED = 12  # the same, of what is to be printed

Find = Callable[[Reduce, Ranges], "Term | None"]


# --- opened ----------------------------------------------------------------------------------------------
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
            opened = expand(body, {**ranges, **ranges_of(axes)}, known, about)
            parts = addends(opened) if _opens(opened, about) else (opened,)
            apart = [part for part in parts if about is None or part.tensors & about]
            together = add(*(part for part in parts if part not in apart))
            every = [*apart, together] if together is not NIL else apart
            return add(*(_known(_summed(axes, part, ranges, known), ranges, known) for part in every))
        case _:
            return term


def _opens(term: Term, about: frozenset[str] | None) -> bool:
    return isinstance(term, Add) and (about is None or not about.isdisjoint(term.tensors))


def _product(parts: list[Term], about: frozenset[str] | None) -> Term:
    brackets = [addends(part) for part in parts if _opens(part, about)]
    front = _in_front([part for part in parts if not _opens(part, about)])
    rows = multiplied_out(brackets, front, mul, _MOST_OPEN)
    return mul(*parts) if rows is None else add(*rows)


def _in_front(parts: list[Term]) -> Term:
    """The product; what is a size or an index in full, and a number in front of it, are one: 4·n + 2."""
    product: Term = UNIT
    for place, part in enumerate(parts):
        if place and not isinstance(product, Number | PolyValue):
            return mul(product, *parts[place:])
        product = mul(product, part) if place else part
    return product


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
    multiplied = factors(part)
    for place, factor in enumerate(multiplied):
        again = reduce(Reduction.SUM, unused, factor)
        found = known(again, ranges) if isinstance(factor, Access) and isinstance(again, Reduce) else None
        if found is not None:
            return reduce(Reduction.SUM, used, mul(found, *without(multiplied, place)))
    return reduce(Reduction.SUM, axes, part)


def _known(term: Term, ranges: Ranges, known: Find) -> Term:
    """A sum over indices, or a product in which there is one, by its value if that is known."""
    if isinstance(term, Reduce):
        found = known(term, ranges)
        return term if found is None else found
    return map_children(term, lambda arg: _known(arg, ranges, known)) if isinstance(term, Mul) else term


# --- closed: what all share --------------------------------------------------------------------------------
def collect_all(term: Term) -> Term:
    """`collect` at the root, behind guards and inside reductions."""
    return map_children(term, collect_all) if isinstance(term, Reduce | Where) else collect(term)


def collect(term: Term) -> Term:
    """A sum with its common factors in front, brackets opened first where that makes it shorter."""
    if not isinstance(term, Add):
        return term
    opened = _opened(term)
    if opened is not term and _operations(opened) < _operations(term):
        term = opened
    return _factored(term) if isinstance(term, Add) else term


def _opened(term: Add) -> Term:
    """The sum with products of sums multiplied out, if it stays short."""
    out: list[Term] = []
    for arg in term.args:
        brackets = [part for part in factors(arg) if isinstance(part, Add)]
        front = _in_front([part for part in factors(arg) if not isinstance(part, Add)])
        most = _MOST_COLLECTED - len(out)
        rows = multiplied_out(map(addends, brackets), front, mul, most) if most > 0 else None
        if rows is None:
            return term
        out += rows
    return add(*out)


def _factored(term: Add) -> Term:
    split = [split_guards(arg) for arg in term.args]
    first = split[0][0]
    same = all(guards == first for guards, _ in split)
    shared = [g for g in first if same or (not g.tensors and all(g in guards for guards, _ in split))]
    if shared:
        rest = [guarded([g for g in guards if g not in shared], value) for guards, value in split]
        return guarded(shared, collect(add(*rest)))
    products = [Product.of(_behind_guard(arg)) for arg in term.args]
    anywhere = any(not guards for guards, _ in split)  # else a factor in front would be read behind no guard
    common = {
        base: exponent
        for base, exponent in _common_powers(products).items()
        if not isinstance(base, Reduce | Where) and (anywhere or _is_anywhere(base, exponent))
    }
    scale = _common_scale([product.coefficient for product in products])
    if not common and scale == 1:
        return term
    front = [power(base, exponent) for base, exponent in common.items()]
    inverse = [power(base, -exponent) for base, exponent in common.items()]
    inside = add(*(mul(arg, number(1 / scale), *inverse) for arg in term.args))
    return mul(number(scale), *front, inside)


def _behind_guard(term: Term) -> Term:
    return term.then if isinstance(term, Where) and term.otherwise is NIL else term


def _common_powers(products: list[Product]) -> dict[Term, Fraction]:
    """base -> the exponent that all of them have at least, above the line or below it."""
    first, *others = (product.powers for product in products)
    return {
        base: min((row[base] for row in (first, *others)), key=abs)
        for base, exponent in first.items()
        if all(base in row and (row[base] > 0) == (exponent > 0) for row in others)
    }


def _common_scale(coefficients: list[Fraction]) -> Fraction:
    """The number that all of them are but for the sign; with the sign, if all are negative."""
    first = coefficients[0]
    scale = first if all(abs(other) == abs(first) for other in coefficients) else Fraction(1)
    return abs(scale) if any(other > 0 for other in coefficients) else scale


def _is_anywhere(base: Term, exponent: Fraction) -> bool:
    """Whether it is a number made of sizes that no size makes infinite."""
    return not (base.tensors or base.free) and (exponent > 0 or not nonzero_in([power(base, -1)]))


def _operations(term: Term) -> int:
    """Those of sums, products and powers; a sign costs nothing: it is the subtraction around it."""

    def inside(inner: Term) -> tuple[Term, ...]:
        return (inner.base,) if isinstance(inner, Power) else inner.args if isinstance(inner, Add | Mul) else ()

    def count(inner: Term, parts: list[int]) -> int:
        sign = isinstance(inner, Mul) and isinstance(inner.args[0], Number) and inner.args[0].value == -1
        own = 1 if isinstance(inner, Power) else max(len(parts) - 1, 0)
        return own + sum(parts) - sign

    return fold(term, count, inside)


# --- closed: what most share -------------------------------------------------------------------------------
def gather_factors(term: Term) -> Term:
    """A sum of products with shared elements in front: `r·a + b - r·c·x` is `b + r·(a - c·x)`."""
    if not isinstance(term, Add):
        return term
    rows = [_elements(Product.of(arg)) for arg in term.args]
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


def _elements(product: Product) -> dict[Term, Fraction]:
    """Of its powers those of elements and functions. Numbers and sizes stay with their terms: a mean is a sum over its
    count."""
    return {
        base: exponent
        for base, exponent in product.powers.items()
        if base.tensors and not isinstance(base, PolyValue | Reduce | Where | Add)
    }


__all__ = ["Find", "collect", "collect_all", "expand", "gather_factors"]
