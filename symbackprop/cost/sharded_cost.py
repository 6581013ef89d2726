"""What each of several devices computes, sends and holds, as formulas in the sizes and the numbers of devices.

    multiply-adds, functions    of the equations, each at the positions that the device computes; not of collectives
    bytes sent                  by the collectives, each in a ring (`shard.table`)
    memory                      parameters, gradients, data, and of what is computed what is kept for backward and the
                                most that is held at one time

Bytes are 4 a float and 8 an integer. A computed tensor counts from where it is computed to its last reader, as an array
of its own: what a compiler fuses takes less, and the temporaries inside an equation and the buffers of a collective are
not counted. The state of an optimiser is not, either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import sympy

from symbackprop.cost.at_sizes import checked_sizes, told_sizes, with_numbers
from symbackprop.cost.bytes_moved import FLOAT_BYTES, INT_BYTES
from symbackprop.cost.device_share import Device
from symbackprop.errors import InvalidSize
from symbackprop.formula.html_tables import html_table
from symbackprop.formula.text_tables import text_table
from symbackprop.language.sympy_form import SympyForm
from symbackprop.schedule import Scheduled
from symbackprop.shard import Sharded
from symbackprop.shard.simulate import check_blocks
from symbackprop.shard.table import rows
from symbackprop.terms.program import DType

__all__ = ["Collective", "DeviceMemory", "DeviceWork", "ShardedCost", "measure_sharded"]

MOST_DEVICES = 4096  # along an axis, where a number is sought
Entries = TypeVar("Entries", "DeviceWork", "DeviceMemory", "Collective")


@dataclass(frozen=True, slots=True)
class DeviceWork:
    """What one device does of one way; every entry but the name is a SymPy expression in the sizes and the numbers of
    devices."""

    name: str
    multiply_adds: sympy.Expr
    functions: sympy.Expr
    bytes_sent: sympy.Expr


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """The bytes that one device holds: `parameters`, `gradients` and the `data` that it is given; of what it
    computes what forward has `kept` for backward, and the `peak`: the most that is held at one time, kept values and
    gradients among it."""

    parameters: sympy.Expr
    gradients: sympy.Expr
    data: sympy.Expr
    kept: sympy.Expr
    peak: sympy.Expr

    @property
    def total(self) -> sympy.Expr:
        """What is given, and the peak."""
        return self.parameters + self.data + self.peak


@dataclass(frozen=True, slots=True)
class Collective:
    """An equation that is an exchange: its label, its result with its placement, the collective, and the bytes that one
    device sends for it."""

    label: str
    placed: str
    collective: str
    bytes_sent: sympy.Expr


@dataclass(frozen=True, slots=True)
class ShardedCost:
    """The cost of a step on a mesh of devices, of each of them. `indices`: the mesh axis of each index that is split;
    `dims`: the sizes, and the mesh axes, which stand for the numbers of devices along them."""

    network: str
    indices: Mapping[str, str]
    dims: tuple[str, ...]
    forward: DeviceWork
    backward: DeviceWork
    memory: DeviceMemory
    collectives: tuple[Collective, ...]
    sharded: Sharded = field(repr=False, compare=False)
    given: Mapping[str, int] = field(default_factory=dict)

    @property
    def bytes_sent(self) -> sympy.Expr:
        """Of forward and backward."""
        return self.forward.bytes_sent + self.backward.bytes_sent

    @property
    def mesh(self) -> tuple[str, ...]:
        """The mesh axes."""
        return self.sharded.mesh

    def doubled(self, axis: str, dims: Mapping[Any, int]) -> list[tuple[int, ShardedCost]]:
        """The numbers of devices 1, 2, 4, … along a mesh axis and the cost with each, as far as every dimension lies in
        equal blocks; `dims`: the sizes, and the numbers of devices along the other axes. Errors as of `at` where there
        is none."""
        found: list[tuple[int, ShardedCost]] = []
        while 2 ** len(found) <= MOST_DEVICES:
            count = 2 ** len(found)
            try:
                found.append((count, self.at({**dims, axis: count})))
            except InvalidSize:
                if not found:
                    raise
                break
        return found

    def at(self, dims: Mapping[Any, int]) -> ShardedCost:
        """The cost with numbers for these sizes and numbers of devices, by their names:
        `cost(net, shard={"n": "data"}).at({"N": 64, "data": 4})`.

        InvalidSize as `Cost.at` has it, and, once all are numbers, for a dimension that does not lie in equal blocks.
        """
        sizes = checked_sizes(self.network, dims, self.dims)
        given = {**self.given, **sizes}
        left = tuple(name for name in self.dims if name not in sizes)
        if not left:
            check_blocks(self.sharded, given, given)
        return replace(
            self, dims=left, forward=_at(self.forward, sizes), backward=_at(self.backward, sizes),
            memory=_at(self.memory, sizes), given=given,
            collectives=tuple(_at(collective, sizes) for collective in self.collectives),
        )  # fmt: skip

    def table(self, dims: Mapping[Any, int] | None = None) -> str:
        """All of it as text: formulas in the sizes and the numbers of devices, or numbers where `dims` gives every one.
        Errors as of `at`."""
        found = self.at(dims or {})
        where = ", ".join(f"{index} on {axis}" for index, axis in self.indices.items())
        title = f"cost of {self.network} on a mesh of devices, {where}, of each device"
        lines = [title, *([f"at {told_sizes(found.given)}"] if found.given else [])]
        if found.dims:
            for name, entries in found._parts():
                width = max(map(len, entries), default=0)
                lines += [name, *(f"  {words:{width}}  {value}" for words, value in entries.items())]
            return "\n".join(lines)
        ways, held = _names(DeviceWork), [*_names(DeviceMemory), "total"]
        work = [["", *map(_words, ways)]]
        work += [[row.name, *(_number(getattr(row, name)) for name in ways)] for row in found._ways]
        memory = [["memory in bytes", *map(_words, held)],
                  ["", *(_number(getattr(found.memory, name)) for name in held)]]  # fmt: skip
        sent = [["sent", "", "", "bytes"]]
        sent += [[row.label, row.placed, row.collective, _number(row.bytes_sent)] for row in found.collectives]
        return "\n".join([*lines, *text_table(work), *text_table(memory), *text_table(sent, left=3)])

    @property
    def _ways(self) -> tuple[DeviceWork, DeviceWork]:
        return self.forward, self.backward

    def _parts(self) -> Iterator[tuple[str, dict[str, sympy.Expr]]]:
        """(heading, entries by what they are called)."""
        for row in self._ways:
            yield row.name, {_words(name): getattr(row, name) for name in _names(DeviceWork)}
        memory = {_words(name): getattr(self.memory, name) for name in _names(DeviceMemory)}
        yield "memory in bytes", memory
        width = max((len(row.placed) for row in self.collectives), default=0)
        yield "bytes sent", {f"{row.label:3}  {row.placed:{width}}  {row.collective}": row.bytes_sent
                             for row in self.collectives}  # fmt: skip

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        body = [(heading, words, _shown(value)) for heading, entries in self._parts()
                for words, value in entries.items()]  # fmt: skip
        return html_table(f"cost of {self.network}, of each device", ("", "", ""), body)

    def __str__(self) -> str:
        return self.table()


def measure_sharded(sharded: Sharded) -> ShardedCost:
    """The cost of sharded programs."""
    device, form = Device(sharded), SympyForm(sharded.table)

    def bytes_of(row: Any) -> sympy.Expr:
        is_int = sharded.table[row.exchange.source].dtype is DType.INT
        return form.value(row.sent) * (INT_BYTES if is_int else FLOAT_BYTES)

    found = {row.exchange.target: Collective(row.label, row.placed, row.collective, bytes_of(row))
             for row in rows(sharded)}  # fmt: skip

    def work(name: str, scheduled: Scheduled) -> DeviceWork:
        count = device.operations(scheduled)
        sent = [found[exchange.target].bytes_sent for exchange in sharded.exchanged(scheduled)]
        return DeviceWork(name, device.expression(count.multiply_adds), device.expression(count.functions),
                          sympy.Add(*sent))  # fmt: skip

    moments = [device.expression(size) for size in device.peaks]
    memory = DeviceMemory(
        parameters=device.expression(device.sizes(device.parameters)),
        gradients=device.expression(device.sizes(device.gradients)),
        data=device.expression(device.sizes(device.inputs)),
        kept=device.expression(device.sizes(device.kept)),
        peak=moments[0] if len(moments) == 1 else sympy.Max(*moments, evaluate=False),
    )
    program = sharded.forward.program
    return ShardedCost(
        program.name, sharded.indices, (*program.dims, *sharded.mesh), work("forward", sharded.forward),
        work("backward", sharded.backward), memory, tuple(found.values()), sharded,
    )  # fmt: skip


def _at(entries: Entries, sizes: Mapping[str, int]) -> Entries:
    values = {each.name: getattr(entries, each.name) for each in fields(entries)}
    return type(entries)(**{name: with_numbers(value, sizes) if isinstance(value, sympy.Basic) else value
                            for name, value in values.items()})  # fmt: skip


def _names(kind: type[DeviceWork] | type[DeviceMemory]) -> list[str]:
    return [each.name for each in fields(kind) if each.name != "name"]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: sympy.Expr) -> str:
    """Rounded up."""
    return f"{int(sympy.ceiling(value)):,}"


def _shown(value: sympy.Expr) -> str:
    return str(value).replace("**", "^").replace("*", "·")
