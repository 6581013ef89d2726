"""Values to loop nests: every step becomes a nest over the positions that it defines, every reduction one inside it.

What a value is made of is computed in the outermost nest in which all of its axes run. What would be computed there
once more for each position of an axis that it has not, and costs something, gets a tensor of its own before the nest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from symbackprop.c.levels import Levels, product_of_values
from symbackprop.c.nests import NestFunction, Statement, Store, Subscripts, When
from symbackprop.c.open_products import copies_turned, summed, with_part
from symbackprop.c.opening import Opening, renamed
from symbackprop.c.vectors import LEAST
from symbackprop.lower.evaluate_values import term_value
from symbackprop.lower.values import (
    Bind,
    Choose,
    Clear,
    Contract,
    Define,
    Fold,
    Function,
    If,
    Kind,
    Loop,
    Map,
    MapOp,
    Note,
    Read,
    Scalar,
    Step,
    Value,
    inside,
    integer,
)
from symbackprop.terms.build import NIL, logic_not
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.program import Op, Program
from symbackprop.terms.term import Axis, Term


def open_nests(function: Function, program: Program) -> NestFunction:
    """The function as nests; `program`: the one that it computes, whose sizes are all numbers."""
    opener = _Opener(function, program)
    body = opener.body(function.body)
    tensors = {**function.tensors, **opener.made}
    return NestFunction(function.name, tensors, function.given, frozenset(opener.locals), tuple(body))


class _Opener(Opening):
    # --- steps -------------------------------------------------------------------------------------
    def body(self, steps: Iterable[Step]) -> list[Statement]:
        return [statement for step in steps for statement in self.step(step)]

    def step(self, step: Step) -> list[Statement]:
        match step:
            case Note():
                return [step]
            case Clear(name):
                return self.clear(self.tensors(name))
            case Define():
                return self.define(step)
            case Bind():
                raise TypeError("a name for a value is given here, by whoever reads it")
            case If(condition, body, ()):
                return self.when(condition, body)
            case Loop(variable, low, high, descending, body):
                self.variables.append(step.axis)
                inner = self.body(body)
                self.variables.pop()
                return [Loop(variable, low, high, descending, tuple(inner))]
            case _:
                raise TypeError(f"not a step: {step!r}")

    def when(self, condition: Term, body: Sequence[Step]) -> list[Statement]:
        if not condition.free:
            return self.body(body) if term_value(condition, {}) else []
        levels = Levels(self, ())
        mask = levels.place(self.evaluator().mask(condition))
        return [*levels.before, *levels.statements[0], When(mask, tuple(self.body(body)))]

    def define(self, step: Define) -> list[Statement]:
        choice = next((part for part in inside(step.value) if isinstance(part, Choose)), None)
        if choice is not None:
            return self.chosen(step, choice)
        found = summed(self, step)
        if found is not None:
            return found
        names = {axis.index: self.index(axis.index) for axis in step.axes if axis.index in step.left}
        places: dict[Atom, Poly] = {old: Poly.of(new) for old, new in names.items()}
        new = frozenset(names.values())
        left = [Axis(names[axis.index], axis.low, axis.high) for axis in step.axes if axis.index in step.left]
        ranges = {axis.index: axis for axis in step.axes}
        levels = Levels(self, _in_order(left, step.subscripts, names), ranges, name=step.tensor)
        value = levels.placed_last(renamed(step.value, places, new))
        subscripts = tuple(
            s.substitute(places) if isinstance(s, Poly) else levels.place(renamed(s, places, new))
            for s in step.subscripts
        )
        store: Statement = Store(step.tensor, subscripts, value, step.op)
        if step.padded:
            store = self.kept_inside(store, subscripts, self.tensors(step.tensor).shape, new)
        return levels.nested([store])

    def summed_outside(self, step: Define) -> list[Statement] | None:
        """A sum whose summands lie side by side along the last axis of what is defined, or do so in small copies, not
        along those of the sum: with the sum outside, added to what is 0 before."""
        value = step.value
        if not isinstance(value, Contract) or not step.left or step.padded or not value.bound:
            return None
        if not isinstance(step.subscripts[-1], Poly) or not all(isinstance(s, Poly) for s in step.subscripts):
            return None
        left = _left_in_order(step)
        if left[-1] not in step.subscripts[-1].indices():
            return None
        if any(isinstance(part, Contract | Fold) for f in value.factors for part in inside(f)):
            return None
        turned: list[Statement] = []
        made = set(self.made)
        long = next((axis.extent.constant or 0) >= LEAST for axis in step.axes if axis.index == left[-1])
        if long and not _side_by_side(value, left[-1]):
            value = copies_turned(self, step, value, left[-1], turned)
        if not _side_by_side(value, left[-1]):
            self.forget(made)
            return None
        ranges = {axis.index: axis for axis in step.axes}
        outside = [index for index in left[:-1] if _lies_outside(value, index)]
        rest = [index for index in left if index not in outside]
        names = {index: self.index(index) for index in (*outside, *value.bound, *rest)}
        places: dict[Atom, Poly] = {old: Poly.of(index) for old, index in names.items()}
        every = frozenset(names.values())
        axes = [Axis(name, ranges[index].low, ranges[index].high) for index, name in names.items()]
        subscripts = tuple(s.substitute(places) for s in step.subscripts if isinstance(s, Poly))
        zeros = self.define(step.with_value(Scalar(NIL))) if step.op is Op.ASSIGN else []
        levels = Levels(self, axes, ranges, name=step.tensor)
        product = levels.placed_last(renamed(product_of_values(value.factors), places, every))
        added = levels.nested([Store(step.tensor, subscripts, product, Op.ACCUMULATE)])
        return [*turned, *zeros, *added]

    def kept_inside(
        self, store: Statement, subscripts: Subscripts, shape: Sequence[Poly], axes: frozenset[Index]
    ) -> Statement:
        """The store where all subscripts are inside the tensor."""
        for subscript, size in zip(subscripts, shape, strict=True):
            place = integer(subscript, axes) if isinstance(subscript, Poly) else subscript
            above = Map(MapOp.GREATER_EQUAL, (place, Scalar(NIL)), Kind.BOOL, True)
            below = Map(MapOp.GREATER, (integer(size, axes), place), Kind.BOOL, True)
            store = When(Map(MapOp.AND, (above, below), Kind.BOOL, True), (store,))
        return store

    def chosen(self, step: Define, choice: Choose) -> list[Statement]:
        """The definition for each branch, of which one is computed."""
        return [
            statement
            for condition, branch in ((choice.condition, choice.then), (logic_not(choice.condition), choice.otherwise))
            for statement in self.when(condition, [step.with_value(with_part(step.value, choice, branch))])
        ]


def _in_order(axes: Sequence[Axis], subscripts: Subscripts, names: dict[Index, Index]) -> list[Axis]:
    """As the elements lie: the last dimension innermost."""
    found = [names[i] for s in subscripts if isinstance(s, Poly) for i in s.indices() if i in names]
    place = {index: place for place, index in enumerate(found)}
    return sorted(axes, key=lambda axis: place.get(axis.index, -1))


def _side_by_side(value: Contract, index: Index) -> bool:
    """Whether more of what changes both with the sum and along the axis lies side by side along that."""
    steps = Counter[Index]()
    for read in _reads(value):
        if read.subscripts and isinstance(read.subscripts[-1], Poly) and index in read.axes:
            steps.update(read.subscripts[-1].indices() if read.axes.intersection(value.bound) else ())
    return steps[index] > max(steps[other] for other in value.bound)


def _lies_outside(value: Contract, index: Index) -> bool:
    """Whether what is read has the axis outside of those of the sum."""
    votes = 0
    for read in _reads(value):
        places = {i: place for place, s in enumerate(read.subscripts) if isinstance(s, Poly) for i in s.indices()}
        summed_over = [places[other] for other in value.bound if other in places]
        if index in places and summed_over:
            votes += 1 if places[index] < min(summed_over) else -1
    return votes > 0


def _reads(value: Value) -> list[Read]:
    return [part for part in inside(value) if isinstance(part, Read)]


def _left_in_order(step: Define) -> list[Index]:
    found = dict.fromkeys(i for s in step.subscripts if isinstance(s, Poly) for i in s.indices() if i in step.left)
    return list(found)


__all__ = ["open_nests"]
