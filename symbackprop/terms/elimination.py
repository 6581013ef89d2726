"""The search for a proof that a polynomial in sizes, indices and floors is >= 0.

Grammar::

    proof  ::= plain(goal)                        every atom at or above a known constant, every coefficient >= 0
             | proof(e*goal - c*fact + e - 1)     with c >= 0 and e >= 1, chosen such that an atom cancels

The last step's `e - 1` uses that values are integers: e*goal >= 1 - e is goal >= 0. It is Fourier and Motzkin's
elimination, led by the goal (one fact at a time) and with polynomials in the sizes as multipliers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from math import comb, gcd

from symbackprop.terms.poly import Atom, Dim, Floor, Index, Monomial, Poly

_DEPTH = 10
_BUDGET = 120  # goals looked at for one question; the trivial ones need one to five
_TERMS, _DEGREE = 24, 6  # no goals of more terms or a higher degree


def proves_nonnegative(facts: tuple[Poly, ...], goal: Poly) -> bool:
    """Floors as variables of which only a lower bound is known, then by their definition."""
    floors = _floors([goal])
    prover = _prover(facts, floors, False)
    if prover.plain(goal):
        return True
    if _fails(facts, goal):
        return False
    if prover.prove(goal):
        return True
    return bool(floors or _floors(facts)) and _prover(facts, floors, True).prove(goal)


def _fails(facts: tuple[Poly, ...], goal: Poly) -> bool:
    """Whether it plainly is below zero somewhere, which a search would not know: at positions 0 of one, two or three
    along each axis, all alike or one size unlike the others, where the facts hold."""
    atoms = dict.fromkeys(atom for poly in (goal, *facts) for atom in poly.atoms())
    dims = [atom for atom in atoms if isinstance(atom, Dim)]
    alike = {atom: 0 if isinstance(atom, Index) else 1 for atom in atoms if not isinstance(atom, Floor)}
    choices = [alike, alike | dict.fromkeys(dims, 2)]
    choices += [alike | {dim: 3} for dim in dims] + [alike | dict.fromkeys(dims, 3) | {dim: 1} for dim in dims]
    return any(map(partial(_refutes, facts, goal), choices))


def _refutes(facts: tuple[Poly, ...], goal: Poly, at: Mapping[Atom, int]) -> bool:
    """Whether the facts hold there and the goal does not; not where a size that divides is 0."""
    try:
        return goal.evaluate(at.__getitem__) < 0 and all(fact.evaluate(at.__getitem__) >= 0 for fact in facts)
    except ZeroDivisionError:
        return False


def tightened(poly: Poly) -> Poly:
    """g*p + c >= 0 is p + floor(c/g) >= 0 for integers."""
    common = 0
    for monomial, coefficient in poly.terms:
        if monomial:
            common = gcd(common, coefficient)
    if common <= 1:
        return poly
    return Poly({monomial: coefficient // common for monomial, coefficient in poly.terms})


def _floors(polys: Iterable[Poly]) -> tuple[Floor, ...]:
    """The floors inside, inner ones first."""
    found: dict[Floor, None] = {}

    def visit(poly: Poly) -> None:
        for atom in poly.atoms(deep=False):
            if isinstance(atom, Floor) and atom not in found:
                visit(atom.numerator)
                visit(atom.denominator)
                found[atom] = None

    for poly in polys:
        visit(poly)
    return tuple(found)


@lru_cache(maxsize=16384)
def split(poly: Poly, atom: Atom) -> tuple[Poly, Poly]:
    """(c, r) with poly = c*atom + r and no atom in r; c may hold further powers of it."""
    inside: dict[tuple[tuple[Atom, int], ...], int] = {}
    outside: dict[tuple[tuple[Atom, int], ...], int] = {}
    for monomial, coefficient in poly.terms:
        if any(other == atom for other, _ in monomial):
            rest = tuple((other, power - (other == atom)) for other, power in monomial if other != atom or power > 1)
            inside[rest] = coefficient
        else:
            outside[monomial] = coefficient
    return Poly(inside), Poly(outside)


@dataclass(frozen=True, slots=True)
class _Bound:
    """e*a*sign + s >= 0 with e >= 1: a lower bound of the atom a for sign 1, an upper one for sign -1."""

    sign: int
    e: Poly
    s: Poly


class _Prover:
    """The search among one set of facts; remembers what failed."""

    def __init__(self, facts: Sequence[Poly], floors: Iterable[Floor], by_definition: bool) -> None:
        self.lower: dict[Atom, int] = {}
        self.failed: dict[Poly, int] = {}
        self._plain: dict[Poly, bool] = {}  # as long as no lower bound is added
        self.budget = 0
        self.bounds: dict[Atom, list[_Bound]] = {}
        for fact in facts:
            self._note_lower(fact)
        for fact in facts:
            self._note_bounds(fact)
        every = dict.fromkeys((*_floors(facts), *floors))
        for floor in every:
            self._note_floor(floor)
        if by_definition:
            for floor in every:
                self._note_definition(floor)

    def _note_lower(self, fact: Poly) -> None:
        atom = (fact - fact.constant_part).atom
        if atom is not None:
            low = -fact.constant_part
            self.lower[atom] = max(self.lower.get(atom, low), low)
            self._plain.clear()

    def _note_bounds(self, fact: Poly) -> None:
        for atom in fact.atoms(deep=False):
            e, s = split(fact, atom)
            for sign in (1, -1):
                if self.plain(e * sign - 1):
                    self.bounds.setdefault(atom, []).append(_Bound(sign, e * sign, s))

    def _note_floor(self, floor: Floor) -> None:
        """The best small constant below the floor."""
        for low in (1, 0, -1):
            if self.lower.get(floor, -2) >= low:
                return
            if self.plain(floor.denominator - 1) and self.prove(floor.numerator - floor.denominator * low):
                self.lower[floor] = low
                self._plain.clear()
                return

    def _note_definition(self, floor: Floor) -> None:
        """b*q <= a <= b*q + b - 1 for a denominator b >= 1."""
        above, below, quotient = floor.numerator, floor.denominator, Poly.of(floor)
        if self.prove(below - 1):
            self._note_bounds(above - below * quotient)
            self._note_bounds(below * quotient + below - 1 - above)
            self.failed.clear()

    def prove(self, goal: Poly) -> bool:
        self.budget = _BUDGET
        return self._search(goal, _DEPTH)

    def plain(self, poly: Poly) -> bool:
        """Whether poly >= 0 can be read off once each atom is counted from its known lower bound."""
        found = self._plain.get(poly)
        if found is None:
            found = self._plain[poly] = self._is_plain(poly)
        return found

    def _is_plain(self, poly: Poly) -> bool:
        shifts: dict[Atom, int] = {}
        for monomial, _ in poly.terms:
            for atom, _ in monomial:
                if atom not in shifts:
                    low = self.lower.get(atom, 1 if isinstance(atom, Dim) else None)
                    if low is None:
                        return False
                    shifts[atom] = max(low, 1) if isinstance(atom, Dim) else low
        if all(coefficient > 0 for _, coefficient in poly.terms) and all(low >= 0 for low in shifts.values()):
            return True
        if poly.terms and poly.terms[0][1] < 0 and poly.terms[0][0]:
            return False  # a leading monomial keeps its coefficient
        return all(coefficient >= 0 for coefficient in _shifted(poly, shifts).values())

    def _search(self, goal: Poly, depth: int) -> bool:
        if self.plain(goal):
            return True
        if depth == 0 or self.failed.get(goal, -1) >= depth or _too_long(goal):
            return False
        self.budget -= 1
        if self.budget < 0:
            return False
        self.failed[goal] = depth  # until it succeeds: no search comes back to its own goal
        if any(self._search(tightened(simpler), depth - 1) for simpler in self._moves(goal)):
            del self.failed[goal]
            return True
        return False

    def _moves(self, goal: Poly) -> Iterator[Poly]:
        """Goals that imply this one. An index has to go, any one first; of sizes and floors each may go."""
        atoms = list(goal.atoms(deep=False))
        indices = [atom for atom in atoms if isinstance(atom, Index)]
        if indices:
            atoms = [min(indices, key=lambda index: len(self.bounds.get(index, ())))]
        for atom in atoms:
            if self.bounds.get(atom):
                c, rest = split(goal, atom)
                for sign, part in self._signed_parts(c):
                    left = rest if part == c * sign else goal - part * sign * Poly.of(atom)
                    for bound in self.bounds[atom]:
                        if bound.sign == sign:
                            yield bound.e * left - part * bound.s + bound.e - 1

    def _signed_parts(self, c: Poly) -> Iterator[tuple[int, Poly]]:
        """(sign, part) with part >= 0: c as a whole where its sign is plain, else what is positive, what negative."""
        for sign in (1, -1):
            if self.plain(c * sign):
                yield sign, c * sign
                return
        for sign in (1, -1):
            part = Poly({monomial: k * sign for monomial, k in c.terms if k * sign > 0})
            if part.terms and self.plain(part):
                yield sign, part


@lru_cache(maxsize=4096)
def _prover(facts: tuple[Poly, ...], floors: tuple[Floor, ...], by_definition: bool) -> _Prover:
    return _Prover(facts, floors, by_definition)


def _too_long(goal: Poly) -> bool:
    return len(goal.terms) > _TERMS or (
        bool(goal.terms) and sum(power for _, power in goal.terms[0][0]) > _DEGREE  # the highest comes first
    )


def _shifted(poly: Poly, shifts: Mapping[Atom, int]) -> dict[Monomial, int]:
    """The coefficients once each atom is replaced by itself plus an integer; those inside floors are left alone."""
    out: dict[Monomial, int] = {}
    for monomial, coefficient in poly.terms:
        for m, c in _expanded(monomial, tuple([shifts[atom] for atom, _ in monomial])):
            out[m] = out.get(m, 0) + c * coefficient
    return out


@lru_cache(maxsize=4096)
def _expanded(monomial: Monomial, lows: tuple[int, ...]) -> list[tuple[Monomial, int]]:
    parts: list[tuple[Monomial, int]] = [((), 1)]
    for (atom, power), low in zip(monomial, lows, strict=True):
        if low:
            powers = [(up, comb(power, up) * low ** (power - up)) for up in range(power + 1)]
            parts = [((*m, (atom, up)) if up else m, c * factor) for m, c in parts for up, factor in powers]
        else:
            parts = [((*m, (atom, power)), c) for m, c in parts]
    return parts


__all__ = ["proves_nonnegative", "split", "tightened"]
