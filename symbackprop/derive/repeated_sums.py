"""Sums with a contraction that stand in an equation several times: they get one name, and so one adjoint.

    Σ_i x[i]·w[i] + b   in   (Σ_i x[i]·w[i] + b)·tanh(Σ_i x[i]·w[i] + b + ¼·(Σ_i x[i]·w[i] + b)^3)

Sums are flat, so that one may stand inside another as some of its addends, times a number. The adjoint of b is then one
sum, over the adjoint of the whole, not one for each of the places.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction

from symbackprop.terms.build import mul, number
from symbackprop.terms.products import factors, is_sum
from symbackprop.terms.term import Add, Mul, Number, Term, children_of, subterms

__all__ = ["repeated_sums", "taken_apart"]


def repeated_sums(term: Term) -> dict[Term, list[Add]]:
    """The sums with a contraction that stand inside the term several times, each with those of whose addends it is
    some, times a number: these read it, though it is no part of them as they are written."""
    sums = [part for part in subterms(term) if isinstance(part, Add)]
    candidates = _plainest(part for part in sums if _contraction(part) is not None)
    if not candidates:
        return {}
    places = Counter(child for part in subterms(term) for child in children_of(part))
    having: dict[Term, list[Add]] = defaultdict(list)  # the sums that have it, times a number, among their addends
    for part in sums:
        for addend in part.args:
            having[_scaled(addend)[1]].append(part)
    wholes = {part: [whole for whole in having[_contraction(part) or part]
                     if whole is not part and _multiple(whole.args, part) is not None]
              for part in candidates}  # fmt: skip
    return {part: around for part, around in wholes.items() if places[part] + len(around) > 1}


def taken_apart(args: Sequence[Term], sums: Collection[Term]) -> Iterator[tuple[Fraction, Term]]:
    """The addends as multiples of those of the sums that stand among them, the largest first, and the rest."""
    rest = list(args)
    for part in sorted((part for part in sums if isinstance(part, Add)), key=lambda part: -len(part.args)):
        multiple = _multiple(rest, part)
        if multiple is not None and not (multiple == 1 and len(part.args) == len(args)):
            yield multiple, part
            taken = {mul(number(multiple), addend) for addend in part.args}
            rest = [arg for arg in rest if arg not in taken]
    yield from ((Fraction(1), arg) for arg in rest)


def _plainest(sums: Iterable[Add]) -> list[Add]:
    """Of those that are multiples of each other the one whose contraction has no factor, else the first."""
    found: dict[frozenset[tuple[Fraction, Term]], Add] = {}
    for part in sums:
        anchor = _contraction(part)
        scaled = list(map(_scaled, part.args))
        (factor,) = (factor for factor, rest in scaled if rest is anchor)
        key = frozenset((each / factor, rest) for each, rest in scaled)
        if key not in found or factor == 1:
            found[key] = part
    return list(found.values())


def _contraction(term: Add) -> Term | None:
    """An addend that sums over indices."""
    summing = (_scaled(arg)[1] for arg in term.args if any(map(is_sum, factors(arg))))
    return next(summing, None)


def _scaled(term: Term) -> tuple[Fraction, Term]:
    match term:
        case Mul((Number(value), *rest)):
            return value, mul(*rest)
        case _:
            return Fraction(1), term


def _multiple(args: Sequence[Term], part: Add) -> Fraction | None:
    """The number times which the part stands among the addends."""
    anchor, there = _contraction(part), set(args)
    within = [_scaled(addend)[0] for addend in part.args if _scaled(addend)[1] is anchor]
    for arg in args:
        coefficient, rest = _scaled(arg)
        if rest is anchor and all(mul(number(coefficient / within[0]), addend) in there for addend in part.args):
            return coefficient / within[0]
    return None
