"""Runs a schedule instance by instance at small sizes and checks that nothing is read before it is written.

Independent of the scheduler: plain enumeration, no polynomials compared, no proofs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from symbackprop.schedule import Compute, Step
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.term import (
    Access,
    Axis,
    Compare,
    Connective,
    Logic,
    PolyValue,
    Reduce,
    Relation,
    Term,
    Truth,
    Where,
    children_of,
)

Values = Mapping[Dim | Index, int]
Instance = tuple[int, tuple[int, ...]]
Element = tuple[str, tuple[int, ...]]
Gathers = Mapping[str, Mapping[tuple[int, ...], int]]


def _value(poly: Poly, values: Values) -> int:
    return poly.evaluate(values.__getitem__)


def _positions(axes: Sequence[Axis], values: Values) -> Iterator[dict[Dim | Index, int]]:
    ranges = [range(_value(axis.low, values), _value(axis.high, values) + 1) for axis in axes]
    for chosen in product(*ranges):
        yield {**values, **dict(zip((axis.index for axis in axes), chosen, strict=True))}


def holds(condition: Term, values: Values) -> bool | None:
    """Whether an integer condition holds; None where it depends on data."""
    match condition:
        case Truth(value):
            return value
        case Logic(connective, args):
            found = [holds(arg, values) for arg in args]
            if connective is Connective.NOT:
                return None if found[0] is None else not found[0]
            stop = connective is Connective.OR
            if stop in found:
                return stop
            return None if None in found else not stop
        case Compare(relation, PolyValue(poly), right) if right is NIL:
            value = _value(poly, values)
            return {
                Relation.GE: value >= 0, Relation.GT: value > 0, Relation.EQ: value == 0, Relation.NE: value != 0,
            }[relation]  # fmt: skip
    return None


def element(access: Access, values: Values, gathers: Gathers) -> Element:
    place = []
    for subscript in access.subscripts:
        if isinstance(subscript, Poly):
            place.append(_value(subscript, values))
        else:
            name, inner = element(subscript, values, gathers)
            place.append(gathers[name][inner])
    return access.tensor, tuple(place)


def reads(term: Term, values: Values, gathers: Gathers) -> Iterator[Element]:
    """Elements that the term reads; both branches where a condition depends on data."""
    match term:
        case Access():
            yield element(term, values, gathers)
            for child in children_of(term):
                yield from reads(child, values, gathers)
        case Where(condition, then, otherwise):
            known = holds(condition, values)
            yield from reads(condition, values, gathers)
            if known is not False:
                yield from reads(then, values, gathers)
            if known is not True:
                yield from reads(otherwise, values, gathers)
        case Reduce(_, axes, body):
            for inside in _positions(axes, values):
                yield from reads(body, inside, gathers)
        case _:
            for child in children_of(term):
                yield from reads(child, values, gathers)


class Simulation:
    """Which instance writes which element, and what is done so far."""

    def __init__(self, equations: Sequence[Equation], sizes: Mapping[str, int], gathers: Gathers | None = None) -> None:
        self.equations, self.gathers = equations, gathers or {}
        self.sizes: dict[Dim | Index, int] = {Dim(name): value for name, value in sizes.items()}
        self.writers: dict[Element, list[Instance]] = {}
        self.done: Counter[Instance] = Counter()
        self.place = {id(equation): number for number, equation in enumerate(equations)}
        for number, equation in enumerate(equations):
            for values in _positions(equation.axes, self.sizes):
                if not self.contributes_nothing(equation, values):
                    target = element(equation.lhs, values, self.gathers)
                    self.writers.setdefault(target, []).append(self.instance(number, values))

    def contributes_nothing(self, equation: Equation, values: Values) -> bool:
        rhs = equation.rhs
        return (
            equation.op is Op.ACCUMULATE
            and isinstance(rhs, Where)
            and rhs.otherwise is NIL
            and holds(rhs.condition, values) is False
        )

    def instance(self, number: int, values: Values) -> Instance:
        return number, tuple(values[axis.index] for axis in self.equations[number].axes)

    def needs(self, number: int, values: Values) -> Iterator[Instance]:
        """The instances that must be done before this one."""
        equation = self.equations[number]
        for subscript in equation.subscripts:
            if isinstance(subscript, Access):
                for read in reads(subscript, values, self.gathers):
                    yield from self.writers.get(read, ())
        for read in reads(equation.rhs, values, self.gathers):
            yield from self.writers.get(read, ())
        if equation.op is Op.ACCUMULATE:
            for writer in self.writers.get(element(equation.lhs, values, self.gathers), ()):
                if self.equations[writer[0]].op is Op.ASSIGN:
                    yield writer

    def run(self, steps: Iterable[Step]) -> None:
        """Runs the steps; asserts the order, and that every instance is computed exactly once."""
        self._run(steps, self.sizes)
        expected = {
            self.instance(number, values)
            for number, equation in enumerate(self.equations)
            for values in _positions(equation.axes, self.sizes)
        }
        assert set(self.done) == expected
        assert all(times == 1 for times in self.done.values())

    def _run(self, steps: Iterable[Step], values: Values) -> None:
        for step in steps:
            if isinstance(step, Compute):
                if holds(step.only_when, values):
                    self._compute(step, values)
                continue
            turns = range(_value(step.low, values), _value(step.high, values) + 1)
            for turn in reversed(turns) if step.descending else turns:
                self._run(step.body, {**values, step.variable: turn})

    def _compute(self, step: Compute, values: Values) -> None:
        number = self.place[id(step.equation)]
        pins = {index: _value(poly, values) for index, poly in step.pins}
        ready = []
        for index, value in pins.items():
            axis = next(axis for axis in step.equation.axes if axis.index == index)
            assert _value(axis.low, self.sizes) <= value <= _value(axis.high, self.sizes), "a pin outside its axis"
        for inside in _positions(step.axes, {**self.sizes, **pins}):
            if not self.contributes_nothing(step.equation, inside):
                for needed in self.needs(number, inside):
                    assert self.done[needed], f"{step.equation} at {inside} needs {needed}"
            ready.append(self.instance(number, inside))
        self.done.update(ready)

    def has_order(self) -> bool:
        """Whether the instances can be ordered at all."""
        left = {
            self.instance(number, values): set(self.needs(number, values))
            for number, equation in enumerate(self.equations)
            for values in _positions(equation.axes, self.sizes)
            if not self.contributes_nothing(equation, values)
        }
        done: set[Instance] = set()
        while left:
            ready = [instance for instance, needed in left.items() if needed <= done]
            if not ready:
                return False
            done.update(ready)
            for instance in ready:
                del left[instance]
        return True
