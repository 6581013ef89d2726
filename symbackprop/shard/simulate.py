"""What several devices compute, each from its own elements alone: the meaning of sharded programs.

Every device is an interpreter of the same equations that computes the positions it owns and has the elements that the
placements give it, at their positions in the whole tensor; a read of any other element fails. Exchanges are the only
equations for which a device asks others. On integers modulo a prime the values must be those of the program on one
device, each of them: a sum that is combined twice, or not at all, has another residue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from symbackprop.errors import InvalidSize
from symbackprop.interpret import Arithmetic, Interpreter, Residues
from symbackprop.interpret.compile import Compiler, Environment, Position, Value
from symbackprop.interpret.failures import InterpretationError
from symbackprop.interpret.interpreter import Code
from symbackprop.schedule import Loop, Step
from symbackprop.shard.check_sharded import setting_of
from symbackprop.shard.form import Exchange, ExchangeKind, Sharded
from symbackprop.shard.ownership import Owner, bracket_of, looked_up
from symbackprop.shard.parts_of import Misplaced, PartsOf
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor
from symbackprop.terms.term import Access, Function, Reduce, Reduction, Term

__all__ = ["NotResident", "Simulation", "check_blocks"]

Coordinates = Mapping[str, int]
_EXTREMA = {ExchangeKind.PMAX: Function.MAX, ExchangeKind.PMIN: Function.MIN}


class NotResident(InterpretationError):
    """A device reads an element that it does not have."""


def check_blocks(sharded: Sharded, sizes: Mapping[str, int], mesh: Mapping[str, int]) -> None:
    """InvalidSize where a dimension does not lie in equal blocks; `mesh`: the number of devices along each axis."""
    for axis in sharded.mesh:
        if mesh.get(axis, 0) < 1:
            raise InvalidSize(f"mesh axis {axis}", expected="how many devices lie along it", found=str(mesh.get(axis)))
    for name, placement in sharded.placements.items():
        tensor = sharded.table[name]
        for dimension, axis in placement.split():
            extent = tensor.shape[dimension].evaluate(lambda dim: sizes[dim.name])
            if extent % mesh[axis]:
                index = tensor.axes[dimension] if tensor.axes else str(dimension)
                size = tensor.shape[dimension]
                raise InvalidSize(
                    f"{name}, index {index}", expected=f"a multiple of {mesh[axis]}, the devices along {axis}",
                    found=str(extent) if size.constant is not None else f"{size} = {extent}",
                )  # fmt: skip


class Simulation:
    """Sharded programs on a mesh of so many devices along each axis, in one arithmetic (residues)."""

    def __init__(
        self, sharded: Sharded, sizes: Mapping[str, int], values: Mapping[str, Any], mesh: Mapping[str, int],
        arithmetic: Arithmetic | None = None,
    ) -> None:  # fmt: skip
        check_blocks(sharded, sizes, mesh)
        self.sharded, self.sizes, self.mesh = sharded, sizes, mesh
        self.arithmetic = arithmetic or Residues()
        self.setting = setting_of(sharded)
        forward, backward = sharded.programs
        joint = backward.with_(
            tensors=tuple({tensor.name: tensor for tensor in (*forward.tensors, *backward.tensors)}.values()),
            equations=(*forward.equations, *backward.equations),
        )
        self.devices: dict[tuple[int, ...], Device] = {}
        for place in product(*(range(mesh[axis]) for axis in sharded.mesh)):
            at = dict(zip(sharded.mesh, place, strict=True))
            self.devices[place] = Device(self, joint, values, at)

    def group(self, device: Device, axes: tuple[str, ...]) -> Iterator[Device]:
        """The devices that differ from one along these mesh axes alone."""
        choices = (range(self.mesh[axis]) if axis in axes else (device.at[axis],) for axis in self.sharded.mesh)
        return (self.devices[place] for place in product(*choices))

    def run(self) -> None:
        """Every equation in its order, on every device: no demand of another element goes deep then."""
        for scheduled in (self.sharded.forward, self.sharded.backward):
            last = {equation.target: equation for equation in scheduled.equations}
            self._run(scheduled.steps, {}, last)

    def _run(self, steps: Sequence[Step], variables: Mapping[Index, int], last: Mapping[str, Equation]) -> None:
        """An element that several equations add to is complete behind the last of them."""
        for step in steps:
            if isinstance(step, Loop):
                low, high = self._number(step.low, variables), self._number(step.high, variables)
                values = range(low, high + 1)
                for value in reversed(values) if step.descending else values:
                    self._run(step.body, {**variables, step.variable: value}, last)
                continue
            if step.equation.op is Op.ACCUMULATE and step.equation != last[step.equation.target]:
                continue
            pins = {index: self._number(poly, variables) for index, poly in step.pins}
            for device in self.devices.values():
                device.compute(step.equation, pins)

    def _number(self, poly: Poly, variables: Mapping[Index, int]) -> int:
        return poly.evaluate(lambda atom: self.sizes[atom.name] if isinstance(atom, Dim) else variables[atom])

    @cached_property
    def once(self) -> dict[Equation, tuple[tuple[tuple[Term, frozenset[str]], ...], frozenset[Term]]]:
        """The addends of each equation with the mesh axes along which the first device alone counts them; and the
        brackets that the device which has what is looked up in them computes alone."""
        found = {}
        for scheduled in (self.sharded.forward, self.sharded.backward):
            for equation in dict.fromkeys(scheduled.equations):
                if self.sharded.exchange_of(equation) is None:
                    axes = {axis for axis, _ in self.sharded.placements[equation.target].in_parts}
                    try:
                        parts_of = PartsOf(self.setting, equation)
                        parts = parts_of.addends()
                    except Misplaced:  # computed as it stands: what comes of that is to be seen
                        continue
                    addends = tuple((term, frozenset(axes - own)) for term, own in parts)
                    found[equation] = addends, frozenset(parts_of.joined)
        return found

    def differences(self, name: str, truth: np.ndarray[Any, Any]) -> list[tuple[tuple[int, ...], Position]]:
        """(device, position) of every element that a device has of the tensor and that is another than the true one."""
        wrong = []
        for place, device in self.devices.items():
            for index, position in device.places(name):
                if device.has(name, position) and not _same(device.element(name, position), truth[index]):
                    wrong.append((place, position))
        return wrong


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))


class Device(Interpreter):
    """One device; `at`: its place along each mesh axis."""

    def __init__(self, simulation: Simulation, program: Program, values: Mapping[str, Any], at: Coordinates) -> None:
        super().__init__(program, simulation.sizes, values, simulation.arithmetic)
        self.simulation, self.at = simulation, at

    def has(self, name: str, position: Position) -> bool:
        """Whether the element is one of its own, or of a halo."""
        return self.distance(name, position) is None

    def distance(self, name: str, position: Position) -> str | None:
        """The mesh axis along which another device has the element; None if it has it itself."""
        tensor, placement = self.program.table[name], self.simulation.sharded.placements[name]
        origin, shape = self.box(tensor)
        for dimension, axis in placement.split():
            block = shape[dimension] // self.simulation.mesh[axis]
            first = origin[dimension] + block * self.at[axis]
            halo = placement.halo(dimension)
            before, after = (0, 0) if halo is None else (max(0, self.size(halo.before)), max(0, self.size(halo.after)))
            if not first - before <= position[dimension] < first + block + after:
                return axis
        return None

    def inside(self, tensor: Tensor, position: Position) -> bool:
        return self._inside(tensor, position)

    def owns(self, owner: Owner, axis: str, position: int) -> bool:
        """Whether a position, counted from 0, is in its block."""
        block = self.size(owner.extent) // self.simulation.mesh[axis]
        return block > 0 and position // block == self.at[axis]

    def reader(self, tensor: str, rank: int) -> Callable[[Position], Any]:
        read = super().reader(tensor, rank)
        if all(axis is None for axis in self.simulation.sharded.placements[tensor].axes):
            return read

        def resident(position: Position) -> Any:
            axis = self.distance(tensor, position)
            if axis is not None and self.inside(self.program.table[tensor], position):
                place = f"{tensor}[{', '.join(map(str, position))}]"
                raise NotResident(f"device {dict(self.at)} has no {place}: others along {axis} do{self._reading()}")
            return read(position)

        return resident

    def _compute(self, tensor: str, position: Position) -> Any:
        exchange = self.simulation.sharded.exchanges.get(tensor)
        return super()._compute(tensor, position) if exchange is None else self._exchanged(exchange, position)

    def _exchanged(self, exchange: Exchange, position: Position) -> Any:
        others = list(self.simulation.group(self, exchange.axes))
        if exchange.kind in (ExchangeKind.ALL_GATHER, ExchangeKind.HALO):
            # an exchange of another kind than its source asks for finds no owner, or several
            owner = next((other for other in others if other.has(exchange.source, position)), self)
            return owner.element(exchange.source, position)
        values = [other.element(exchange.source, position) for other in others]
        if exchange.kind in _EXTREMA:
            return self.arithmetic.apply(_EXTREMA[exchange.kind], values)
        if exchange.kind is ExchangeKind.PLOGSUMEXP:
            return self.arithmetic.log_sum_exp(values)
        return self.arithmetic.add(values)

    def compute(self, equation: Equation, pins: Mapping[Index, int]) -> None:
        """What the equation writes on this device, where those indices have those values."""
        for position, writers in self._instances(equation.target).items():
            here = any(code.equation is equation and self._at(equation, indices, pins) for code, indices in writers)
            if here and self.has(equation.target, position):
                self.element(equation.target, position)

    def _at(self, equation: Equation, indices: Position, pins: Mapping[Index, int]) -> bool:
        return all(pins.get(axis.index, index) == index for axis, index in zip(equation.axes, indices, strict=True))

    # --- equations -----------------------------------------------------------------------------------------
    def _code(self, equation: Equation) -> Code:
        """As it computes it: without what other devices count."""
        code = super()._code(equation)
        addends, joined = self.simulation.once.get(equation, (((equation.rhs, frozenset()),), frozenset()))
        compiler = _Local(self, joined)
        for axis in equation.axes:
            compiler.slot(axis.index)
        own = [term for term, once in addends if not any(self.at[axis] for axis in once)]
        values, add = [compiler.term(term) for term in own], self.arithmetic.add
        code.rhs = values[0] if len(values) == 1 else lambda env: add([value(env) for value in values])
        owners = self.simulation.setting.of_equation(equation)
        code.owned = compiler.owned(owners) if equation.target not in self.simulation.sharded.exchanges else None
        code.padding = (0,) * (len(compiler.slots) - len(equation.axes))
        return code

    def _written(self, tensor: Tensor, code: Code, indices: Position) -> Position | None:
        if code.owned is not None and not code.owned([*indices, *code.padding]):
            return None
        return super()._written(tensor, code, indices)


class _Local(Compiler):
    """Terms as one device computes them: sums over what it owns, 0 for what is looked up elsewhere."""

    def __init__(self, device: Device, joined: frozenset[Term]) -> None:
        super().__init__(device.sizes, device.arithmetic, device)
        self.device, self.joined = device, joined

    def owned(self, owners: Mapping[str, Owner]) -> Callable[[Environment], bool]:
        """Whether a position is the device's own. What is looked up comes last: it is read where the others are."""
        order = sorted(owners.items(), key=lambda item: not isinstance(item[1].position, Poly))
        places = [(axis, owner, self.subscript(owner.position), self.poly(owner.origin)) for axis, owner in order]
        owns = self.device.owns
        return lambda env: all(owns(owner, axis, place(env) - origin(env)) for axis, owner, place, origin in places)

    def _reduce(self, term: Reduce) -> Value:
        setting = self.device.simulation.setting
        owners = setting.of_sum(term.axes, (term.body,)) if term.reduction is not Reduction.PRODUCT else {}
        if not owners:
            return super()._reduce(term)
        combine, body, owned = self._combination(term), self._term(term.body), self.owned(owners)
        bounds = [(self.slot(axis.index), self.poly(axis.low), self.poly(axis.high)) for axis in term.axes]
        slots = [slot for slot, _, _ in bounds]

        def value(env: Environment) -> Any:
            values = []
            for position in product(*(range(low(env), high(env) + 1) for _, low, high in bounds)):
                for slot, index in zip(slots, position, strict=True):
                    env[slot] = index
                if owned(env):
                    values.append(body(env))
            return combine(values)

        return value

    def _value(self, term: Term) -> Value:
        value = super()._value(term)
        if isinstance(term, Access) and self._is_masked(term):
            return self._masked(value, term)
        if term in self.joined:
            reads = (looked_up(addend) for addend in bracket_of(term))
            return self._masked(value, next(read for read in reads if read is not None and self._is_masked(read)))
        return value

    def _is_masked(self, read: Access) -> bool:
        """Whether it is looked up, or fixed, in a dimension that is split."""
        placement = self.device.simulation.sharded.placements[read.tensor]
        split = [read.subscripts[dimension] for dimension, _ in placement.split()]
        return not all(isinstance(subscript, Poly) and subscript.indices() for subscript in split)

    def _masked(self, value: Value, read: Access) -> Value:
        """The value where the device has the element that is read, else 0."""
        position, zero = self.position(read.subscripts), self.arithmetic.number(Fraction(0))
        tensor, device = self.device.program.table[read.tensor], self.device

        def masked(env: Environment) -> Any:
            place = position(env)
            return zero if device.inside(tensor, place) and not device.has(tensor.name, place) else value(env)

        return masked
