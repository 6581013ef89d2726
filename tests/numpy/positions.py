"""The array language run position by position, one number at a time; and as the text that is made of it.

What the statements mean, in loops of Python's own: strides, broadcasting and matrix products are nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from symbackprop.lower.evaluate_values import term_value
from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Contract,
    Counter,
    Fold,
    Function,
    Gather,
    If,
    Let,
    Loop,
    Map,
    Note,
    Operand,
    Role,
    Scalar,
    Scatter,
    Statement,
)
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.helpers import Helper
from symbackprop.numpy.statement_text import StatementWriter
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.resources import templates
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Reduction

_DTYPES = {Kind.FLOAT: np.float64, Kind.INT: np.int64, Kind.BOOL: np.bool_}
_OWN: dict[MapOp, Callable[..., Any]] = {
    MapOp.COPY: lambda x: x,
    MapOp.SELECT: lambda mask, then, otherwise: then if mask else otherwise,
    MapOp.ERF: lambda x: math.erf(x),
    MapOp.SIGMOID: lambda x: 1 / (1 + np.exp(-x)),
    MapOp.LOG_SIGMOID: lambda x: -np.logaddexp(0, -x),
    MapOp.SOFTPLUS: lambda x: np.logaddexp(0, x),
    MapOp.LOG_COSH: lambda x: np.log(np.cosh(x)),
    MapOp.EXP_NORMALIZED: lambda u, v: 0.0 if -np.inf in (u, v) else np.exp(u - v),
}
_FOLDS: dict[Reduction, Callable[[list[Any]], Any]] = {
    Reduction.SUM: lambda values: sum(values, 0.0),
    Reduction.PRODUCT: lambda values: math.prod(values, start=1.0),
    Reduction.MAX: lambda values: max(values, default=-np.inf),
    Reduction.MIN: lambda values: min(values, default=np.inf),
}


def run(function: Function, sizes: Mapping[str, int], data: Mapping[str, Any]) -> dict[str, Any]:
    """The function's tensors by name."""
    state = Run(sizes)
    held = dict(function.tensors)
    for buffer in function.arguments:
        name = next(name for name, own in held.items() if own == buffer)
        state.storage[buffer] = np.array(data[name], _DTYPES[buffer.kind])
    with np.errstate(all="ignore"):
        state.body(function.body)
    return {name: state.storage[buffer].copy() for name, buffer in function.tensors if buffer in state.storage}


class Run:
    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.values: dict[Any, int] = {Dim(name): size for name, size in sizes.items()}
        self.storage: dict[Buffer, Any] = {}

    def number(self, poly: Poly, place: Mapping[Index, int] | None = None) -> int:
        known = {**self.values, **(place or {})}
        return int(poly.evaluate(lambda atom: known[atom]))

    def body(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, s: Statement) -> None:
        match s:
            case Note():
                pass
            case Let(name, poly):
                self.values[Dim(name)] = max(self.number(poly), 0)
            case Allocate(buffer, fill):
                shape = [self.number(size) for size in buffer.shape]
                nothing = np.nan if buffer.kind is Kind.FLOAT else 99
                self.storage[buffer] = np.full(shape, nothing if fill is None else fill, _DTYPES[buffer.kind])
            case Map(op, out, args):
                function = _OWN.get(op) or getattr(np, op.value)
                self.put(out, lambda place: function(*(self.at(arg, place) for arg in args)))
            case Contract(out, left, right, _, inner):
                lengths = {axis: self.number(left.extent(axis)) for axis in inner}
                self.put(out, lambda place: sum(
                    (self.at(left, place | more) * self.at(right, place | more) for more in places(lengths)), 0.0
                ))  # fmt: skip
            case Fold(reduction, out, source):
                lengths = {a: self.number(source.extent(a)) for a in source.axes if a not in out.axes}
                self.put(out, lambda place: _FOLDS[reduction](
                    [self.at(source, place | more) for more in places(lengths)]
                ))  # fmt: skip
            case Gather(out, source, rows, index):
                flat = self.storage[source].reshape(-1, *self.storage[source].shape[rows:])
                rest = out.axes[len(index.axes) :]
                self.put(out, lambda place: flat[(self.at(index, place), *(place[axis] for axis in rest))])
            case Scatter(out_buffer, rows, index, source):
                flat = self.storage[out_buffer].reshape(-1, *self.storage[out_buffer].shape[rows:])
                rest = [axis for axis in source.axes if axis not in index.axes]
                for place in self.positions(source):
                    flat[(self.at(index, place), *(place[axis] for axis in rest))] += self.at(source, place)
            case Loop(variable, low, high, descending, body):
                turns = range(self.number(low), self.number(high) + 1)
                for turn in reversed(turns) if descending else turns:
                    self.values[variable] = turn
                    self.body(body)
            case If(condition, then, otherwise):
                self.body(then if term_value(condition, self.values) else otherwise)
            case _:
                raise TypeError(f"not a statement: {s!r}")

    def positions(self, array: Array) -> Iterator[dict[Index, int]]:
        return places({axis: self.number(extent) for axis, extent in zip(array.axes, array.extents, strict=True)})

    def at(self, operand: Operand, place: Mapping[Index, int]) -> Any:
        match operand:
            case Scalar(term):
                return term_value(term, self.values)
            case Counter(axis, _, start, step):
                return self.number(start) + self.number(step) * place[axis]
            case Array(buffer, subscripts):
                index = tuple(self.number(subscript, place) for subscript in subscripts)
                assert all(0 <= i < size for i, size in zip(index, self.storage[buffer].shape, strict=True)), operand
                return self.storage[buffer][index]

    def put(self, out: Array, value: Callable[[dict[Index, int]], Any]) -> None:
        """Values first, then writes: a statement may read what it writes over."""
        found = [(place, value(place)) for place in self.positions(out)]
        for place, number in found:
            index = tuple(self.number(subscript, place) for subscript in out.subscripts)
            assert all(0 <= i < size for i, size in zip(index, self.storage[out.buffer].shape, strict=True)), out
            self.storage[out.buffer][index] = number


def places(lengths: Mapping[Index, int]) -> Iterator[dict[Index, int]]:
    for chosen in product(*map(range, lengths.values())):
        yield dict(zip(lengths, chosen, strict=True))


# --- as text -------------------------------------------------------------------------------------------
def executed(function: Function, sizes: Mapping[str, int], data: Mapping[str, Any]) -> dict[str, Any]:
    """What the function's text computes."""
    scope = Scope(Names({*sizes, *(name for name, _ in function.tensors)}))
    writer = StatementWriter(scope, Bound(scope))
    writer.body(function.body)
    known: dict[str, Any] = {"np": np}
    for helper in Helper:
        exec((templates() / "numpy" / "helpers" / f"{helper.value}.py.j2").read_text(encoding="utf-8"), known)
    held = {buffer: name for name, buffer in function.tensors}
    for buffer in function.arguments:
        known[scope.of(buffer.name)] = np.array(data[held[buffer]], _DTYPES[buffer.kind])
    known |= {scope.of(name): size for name, size in sizes.items()}
    known |= {scope.local("take"): _taken, scope.of("dtype"): np.float64}
    exec("\n".join(line[4:] for line in writer.alone), known)
    found = {name: known.get(scope.of(buffer.name)) for name, buffer in function.tensors}
    return {name: array for name, array in found.items() if array is not None}


def _taken(name: str, shape: tuple[int, ...], dtype: Any) -> Any:
    return np.full(shape, np.nan if np.dtype(dtype).kind == "f" else 0, dtype)


def temporaries(function: Function) -> int:
    """How many buffers the function takes beside its tensors."""

    def inside(body: Sequence[Statement]) -> Iterator[Buffer]:
        for statement in body:
            match statement:
                case Allocate(buffer) if buffer.role is Role.TEMPORARY:
                    yield buffer
                case Loop(body=inner):
                    yield from inside(inner)
                case If(_, then, otherwise):
                    yield from inside((*then, *otherwise))

    return len(set(inside(function.body)))
