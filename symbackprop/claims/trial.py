"""Whether a term in place of a claim's right-hand side would be true: quickly, at some elements, then at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from symbackprop.claims.bench import FAILURES, Bench
from symbackprop.interpret.compile import Position
from symbackprop.interpret.field import PRIME
from symbackprop.terms.build import mul, number, poly_value, power
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Term

_SAMPLE = 24  # elements of each bench
_BENCHES = 4
_HALF = Fraction(1, 2)
_CONSTANTS = (1, -1, 2, -2, _HALF, -_HALF, 4, Fraction(1, 4), 3, Fraction(1, 3))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A bench with the elements to look at, wrong ones first; `truth` and `claimed` are their values."""

    bench: Bench
    positions: tuple[Position, ...]
    truth: tuple[Any, ...]
    claimed: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A false claim, and where its repairs are tried. `everywhere`: whether a term that is right at the spots is so
    wherever claims are looked at."""

    equation: Equation
    spots: tuple[_Spot, ...]
    everywhere: Callable[[Term], bool]

    @staticmethod
    def of(equation: Equation, benches: Sequence[Bench], everywhere: Callable[[Term], bool]) -> Trial:
        """At a few of the benches, where the claim is false, such that each size takes different values."""
        false = list(benches)
        chosen: list[Bench] = []
        while false and len(chosen) < _BENCHES:
            seen = {item for bench in chosen for item in bench.sizes.items()}
            chosen.append(max(false, key=lambda bench: len(bench.sizes.items() - seen)))
            false.remove(chosen[-1])
        return Trial(equation, tuple(_spot(bench, equation, bench.wrong(equation)) for bench in chosen), everywhere)

    def holds(self, term: Term) -> bool:
        """Whether the claim would be true with this right-hand side."""
        claimed = replace(self.equation, rhs=term)
        try:
            here = bool(self.spots) and self._agrees(term) and not any(s.bench.is_false(claimed) for s in self.spots)
        except FAILURES:
            return False
        return here and self.everywhere(term)

    def _agrees(self, term: Term) -> bool:
        """At the elements looked at."""
        for spot in self.spots:
            value = spot.bench.evaluator(term, self.equation.axes)
            if any(value(one) != truth for one, truth in zip(spot.positions, spot.truth, strict=True)):
                return False
        return True

    def values(self, term: Term) -> tuple[Any, ...] | None:
        """At the elements looked at, those of all benches; None where there is no value."""
        try:
            return tuple(v for s in self.spots for v in s.bench.values(term, self.equation.axes, s.positions))
        except FAILURES:
            return None

    def missing(self) -> tuple[Any, ...]:
        """truth - claimed at the elements looked at."""
        return tuple((t - c) % PRIME for s in self.spots for t, c in zip(s.truth, s.claimed, strict=True))

    # --- factors -----------------------------------------------------------------------------------
    def factor(self, term: Term) -> Term | None:
        """A number made of sizes and constants by which the term is to be multiplied to be true, other than 1."""
        ratios: list[int] = []
        for spot in self.spots:
            ratio = self._ratio(term, spot)
            if ratio is None:
                return None
            ratios.append(ratio)
        if not ratios:
            return None
        for scale in _scales(self.spots[0].bench):
            values = (s.bench.values(scale, (), [()])[0] for s in self.spots)
            if all(value == ratio for value, ratio in zip(values, ratios, strict=True)):
                return scale if self.holds(mul(scale, term)) else None
        return None

    def _ratio(self, term: Term, spot: _Spot) -> int | None:
        """truth/term, where it is the same at the elements looked at."""
        value, ratio = spot.bench.evaluator(term, self.equation.axes), None
        try:
            for position, truth in zip(spot.positions, spot.truth, strict=True):
                found = value(position)
                if found == truth == 0:
                    continue
                if type(found) is not int or type(truth) is not int or found == 0 or truth == 0:
                    return None
                if ratio is None:
                    ratio = truth * pow(found, -1, PRIME) % PRIME
                elif found * ratio % PRIME != truth:
                    return None
        except FAILURES:
            return None
        return ratio


def _spot(bench: Bench, equation: Equation, wrong: Sequence[Position]) -> _Spot:
    positions = bench.positions(equation.axes)
    step = max(1, len(positions) // (_SAMPLE // 2))
    chosen = tuple(dict.fromkeys((*wrong[: _SAMPLE // 2], *positions[::step])))[:_SAMPLE]
    claimed = bench.values(equation.rhs, equation.axes, chosen)
    return _Spot(bench, chosen, tuple(bench.truth(equation, chosen)), tuple(claimed))


def _scales(bench: Bench) -> Iterator[Term]:
    """Constants, sizes, their inverses and roots, products of two of these; the simple ones first."""
    sizes = [poly_value(Poly.of(Dim(name))) for name in bench.ground.program.dims]
    powers = [power(size, exponent) for exponent in (-1, 1, -_HALF, _HALF) for size in sizes]
    pairs = [mul(a, b) for a, b in combinations(powers, 2)]
    constants = [number(constant) for constant in _CONSTANTS]
    yield from constants[1:]
    yield from (mul(c, p) for c, p in product(constants, powers))
    yield from (mul(c, p) for c, p in product(constants[:6], pairs))
