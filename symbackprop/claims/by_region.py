"""A claim on every region: on each joint truth assignment of the conditions that an element depends on, in the network,
in the derivation and in the claim itself, at given sizes.

The regions are walked through by the choices of signs that come up (`interpret.ordered_residues`); the elements of
integer inputs and of noise that is 0 or 1 are chosen in the same way, among all the values they have, or those that
matter. Whatever both sides read may stand for itself (a *cut*): what holds for any values of it holds for those it has,
and conditions behind it need not be looked at. Cuts are tried from near to far, the last one at the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf, prod
from typing import Any

import numpy as np

from symbackprop.claims.bench import FAILURES
from symbackprop.claims.ground import Ground
from symbackprop.claims.interplay import Interplay
from symbackprop.interpret import PRIME, Interpreter, Residues
from symbackprop.interpret.compile import Compiler, Position
from symbackprop.interpret.ordered_residues import Choice, Path, Regions, TooMuchWork
from symbackprop.interpret.walked import Walked
from symbackprop.terms.build import conjuncts, sub
from symbackprop.terms.needed import needed_for
from symbackprop.terms.program import GIVEN, DType, Equation, Program
from symbackprop.terms.term import Axis, Compare, Reduce, Relation, Term, accesses, subterms
from symbackprop.verify.data import Data, UnmetAssumption, draw
from symbackprop.verify.drawn import bound_together, choices_of, values_assumed
from symbackprop.verify.integer_data import TooManyCases

_BUDGET = 250_000  # operations of one walk
_DRAWS = 6  # of data whose few values are bound to each other
_MOVES = 24  # elements of one tensor that are tried


@dataclass(frozen=True, slots=True)
class Region:
    """Where a claim is not shown: the choices that lead there, the first of them (`by_truth`) by the derived side, and
    the position of the claim's indices."""

    choices: tuple[Choice, ...]
    position: Position
    by_truth: int

    @property
    def at_kink(self) -> bool:
        """Whether it is the derived side that finds an order undecided."""
        return any(choice.equal and not choice.stated for choice in self.choices[: self.by_truth])


@dataclass(frozen=True, slots=True)
class Walk:
    """Of one claim at `sizes`. `compared`: in how many regions of its elements. `against`: a region where it was not
    shown to hold; `complete`: whether there was time for all of them; `never`: a condition of which one case never came
    up, though it may at other sizes."""

    sizes: Mapping[str, int]
    compared: int
    against: Region | None
    complete: bool = True
    never: Term | None = None

    @property
    def holds(self) -> bool:
        return self.complete and self.against is None and self.compared > 0 and self.never is None


def walk_regions(ground: Ground, equation: Equation, sizes: Mapping[str, int], seed: int) -> tuple[Walk, Walk | None]:
    """(where no order is undecided; if the claim holds there, also where values tie). The last walk that failed, of
    several tried, tells why."""
    draws = _DRAWS if _drawn_together(ground.program) else 1
    strict: Walk | None = None
    for cut in _cuts(ground, equation):
        try:
            tables = [_table(ground, equation, sizes, seed + number, cut) for number in range(draws)]
        except TooManyCases:
            return Walk(sizes, 0, None, complete=False), None
        if None in tables:
            break
        if strict is None or not strict.holds:
            strict = _all_shown(tables, ties=False)
        if strict.holds:
            tied = _all_shown(tables, ties=True)
            if tied.holds or not cut:
                return strict, tied
    return strict or Walk(sizes, 0, None, False), None


def _drawn_together(program: Program) -> bool:
    """Whether elements of few values are bound to each other (rows that are one-hot), and cannot be chosen one by one:
    they are drawn, several times."""
    integers = {tensor.name for tensor in program.of_kind(*GIVEN) if tensor.dtype is DType.INT}
    return not (integers | values_assumed(program).keys()).isdisjoint(bound_together(program))


def _all_shown(tables: Sequence[_Table | None], ties: bool) -> Walk:
    walks = []
    for table in tables:
        assert table is not None
        walks.append(table.shown(ties))
        if not walks[-1].holds:
            break
    return walks[-1]


# --- what stands for itself --------------------------------------------------------------------------
def _cuts(ground: Ground, equation: Equation) -> Iterator[frozenset[str]]:
    """Tensors that both sides may take as given: all that is read, those of them that depend on no other, none."""
    backward, forward = ground.backward, ground.derived.forward
    spoken = frozenset(name for name in equation.rhs.tensors if name in backward.definitions) - {equation.target}
    for deltas in dict.fromkeys((spoken, _first(backward, spoken))):
        needed = needed_for(_without(backward, deltas), [equation.target, *equation.rhs.tensors])
        read = frozenset(name for name in needed if name in forward.definitions)
        for values in dict.fromkeys((read, _first(forward, read))):
            if deltas or values:
                yield deltas | values
    yield frozenset()


def _first(program: Program, names: frozenset[str]) -> frozenset[str]:
    """Those that depend on no other of them."""
    return frozenset(name for name in names if needed_for(program, [name]) & names <= {name})


def _without(program: Program, given: frozenset[str]) -> Program:
    return program.with_(equations=tuple(e for e in program.equations if e.target not in given))


# --- one walk --------------------------------------------------------------------------------------------
@dataclass(slots=True)
class _Table:
    """A claim at sizes and data, with what is cut given."""

    equation: Equation
    sizes: Mapping[str, int]
    seed: int
    programs: tuple[Program, Program]
    data: Data
    chosen: Mapping[str, tuple[int, ...]]

    def shown(self, ties: bool) -> Walk:
        """All regions, also those that cannot be, as far as choices act together; or else those that can be, all of
        them."""
        quick = self._walk(ties, consistent=False, radius=self._together())
        if quick.holds:
            return quick
        careful = self._walk(ties, consistent=True, radius=inf)
        return careful if careful.complete or not quick.complete else quick

    def _together(self) -> float:
        forward, backward = self.programs
        definitions = {**forward.definitions, **backward.definitions}
        count = Interplay(definitions, self.sizes, frozenset(self.chosen))
        return max(count(self.equation.rhs).together, count(self.equation.lhs).together)

    def _walk(self, ties: bool, consistent: bool, radius: float) -> Walk:
        regions = Regions(self.seed, consistent, ties, _BUDGET)
        sides = self._sides(regions, self.data)
        compared = 0
        for position in sides.backward.positions(self.equation.axes):
            path: Path | None = Path(radius=radius)
            while path is not None:
                try:
                    alike = sides.alike(path, position)
                    if alike is False and any(choice.equal for choice in path.taken):
                        alike = self._alike_on_edge(regions, path, position)
                except TooMuchWork:
                    return Walk(self.sizes, compared, None, complete=False)
                if alike is False:
                    return Walk(self.sizes, compared, Region(tuple(path.taken), position, sides.by_truth))
                compared += alike is True
                path = path.following()
        return Walk(self.sizes, compared, None, never=self._never(regions))

    def _never(self, regions: Regions) -> Term | None:
        """Of integers themselves all cases were met; sums of them may have others at other sizes."""
        known = {**self.programs[0].table, **self.programs[1].table}
        for condition in regions.undecided():
            integers = all(known[name].dtype is DType.INT for name in condition.tensors)
            if not integers or any(isinstance(inner, Reduce) for inner in subterms(condition)):
                return condition
        return None

    def _sides(self, regions: Regions, data: Data) -> _Sides:
        regions.given_signs = self._assumed_signs(data, regions)
        forward = Walked(self.programs[0], self.sizes, data, regions, chosen=self.chosen)
        backward = Walked(self.programs[1], self.sizes, data, regions, outer=forward, chosen=self.chosen)
        return _Sides(self.equation, regions, forward, backward)

    def _assumed_signs(self, data: Data, regions: Regions) -> dict[int, int]:
        """The residues of which an inequality is assumed, with their signs."""
        found: dict[int, int] = {}
        reader = Interpreter(self.programs[0], self.sizes, data, Residues(self.seed))
        for fact in self.programs[0].assumptions:
            for part in conjuncts(fact.condition):
                if not isinstance(part, Compare) or not part.tensors <= data.keys() - self.chosen.keys():
                    continue
                if part.relation is not Relation.GT and (part.relation is not Relation.GE or regions.ties):
                    continue
                value = _evaluator(reader, sub(part.left, part.right), fact.axes)
                residues = set(map(value, reader.positions(fact.axes)))
                found |= dict.fromkeys(residues - {0}, 1)  # of zero the sign is known
        return found

    # --- where two values are one ----------------------------------------------------------------
    def _alike_on_edge(self, regions: Regions, path: Path, position: Position) -> bool:
        """Whether the sides are alike for data with which the values that were chosen to be equal are so, on every
        region that meets there; False where no such data were found."""
        data, planned, number = self.data, [choice.place for choice in path.taken], 0
        for choice in path.taken:
            if not choice.equal:
                number += 1
                continue
            moved = self._solved(regions, data, planned, number, position)
            if moved is None:
                return False
            data = moved
            del planned[number]
        sides = self._sides(regions, data)
        at: Path | None = Path()
        while at is not None:
            if sides.alike(at, position) is False:
                return False
            at = at.following()
        return True

    def _solved(self, regions: Regions, data: Data, planned: list[int], number: int, position: Position) -> Data | None:
        """The data with one element moved such that the value that decides choice `number` is zero: one on which it
        depends linearly."""

        def value(moved: Data) -> int | None:
            path = Path(tuple(planned))
            self._sides(regions, moved).alike(path, position)
            return path.taken[number].residue if number < len(path.taken) and not path.lost else None

        start = value(data)
        for name, index in self._movable(data):
            at = [value(_with(data, name, index, step)) for step in (1, 2)]
            if start is None or at[0] is None or at[1] is None:
                continue
            slope = (at[0] - start) % PRIME
            if slope and (at[1] - at[0]) % PRIME == slope:
                moved = _with(data, name, index, -start * pow(slope, -1, PRIME) % PRIME)
                return moved if value(moved) != start else None
        return None

    def _movable(self, data: Data) -> Iterator[tuple[str, tuple[int, ...]]]:
        known = {**self.programs[0].table, **self.programs[1].table}
        assumed = {read.tensor for fact in self.programs[0].assumptions for read in accesses(fact.condition)}
        for name, values in data.items():
            if name not in assumed and name not in self.chosen and known[name].dtype is DType.FLOAT:
                yield from ((name, index) for index in islice(np.ndindex(*values.shape), _MOVES))


def _with(data: Data, name: str, index: tuple[int, ...], step: int) -> Data:
    moved = data[name].astype(object)
    moved[index] = (int(moved[index]) + step) % PRIME
    return {**data, name: moved}


class _Sides:
    """Both sides of a claim on regions. `by_truth`: how many of the last path's choices the derived side made."""

    def __init__(self, equation: Equation, regions: Regions, forward: Walked, backward: Walked) -> None:
        self.regions, self.forward, self.backward = regions, forward, backward
        self.claimed = _evaluator(backward, equation.rhs, equation.axes)
        self.truth = _evaluator(backward, equation.lhs, equation.axes)
        self.by_truth, self._stale = 0, False

    def alike(self, path: Path, position: Position) -> bool | None:
        """Whether they have one value; None where there is no gradient to be equal to."""
        if self._stale:
            self.forward.forget()
            self.backward.forget()
        self.regions.walk(path)
        try:
            return self._compared(path, position)
        finally:
            self._stale = bool(path.taken)

    def _compared(self, path: Path, position: Position) -> bool | None:
        try:
            right = self.truth(position)
            self.by_truth = len(path.taken)
        except FAILURES:
            return None
        try:
            left = self.claimed(position)
        except FAILURES:
            return False
        return bool(left == right or (left != left and right != right))


def _evaluator(values: Interpreter, term: Term, axes: Sequence[Axis]) -> Callable[[Position], Any]:
    return Compiler(values.sizes, values.arithmetic, _Elements(values)).over(axes, term)


@dataclass(frozen=True, slots=True)
class _Elements:
    """Elements by way of `Interpreter.element`, which breaks long chains of demands."""

    values: Interpreter

    def reader(self, tensor: str, rank: int) -> Callable[[Position], Any]:
        self.values.reader(tensor, rank)
        return lambda position: self.values.element(tensor, position)


def _table(
    ground: Ground, equation: Equation, sizes: Mapping[str, int], seed: int, cut: frozenset[str]
) -> _Table | None:
    """None where no data meet the assumptions as residues. Raises `TooManyCases`."""
    program, rng = ground.program, np.random.default_rng([seed, 0xC07])
    try:
        data = draw(program, sizes, seed, exact=True)
    except UnmetAssumption:
        return None
    reader = Interpreter(program, sizes, {})
    table = ground.table
    for name in sorted(cut):
        shape = reader.box(table[name])[1]
        values = np.array([int(v) for v in rng.integers(2**40, PRIME - 2**40, size=prod(shape))], dtype=object)
        data[name] = values.reshape(shape)
    programs = _without(ground.derived.forward, cut), _without(ground.backward, cut)
    return _Table(equation, sizes, seed, programs, data, choices_of(program, sizes, [equation.rhs]))
