"""Elements with finitely many values: labels of -1 and 1, masks, one-hot rows, integers.

    domains   {variable: its values}, by the constraints that read it alone
    choice    a value for each, such that every constraint between them holds

Depth first, the values that a constraint excludes struck out after each step: by its last open variable, and by the
bounds that a linear one sets (a row that has its 1 has zeros).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from symbackprop.feasible.polynomial import Polynomial, degree, evaluated, variables
from symbackprop.feasible.unmet import Unmet
from symbackprop.interpret.number_system import holds
from symbackprop.terms.graph import connected
from symbackprop.terms.term import Relation

Domains = dict[int, tuple[Fraction, ...]]
_NODES = 20_000  # values tried for one group of variables
_MOST_ROOTS = 1_000_000  # divisors are looked for in numbers up to this


@dataclass(frozen=True, slots=True)
class Rule:
    """polynomial relation 0, said by a fact."""

    poly: Polynomial
    relation: Relation
    fact: int


def rational_roots(poly: Polynomial) -> tuple[Fraction, ...] | None:
    """The zeros of a polynomial in one variable, in order; None unless all of them are rational."""
    coefficients = [Fraction(0)] * (degree(poly) + 1)
    for monomial, coefficient in poly.items():
        coefficients[len(monomial)] += coefficient
    return _rational_roots(tuple(coefficients))


@lru_cache(maxsize=4096)
def _rational_roots(coefficients: tuple[Fraction, ...]) -> tuple[Fraction, ...] | None:
    found: set[Fraction] = set()
    left = list(coefficients)
    while len(left) > 1:
        root = _one_root(left)
        if root is None:
            return None
        found.add(root)
        carried, quotient = Fraction(0), []
        for coefficient in reversed(left):
            carried = carried * root + coefficient
            quotient.append(carried)
        left = quotient[-2::-1]
    return tuple(sorted(found))


def _one_root(coefficients: Sequence[Fraction]) -> Fraction | None:
    if not coefficients[0]:
        return Fraction(0)
    if len(coefficients) == 2:
        return -coefficients[0] / coefficients[1]
    common = lcm(*(c.denominator for c in coefficients))
    whole = [int(c * common) for c in coefficients]
    shared = gcd(*whole)
    first, last = abs(whole[0] // shared), abs(whole[-1] // shared)
    if max(first, last) > _MOST_ROOTS:
        return None
    for below in _divisors(last):
        for above in _divisors(first):
            for root in (Fraction(above, below), Fraction(-above, below)):
                if not sum(c * root**k for k, c in enumerate(whole)):
                    return root
    return None


def _divisors(number: int) -> list[int]:
    small = [d for d in range(1, int(number**0.5) + 1) if number % d == 0]
    return sorted({*small, *(number // d for d in small)})


def domains_of(rules: Sequence[Rule]) -> Domains:
    """The values of the variables that an equation in them alone leaves finitely many, all rational."""
    domains: Domains = {}
    for rule in rules:
        scope = variables(rule.poly)
        if rule.relation is Relation.EQ and len(scope) == 1:
            roots = rational_roots(rule.poly)
            if roots is not None:
                known = domains.get(scope[0])
                domains[scope[0]] = roots if known is None else tuple(r for r in known if r in roots)
                if not domains[scope[0]]:
                    others = [r.fact for r in rules if variables(r.poly) == scope]
                    raise Unmet(tuple(dict.fromkeys([*others, rule.fact])), sure=True)
    return domains


def choose(domains: Domains, rules: Sequence[Rule], preferred: Mapping[int, Sequence[Fraction]]) -> dict[int, Fraction]:
    """A value for each variable of `domains` such that the rules hold that read no other. `preferred`: the values of
    each in the order to try them. Raises `Unmet`, sure where all were tried."""
    inside = [rule for rule in rules if set(variables(rule.poly)) <= domains.keys()]
    scopes = [variables(rule.poly) for rule in inside]
    chosen = {number: preferred[number][0] for number in domains.keys() - {n for scope in scopes for n in scope}}
    for group in connected(scopes):
        members = {n for place in group for n in scopes[place]}
        search = _Search([inside[place] for place in group])
        found = search.run({n: tuple(preferred[n]) for n in preferred if n in members})
        if found is None:
            facts = tuple(dict.fromkeys(inside[place].fact for place in group))
            raise Unmet(facts, sure=search.nodes < _NODES)
        chosen |= found
    return chosen


class _Search:
    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self.nodes = 0
        self.about: dict[int, list[int]] = {}
        for place, rule in enumerate(rules):
            for number in variables(rule.poly):
                self.about.setdefault(number, []).append(place)

    def run(self, domains: Domains) -> dict[int, Fraction] | None:
        narrowed = self._narrowed(dict(domains), range(len(self.rules)))
        return None if narrowed is None else self._extended(narrowed)

    def _extended(self, domains: Domains) -> dict[int, Fraction] | None:
        """Depth first, without recursion: rows may be long."""
        stack: list[tuple[Domains, int, int]] = []
        current: Domains | None = domains
        while True:
            if current is not None:
                open_ = next((n for n, values in current.items() if len(values) > 1), None)
                if open_ is None:
                    return {number: values[0] for number, values in current.items()}
                stack.append((current, open_, 0))
            while stack and stack[-1][2] >= len(stack[-1][0][stack[-1][1]]):
                stack.pop()
            if not stack or self.nodes >= _NODES:
                return None
            before, number, place = stack.pop()
            stack.append((before, number, place + 1))
            self.nodes += 1
            current = self._narrowed({**before, number: (before[number][place],)}, self.about[number])

    def _narrowed(self, domains: Domains, places: Sequence[int] | range) -> Domains | None:
        """The domains with what the rules exclude struck out, and what follows; None where one is empty."""
        waiting = dict.fromkeys(places)
        while waiting:
            place = next(iter(waiting))
            del waiting[place]
            rule = self.rules[place]
            poly = evaluated(rule.poly, {n: domains[n][0] for n in variables(rule.poly) if len(domains[n]) == 1})
            open_ = variables(poly)
            if not open_:
                if not holds(rule.relation, poly.get((), Fraction(0)), 0):
                    return None
                continue
            for number, kept in _kept(poly, rule.relation, open_, domains):
                if not kept:
                    return None
                if len(kept) < len(domains[number]):
                    domains[number] = kept
                    if len(kept) == 1:
                        waiting |= dict.fromkeys(self.about[number])
        return domains


def _kept(
    poly: Polynomial, relation: Relation, open_: Sequence[int], domains: Domains
) -> list[tuple[int, tuple[Fraction, ...]]]:
    """What of the domains of the open variables a rule leaves."""
    if len(open_) == 1:
        (number,) = open_
        values = domains[number]
        kept = [v for v in values if holds(relation, evaluated(poly, {number: v}).get((), Fraction(0)), 0)]
        return [(number, tuple(kept))]
    if degree(poly) > 1 or relation is Relation.NE:
        return []
    lows = {n: min(poly[(n,)] * v for v in domains[n]) for n in open_}
    highs = {n: max(poly[(n,)] * v for v in domains[n]) for n in open_}
    least, most = poly.get((), Fraction(0)) + sum(lows.values()), poly.get((), Fraction(0)) + sum(highs.values())
    out: list[tuple[int, tuple[Fraction, ...]]] = []
    for n in open_:
        slope = poly[(n,)]
        inside = tuple(
            v for v in domains[n]
            if most - highs[n] + slope * v >= 0 and (relation is not Relation.EQ or least - lows[n] + slope * v <= 0)
        )  # fmt: skip
        out.append((n, inside))
    return out
