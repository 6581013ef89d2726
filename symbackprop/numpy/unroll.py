"""Functions of values at fixed sizes to straight statements: every position of every step, one after the other.

A value that several positions share is computed once; conditions and loops over sizes are decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod

from symbackprop.lower.value_walks import parts_first
from symbackprop.lower.values import (
    Bind,
    Clear,
    Contract,
    Define,
    Deviation,
    Fold,
    Function,
    If,
    Kind,
    Loop,
    Map,
    MapOp,
    Note,
    Step,
    Value,
    children_of,
)
from symbackprop.numpy.scalar_operations import Unsayable, applied
from symbackprop.numpy.straight import (
    Apply,
    Assign,
    Element,
    Expression,
    Part,
    Pick,
    Statement,
    Straight,
    number,
    parts_of,
    within,
)
from symbackprop.numpy.unroll_values import Evaluation, TooMany
from symbackprop.terms.program import Op, Tensor
from symbackprop.terms.term import Axis

__all__ = ["unrolled"]

_DEEP = 100  # values inside one another, for the stack's sake; the first inside an operation does not count


def unrolled(
    functions: Sequence[Function], wanted: Iterable[str], most: int, elements: Sequence[Element] = ()
) -> Straight:
    """What the functions compute one after the other of the tensors that are wanted, and of elements beside them.

    Raises TooMany beyond so many operations, and Unsayable for what no expression says.
    """
    tensors = {name: tensor for function in functions for name, tensor in function.tensors.items()}
    run = _Unroll(tensors, most)
    made: set[str] = set()
    for function in functions:
        run.begin(name for name in function.given if name not in made)
        run.body(function.body)
        made |= {element.tensor for element in run.defined}
    results = [run.element(element) for name in wanted for element in run.elements(name)]
    results += [run.element(element) for element in elements]
    return _live(run, tuple(results))


def _live(run: _Unroll, results: tuple[Expression, ...]) -> Straight:
    """Only what the results need, and is given for them."""
    live = {inner for result in results for inner in within(result)}
    kept: list[Statement] = []
    for statement in reversed(run.statements):
        if isinstance(statement, Note):
            if kept and not isinstance(kept[-1], Note):
                kept.append(statement)
        elif statement.target in live:
            live.update(within(statement.expression))
            kept.append(statement)
    statements = tuple(reversed(kept))
    assigned = [statement for statement in statements if isinstance(statement, Assign)]
    count = sum(1 + sum(isinstance(e, Apply | Pick) for e in within(s.expression)) for s in assigned)
    given = tuple(element for element in run.given if element in live)
    origins = {name: at for name, tensor in run.tensors.items() if any(at := tuple(map(run.number, tensor.origin)))}
    return Straight(given, statements, results, count, run.calls, origins)


class _Unroll(Evaluation):
    """`given`: the elements that have values from the beginning; `calls`: of NumPy that would do the same."""

    def __init__(self, tensors: Mapping[str, Tensor], most: int) -> None:
        super().__init__(tensors, most)
        self.given: list[Element] = []
        self.statements: list[Statement] = []
        self.calls = self.parts = 0

    def begin(self, names: Iterable[str]) -> None:
        for name in names:
            found = self.elements(name)
            self.given += [element for element in found if element not in self.defined]
            self.defined.update(found)

    def body(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Note():
                    self.statements.append(step)
                case Clear(name):
                    self.zeros.update(self.elements(name))
                case Bind():
                    self.bind(step)
                case Define():
                    self.define(step)
                case If(condition, inner):
                    if self.known(condition):
                        self.body(inner)
                case Loop(variable, low, high, descending, inner):
                    turns = range(self.number(low), self.number(high) + 1)
                    for turn in reversed(turns) if descending else turns:
                        self.spend(1)
                        self.env[variable] = turn
                        self.body(inner)
                    self.env.pop(variable, None)
                case _:
                    raise TypeError(f"not a step: {step!r}")

    def enter(self, axes: Iterable[Axis], value: Value) -> None:
        """Begins a step over the axes."""
        self.memo = {}
        self.ranges = {axis.index: range(self.number(axis.low), self.number(axis.high) + 1) for axis in axes}
        depths = _depths(value)
        if depths[value] > _DEEP:
            raise TooMany
        self.calls += max(1, sum(isinstance(part, Map | Contract | Fold | Deviation) for part in depths))

    def bind(self, step: Bind) -> None:
        self.enter(step.axes, step.value)
        lows = [self.ranges[index].start for index in step.outer]
        self.shapes[step.name] = tuple(len(self.ranges[index]) for index in step.outer)
        self.kinds[step.name] = step.value.kind
        found: dict[Element, Expression] = {}
        for places in self.over(step.outer):
            place = tuple(at - low for at, low in zip(places, lows, strict=True))
            found[Element(step.name, place, step.value.kind)] = self.at(step.value)
        self.assign(found)

    def define(self, step: Define) -> None:
        self.enter(step.axes, step.value)
        left = tuple(axis.index for axis in step.axes if axis.index in step.left)
        found: dict[Element, Expression] = {}
        for _ in self.over(left):
            subscripts = [self.place(subscript) for subscript in step.subscripts]
            value = self.at(step.value)
            if all(isinstance(subscript, int) for subscript in subscripts):
                self.put(step, found, tuple(s for s in subscripts if isinstance(s, int)), value)
            else:
                self.scatter(step, found, subscripts, value)
        if any(part in found for value in found.values() for part in within(value) if not self.own(part, found, value)):
            raise Unsayable(f"{step.tensor} of its own elements")
        self.assign(found)

    @staticmethod
    def own(part: Expression, found: Mapping[Element, Expression], value: Expression) -> bool:
        """Whether an element stands in what is added to itself alone."""
        return isinstance(part, Element) and found.get(part) is value

    def put(self, step: Define, found: dict[Element, Expression], place: tuple[int, ...], value: Expression) -> None:
        shape = self.shapes[step.tensor]
        if not all(0 <= at < size for at, size in zip(place, shape, strict=True)):
            if not step.padded:
                raise Unsayable(f"{step.tensor} is written outside")
            return
        element = Element(step.tensor, place, Kind.FLOAT)
        if step.op is Op.ACCUMULATE:
            before = found.get(element)
            value = applied(MapOp.ADD, (self.element(element) if before is None else before, value), Kind.FLOAT)
        found[element] = value

    def scatter(
        self,
        step: Define,
        found: dict[Element, Expression],
        subscripts: Sequence[int | Expression],
        value: Expression,
    ) -> None:
        """Where the subscripts are what they turn out to be, at each place where that may be."""
        shape = self.shapes[step.tensor]
        choices = [(s,) if isinstance(s, int) else range(size) for s, size in zip(subscripts, shape, strict=True)]
        self.spend(prod(map(len, choices)))
        for place in product(*choices):
            chosen: Expression = number(True)
            for subscript, at in zip(subscripts, place, strict=True):
                if not isinstance(subscript, int):
                    here = applied(MapOp.EQUAL, (subscript, number(at)), Kind.BOOL)
                    chosen = applied(MapOp.AND, (chosen, here), Kind.BOOL)
            element = Element(step.tensor, place, Kind.FLOAT)
            before = found.get(element) or self.element(element)
            otherwise = number(0.0) if step.op is Op.ACCUMULATE else before
            self.put(step, found, place, applied(MapOp.SELECT, (chosen, value, otherwise), Kind.FLOAT))

    def assign(self, found: Mapping[Element, Expression]) -> None:
        """Assigns the expressions, of which those that stand in several places have a name."""
        uses = Counter(found.values())
        for expression in {inner for value in found.values() for inner in within(value)}:
            uses.update(parts_of(expression))
        names: dict[Expression, Expression] = {}
        for element, value in found.items():
            self.statements.append(Assign(element, self.named(value, uses, names)))
            if uses[value] > 1 and isinstance(value, Apply | Pick):
                names[value] = element
        self.zeros.difference_update(found)
        self.defined.update(found)

    def named(self, top: Expression, uses: Counter[Expression], names: dict[Expression, Expression]) -> Expression:
        """The expression, with names in the place of what stands in several places, which are assigned before."""
        stack = [top]
        while stack:
            expression = stack[-1]
            missing = [part for part in parts_of(expression) if part not in names]
            if missing and expression not in names:
                stack += reversed(missing)
                continue
            stack.pop()
            if expression in names:
                continue
            built = _rebuilt(expression, names)
            if expression is not top and uses[expression] > 1 and isinstance(expression, Apply | Pick):
                part = Part(self.parts, expression.kind)
                self.parts += 1
                self.statements.append(Assign(part, built))
                built = part
            names[expression] = built
        return names[top]


def _depths(top: Value) -> dict[Value, int]:
    """Of the value and all inside it, how many stand inside one another."""
    depths: dict[Value, int] = {}
    for value in parts_first(top, depths):
        inner = [depths[part] + 1 for part in children_of(value)]
        if isinstance(value, Map):
            inner[0] -= 1
        depths[value] = max(inner, default=0)
    return depths


def _rebuilt(expression: Expression, names: Mapping[Expression, Expression]) -> Expression:
    match expression:
        case Apply(op, args, kind):
            return Apply(op, tuple([names[arg] for arg in args]), kind)
        case Pick(index, options, kind):
            return Pick(names[index], tuple([names[option] for option in options]), kind)
        case _:
            return expression
