"""Runs a schedule instance by instance at small sizes: nothing is read before it is written, and each is written once.

Independent of the scheduler: plain enumeration, no polynomials compared, no proofs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod

from symbackprop.interpret.number_system import holds as compares
from symbackprop.schedule.steps import Compute, Step
from symbackprop.terms.check_program import MalformedProgram
from symbackprop.terms.conditions import split_guards
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.show import show
from symbackprop.terms.term import (
    Access,
    Add,
    Axis,
    Compare,
    Connective,
    Logic,
    Mul,
    Number,
    PolyValue,
    Reduce,
    Term,
    Truth,
    Where,
    children_of,
)

__all__ = ["Gathers", "Simulation", "holds"]

Values = Mapping[Dim | Index, int]
Instance = tuple[int, tuple[int, ...]]
Element = tuple[str, tuple[int, ...]]
Gathers = Mapping[str, Mapping[tuple[int, ...], int]]  # the values of the int tensors


def _value(poly: Poly, values: Values) -> int:
    return poly.evaluate(values.__getitem__)


def _ranges(axes: Sequence[Axis], values: Values) -> list[range]:
    return [range(_value(axis.low, values), _value(axis.high, values) + 1) for axis in axes]


def _positions(axes: Sequence[Axis], values: Values) -> Iterator[dict[Dim | Index, int]]:
    for chosen in product(*_ranges(axes, values)):
        yield {**values, **dict(zip((axis.index for axis in axes), chosen, strict=True))}


def _number(term: Term, values: Values, gathers: Gathers) -> Fraction | None:
    """The value of a term in integers, those of the int tensors among them; None where it reads another."""
    match term:
        case PolyValue(poly):
            return Fraction(_value(poly, values))
        case Number(value):
            return value
        case Access(tensor, _) if tensor in gathers:
            name, place = element(term, values, gathers)
            return Fraction(gathers[name][place])
        case Add(args) | Mul(args):
            found = [_number(arg, values, gathers) for arg in args]
            known = [value for value in found if value is not None]
            if len(known) < len(found):
                return None
            return sum(known, Fraction(0)) if isinstance(term, Add) else prod(known, start=Fraction(1))
    return None


def holds(condition: Term, values: Values, gathers: Gathers) -> bool | None:
    """Whether a condition on integers holds; None where it depends on other data."""
    match condition:
        case Truth(value):
            return value
        case Logic(connective, args):
            found = [holds(arg, values, gathers) for arg in args]
            if connective is Connective.NOT:
                return None if found[0] is None else not found[0]
            stop = connective is Connective.OR
            if stop in found:
                return stop
            return None if None in found else not stop
        case Compare(relation, left, right):
            one, other = _number(left, values, gathers), _number(right, values, gathers)
            return None if one is None or other is None else compares(relation, one, other)
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


def reads(term: Term, values: Values, gathers: Gathers, wanted: frozenset[str]) -> Iterator[Element]:
    """Elements of the wanted tensors that the term reads; both branches where a condition depends on data."""
    if term.tensors.isdisjoint(wanted):
        return
    match term:
        case Access(tensor, _):
            if tensor in wanted:
                yield element(term, values, gathers)
            for child in children_of(term):
                yield from reads(child, values, gathers, wanted)
        case Where(condition, then, otherwise):
            known = holds(condition, values, gathers)
            yield from reads(condition, values, gathers, wanted)
            if known is not False:
                yield from reads(then, values, gathers, wanted)
            if known is not True:
                yield from reads(otherwise, values, gathers, wanted)
        case Reduce(_, axes, body):
            for inside in _positions(axes, values):
                yield from reads(body, inside, gathers, wanted)
        case _:
            for child in children_of(term):
                yield from reads(child, values, gathers, wanted)


class Simulation:
    """Which instance writes which element, and what is done so far."""

    def __init__(self, equations: Sequence[Equation], sizes: Mapping[str, int], gathers: Gathers | None = None) -> None:
        self.equations, self.gathers = equations, gathers or {}
        self.sizes: dict[Dim | Index, int] = {Dim(name): value for name, value in sizes.items()}
        self.writers: dict[Element, list[Instance]] = {}
        self.written = frozenset(equation.target for equation in equations)
        self.done: Counter[Instance] = Counter()
        self.place = {id(equation): number for number, equation in enumerate(equations)}
        for number, equation in enumerate(equations):
            for values in _positions(equation.axes, self.sizes):
                if not self.contributes_nothing(equation, values):
                    target = element(equation.lhs, values, self.gathers)
                    self.writers.setdefault(target, []).append(self.instance(number, values))

    def contributes_nothing(self, equation: Equation, values: Values) -> bool:
        if equation.op is not Op.ACCUMULATE:
            return False
        guards, _ = split_guards(equation.rhs)
        return any(holds(guard, values, self.gathers) is False for guard in guards)

    def instance(self, number: int, values: Values) -> Instance:
        return number, tuple(values[axis.index] for axis in self.equations[number].axes)

    def needs(self, number: int, values: Values) -> Iterator[Instance]:
        """The instances that must be done before this one."""
        equation = self.equations[number]
        for subscript in equation.subscripts:
            if isinstance(subscript, Access):
                for read in reads(subscript, values, self.gathers, self.written):
                    yield from self.writers.get(read, ())
        for read in reads(equation.rhs, values, self.gathers, self.written):
            yield from self.writers.get(read, ())
        if equation.op is Op.ACCUMULATE:
            for writer in self.writers.get(element(equation.lhs, values, self.gathers), ()):
                if self.equations[writer[0]].op is Op.ASSIGN:
                    yield writer

    def instances(self) -> Iterator[tuple[Instance, frozenset[Instance]]]:
        """Every instance that contributes something, with those that must be done before it."""
        for number, equation in enumerate(self.equations):
            for values in _positions(equation.axes, self.sizes):
                if not self.contributes_nothing(equation, values):
                    yield self.instance(number, values), frozenset(self.needs(number, values))

    def run(self, steps: Iterable[Step]) -> None:
        """Runs the steps. MalformedProgram where the order is wrong, or an instance is not computed exactly once."""
        self._run(steps, self.sizes)
        for number, equation in enumerate(self.equations):
            for values in _positions(equation.axes, self.sizes):
                times = self.done[self.instance(number, values)]
                if times != 1:
                    self._fail(number, values, "computed once", f"{times} times")
        if len(self.done) != sum(prod(map(len, _ranges(e.axes, self.sizes))) for e in self.equations):
            raise MalformedProgram("a schedule", expected="instances of its equations", found="others")

    def _run(self, steps: Iterable[Step], values: Values) -> None:
        for step in steps:
            if isinstance(step, Compute):
                if holds(step.only_when, values, self.gathers):
                    self._compute(step, values)
                continue
            turns = range(_value(step.low, values), _value(step.high, values) + 1)
            for turn in reversed(turns) if step.descending else turns:
                self._run(step.body, {**values, step.variable: turn})

    def _compute(self, step: Compute, values: Values) -> None:
        number = self.place[id(step.equation)]
        for pinned, poly in step.pins:
            if any(variable not in values for variable in poly.indices()):
                self._fail(number, values, f"the loop that pins {pinned}", "none around it")
        pins: dict[Dim | Index, int] = {index: _value(poly, values) for index, poly in step.pins}
        ready = []
        for index, value in pins.items():
            axis = next(axis for axis in step.equation.axes if axis.index == index)
            if not _value(axis.low, self.sizes) <= value <= _value(axis.high, self.sizes):
                self._fail(number, pins, f"a pin of {index} within its axis", str(value))
        for inside in _positions(step.axes, {**self.sizes, **pins}):
            if not self.contributes_nothing(step.equation, inside):
                for needed in self.needs(number, inside):
                    if not self.done[needed]:
                        writer, place = needed
                        found = f"{self.equations[writer].target} at {place}, which comes later"
                        self._fail(number, inside, "reads of what is computed", found)
            ready.append(self.instance(number, inside))
        self.done.update(ready)

    def _fail(self, number: int, values: Values, expected: str, found: str) -> None:
        where = ", ".join(f"{atom} = {value}" for atom, value in values.items())
        raise MalformedProgram(f"{show(self.equations[number])} at {where}", expected=expected, found=found)
