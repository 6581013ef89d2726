"""Repairs of a false claim: each undoes one mistake that people make, anywhere in its right-hand side.

A sign, a term or factor too many or too few, a power off by one, an element of another tensor, transposed, shifted or
under another index, a condition, a sum over another index. Whether a repair makes the claim true is for `trial` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import combinations, permutations, product
from typing import Any

from symbackprop.claims.flips import flipped_subscripts, reversed_sums
from symbackprop.claims.words import Words
from symbackprop.terms.build import (
    NIL,
    add,
    apply,
    compare,
    guarded,
    integer_condition,
    logic_and,
    logic_not,
    mul,
    neg,
    number,
    poly_value,
    power,
    reduce,
    substitute,
    where,
)
from symbackprop.terms.conditions import is_and
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import DType
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Mul,
    Number,
    Power,
    Reduce,
    Reduction,
    Relation,
    Subscript,
    Term,
    Where,
)


class Mistake(Enum):
    """What is wrong with a claim; the plainer kinds first."""

    SIGN = "wrong sign"
    POWER = "wrong power"
    TRANSPOSED = "transposed"
    TENSOR = "another tensor"
    SHIFTED = "shifted"
    FLIPPED = "the other way round"
    INDEX = "another index"
    CONDITION = "wrong condition"
    SUM = "a sum over another index"
    EXTRA_FACTOR = "a factor too many"
    EXTRA = "a term too many"
    FACTOR = "off by a factor"
    MISSING_FACTOR = "a factor is missing"
    MISSING = "a term is missing"
    TERM = "another term"
    ASSUMED = "true under an assumption"
    UNKNOWN = "different"


@dataclass(frozen=True, slots=True)
class Repair:
    """`text`: what was wrong. `term`: the right-hand side without that mistake."""

    mistake: Mistake
    text: str
    term: Term


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of what was derived, with the axes of the sums that it stands under."""

    term: Term
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Repairs:
    """`tensors`: what may stand in place of another tensor; `factors`: what may have been forgotten."""

    words: Words
    tensors: tuple[str, ...]
    factors: tuple[Factor, ...]
    dims: tuple[str, ...]

    def __call__(self, term: Term, ranges: Ranges) -> Iterator[Repair]:
        yield from self._here(term, ranges)
        match term:
            case Add(args):
                yield from self._within(args, ranges, lambda new: add(*new))
            case Mul(args):
                yield from self._within(args, ranges, lambda new: mul(*new))
            case Power(base, exponent):
                yield from self._within((base,), ranges, lambda new: power(new[0], exponent))
            case Apply(function, args):
                yield from self._within(args, ranges, lambda new: apply(function, *new))
            case Where(condition, then, otherwise):
                yield from self._within((then, otherwise), ranges, lambda new: where(condition, *new))
            case Reduce(reduction, _, _):
                axes, body = self.opened(term, ranges)
                inside = {**ranges, **{axis.index: axis for axis in axes}}
                for repair in self(body, inside):
                    yield Repair(repair.mistake, repair.text, reduce(reduction, axes, repair.term))

    def _within(
        self, args: Sequence[Term], ranges: Ranges, build: Callable[[list[Term]], Term]
    ) -> Iterator[Repair]:
        for place, arg in enumerate(args):
            for repair in self(arg, ranges):
                yield Repair(repair.mistake, repair.text, build([*args[:place], repair.term, *args[place + 1 :]]))

    def opened(self, term: Reduce, ranges: Ranges) -> tuple[list[Axis], Term]:
        """(axes, body) under the names that the reduction's indices are printed with."""
        names = self.words.bound_names(term, ranges)
        axes = [Axis(Index(names[axis.index]), axis.low, axis.high) for axis in term.axes]
        opened = {old.index: Poly.of(new.index) for old, new in zip(term.axes, axes, strict=True)}
        return axes, substitute(term.body, opened)

    # --- at the head of a term -----------------------------------------------------------------------
    def _here(self, term: Term, ranges: Ranges) -> Iterator[Repair]:
        match term:
            case Access(tensor, subscripts):
                yield from self._reads(tensor, subscripts, ranges)
                yield from self._powers(term, Fraction(1))
            case Add(args):
                yield from self._terms(args)
            case Power(base, exponent) if base.tensors:
                yield from self._powers(base, exponent)
            case Where():
                yield from self._conditions(term)
            case Mul():
                yield from self._beside_sums(term, ranges)
            case Reduce(Reduction.SUM, _, _):
                yield from self._sums(term, ranges)
        yield from self._factors(term, ranges)

    def _terms(self, args: tuple[Term, ...]) -> Iterator[Repair]:
        for place, arg in enumerate(args):
            others = (*args[:place], *args[place + 1 :])

            def instead(mistake: Mistake, new: Term, text: str = "", arg: Term = arg, others: Any = others) -> Repair:
                mended = add(*others, new)
                if not arg.tensors:  # a number by itself says little
                    text = f"claim has {self.words.term(add(*others, arg))}, derived has {self.words.term(mended)}"
                has = f"claim has {self.words.signed(arg)}, derived has {self.words.signed(new)}"
                return Repair(mistake, text or has, mended)

            yield instead(Mistake.SIGN, neg(arg))
            yield instead(Mistake.EXTRA, NIL, f"the term {self.words.term(arg)} does not belong")
            for scale in self._scales():
                missing = f"the factor {self.words.term(scale)} is missing in the term {self.words.term(arg)}"
                yield instead(Mistake.FACTOR, mul(scale, arg), "" if isinstance(scale, Number) else missing)

    def _scales(self) -> Iterator[Term]:
        sizes = [poly_value(Poly.of(Dim(name))) for name in self.dims]
        yield from (number(2), power(number(2), -1))
        yield from (power(size, exponent) for exponent in (-1, 1) for size in sizes)

    def _powers(self, base: Term, exponent: Fraction) -> Iterator[Repair]:
        old = self.words.term(power(base, exponent))
        for other in (exponent - 1, exponent + 1, -exponent, exponent / 2, exponent * 2):
            if other != 0:
                new = power(base, other)
                yield Repair(Mistake.POWER, f"claim has {old}, derived has {self.words.term(new)}", new)

    def _conditions(self, term: Where) -> Iterator[Repair]:
        """Left out, turned round, or its bound moved by one: the whole, or one part of several that must all hold."""
        shown = self._condition(term.condition)
        opposite = where(logic_not(term.condition), term.then, term.otherwise)
        yield Repair(Mistake.CONDITION, f"the condition {shown} is the wrong way round", opposite)
        parts = term.condition.args if is_and(term.condition) else (term.condition,)
        for place, part in enumerate(parts):
            others = (*parts[:place], *parts[place + 1 :])
            without = where(logic_and(*others), term.then, term.otherwise)
            yield Repair(Mistake.CONDITION, f"the condition {self._condition(part)} does not belong", without)
            for moved in _moved(part):
                text = f"claim has the condition {self._condition(part)}, derived has {self._condition(moved)}"
                mended = where(logic_and(*others, moved), term.then, term.otherwise)
                yield Repair(Mistake.CONDITION, text, mended)

    def _condition(self, condition: Term) -> str:
        return self.words.condition(condition)

    # --- reads -------------------------------------------------------------------------------------
    def _reads(self, tensor: str, subscripts: tuple[Subscript, ...], ranges: Ranges) -> Iterator[Repair]:
        old = Access(tensor, subscripts)

        def read(mistake: Mistake, name: str, new: Sequence[Subscript], how: str = "") -> Repair:
            access = Access(name, tuple(new))
            text = f"reads {self.words.term(old)} where {self.words.term(access)} belongs{how}"
            return Repair(mistake, text, self._inside(access, ranges))

        for one, other in combinations(range(len(subscripts)), 2):
            if subscripts[one] != subscripts[other]:
                swapped = list(subscripts)
                swapped[one], swapped[other] = swapped[other], swapped[one]
                yield read(Mistake.TRANSPOSED, tensor, swapped, ", transposed")
        table = self.words.ground.table
        for name in self.tensors:
            same = table[name].shape == table[tensor].shape and table[name].origin == table[tensor].origin
            if name != tensor and same and table[name].dtype is DType.FLOAT:
                yield read(Mistake.TENSOR, name, subscripts)
        for how, new in flipped_subscripts(table[tensor], subscripts, ranges):
            yield read(Mistake.FLIPPED, tensor, new, f", {how}")
        for place, subscript in enumerate(subscripts):
            if not isinstance(subscript, Poly) or not subscript.indices():
                continue
            for step in (1, -1):
                yield read(Mistake.SHIFTED, tensor, _with(subscripts, place, subscript + step))
            known = ranges.get(subscript.index) if subscript.index is not None else None
            for index, axis in ranges.items():
                if known is not None and index != known.index and (axis.low, axis.high) == (known.low, known.high):
                    yield read(Mistake.INDEX, tensor, _with(subscripts, place, Poly.of(index)))

    def _inside(self, access: Access, ranges: Ranges) -> Term:
        """The element, 0 where it may be outside its tensor."""
        tensor, facts = self.words.ground.table[access.tensor], Facts.of(ranges.values())
        guards = [
            compare(Relation.GE, poly_value(distance), NIL)
            for place, subscript in enumerate(access.subscripts)
            if isinstance(subscript, Poly)
            for distance in (subscript - tensor.origin[place], tensor.highest[place] - subscript)
            if not facts.proves(distance)
        ]
        return guarded([guard for guard in guards if isinstance(guard, Compare)], access)

    # --- factors and sums --------------------------------------------------------------------------
    def _factors(self, term: Term, ranges: Ranges) -> Iterator[Repair]:
        if isinstance(term, Mul):
            for place, arg in enumerate(term.args):
                text = f"the factor {self.words.term(arg)} does not belong"
                yield Repair(Mistake.EXTRA_FACTOR, text, mul(*term.args[:place], *term.args[place + 1 :]))
        if isinstance(term, Number) or not term.tensors:
            return
        for factor in self.factors:
            for here in _placed(factor, ranges):
                what = "condition" if isinstance(here, Where) else "factor"
                text = f"the {what} {self.words.term(here)} is missing"
                yield Repair(Mistake.MISSING_FACTOR, text, mul(here, term))

    def _beside_sums(self, term: Mul, ranges: Ranges) -> Iterator[Repair]:
        """z[n, j]·Σ_k W[k, j] where Σ_k W[k, j]·z[n, k] belongs: an element that was to stand under the sum."""
        for total, read in permutations(term.args, 2):
            if not isinstance(total, Reduce) or total.reduction is not Reduction.SUM or not isinstance(read, Access):
                continue
            axes, body = self.opened(total, ranges)
            rest = [arg for arg in term.args if arg is not total and arg is not read]
            for axis, index in product(axes, sorted(read.free & ranges.keys(), key=str)):
                if (axis.low, axis.high) == (ranges[index].low, ranges[index].high):
                    moved = substitute(read, {index: Poly.of(axis.index)})
                    text = f"reads {self.words.term(read)} where {self.words.term(moved)} belongs, under the sum"
                    yield Repair(Mistake.INDEX, text, mul(*rest, reduce(Reduction.SUM, axes, mul(body, moved))))

    def _sums(self, term: Reduce, ranges: Ranges) -> Iterator[Repair]:
        """Σ_n f[n, j] where Σ_j f[n, j] belongs: the summed index becomes free, and a free one is summed."""
        axes, body = self.opened(term, ranges)
        inside = {**ranges, **{axis.index: axis for axis in axes}}
        for axis in axes:
            for read, turned, new in reversed_sums(body, axis.index, inside, self._inside):
                belongs = f"reads {self.words.term(read)} where {self.words.term(turned)} belongs"
                text = f"{belongs}: {axis.index} runs the other way, the kernel is flipped"
                yield Repair(Mistake.FLIPPED, text, reduce(Reduction.SUM, axes, new))
        for place, axis in enumerate(axes):
            old = axis.index.name.rstrip("'")  # primed where it shadows a free one
            outer = [i for i, a in ranges.items() if (a.low, a.high) == (axis.low, axis.high)]
            for index in sorted(body.free & ranges.keys(), key=str):
                for freed in outer:
                    fresh = Index(f"{index.name}'")
                    mapping = {axis.index: Poly.of(freed), index: Poly.of(fresh)}
                    summed = Axis(fresh, ranges[index].low, ranges[index].high)
                    others = [*axes[:place], *axes[place + 1 :]]
                    new = reduce(Reduction.SUM, [*others, summed], substitute(body, mapping))
                    yield Repair(Mistake.SUM, f"sums over {old} where {index} belongs", new)
                    mean = mul(new, poly_value(axis.extent), power(poly_value(summed.extent), -1))
                    yield Repair(Mistake.SUM, f"averages over {old} where {index} belongs", mean)


def _moved(condition: Term) -> Iterator[Term]:
    """A condition on sizes and indices with its bound one higher or lower."""
    integer = integer_condition(condition)
    if integer is not None:
        for step in (1, -1):
            yield compare(integer[0], poly_value(integer[1] + step), NIL)


def _with(subscripts: tuple[Subscript, ...], place: int, new: Poly) -> tuple[Subscript, ...]:
    return (*subscripts[:place], new, *subscripts[place + 1 :])


def _placed(factor: Factor, ranges: Ranges) -> Iterator[Term]:
    """The factor with its bound indices among those in scope that run as they do."""
    bound = [axis for axis in factor.axes if axis.index in factor.term.free]
    ways: list[dict[Index, Poly]] = [{}]
    for axis in bound:
        alike = [i for i, a in ranges.items() if (a.low, a.high) == (axis.low, axis.high)]
        ways = [{**way, axis.index: Poly.of(index)} for way in ways for index in alike]
    for way in ways:
        here = substitute(factor.term, way)
        if here.free <= set(ranges):
            yield here
