"""The checker of values: names, axes, ranks and kinds, step by step.

Verified of a function: a tensor has values before it is read, and what is given is never written; subscripts are as
many as the tensor has dimensions, and in them and in numbers stand only axes of the step and variables of the loops
around it; integers, truth values and floats are where each operation wants them; what is summed or folded over is an
axis of the step and not of the left side; a value has no axis that the left side lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symbackprop.lower.show_values import show
from symbackprop.lower.value_walks import (
    computed_in,
    steps_in,
)
from symbackprop.lower.values import (
    Bind,
    Choose,
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
    Position,
    Read,
    Scalar,
    Step,
    Value,
    children_of,
    inside,
)
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType

_ARITY = {
    **dict.fromkeys(
        (MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.DIVIDE, MapOp.FLOOR_DIVIDE, MapOp.POWER, MapOp.ATAN2,
         MapOp.LOG_ADD_EXP, MapOp.EXP_NORMALIZED, MapOp.MAXIMUM, MapOp.MINIMUM, MapOp.GREATER, MapOp.GREATER_EQUAL,
         MapOp.EQUAL, MapOp.NOT_EQUAL, MapOp.AND, MapOp.OR), 2,
    ),
    MapOp.SELECT: 3,
}  # fmt: skip
_COMPARISONS = {MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL}
_LOGIC = {MapOp.AND, MapOp.OR, MapOp.NOT}
_OF_INTEGERS = {MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.FLOOR_DIVIDE, MapOp.ABS, MapOp.SIGN, MapOp.MAXIMUM,
                MapOp.MINIMUM}  # fmt: skip


class IllFormed(AssertionError):
    """A function, of values or of arrays, that breaks the rules of its form."""


def check_values(function: Function) -> None:
    """Raises IllFormed, naming the step, where the function breaks a rule."""
    _Checker(function).body(function.body)


class _Checker:
    def __init__(self, function: Function) -> None:
        self.function = function
        self.begun = set(function.given)
        self.bound_values: dict[str, tuple[int, Kind]] = {}  # rank and kind, by name
        self.loops: set[Index] = set()

    def body(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Note():
                    pass
                case Clear(tensor):
                    self.require(tensor not in self.begun, step, f"{tensor} has values before it is cleared")
                    self.written(tensor, step)
                case Bind():
                    self.bind(step)
                case Define():
                    self.define(step)
                case Loop(variable, low, high, _, body):
                    self.require(variable not in self.loops, step, f"the variable {variable} is in use")
                    self.known((*low.indices(), *high.indices()), step, set())
                    self.loops.add(variable)  # what one turn reads another may have defined
                    self.begun |= {inner.tensor for inner in steps_in(body) if isinstance(inner, Define)}
                    self.body(body)
                    self.loops.remove(variable)
                case If(condition, body, otherwise):
                    self.require(not otherwise, step, "a condition chooses between values, not between steps")
                    self.known(condition.free, step, set())
                    self.body(body)
                case _:
                    raise IllFormed(f"{self.function.name}: not a step: {step!r}")

    def axes(self, step: Bind | Define) -> set[Index]:
        own = {axis.index for axis in step.axes}
        self.require(len(own) == len(step.axes), step, "an axis stands twice")
        self.require(not own & self.loops, step, "an axis is the variable of a loop around it")
        for axis in step.axes:
            self.known((*axis.low.indices(), *axis.high.indices()), step, set())
        return own

    def bind(self, step: Bind) -> None:
        own = self.axes(step)
        for value in inside(step.value):
            self.value(value, step, own)
        self.require(set(step.outer) == step.value.axes, step, "what is bound has other axes")
        fresh = step.name not in self.bound_values and step.name not in self.function.tensors
        self.require(fresh, step, f"{step.name} is the name of another")
        self.bound_values[step.name] = (len(step.outer), step.value.kind)

    def define(self, step: Define) -> None:
        own = self.axes(step)
        for top in computed_in(step):
            for value in inside(top):
                self.value(value, step, own)
        self.places(step.tensor, step.subscripts, step, own)
        self.require(step.value.kind is Kind.FLOAT, step, "what is defined is no float")
        self.require(step.value.axes <= step.left, step, "the value has axes that the left side lacks")
        self.require(step.tensor not in self.function.given, step, f"{step.tensor} is given and is written")
        self.written(step.tensor, step)

    def value(self, value: Value, step: Step, own: set[Index]) -> None:
        self.require(value.axes <= own, step, f"unknown axes in {show(value)}")
        match value:
            case Scalar(term):
                self.require(not term.tensors, step, f"a number that reads {sorted(term.tensors)}")
                self.known(term.free, step, set())
            case Position(poly, over):
                self.known(poly.indices(), step, own)
                self.require(over == own & set(poly.indices()), step, f"the axes of {poly} are not {set(over)}")
            case Read(tensor, subscripts, over, kind):
                self.require(tensor in self.begun or tensor in self.bound_values, step, f"{tensor} has no values yet")
                self.places(tensor, subscripts, step, own)
                affine = {index for s in subscripts if isinstance(s, Poly) for index in s.indices()}
                self.require(over == own & affine, step, f"the axes of {show(value)} are not {set(over)}")
                self.require(kind is self.kind_of(tensor), step, f"{tensor} is not {kind.value}")
            case Map(op, args, kind):
                self.require(len(args) == _ARITY.get(op, 1), step, f"{op.value} of {len(args)} arguments")
                self.kinds(value, op, [arg.kind for arg in args], [isinstance(a, Scalar) for a in args], kind, step)
            case Contract(factors, bound):
                self.bound(bound, step, own)
                self.require(all(f.kind is Kind.FLOAT for f in factors), step, "a factor that is no float")
            case Fold(_, source, bound):
                self.bound(bound, step, own)
                self.require(source.kind is Kind.FLOAT, step, "what is folded is no float")
            case Deviation(weights, left, right, bound):
                self.bound(bound, step, own)
                self.require(all(c.kind is Kind.FLOAT for c in children_of(value)), step, "a deviation of no floats")
                self.deviation(weights, left.axes, right.axes, frozenset(bound), step)
            case Choose(condition):
                self.known(condition.free, step, set())
                self.require(not condition.tensors, step, "a choice that reads a tensor")
                self.require(all(c.kind is Kind.FLOAT for c in children_of(value)), step, "a branch that is no float")
            case _:
                raise IllFormed(f"{self.function.name}: not a value: {value!r}")

    def deviation(
        self,
        weights: Sequence[Value],
        left: frozenset[Index],
        right: frozenset[Index],
        bound: frozenset[Index],
        step: Step,
    ) -> None:
        for weight in weights:
            self.require(weight.axes == bound | (right - left), step, "a weight of other axes")
        shared = left - bound if weights else bound
        self.require(len(weights) < 2 and bound <= left and left & right == shared, step, "a deviation of other axes")

    def kinds(self, value: Value, op: MapOp, kinds: list[Kind], numbers: list[bool], kind: Kind, step: Step) -> None:
        """A number is of any kind."""
        text = f"{op.value} in {show(value)}"
        free = [k for k, number in zip(kinds, numbers, strict=True) if not number]
        if op in _COMPARISONS:
            self.require(kind is Kind.BOOL and len(set(free)) <= 1 and Kind.BOOL not in free, step, text)
        elif op in _LOGIC:
            self.require(kind is Kind.BOOL and set(free) <= {Kind.BOOL}, step, text)
        elif op is MapOp.SELECT:
            self.require((kind is Kind.FLOAT and kinds[0] is Kind.BOOL) or numbers[0], step, text)
            self.require(set(kinds[1:]) <= {Kind.FLOAT}, step, text)
        elif op is MapOp.COPY:
            self.require(kind is Kind.FLOAT, step, text)
        elif kind is Kind.INT:
            self.require(op in _OF_INTEGERS and set(free) <= {Kind.INT}, step, text)
        else:
            self.require(kind is Kind.FLOAT and set(free) <= {Kind.FLOAT}, step, text)

    def places(self, tensor: str, subscripts: tuple[Poly | Value, ...], step: Step, own: set[Index]) -> None:
        known = tensor in self.bound_values or tensor in self.function.tensors
        self.require(known, step, f"{tensor} is not known")
        bound = self.bound_values.get(tensor)
        rank = bound[0] if bound is not None else self.function.tensors[tensor].rank
        self.require(len(subscripts) == rank, step, f"{tensor} has rank {rank}")
        for subscript in subscripts:
            if isinstance(subscript, Poly):
                self.require(subscript.is_affine, step, f"{subscript} is not affine")
                self.known(subscript.indices(), step, own)
            else:
                self.require(subscript.kind is Kind.INT, step, f"{tensor}: a subscript that is no integer")

    def kind_of(self, name: str) -> Kind:
        if name in self.bound_values:
            return self.bound_values[name][1]
        return Kind.INT if self.function.tensors[name].dtype is DType.INT else Kind.FLOAT

    def bound(self, bound: tuple[Index, ...], step: Step, own: set[Index]) -> None:
        self.require(set(bound) <= own, step, f"what is summed over is no axis of the step: {bound}")
        outer = step.left if isinstance(step, Define) else set(step.outer) if isinstance(step, Bind) else set()
        self.require(not set(bound) & outer, step, "summed over the left side")

    def known(self, indices: Iterable[Index], step: Step, own: set[Index]) -> None:
        strange = {index for index in indices if index not in own and index not in self.loops}
        self.require(not strange, step, f"unknown: {', '.join(sorted(map(str, strange)))}")

    def written(self, tensor: str, step: Step) -> None:
        self.require(tensor in self.function.tensors, step, f"{tensor} is not known")
        self.begun.add(tensor)

    def require(self, holds: bool, step: Step, what: str) -> None:
        if not holds:
            raise IllFormed(f"{self.function.name}: {show(step)}: {what}")
