"""Data that meet the assumptions of a program: in sixty digits, modulo a prime, or as small rationals.

    read      the assumptions as constraints between elements, at the sizes given            `system`
    choose    values for elements that have finitely many: labels, masks, one-hot rows       `choices`
    solve     for the others, near the values drawn: exactly                                 `triangular`
              or as real numbers, inequalities and functions included                        `newton`

What comes out is read once more and must meet every assumption, however it was found. Where nothing is found, the
smallest set of assumptions that cannot be met together is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from symbackprop.feasible.check_data import first_unmet
from symbackprop.feasible.choices import Rule, choose, domains_of
from symbackprop.feasible.intervals import bounds_of, check_reach
from symbackprop.feasible.polynomial import evaluated, variables
from symbackprop.feasible.reals import to_reals
from symbackprop.feasible.system import Constraint, Data, System, value_facts
from symbackprop.feasible.triangular import Draw, Field, Modular, Rationals, inconsistent, solve
from symbackprop.feasible.unmet import Unmet, UnmetAssumption, World
from symbackprop.interpret.number_system import holds
from symbackprop.terms.graph import connected
from symbackprop.terms.program import Assumption, DType, Program
from symbackprop.terms.term import Relation

_TRIES, _FEWER_TRIES = 6, 2  # of data; of those of a part of the assumptions, to see which are at fault
_COMBINATIONS = 64  # of values, that come in turn; where there are more, they are drawn
_SIMPLE = 240  # the largest denominator of a rational near a real number


Base = Callable[[np.random.Generator], Data]


def meet(program: Program, sizes: Mapping[str, int], base: Base, seed: int, world: World) -> Data:
    """Data of the world: those that `base` draws, moved so that every assumption holds.

    Elements that an assumption leaves finitely many values differ from seed to seed such that all their combinations
    come up, if there are few. Raises `UnmetAssumption`.
    """
    facts = value_facts(program)
    rng = np.random.default_rng([seed, 0x5EED])
    if not facts:
        return base(rng)
    try:
        return _met(program, sizes, facts, base, rng, seed, world)
    except Unmet as failure:
        fewest, sure = _fewest(program, sizes, facts, base, seed, world, failure)
        raise UnmetAssumption(fewest, sizes, world, sure) from None


def _fewest(
    program: Program, sizes: Mapping[str, int], facts: Sequence[Assumption], base: Base, seed: int, world: World,
    failure: Unmet,
) -> tuple[list[Assumption], bool]:  # fmt: skip
    """The smallest set found of the facts that cannot be met together, and whether that is shown."""
    left, sure = list(facts), failure.sure
    for fact in facts:
        others = [other for other in left if other is not fact]
        if not others:
            break
        try:
            _met(program, sizes, others, base, np.random.default_rng([seed, 1]), seed, world, _FEWER_TRIES)
        except Unmet as still:
            left, sure = others, still.sure
    return left, sure


def _met(
    program: Program, sizes: Mapping[str, int], facts: Sequence[Assumption], base: Base, rng: np.random.Generator,
    seed: int, world: World, tries: int = _TRIES,
) -> Data:  # fmt: skip
    failure = Unmet((), False)
    for attempt in range(tries):
        system = System.of(program, sizes, facts)
        data = {name: np.asarray(array) for name, array in base(rng).items()}
        try:
            _integers(system, data, rng, seed + attempt)
            _floats(system, data, rng, seed + attempt, world)
        except Unmet as found:
            failure = found
        else:
            wrong = first_unmet(system, data, world)
            if wrong is None:
                return data
            failure = Unmet((wrong,), False)
        if failure.sure:
            break
    raise failure


# --- whole numbers, and what has few values -------------------------------------------------------------
def _integers(system: System, data: Data, rng: np.random.Generator, seed: int) -> None:
    """Gives the integer tensors values that meet the facts about them alone."""
    table = system.program.table
    about = [
        place for place, fact in enumerate(system.facts)
        if all(table[name].dtype is DType.INT for name in fact.condition.tensors)
    ]  # fmt: skip
    rules = _rules(system.constraints(about, None))
    domains = {}
    numbers = {abs(c) for rule in rules for c in rule.poly.values() if c.denominator == 1}
    for number in {n for rule in rules for n in variables(rule.poly)}:
        high = table[system.elements[number][0]].high
        size = system.reader.size(high) if high is not None else 5
        values = set(range(max(1, size)))
        if high is None:
            values |= {int(c) + step for c in numbers for step in (-1, 0, 1)}
        domains[number] = tuple(Fraction(value) for value in sorted(values))
    system.settle(data, choose(domains, rules, _preferences(domains, rng, seed)))


def _rules(constraints: Sequence[Constraint]) -> list[Rule]:
    """Those of the constraints that are polynomials, each once."""
    found: dict[tuple[Any, ...], Rule] = {}
    for constraint in constraints:
        if constraint.above is not None and constraint.relation is not None:
            key = tuple(sorted(constraint.above.items())), constraint.relation
            found.setdefault(key, Rule(constraint.above, constraint.relation, constraint.fact))
    return list(found.values())


def _preferences(
    domains: Mapping[int, Sequence[Fraction]], rng: np.random.Generator, seed: int
) -> dict[int, list[Fraction]]:
    """The values of each variable, in the order to try them, the variables in random order; where there are few
    combinations of first values, each seed has its own."""
    numbers = sorted(domains)
    few = prod(len(domains[n]) for n in numbers) <= _COMBINATIONS
    turn, out = seed, {}
    for n in numbers:
        values = domains[n]
        out[n] = (
            [values[(turn + k) % len(values)] for k in range(len(values))]
            if few
            else [values[place] for place in rng.permutation(len(values))]
        )
        turn //= max(1, len(values))
    return {numbers[place]: out[numbers[place]] for place in rng.permutation(len(numbers))}


def _open(rules: Sequence[Rule]) -> list[Rule]:
    """Those that leave something open. Raises `Unmet` for one that does not hold by the values that there are."""
    for rule in rules:
        if not variables(rule.poly) and not holds(rule.relation, rule.poly.get((), Fraction(0)), 0):
            raise Unmet((rule.fact,), False)
    return [rule for rule in rules if variables(rule.poly)]


# --- the other elements ---------------------------------------------------------------------------------
def _floats(system: System, data: Data, rng: np.random.Generator, seed: int, world: World) -> None:
    """Gives the elements of float tensors values that meet the facts."""
    constraints = system.constraints(range(len(system.facts)), data)
    rules = _open(_rules(constraints))
    check_reach(rules, bounds_of(rules))
    domains = domains_of(rules)
    values = choose(domains, rules, _preferences(domains, rng, seed))
    system.settle(data, values)
    left = _open([Rule(evaluated(rule.poly, values), rule.relation, rule.fact) for rule in rules])
    ordered = any(rule.relation in (Relation.GE, Relation.GT) for rule in left)
    if world is World.REAL or (world is World.RATIONAL and ordered):
        to_reals(system, data, constraints, left, values, rng)
    if world is World.REAL:
        return
    opaque = next((c for c in constraints if c.above is None and c.relation is Relation.EQ), None)
    if opaque is not None:
        raise Unmet((opaque.fact,), False)
    _rounded(system, data, left)
    equations = [rule for rule in left if rule.relation is Relation.EQ]
    for group in connected([variables(rule.poly) for rule in equations]):
        polys = [equations[place].poly for place in group]
        found = solve(polys, *_field(system, data, rng, world))
        if found is None:
            facts = tuple(dict.fromkeys(equations[place].fact for place in group))
            raise Unmet(facts, not values and inconsistent(polys))
        system.settle(data, found)


def _rounded(system: System, data: Data, rules: Sequence[Rule]) -> None:
    """Sixty digits as simple rationals close to them: what is solved for then meets inequalities as they did."""
    for number in {n for rule in rules for n in variables(rule.poly)}:
        tensor, index = system.elements[number]
        if hasattr(data[tensor][index], "_mpf_"):  # each context of mpmath has a class of its own
            system.settle(data, {number: Fraction(str(data[tensor][index])).limit_denominator(_SIMPLE)})


def _field(
    system: System, data: Data, rng: np.random.Generator, world: World
) -> tuple[Field, Draw, np.random.Generator]:
    """The numbers of the world, and how elements are drawn in it: first as they were, then anew; small rationals more
    and more often as 0, as rows of unit length have them."""
    tied: list[Fraction] = [Fraction(value) for value in (0, 1, -1, 2, 0)]

    def residue(number: int, again: int) -> int:
        tensor, index = system.elements[number]
        return int(data[tensor][index]) if not again else int(rng.integers(2, 1 << 60))

    def rational(number: int, again: int) -> Fraction:
        tensor, index = system.elements[number]
        if not again:
            return Fraction(data[tensor][index])
        return Fraction(0) if rng.random() * (again + 1) > 0.5 else tied[int(rng.integers(len(tied)))]

    return (Modular(), residue, rng) if world is World.RESIDUES else (Rationals(), rational, rng)
