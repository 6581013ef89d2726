"""Residues whose order is chosen: every joint truth assignment of conditions can be walked through, one after another.

A comparison of l and r asks for the sign of the residue d = l - r. Where nothing known decides it, it is *chosen*
(`Path`), and kept: d, its negative and its rational multiples have one sign wherever they are met. Each choice of all
signs is a region, on which a program is a formal expression without branches, so that residues tell whether two of
them are equal there (see `residues`). What is equal on every region is equal at all real data.

Signs that cannot be are left out, if `consistent` (a region too many is no harm to a proof, and keeps one from being
found). Known are, of values and, once chosen, of signs: intervals (exp u > 0, u² >= 0, 0 < sigmoid u < 1, and those of
sums, products and powers), and what follows from d = e + c, d = e + f and d = e·f of signs e, f that were chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf
from typing import Any

from symbackprop.interpret.failures import InterpretationError
from symbackprop.interpret.field import PRIME, Residue, signed
from symbackprop.interpret.number_system import holds
from symbackprop.interpret.residues import DECIDING, Residues
from symbackprop.terms.interval import (
    ANY,
    NEGATIVE,
    NONNEGATIVE,
    POSITIVE,
    Interval,
    of_function,
    of_power,
    of_product,
    of_sum,
    only,
)
from symbackprop.terms.term import Function, Relation, Term

_EXACT = 2**32  # given numbers below it are what they are, not random
_RATIO = 10**5  # numerators and denominators of the multiples that are recognised
_DOMAINS = {Function.ACOSH: Interval(1)}  # on every region everything has a value
STRICT, WITH_TIES = (1, -1), (1, -1, 0)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `options` was taken: a sign of `residue`, which the condition or extremum `about` asked for, a `stated`
    equation or an order; or a value of the element `about` of integers."""

    about: Any
    options: tuple[int, ...]
    place: int
    residue: int | None = None
    stated: bool = False

    @property
    def value(self) -> int:
        return self.options[self.place]

    @property
    def equal(self) -> bool:
        """Whether two values were chosen to be one."""
        return self.residue is not None and self.value == 0


@dataclass(slots=True)
class Path:
    """Choices in the order in which they come up: the first of them as `planned`, each further one its first option.

    `radius`: how many may differ from their first option, in the paths that follow. `lost`: that the plan was of
    choices with other options (those of other data).
    """

    planned: tuple[int, ...] = ()
    radius: float = inf
    taken: list[Choice] = field(default_factory=list)
    lost: bool = False

    def choose(self, about: Any, options: tuple[int, ...], residue: int | None = None, stated: bool = False) -> int:
        number = len(self.taken)
        place = self.planned[number] if number < len(self.planned) else 0
        if place >= len(options):
            place, self.lost = 0, True
        self.taken.append(Choice(about, options, place, residue, stated))
        return options[place]

    def following(self) -> Path | None:
        """The next path; None after the last."""
        places = [choice.place for choice in self.taken]
        for number in range(len(places) - 1, -1, -1):
            moved = sum(place > 0 for place in places[:number])
            if places[number] + 1 < len(self.taken[number].options) and moved + 1 <= self.radius:
                return Path((*places[:number], places[number] + 1), self.radius)
        return None


class TooMuchWork(InterpretationError):
    """More operations than were allowed."""


class Regions(Residues):
    """Residues on one region at a time; `walk` starts each. `ties`: whether equality is among the choices of an order
    (of a stated equation it always is). `budget`: of operations, in all."""

    def __init__(self, seed: int = 0, consistent: bool = True, ties: bool = False, budget: int = 10**9) -> None:
        super().__init__(seed)
        self.consistent, self.ties, self.budget = consistent, ties, budget
        self.path = Path()
        self.subject: Term | None = None
        self.given_signs: dict[int, int] = {}  # what is assumed of data
        self._held: dict[Term, set[bool]] = {}  # truths of conditions, both where a sign was no plain number's
        self._exact = {0: only(0), 1: only(1)}
        self._ranges: dict[int, Interval] = {}
        self._signs: dict[int, int] = {}
        self._inverses: dict[int, int] = {}
        self._fractions: dict[int, Fraction | None] = {}
        self._integers: dict[Any, int] = {}

    def walk(self, path: Path) -> None:
        """Forgets what was chosen, and what followed."""
        self.path = path
        self.region += 1
        self._ranges.clear()
        self._signs.clear()
        self._integers.clear()
        for value, sign in self.given_signs.items() if self.consistent else ():
            self._learn(value, sign)

    def integer(self, element: Any, options: tuple[int, ...]) -> int:
        """The value of an integer input's element: chosen where it is first read."""
        found = self._integers.get(element)
        if found is None:
            found = self._integers[element] = self.path.choose(element, options) if len(options) > 1 else options[0]
        return found

    # --- values, with what is known of them --------------------------------------------------------
    def _note(self, value: Residue, known: Interval) -> Residue:
        if not known.is_everything and type(value) is int and value not in self._exact:
            self._ranges[value] = known
        return value

    def _range(self, value: Residue) -> Interval:
        return self._exact.get(value) or self._ranges.get(value, ANY)

    def _noted(
        self, total: Residue, of: Callable[[Sequence[Interval]], Interval], values: Sequence[Residue]
    ) -> Residue:
        """A sum or product of the values, with what is known of it where something is known of each of them."""
        if self.consistent and total not in self._ranges:
            known = [self._range(value) for value in values]
            if not any(each is ANY for each in known):
                self._note(total, of(known))
        return total

    def _worked(self, operations: int = 1) -> None:
        self.budget -= operations
        if self.budget < 0:
            raise TooMuchWork("more regions than are worth walking through")

    def number(self, value: Fraction) -> int:
        found = super().number(value)
        self._exact.setdefault(found, only(value))
        return found

    def given(self, value: Any) -> Residue:
        found = super().given(value)
        if type(found) is int and (isinstance(value, float | Fraction) or abs(signed(found)) < _EXACT):
            self._exact.setdefault(found, only(value if isinstance(value, float | Fraction) else signed(found)))
        return found

    def add(self, values: Sequence[Residue]) -> Residue:
        self._worked()
        return self._noted(super().add(values), of_sum, values)

    def multiply(self, values: Sequence[Residue]) -> Residue:
        self._worked()
        return self._noted(super().multiply(values), of_product, values)

    def power(self, base: Residue, exponent: Fraction) -> Residue:
        self._worked()
        found = super().power(base, exponent)
        if self.consistent and found not in self._ranges:
            known = self._range(base)
            self._note(found, of_power(known if exponent.denominator == 1 else known.within(NONNEGATIVE), exponent))
        return found

    def apply(self, function: Function, values: Sequence[Residue]) -> Residue:
        self._worked()
        if function in (Function.MAX, Function.MIN):
            lost = -inf if function is Function.MAX else inf
            values = [value for value in values if value != lost] or [lost]
        if function in DECIDING and not any(type(value) is float for value in values):
            return self._decided(function, values)
        found = super().apply(function, values)
        if self.consistent and found not in self._ranges:
            known = self._range(values[0]).within(_DOMAINS.get(function, ANY))
            self._note(found, POSITIVE if function is Function.EXP_NORMALIZED else of_function(function, known))
        return found

    def exp_of_sum(self, values: Sequence[Residue]) -> Residue:
        return self._note(super().exp_of_sum(values), POSITIVE)

    def _decided(self, function: Function, values: Sequence[Residue]) -> Residue:
        u = values[0]
        match function:
            case Function.RELU:
                return u if self.sign(u) > 0 else 0
            case Function.ABS:
                return u if self.sign(u) >= 0 else PRIME - u
            case Function.SIGN:
                return self.sign(u) % PRIME
        best, wanted = u, 1 if function is Function.MAX else -1
        for value in values[1:]:
            if value != best and self.sign(self._difference(value, best)) == wanted:
                best = value
        return best

    def compare(self, relation: Relation, left: Residue, right: Residue) -> bool:
        if type(left) is float or type(right) is float:
            return super().compare(relation, left, right)
        stated = relation in (Relation.EQ, Relation.NE)
        d = self._difference(left, right)
        held = holds(relation, self.sign(d, stated), 0)
        if self.subject is not None:
            number = all(value in self._exact or self._fraction(value) is not None for value in (left, right))
            self._held.setdefault(self.subject, set()).update((held,) if number else (True, False))
        return held

    def undecided(self) -> list[Term]:
        """Conditions between numbers that always were true, or always false, on all the regions so far."""
        return [condition for condition, truths in self._held.items() if len(truths) == 1]

    def _difference(self, left: int, right: int) -> int:
        d = (left - right) % PRIME
        above, below = self._range(left), self._range(right)
        if self.consistent and d not in self._ranges and above is not ANY and below is not ANY:
            self._note(d, of_sum((above, below.negated())))
        return d

    def about(self, term: Term) -> _Told:
        return _Told(self, term)

    # --- signs -------------------------------------------------------------------------------------
    def sign(self, d: int, stated: bool = False) -> int:
        """1, 0 or -1: what it is known or was chosen to be, or else is chosen now."""
        if d == 0:
            return 0
        known = self._known_sign(d)
        if known is None:
            options = WITH_TIES if stated or self.ties else STRICT
            known = self.path.choose(self.subject, options, d, stated)
            self._learn(d, known)
        return known

    def _learn(self, d: int, sign: int) -> None:
        for value, known in ((d, sign), (PRIME - d, -sign)):
            self._signs[value] = known
            if self.consistent:
                self._ranges[value] = POSITIVE if known > 0 else NEGATIVE if known < 0 else only(0)

    def _known_sign(self, d: int) -> int | None:
        known = self._sign_of(d)
        return next(self._followed(d), None) if known is None else known

    def _followed(self, d: int) -> Iterator[int]:
        """What follows from the signs chosen so far."""
        self._worked(len(self._signs) // 2)
        for e, sign in self._signs.items():
            quotient = d * self._inverse(e) % PRIME
            multiple = self._fraction(quotient)
            if multiple is not None:
                yield sign if multiple > 0 else -sign
            if not self.consistent:
                continue
            rest = self._sign_of((d - e) % PRIME)
            if rest is not None and (rest == sign or rest == 0 or sign == 0):
                yield rest or sign
            for factor in (quotient, e * self._inverse(d) % PRIME):
                known = self._sign_of(factor)
                if known:
                    yield known * sign

    def _sign_of(self, value: int) -> int | None:
        known = self._signs.get(value)
        if known is None:
            known = self._range(value).sign
        if known is None:
            exact = self._fraction(value)
            known = None if exact is None else (exact > 0) - (exact < 0)
        return known

    def _fraction(self, value: int) -> Fraction | None:
        if value not in self._fractions:
            self._fractions[value] = _small_fraction(value)
        return self._fractions[value]

    def _inverse(self, e: int) -> int:
        found = self._inverses.get(e)
        if found is None:
            found = self._inverses[e] = pow(e, -1, PRIME)
        return found


class _Told:
    """Regions that know which term asks."""

    __slots__ = ("base", "term")

    def __init__(self, base: Regions, term: Term) -> None:
        self.base, self.term = base, term

    def compare(self, relation: Relation, left: Residue, right: Residue) -> bool:
        self.base.subject = self.term
        return self.base.compare(relation, left, right)

    def apply(self, function: Function, values: Sequence[Residue]) -> Residue:
        self.base.subject = self.term
        return self.base.apply(function, values)


def _small_fraction(residue: int) -> Fraction | None:
    """The fraction of small numbers that the residue is, if it is one (P. Wang, 1981: by Euclid's algorithm)."""
    r0, r1, t0, t1 = PRIME, residue, 0, 1
    while r1 > _RATIO:
        quotient = r0 // r1
        r0, r1, t0, t1 = r1, r0 - quotient * r1, t1, t0 - quotient * t1
    if t1 == 0 or abs(t1) > _RATIO:
        return None
    return Fraction(r1, t1)
