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
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from symbackprop.errors import SymbackpropError
from symbackprop.feasible.choices import NoChoice, Rule, choose, domains_of
from symbackprop.feasible.newton import TooMany, newton
from symbackprop.feasible.polynomial import Polynomial, degree, evaluated, variables
from symbackprop.feasible.system import Constraint, System, components, value_facts
from symbackprop.feasible.triangular import Draw, Modular, Rationals, inconsistent, solve
from symbackprop.interpret import Arithmetic, Precise, Residues, Tangents
from symbackprop.interpret.arithmetic import holds
from symbackprop.interpret.compile import Position
from symbackprop.terms.program import Assumption, DType, Program
from symbackprop.terms.term import Compare, Relation

Array = np.ndarray[Any, Any]
Data = dict[str, Array]
_TRIES = 8
_COMBINATIONS = 1 << 16
_CLOSE = Fraction(1, 10**45)
_SIMPLE = 240  # the largest denominator of a rational near a real number


class World(Enum):
    """The numbers that elements are of: sixty digits, residues modulo a prime, rationals that are numbers in both."""

    REAL = "real"
    RESIDUES = "residues"
    RATIONAL = "rational"


class UnmetAssumption(SymbackpropError):
    """No data were found for which the declared assumptions hold; `sure` where there are none."""

    def __init__(self, facts: Sequence[Assumption], sizes: Mapping[str, int], sure: bool) -> None:
        self.facts, self.sure = tuple(facts), sure
        at = ", ".join(f"{name}={value}" for name, value in sizes.items())
        where = f" at {at}" if at else ""
        if len(self.facts) > 1 and sure:
            found, remedy = f"no data can meet both{where}: they contradict each other", "drop one of them"
        elif sure:
            found, remedy = f"no data can meet it{where}", "state one that can hold"
        else:
            found, remedy = f"no data that meet {'both' if len(self.facts) == 2 else 'it'} could be drawn{where}", (
                "state a simpler one, or give the sizes at which it can hold"
            )
        if len(self.facts) > 2:
            found = found.replace("both", "all of them")
        subject = " and ".join(f"assumption {described(fact)}" for fact in self.facts) or "assumptions"
        super().__init__(subject, found=found, remedy=remedy)


def described(fact: Assumption) -> str:
    """The assumption as it was written, and where."""
    text = fact.text or repr(fact.condition)
    return f"{text} ({fact.place})" if fact.place else text


@dataclass(frozen=True, slots=True)
class _Failure(Exception):
    """Facts that could not be met; `sure` where this is shown."""

    facts: tuple[int, ...]
    sure: bool


Base = Callable[[np.random.Generator], Data]


def meet(
    program: Program, sizes: Mapping[str, int], base: Base, seed: int, world: World, chosen: Data | None = None
) -> Data:
    """Data of the world: those that `base` draws, moved so that every assumption holds.

    Elements that an assumption leaves finitely many values differ from seed to seed such that all their combinations
    come up, if there are few; with `chosen` they have the values that they have there. Raises `UnmetAssumption`.
    """
    facts = value_facts(program)
    rng = np.random.default_rng([seed, 0x5EED])
    if not facts:
        return base(rng)
    try:
        return _met(program, sizes, facts, base, rng, seed, world, chosen)
    except _Failure as failure:
        fewest, sure = _fewest(program, sizes, facts, base, seed, world, failure)
        raise UnmetAssumption(fewest, sizes, sure) from None


def _fewest(
    program: Program, sizes: Mapping[str, int], facts: Sequence[Assumption], base: Base, seed: int, world: World,
    failure: _Failure,
) -> tuple[list[Assumption], bool]:  # fmt: skip
    """The smallest set found of the facts that cannot be met together, and whether that is shown."""
    left, sure = list(facts), failure.sure
    for fact in facts:
        others = [other for other in left if other is not fact]
        if not others:
            break
        try:
            _met(program, sizes, others, base, np.random.default_rng([seed, 1]), seed, world, None)
        except _Failure as still:
            left, sure = others, still.sure
    return left, sure


def _met(
    program: Program, sizes: Mapping[str, int], facts: Sequence[Assumption], base: Base, rng: np.random.Generator,
    seed: int, world: World, chosen: Data | None,
) -> Data:  # fmt: skip
    failure = _Failure((), False)
    for attempt in range(_TRIES):
        system = System.of(program, sizes, facts)
        data = {name: np.asarray(array) for name, array in base(rng).items()}
        try:
            _integers(system, data, rng, seed + attempt, chosen)
            _floats(system, data, rng, seed + attempt, world, chosen)
        except NoChoice as none:
            failure = _Failure(none.facts, none.sure)
        except _Failure as found:
            failure = found
        else:
            wrong = first_unmet(system, data, world)
            if wrong is None:
                return data
            failure = _Failure((wrong,), False)
        if failure.sure:
            break
    raise failure


# --- whole numbers, and what has few values -------------------------------------------------------------
def _integers(system: System, data: Data, rng: np.random.Generator, seed: int, chosen: Data | None) -> None:
    """Gives the integer tensors values that meet the facts about them alone."""
    table = system.program.table
    about = [
        place for place, fact in enumerate(system.facts)
        if all(table[name].dtype is DType.INT for name in fact.condition.tensors)
    ]  # fmt: skip
    if chosen is not None:
        data.update({name: array for name, array in chosen.items() if table[name].dtype is DType.INT})
        return
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
    _settle(system, data, choose(domains, rules, _preferences(domains, rng, seed)))


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
        out[n] = [values[(turn + k) % len(values)] for k in range(len(values))] if few else [
            values[place] for place in rng.permutation(len(values))
        ]
        turn //= max(1, len(values))
    return {numbers[place]: out[numbers[place]] for place in rng.permutation(len(numbers))}


def _settle(system: System, data: Data, values: Mapping[int, Any]) -> None:
    for number, value in values.items():
        tensor, index = system.elements[number]
        if system.is_integer(number):
            value = int(value)
        elif data[tensor].dtype != object:
            data[tensor] = data[tensor].astype(object)
        data[tensor][index] = value


# --- bounds -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Interval:
    """Where a variable may lie, None being no bound; `open_`: whether the ends are outside."""

    low: Fraction | None = None
    high: Fraction | None = None
    open_: tuple[bool, bool] = (False, False)
    facts: tuple[int, ...] = ()

    def pick(self, rng: np.random.Generator) -> Fraction:
        """A number well inside."""
        part = Fraction(int(rng.integers(1, 8)), 8)
        if self.low is not None and self.high is not None:
            return self.low + part * (self.high - self.low)
        return self.low + part if self.low is not None else (self.high or Fraction(0)) - part

    def contains(self, value: Fraction) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.open_[0])
        return above and (self.high is None or value < self.high or (value == self.high and not self.open_[1]))

    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and any(self.open_))

    def bounded(self, bound: Fraction, below: bool, open_: bool, fact: int) -> _Interval:
        """With one more bound, from below or from above."""
        facts = tuple(dict.fromkeys((*self.facts, fact)))
        known = self.low if below else self.high
        if known is not None and (known > bound if below else known < bound):
            return replace(self, facts=facts)
        open_ = open_ or (known == bound and self.open_[not below])
        if below:
            return _Interval(bound, self.high, (open_, self.open_[1]), facts)
        return _Interval(self.low, bound, (self.open_[0], open_), facts)


def _bounds(rules: Sequence[Rule]) -> dict[int, _Interval]:
    """What inequalities between one variable and a number say. Raises `_Failure` where they exclude each other."""
    found: dict[int, _Interval] = {}
    for rule in rules:
        scope = variables(rule.poly)
        if rule.relation not in (Relation.GE, Relation.GT) or len(scope) != 1 or degree(rule.poly) != 1:
            continue
        (number,), slope = scope, rule.poly[(scope[0],)]
        bound = Fraction(-rule.poly.get((), Fraction(0)) / slope)
        interval = found.get(number, _Interval()).bounded(bound, slope > 0, rule.relation is Relation.GT, rule.fact)
        if interval.empty():
            raise _Failure(interval.facts, True)
        found[number] = interval
    return found


# --- the other elements ---------------------------------------------------------------------------------
def _floats(
    system: System, data: Data, rng: np.random.Generator, seed: int, world: World, chosen: Data | None
) -> None:
    """Gives the elements of float tensors values that meet the facts."""
    constraints = system.constraints(range(len(system.facts)), data)
    rules = [rule for rule in _rules(constraints) if variables(rule.poly) or not _trivially(rule)]
    for rule in rules:
        if not variables(rule.poly):
            raise _Failure((rule.fact,), False)  # by the integers drawn
    domains = domains_of(rules)
    if chosen is None:
        values = choose(domains, rules, _preferences(domains, rng, seed))
    else:
        values = {n: Fraction(chosen[system.elements[n][0]][system.elements[n][1]]) for n in domains}
    _settle(system, data, values)
    left = [Rule(evaluated(rule.poly, values), rule.relation, rule.fact) for rule in rules]
    left = [rule for rule in left if variables(rule.poly) or not _trivially(rule)]
    impossible = next((rule for rule in left if not variables(rule.poly)), None)
    if impossible is not None:
        raise _Failure((impossible.fact,), False)
    ordered = any(rule.relation in (Relation.GE, Relation.GT) for rule in left)
    if world is World.REAL or (world is World.RATIONAL and ordered):
        _real(system, data, constraints, left, values, rng)
    if world is World.REAL:
        return
    opaque = next((c for c in constraints if c.above is None and c.relation is Relation.EQ), None)
    if opaque is not None:
        raise _Failure((opaque.fact,), False)
    _rounded(system, data, left)
    equations = [rule for rule in left if rule.relation is Relation.EQ]
    for group in components([variables(rule.poly) for rule in equations]):
        polys = [equations[place].poly for place in group]
        found = solve(polys, *_field(system, data, rng, world))
        if found is None:
            facts = tuple(dict.fromkeys(equations[place].fact for place in group))
            raise _Failure(facts, not values and inconsistent(polys))
        _settle(system, data, found)


def _rounded(system: System, data: Data, rules: Sequence[Rule]) -> None:
    """Sixty digits as simple rationals close to them: what is solved for then meets inequalities as they did."""
    for number in {n for rule in rules for n in variables(rule.poly)}:
        tensor, index = system.elements[number]
        if hasattr(data[tensor][index], "_mpf_"):  # each context of mpmath has a class of its own
            _settle(system, data, {number: Fraction(str(data[tensor][index])).limit_denominator(_SIMPLE)})


def _trivially(rule: Rule) -> bool:
    return holds(rule.relation, rule.poly.get((), Fraction(0)), 0)


def _field(
    system: System, data: Data, rng: np.random.Generator, world: World
) -> tuple[Modular | Rationals, Draw, np.random.Generator]:
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


# --- real numbers ---------------------------------------------------------------------------------------
def _real(
    system: System, data: Data, constraints: Sequence[Constraint], rules: Sequence[Rule],
    settled: Mapping[int, Fraction], rng: np.random.Generator,
) -> None:  # fmt: skip
    """Elements inside their bounds; then those that equations or other inequalities tie together, by Newton's steps."""
    bounds, positive, precise = _bounds(rules), _shares(rules), Precise()
    for number in {n for rule in rules for n in variables(rule.poly)}:
        tensor, index = system.elements[number]
        value = Fraction(data[tensor][index])
        if number in positive:
            value = abs(value) + Fraction(1, 100)
        interval = bounds.get(number)
        if interval is not None and not interval.contains(value):
            value = -value if interval.contains(-value) else interval.pick(rng)
        _settle(system, data, {number: value})
    rows = [_Row.of(rule) for rule in rules if rule.relation is not Relation.NE]
    rows += [
        _Row.read(system, data, c) for c in constraints
        if c.above is None and c.relation in (Relation.EQ, Relation.GE, Relation.GT)
    ]  # fmt: skip
    for group in components([row.scope for row in rows]):
        mine = [rows[place] for place in group]
        if any(row.relation is Relation.EQ or len(row.scope) != 1 or row.read_ is not None for row in mine):
            _tied(system, data, mine, settled, positive | {n for n, i in bounds.items() if i.low == 0}, precise, rng)


def _shares(rules: Sequence[Rule]) -> set[int]:
    """The variables of sums of several with positive weights that equal a positive number: probabilities, weights."""
    found: set[int] = set()
    for rule in rules:
        constant, weights = rule.poly.get((), 0), [c for monomial, c in rule.poly.items() if monomial]
        alike = all(c > 0 for c in weights) or all(c < 0 for c in weights)
        if rule.relation is Relation.EQ and degree(rule.poly) == 1 and len(weights) > 1 and alike:
            if constant * weights[0] < 0:
                found |= set(variables(rule.poly))
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """One equation or inequality between unknowns: a polynomial, or what is read from the assumption itself."""

    scope: tuple[int, ...]
    relation: Relation
    fact: int
    poly: Polynomial
    read_: Callable[[Tangents, Mapping[int, Any]], Any] | None = None

    @staticmethod
    def of(rule: Rule) -> _Row:
        return _Row(tuple(variables(rule.poly)), rule.relation, rule.fact, rule.poly)

    @staticmethod
    def read(system: System, data: Data, constraint: Constraint) -> _Row:
        """By the interpreter, which tells the elements that it reads."""
        seen: dict[int, None] = {}

        def value(tangents: Tangents, duals: Mapping[int, Any]) -> Any:
            def element(tensor: str, index: Position) -> Any:
                number = system.number((tensor, index))
                if system.is_integer(number):
                    return tangents.given(int(data[tensor][index]))
                seen[number] = None
                found = duals.get(number)
                return tangents.given(data[tensor][index]) if found is None else found

            part = system.parts(constraint.fact)[constraint.part]
            return system.evaluator(constraint.fact, part, tangents, element)(constraint.indices)

        value(Tangents(Precise()), {})
        assert constraint.relation is not None
        return _Row(tuple(seen), constraint.relation, constraint.fact, {}, value)

    def dual(self, tangents: Tangents, duals: Mapping[int, Any]) -> Any:
        if self.read_ is not None:
            return self.read_(tangents, duals)
        base = tangents.base
        value, slopes = base.number(Fraction(0)), {}
        for monomial, coefficient in self.poly.items():
            factor = base.number(Fraction(coefficient))
            for place, number in enumerate(monomial):
                rest = factor
                for other in (*monomial[:place], *monomial[place + 1 :]):
                    rest = rest * duals[other][0]
                slopes[number] = slopes.get(number, 0) + rest
            for number in monomial:
                factor = factor * duals[number][0]
            value = value + factor
        return value, slopes


def _tied(
    system: System, data: Data, rows: Sequence[_Row], settled: Mapping[int, Fraction], proportional: set[int],
    precise: Precise, rng: np.random.Generator,
) -> None:  # fmt: skip
    numbers = [n for n in dict.fromkeys(n for row in rows for n in row.scope) if n not in settled]
    start = {number: precise.given(_exactly(data, system.elements[number])) for number in numbers}
    equations = [row.dual for row in rows if row.relation is Relation.EQ]
    inequalities = [row.dual for row in rows if row.relation is not Relation.EQ]
    slacks = [precise.given(Fraction(int(rng.integers(2, 12)), 12)) for _ in inequalities]
    facts = tuple(dict.fromkeys(row.fact for row in rows))
    try:
        found = newton(precise, equations, inequalities, start, slacks, proportional)
    except TooMany:
        raise _Failure(facts, False) from None
    if found is None:
        polys = [row.poly for row in rows if row.relation is Relation.EQ and row.read_ is None]
        raise _Failure(facts, not settled and inconsistent(polys))
    _settle(system, data, found)


def _exactly(data: Data, element: tuple[str, Position]) -> Any:
    value = data[element[0]][element[1]]
    return value.item() if isinstance(value, np.generic) else value


# --- the check ------------------------------------------------------------------------------------------
def first_unmet(system: System, data: Data, world: World, slack: Fraction = _CLOSE) -> int | None:
    """The first fact that does not hold, each read anew in the arithmetic of the world; equations up to `slack`."""
    arithmetic: Arithmetic = Residues() if world is World.RESIDUES else Precise()

    def read(tensor: str, index: Position) -> Any:
        return arithmetic.given(_exactly(data, (tensor, index)))

    for fact in range(len(system.facts)):
        for part in system.parts(fact):
            value = system.evaluator(fact, part, arithmetic, read)
            for indices in system.positions(fact):
                try:
                    found = value(indices)
                except ArithmeticError:
                    return fact
                if not _true(part, found, arithmetic, slack):
                    return fact
    return None


def _true(part: Any, found: Any, arithmetic: Arithmetic, slack: Fraction) -> bool:
    if not isinstance(part, Compare):
        return bool(found)
    if isinstance(arithmetic, Residues):
        match part.relation:
            case Relation.EQ | Relation.NE:
                return (found == 0) is (part.relation is Relation.EQ)
            case _:
                return True  # order means nothing there
    if part.relation is Relation.EQ:
        return bool(abs(found) <= arithmetic.number(slack))
    if part.relation is Relation.GE:
        return bool(found >= -arithmetic.number(slack))
    return holds(part.relation, found, 0)
