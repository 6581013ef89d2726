"""Functions of values computed as they stand: all positions of all axes at once, in float64, without thought of speed.

What a target makes of values is compared with this, and this with the interpreter of programs. A value is an array
over its axes in the order of the step, each read a look-up of every element.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from symbackprop.interpret.compile import Compiler
from symbackprop.interpret.floats import Float
from symbackprop.lower.value_walks import parts_first
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
)
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import DType, Op, Tensor
from symbackprop.terms.term import CONDITIONS, Reduction, Term

Values = dict[Dim | Index, Any]


def evaluate(function: Function, sizes: Mapping[str, int], data: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors that the function was given and those that it defines, by name, as arrays from their origin.

    `sizes`: of all dims by name; `data`: the given tensors.
    """
    run = _Run(function, {Dim(name): size for name, size in sizes.items()})
    for name in function.given:
        integer = function.tensors[name].dtype is DType.INT
        run.tensors[name] = np.array(data[name], dtype=np.intp if integer else np.float64)
    with np.errstate(all="ignore"):
        run.body(function.body)
    return {name: run.tensor(name) for name in function.tensors}


class _Run:
    def __init__(self, function: Function, values: Values) -> None:
        self.function, self.values = function, values
        self.tensors: dict[str, Any] = {}

    def number(self, poly: Poly) -> int:
        return int(poly.evaluate(self.values.__getitem__))

    def body(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Note():
                    pass
                case Clear(name):
                    self.tensors[name] = np.zeros(self.shape(self.function.tensors[name]))
                case Bind():
                    self.tensors[step.name] = _Positions(self, step).bound(step)
                case Define():
                    _Positions(self, step).write(step)
                case If(condition, body):
                    if term_value(condition, self.values):
                        self.body(body)
                case Loop(variable, low, high, descending, body):
                    turns = range(self.number(low), self.number(high) + 1)
                    for turn in reversed(turns) if descending else turns:
                        self.values[variable] = turn
                        self.body(body)
                    self.values.pop(variable, None)
                case _:
                    raise TypeError(f"not a step: {step!r}")

    def tensor(self, name: str) -> Any:
        """Its elements, until they are defined NaN, or the least integer: what nothing defines is seen."""
        if name not in self.tensors:
            tensor = self.function.tensors[name]
            nothing: Any = np.iinfo(np.intp).min if tensor.dtype is DType.INT else np.nan
            self.tensors[name] = np.full(self.shape(tensor), nothing)
        return self.tensors[name]

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        return tuple(max(0, self.number(size)) for size in tensor.shape)


def term_value(term: Term, values: Values) -> Any:
    """A number or truth value known from sizes and loop variables."""
    sizes = {atom.name: value for atom, value in values.items() if isinstance(atom, Dim)}
    compiler = Compiler(sizes, Float(), _NoElements())
    if isinstance(term, CONDITIONS):
        holds = compiler.condition(term)
        return holds([values[index] for index in compiler.slots])
    value = compiler.term(term)
    return float(value([values[index] for index in compiler.slots]))


class _NoElements:
    def reader(self, tensor: str, rank: int) -> Callable[[tuple[int, ...]], Any]:
        raise TypeError(f"a number that reads {tensor}")


class _Positions:
    """An open grid of the positions of a step's axes."""

    def __init__(self, run: _Run, step: Bind | Define) -> None:
        self.run = run
        self.order = {axis.index: place for place, axis in enumerate(step.axes)}
        self.grid: dict[Index, Any] = {}
        for place, axis in enumerate(step.axes):
            positions = np.arange(run.number(axis.low), run.number(axis.high) + 1)
            self.grid[axis.index] = positions.reshape([-1 if p == place else 1 for p in range(len(step.axes))])
        self.memo: dict[Value, Any] = {}

    def bound(self, step: Bind) -> Any:
        shape = [self.grid[index].size for index in step.outer]
        return np.array(self.over(self.value(step.value), list(step.outer), shape))

    def write(self, step: Define) -> None:
        run = self.run
        array = run.tensor(step.tensor)
        left = [axis.index for axis in step.axes if axis.index in step.left]
        shape = [self.grid[index].size for index in left]
        places = [self.over(self.place(subscript), left, shape) for subscript in step.subscripts]
        value = self.over(self.value(step.value), left, shape)
        inside = np.ones(shape, bool)
        if step.padded:
            for place, size in zip(places, array.shape, strict=True):
                inside &= (place >= 0) & (place < size)
        chosen = tuple(place[inside] for place in places) if places else (...,)
        if step.op is Op.ACCUMULATE:
            np.add.at(array, chosen, value[inside] if places else value)
        else:
            array[chosen] = value[inside] if places else value

    def over(self, array: Any, left: list[Index], shape: list[int]) -> Any:
        """The array, whose other axes have length 1, over the left side's axes."""
        dropped = tuple(place for index, place in self.order.items() if index not in left)
        return np.broadcast_to(np.squeeze(array, axis=dropped) if array.ndim else array, shape)

    def place(self, subscript: Poly | Value) -> Any:
        return self.value(subscript) if isinstance(subscript, Value) else self.poly(subscript)

    def poly(self, poly: Poly) -> Any:
        grid, values = self.grid, self.run.values
        value = poly.evaluate(lambda atom: grid[atom] if isinstance(atom, Index) and atom in grid else values[atom])
        shape: tuple[int, ...] = np.shape(value)
        return np.reshape(value, shape or [1] * len(self.order))

    def value(self, top: Value) -> Any:
        for value in parts_first(top, self.memo, self.parts):
            self.memo[value] = self.computed(value)
        return self.memo[top]

    def parts(self, value: Value) -> tuple[Value, ...]:
        if isinstance(value, Choose):
            return (value.then if term_value(value.condition, self.run.values) else value.otherwise,)
        return children_of(value)

    def computed(self, value: Value) -> Any:
        memo = self.memo
        match value:
            case Scalar(term):
                return np.asarray(term_value(term, self.run.values)).reshape([1] * len(self.order))
            case Position(poly):
                return self.poly(poly)
            case Read(name, subscripts, _, _, padded):
                array = self.run.tensor(name)
                places = np.broadcast_arrays(*(self.place(s) for s in subscripts)) if subscripts else []
                inside = np.ones(np.shape(places[0]) if subscripts else [1] * len(self.order), bool)
                for place, size in zip(places, array.shape, strict=True):
                    inside &= (place >= 0) & (place < size)
                assert padded or inside.all(), f"{name} is read outside"
                if not array.size:
                    return np.zeros(inside.shape, array.dtype)
                clipped = tuple(np.clip(p, 0, size - 1) for p, size in zip(places, array.shape, strict=True))
                return np.where(inside, array[clipped] if clipped else array, np.zeros((), array.dtype))
            case Map(op, args, kind):
                function = _FUNCTIONS.get(op) or getattr(np, op.value)
                return _DTYPES[kind](function(*(memo[arg] for arg in args)))
            case Contract(factors, bound):
                total = np.ones([1] * len(self.order))
                for factor in factors:
                    total = total * memo[factor]
                return np.sum(self.along(total, bound), axis=self.places(bound), keepdims=True)
            case Fold(reduction, source, bound):
                return _FOLDS[reduction](self.along(memo[source], bound), self.places(bound))
            case Deviation(weights, left, right, bound):
                between = memo[left] - memo[right]
                total = memo[weights[0]] * between if weights else between**2
                return np.sum(self.along(total, bound), axis=self.places(bound), keepdims=True)
            case Choose():
                return memo[self.parts(value)[0]]
            case _:
                raise TypeError(f"not a value: {value!r}")

    def places(self, bound: Iterable[Index]) -> tuple[int, ...]:
        return tuple(self.order[index] for index in bound)

    def along(self, array: Any, bound: Iterable[Index]) -> Any:
        shape = list(np.shape(array))
        for index in bound:
            shape[self.order[index]] = self.grid[index].size
        return np.broadcast_to(array, shape)


def _erf(x: Any) -> Any:
    return np.vectorize(math.erf, otypes=[float])(x)


def _exp_normalized(u: Any, v: Any) -> Any:
    return np.where(np.isneginf(v) | np.isneginf(u), 0.0, np.exp(np.asarray(u) - np.where(np.isneginf(v), 0.0, v)))


# those that NumPy has not, or under another name
_FUNCTIONS: dict[MapOp, Callable[..., Any]] = {
    MapOp.COPY: np.asarray,
    MapOp.ERF: _erf,
    MapOp.SIGMOID: lambda x: np.exp(-np.logaddexp(0.0, np.multiply(x, -1.0))),
    MapOp.LOG_SIGMOID: lambda x: np.multiply(np.logaddexp(0.0, np.multiply(x, -1.0)), -1.0),
    MapOp.SOFTPLUS: lambda x: np.logaddexp(0.0, x),
    MapOp.LOG_COSH: lambda x: np.logaddexp(x, np.multiply(x, -1.0)) - math.log(2.0),
    MapOp.EXP_NORMALIZED: _exp_normalized,
    MapOp.SELECT: np.where,
}
_DTYPES: dict[Kind, Callable[[Any], Any]] = {
    Kind.FLOAT: lambda array: np.asarray(array, np.float64),
    Kind.INT: lambda array: np.asarray(array, np.intp),
    Kind.BOOL: lambda array: np.asarray(array, bool),
}
_FOLDS: dict[Reduction, Callable[[Any, tuple[int, ...]], Any]] = {
    Reduction.SUM: lambda array, axes: np.sum(array, axis=axes, keepdims=True),
    Reduction.PRODUCT: lambda array, axes: np.prod(array, axis=axes, keepdims=True),
    Reduction.MAX: lambda array, axes: np.max(array, axis=axes, keepdims=True, initial=-np.inf),
    Reduction.MIN: lambda array, axes: np.min(array, axis=axes, keepdims=True, initial=np.inf),
}
