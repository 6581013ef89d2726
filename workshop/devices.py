"""What devices compute of their own blocks, in NumPy: the local functions, value by value, and collectives of arrays.

It knows nothing of positions in the whole: a device has its arrays and its place, and asks others at exchanges alone.
`on_one` is what their blocks are compared with: the interpreter of the same functions on one device.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import product
from math import prod
from typing import Any

import numpy as np

from symbackprop.interpret import Arithmetic, Float, Interpreter, Residues
from symbackprop.interpret.failures import Degenerate
from symbackprop.lower import lower_module
from symbackprop.lower.evaluate_values import _Run, term_value
from symbackprop.lower.passes import READABLE_PASSES, improved_module
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Define, If, Loop, Note, Step
from symbackprop.schedule import unshared
from symbackprop.shard import Exchange, ExchangeKind, Placement, Sharded, Simulation
from symbackprop.shard.local import Local, local
from symbackprop.stable import stable_forms
from symbackprop.stages import derived_of, functions_of, in_order
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import GIVEN, Program
from symbackprop.verify.data import Style, draw, finite_data

Array = np.ndarray[Any, Any]
Place = tuple[int, ...]


class Devices:
    """A mesh of so many devices along each axis; `data`: the given tensors as a whole."""

    def __init__(self, own: Local, sizes: Mapping[str, int], data: Mapping[str, Any], mesh: Mapping[str, int]) -> None:
        self.local, self.mesh = own, mesh
        self.names = list(own.places)
        self.places: list[Place] = list(product(*(range(mesh[axis]) for axis in self.names)))
        self.values = self._sizes(sizes)
        self.arrays: dict[Place, dict[str, Array]] = {place: {} for place in self.places}
        placements = own.sharded.placements
        for name, tensor in own.sharded.table.items():
            if tensor.kind in GIVEN and name in data:
                for place in self.places:
                    self.arrays[place][name] = self.part(np.asarray(data[name]), placements[name], place)

    def _sizes(self, sizes: Mapping[str, int]) -> dict[Any, int]:
        found: dict[Any, int] = {Dim(name): size for name, size in sizes.items()}
        found |= {dim: self.mesh[axis] for axis, dim in self.local.devices.items()}
        for name, (size, axes) in self.local.sizes.items():
            whole, over = size.evaluate(found.__getitem__), int(np.prod([self.mesh[axis] for axis in axes]))
            assert whole % over == 0, (size, axes)
            found[Dim(name)] = whole // over
        return found

    def part(self, whole: Array, placement: Placement, place: Place) -> Array:
        """The block that a device has of an array."""
        for dimension, axis in placement.split():
            at, count = place[self.names.index(axis)], self.mesh[axis]
            whole = np.array(np.split(whole, count, axis=dimension)[at])
        return whole

    # --- functions -----------------------------------------------------------------------------------------
    def run(self) -> None:
        """Forward and backward, every step on all devices before the next."""
        module = improved_module(lower_module(self.local.module), READABLE_PASSES)
        for function in (module.forward, module.backward):
            runs = {}
            for place in self.places:
                values = self.values | {
                    self.local.places[axis].index: at for axis, at in zip(self.names, place, strict=True)
                }
                runs[place] = _Run(function, values)
                runs[place].tensors = self.arrays[place]
            with np.errstate(all="ignore"):
                self._body(function.body, runs)
            for place in self.places:
                self.arrays[place].update({name: runs[place].tensor(name) for name in function.tensors})

    def _body(self, steps: Iterable[Step], runs: Mapping[Place, _Run]) -> None:
        for step in steps:
            exchange = self.local.exchanges.get(step.tensor) if isinstance(step, Define) else None
            if exchange is not None:
                for place, array in (self._exchanged(exchange, runs) if runs else {}).items():
                    runs[place].tensors[exchange.target] = array
            elif isinstance(step, Loop):
                first = next(iter(runs.values()), None)
                if first is None:
                    continue
                turns: Sequence[int] = range(first.number(step.low), first.number(step.high) + 1)
                for turn in reversed(turns) if step.descending else turns:
                    for run in runs.values():
                        run.values[step.variable] = turn
                    self._body(step.body, runs)
            elif isinstance(step, If):
                holds = {place: term_value(step.condition, run.values) for place, run in runs.items()}
                assert len({*holds.values()}) == 1 or not self._exchanges(step.body)
                self._body(step.body, {place: run for place, run in runs.items() if holds[place]})
            elif not isinstance(step, Note):
                for run in runs.values():
                    run.body([step])

    def _exchanges(self, steps: Sequence[Step]) -> bool:
        return any(isinstance(step, Define) and step.tensor in self.local.exchanges for step in steps_in(steps))

    # --- collectives ---------------------------------------------------------------------------------------
    def _exchanged(self, exchange: Exchange, runs: Mapping[Place, _Run]) -> dict[Place, Array]:
        """By place, the result of a collective over arrays."""
        found = {}
        for place in self.places:
            others = [runs[other].tensor(exchange.source) for other in self._group(place, exchange.axes)]
            at = place[self.names.index(exchange.axes[0])]
            match exchange.kind:
                case ExchangeKind.PSUM:
                    found[place] = np.sum(others, axis=0)
                case ExchangeKind.PMAX:
                    found[place] = np.max(others, axis=0)
                case ExchangeKind.PMIN:
                    found[place] = np.min(others, axis=0)
                case ExchangeKind.PLOGSUMEXP:
                    found[place] = np.logaddexp.reduce(others, axis=0)
                case ExchangeKind.ALL_GATHER:
                    found[place] = np.concatenate(others, axis=exchange.dimension)
                case ExchangeKind.REDUCE_SCATTER:
                    assert exchange.dimension is not None
                    found[place] = np.split(np.sum(others, axis=0), len(others), axis=exchange.dimension)[at]
                case ExchangeKind.HALO:
                    found[place] = self._with_halo(exchange, others, at)
        return found

    def _group(self, place: Place, axes: Sequence[str]) -> list[Place]:
        varied = {self.names.index(axis) for axis in axes}
        return [other for other in self.places
                if all(a == b or i in varied for i, (a, b) in enumerate(zip(place, other, strict=True)))]  # fmt: skip

    def _with_halo(self, exchange: Exchange, others: Sequence[Array], at: int) -> Array:
        dimension = exchange.dimension
        assert dimension is not None
        before, after = (self._number(width) for width in self.local.widths(exchange))
        pads = [(before, after) if place == dimension else (0, 0) for place in range(others[0].ndim)]
        block, whole = others[0].shape[dimension], np.pad(np.concatenate(others, axis=dimension), pads)
        return np.take(whole, range(at * block, (at + 1) * block + before + after), axis=dimension)

    def _number(self, poly: Poly) -> int:
        return int(poly.evaluate(self.values.__getitem__))


def on_one(
    program: Program, sizes: Mapping[str, int], data: Mapping[str, Any], arithmetic: Arithmetic, names: Set[str],
    wrt: Sequence[str] | None = None,
) -> dict[str, Array]:  # fmt: skip
    """The tensors of the module's functions on one device, those that are named."""
    functions = unshared(functions_of(program, in_order(derived_of(program, wrt))))
    ways = [way.program.with_(equations=tuple(dict.fromkeys(way.equations)))
            for way in (functions.forward, functions.backward)]  # fmt: skip
    forward = Interpreter(ways[0], sizes, data, arithmetic)
    backward = Interpreter(ways[1], sizes, data, arithmetic, outer=forward)
    return {name: way.array(name) for way in (forward, backward) for name in way.program.definitions if name in names}


def differing(devices: Devices, values: Mapping[str, Array]) -> Iterator[tuple[str, Place, Array, Array]]:
    """(tensor, device, what it has, its block of the whole) of every tensor that a device has another block of."""
    one = devices.local.sharded
    results = {adjoint for _, adjoint in one.backward.program.wrt} | set(one.forward.program.results)
    largest = max((_size(values[name]) for name in results if name in values), default=0.0)
    for name, whole in values.items():
        placement = one.placements.get(name)
        if placement is None or placement.in_parts or placement.halos:
            continue
        for place in devices.places:
            own, found = devices.part(whole, placement, place), devices.arrays[place][name]
            near = found.shape == own.shape and np.allclose(
                found, own, rtol=1e-9, atol=1e-11 * max(_size(own), largest), equal_nan=True
            )
            if not near:
                yield name, place, found, own


def divisible(own: Local, sizes: Mapping[str, int], mesh: Mapping[str, int]) -> bool:
    """Whether the devices divide what the local functions have blocks of."""
    values: dict[Any, int] = {Dim(name): size for name, size in sizes.items()}
    values |= {dim: mesh[axis] for axis, dim in own.devices.items()}
    return all(size.evaluate(values.__getitem__) % prod(mesh[axis] for axis in axes) == 0
               for size, axes in own.sizes.values())  # fmt: skip


def compare_devices(
    program: Program, sharded: Sharded, sizes: Mapping[str, int], mesh: Mapping[str, int], seed: int,
    wrt: Sequence[str],
) -> tuple[str, str] | None:  # fmt: skip
    """(what, where) of the first difference; None where data has no value too."""
    whole = {name for name, placement in sharded.placements.items() if not placement.in_parts}
    data = draw(program, sizes, seed, Style.SIGNED, exact=True)
    residues = Residues(seed)
    try:
        values = on_one(program, sizes, data, residues, whole, wrt)
        simulation = Simulation(sharded, sizes, data, mesh, residues)
        simulation.run()
    except Degenerate:
        pass
    else:
        for name, value in values.items():
            for device, position in simulation.differences(name, value):
                return "exactly another value on a device", f"{name}{list(position)} on {device}"
    floats = finite_data(stable_forms(program), sizes, seed)
    if floats is None:
        return None
    expected = on_one(program, sizes, floats, Float(), whole, wrt)
    devices = Devices(local(sharded), sizes, floats, mesh)
    devices.run()
    for name, place, found, own in differing(devices, expected):
        return "another block on a device", f"{name} on {place}: expected {own.tolist()}, found {found.tolist()}"
    return None


def _size(array: Array) -> float:
    return float(np.abs(array[np.isfinite(array)]).max(initial=0))
