"""The reference interpreter: any program of equations, element by element, on demand.

    value of T[p] = Σ over the equation instances that write T[p] of their right-hand sides

Slow and plain on purpose; it shares no code with lowering and needs no schedule. An element is computed when it is
first read and kept. Long chains of demands (a recurrence over many steps) are broken and restarted from where they
broke, so that depth is bounded by memory and not by Python's stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from symbackprop.interpret.compile import Compiler, Environment, Position, Value
from symbackprop.interpret.failures import (
    CyclicElement,
    DefinedTwice,
    InterpretationError,
    MissingValue,
    OutsideTensor,
    UndefinedElement,
)
from symbackprop.interpret.floats import Float
from symbackprop.interpret.number_system import Arithmetic
from symbackprop.interpret.tangents import Tangents
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor
from symbackprop.terms.show import show
from symbackprop.terms.term import Axis, Where

Seeds = Mapping[str, Mapping[Position, tuple[int, Any]]]
_DEPTH = 20  # demands nested before the chain is broken


class _Deeper(Exception):
    """Demands are nested too deeply: compute this element first."""

    def __init__(self, tensor: str, position: Position) -> None:
        self.key = tensor, position


@dataclass(slots=True)
class Code:
    """An equation, compiled. `padding` makes room in the environment for bound indices; `owned`: the positions that
    are computed, if not all."""

    equation: Equation
    rhs: Value
    guard: Callable[[Environment], bool] | None
    position: Callable[[Environment], Position]
    padding: tuple[int, ...] = ()
    owned: Callable[[Environment], bool] | None = None


class Interpreter:
    """Values of the elements of `program` at `sizes` (of every symbolic size) and `values` (arrays by tensor name).

    `outer` supplies the tensors that the program reads but does not define (a backward program reads its forward
    one). `seeds` marks elements to differentiate by, where the arithmetic is `Tangents`: their own derivative by
    their seed is the number given. `training`: whether the loss is computed, or else predictions. Raises an
    `InterpretationError` that names the element.
    """

    def __init__(
        self,
        program: Program,
        sizes: Mapping[str, int],
        values: Mapping[str, Any],
        arithmetic: Arithmetic | None = None,
        outer: Interpreter | None = None,
        seeds: Seeds | None = None,
        training: bool = True,
    ) -> None:
        self.program = program
        self.sizes = dict(sizes)
        self.values = values
        self.arithmetic: Arithmetic = arithmetic or Float()
        self.outer = outer
        self.seeds = seeds or {}
        self.training = training
        self._known: dict[str, dict[Position, Any]] = {}
        self._writers: dict[str, dict[Position, list[tuple[Code, Position]]]] = {}
        self._active: dict[tuple[str, Position], None] = {}
        self._boxes: dict[str, tuple[Position, Position]] = {}
        self._limit = _DEPTH

    # --- what a caller asks --------------------------------------------------------------------------
    def element(self, tensor: str, position: Position = ()) -> Any:
        """The value of one element; positions start at the tensor's origin."""
        self.reader(tensor, len(position))  # refuses a wrong number of subscripts
        waiting: dict[tuple[str, Position], None] = {(tensor, position): None}
        while True:
            name, place = key = next(reversed(waiting))
            try:
                value = self.reader(name, len(place))(place)
            except _Deeper as deeper:
                if deeper.key in waiting:
                    path = list(waiting)
                    raise self._cycle(path[path.index(deeper.key) :], deeper.key) from None
                waiting[deeper.key] = None
            except RecursionError:  # long right-hand sides take more of the stack
                if self._limit == 1:
                    raise
                self._limit //= 2
            else:
                del waiting[key]
                if not waiting:
                    return value

    def array(self, tensor: str) -> np.ndarray[Any, Any]:
        """All elements, indexed from zero: float64 in float arithmetic, else objects."""
        _, shape = self.box(self._tensor(tensor))
        out = np.empty(shape, dtype=np.float64 if isinstance(self.arithmetic, Float) else object)
        for index, position in self.places(tensor):
            out[index] = self.element(tensor, position)
        return out

    def places(self, tensor: str) -> Iterator[tuple[Position, Position]]:
        """(index from zero, position) of each element."""
        origin, shape = self.box(self._tensor(tensor))
        for index in np.ndindex(*shape):
            yield index, tuple(o + i for o, i in zip(origin, index, strict=True))

    def loss(self) -> Any:
        if self.program.loss is None:
            raise MissingValue(f"program {self.program.name} has no loss")
        return self.element(self.program.loss)

    def box(self, tensor: Tensor) -> tuple[Position, Position]:
        """(origin, shape) at these sizes."""
        found = self._boxes.get(tensor.name)
        if found is None:
            shape = tuple(max(0, self.size(extent)) for extent in tensor.shape)
            found = self._boxes[tensor.name] = tuple(map(self.size, tensor.origin)), shape
        return found

    def size(self, poly: Poly) -> int:
        """The integer that a polynomial in sizes is here."""

        def of(atom: Dim | Index) -> int:
            if atom.name not in self.sizes:
                raise MissingValue(f"no value is given for size {atom.name}")
            return self.sizes[atom.name]

        return poly.evaluate(of)

    def positions(self, axes: Iterable[Axis]) -> Iterator[Position]:
        """The values of the axes' indices, the last one running fastest."""
        return product(*(range(self.size(axis.low), self.size(axis.high) + 1) for axis in axes))

    # --- elements ------------------------------------------------------------------------------------
    def reader(self, tensor: str, rank: int) -> Callable[[Position], Any]:
        declared = self._tensor(tensor)
        if rank != declared.rank:
            raise OutsideTensor(f"{tensor} has {declared.rank} axes and is read with {rank} subscripts")
        if tensor not in self.program.definitions:
            if self.outer is not None and tensor in self.outer.program.table:
                return lambda position: self.outer.element(tensor, position)  # type: ignore[union-attr]
            return self._given_reader(declared)
        known = self._known.setdefault(tensor, {})
        demand = self._demand

        def read(position: Position) -> Any:
            value = known.get(position)
            return demand(tensor, position) if value is None else value

        return read

    def _given_reader(self, tensor: Tensor) -> Callable[[Position], Any]:
        known: dict[Position, Any] | None = None

        def read(position: Position) -> Any:
            nonlocal known
            if known is None:
                known = self._load(tensor)
            try:
                return known[position]
            except KeyError:
                raise self._outside(tensor, position) from None

        return read

    def _load(self, tensor: Tensor) -> dict[Position, Any]:
        """The given elements, by position."""
        found = self._known.get(tensor.name)
        if found is not None:
            return found
        if tensor.name not in self.values:
            raise MissingValue(f"no values are given for {tensor.kind.value} {tensor.name}{self._reading()}")
        array = np.asarray(self.values[tensor.name])
        _, shape = self.box(tensor)
        if array.shape != shape:
            raise MissingValue(f"{tensor.name} has shape {shape} here; the values given have shape {array.shape}")
        seeds = self.seeds.get(tensor.name, {})
        out = {}
        for index, position in self.places(tensor.name):
            value: Any = array[index]
            value = self.arithmetic.given(value.item() if isinstance(value, np.generic) else value)
            out[position] = self._seeded(value, seeds.get(position))
        self._known[tensor.name] = out
        return out

    def _seeded(self, value: Any, seed: tuple[int, Any] | None) -> Any:
        if seed is None:
            return value
        if not isinstance(self.arithmetic, Tangents):
            raise TypeError("seeds ask for an arithmetic with tangents")
        return self.arithmetic.seeded(value, *seed)

    def _demand(self, tensor: str, position: Position) -> Any:
        key = tensor, position
        if key in self._active:
            path = list(self._active)
            raise self._cycle(path[path.index(key) :], key)
        if len(self._active) >= self._limit:
            raise _Deeper(tensor, position)
        self._active[key] = None
        try:
            value = self._compute(tensor, position)
        finally:
            del self._active[key]
        self._known[tensor][position] = value
        return value

    def _compute(self, tensor: str, position: Position) -> Any:
        instances = self._instances(tensor).get(position)
        if instances is None:
            declared = self._tensor(tensor)
            if not self._inside(declared, position):
                raise self._outside(declared, position)
            if any(e.op is Op.ACCUMULATE for e in self.program.definitions[tensor]):
                return self._seeded(self.arithmetic.add(()), self.seeds.get(tensor, {}).get(position))
            raise UndefinedElement(f"{_name(tensor, position)} is defined by no equation{self._reading()}")
        values = [code.rhs([*indices, *code.padding]) for code, indices in instances]
        value = values[0] if len(values) == 1 else self.arithmetic.add(values)
        return self._seeded(value, self.seeds.get(tensor, {}).get(position))

    # --- equations -----------------------------------------------------------------------------------
    def _instances(self, tensor: str) -> dict[Position, list[tuple[Code, Position]]]:
        """The equation instances that write each position of the tensor."""
        found = self._writers.get(tensor)
        if found is None:
            found = {}
            declared = self._tensor(tensor)
            for equation in self.program.definitions[tensor]:
                code = self._code(equation)
                for indices in self.positions(equation.axes):
                    position = self._written(declared, code, indices)
                    if position is None:
                        continue
                    writers = found.setdefault(position, [])
                    if equation.op is Op.ASSIGN and any(other.equation.op is Op.ASSIGN for other, _ in writers):
                        raise DefinedTwice(f"{_name(tensor, position)} is assigned twice: {show(equation)}")
                    writers.append((code, indices))
            self._writers[tensor] = found
        return found

    def _written(self, tensor: Tensor, code: Code, indices: Position) -> Position | None:
        """Where the instance writes; None where its guard is off, and the position then need not exist."""
        env = [*indices, *code.padding]
        failure: OutsideTensor | None = None
        position: Position = ()
        try:
            position = code.position(env)
        except OutsideTensor as error:  # a gather under the guard
            failure = error
        if failure is None and self._inside(tensor, position):
            return position
        if code.guard is not None and code.equation.op is Op.ACCUMULATE and not code.guard(env):
            return None
        if failure is not None:
            raise failure
        raise OutsideTensor(
            f"{_name(tensor.name, position)} lies outside {self._range_text(tensor)}, written by {show(code.equation)}"
        )

    def _code(self, equation: Equation) -> Code:
        compiler = Compiler(self.sizes, self.arithmetic, self, self.training)
        for axis in equation.axes:
            compiler.slot(axis.index)
        rhs = compiler.term(equation.rhs)
        guard = None
        if isinstance(equation.rhs, Where) and equation.rhs.otherwise is NIL:
            guard = compiler.condition(equation.rhs.condition)
        code = Code(equation, rhs, guard, compiler.position(equation.subscripts))
        unbound = [i for i in compiler.slots if not i.level and i not in {a.index for a in equation.axes}]
        if unbound:
            raise InterpretationError(f"index {unbound[0]} of {show(equation)} has no range")
        code.padding = (0,) * (len(compiler.slots) - len(equation.axes))
        return code

    # --- names and messages --------------------------------------------------------------------------
    def _tensor(self, name: str) -> Tensor:
        declared = self.program.table.get(name)
        if declared is None and self.outer is not None:
            declared = self.outer.program.table.get(name)
        if declared is None:
            raise UndefinedElement(f"no tensor is called {name}{self._reading()}")
        return declared

    def _inside(self, tensor: Tensor, position: Position) -> bool:
        origin, shape = self.box(tensor)
        return all(o <= p < o + s for o, p, s in zip(origin, position, shape, strict=True))

    def _outside(self, tensor: Tensor, position: Position) -> OutsideTensor:
        where = self._range_text(tensor)
        return OutsideTensor(f"{_name(tensor.name, position)} lies outside {where}{self._reading()}")

    def _range_text(self, tensor: Tensor) -> str:
        origin, shape = self.box(tensor)
        return f"{tensor.name}[{', '.join(f'{o}..{o + s - 1}' for o, s in zip(origin, shape, strict=True))}]"

    def _reading(self) -> str:
        """Who asked, for messages."""
        return f", read for {_name(*next(reversed(self._active)))}" if self._active else ""

    def _cycle(self, path: list[tuple[str, Position]], key: tuple[str, Position]) -> CyclicElement:
        chain = " <- ".join(_name(*step) for step in (*path[:6], key))
        return CyclicElement(f"{_name(*key)} depends on itself: {chain}")


def _name(tensor: str, position: Position) -> str:
    return f"{tensor}[{', '.join(map(str, position))}]"
