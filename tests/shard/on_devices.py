"""What devices compute of their own blocks, in NumPy: the local functions, value by value, and collectives of arrays.

It knows nothing of positions in the whole: a device has its arrays and its place, and asks others at exchanges alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from symbackprop.lower import lower_module
from symbackprop.lower.evaluate_values import _Run
from symbackprop.lower.passes import READABLE_PASSES, improved_module
from symbackprop.lower.values import Define, Loop, Note, Step
from symbackprop.shard import Exchange, ExchangeKind, Placement
from symbackprop.shard.local import Local
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import GIVEN

Array = np.ndarray[Any, Any]
Place = tuple[int, ...]


class Devices:
    """A mesh of so many devices along each axis; `data`: the given tensors as a whole."""

    def __init__(
        self, local: Local, sizes: Mapping[str, int], data: Mapping[str, Any], mesh: Mapping[str, int]
    ) -> None:
        self.local, self.mesh = local, mesh
        self.names = list(local.places)
        self.places: list[Place] = list(product(*(range(mesh[axis]) for axis in self.names)))
        self.values = self._sizes(sizes)
        self.arrays: dict[Place, dict[str, Array]] = {place: {} for place in self.places}
        placements = local.sharded.placements
        for name, tensor in local.sharded.table.items():
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
                for place, array in self._exchanged(exchange, runs).items():
                    runs[place].tensors[exchange.target] = array
            elif isinstance(step, Loop):
                first = next(iter(runs.values()))
                turns: Sequence[int] = range(first.number(step.low), first.number(step.high) + 1)
                for turn in reversed(turns) if step.descending else turns:
                    for run in runs.values():
                        run.values[step.variable] = turn
                    self._body(step.body, runs)
            elif not isinstance(step, Note):
                for run in runs.values():
                    run.body([step])

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
