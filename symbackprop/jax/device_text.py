"""The same functions on a mesh of devices, in a `shard_map`: where arrays lie, and what each device computes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symbackprop.jax.collectives import DeviceStatements
from symbackprop.jax.functions import FunctionLines
from symbackprop.jax.loops import JaxSpelling, JaxStatements
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.python_text.identifiers import Names
from symbackprop.python_text.python_lines import collection_lines, names_text, table_lines
from symbackprop.python_text.scalars import poly_text
from symbackprop.shard.local import Local
from symbackprop.terms.program import Program, TensorKind

__all__ = ["DeviceLines", "DeviceText", "OnDevices"]

_GIVEN = {"PARAMETER_SPECS": TensorKind.PARAMETER, "INPUT_SPECS": TensorKind.INPUT, "BUFFER_SPECS": TensorKind.BUFFER,
          "_NOISE_SPECS": TensorKind.RANDOM, "_COTANGENT_SPECS": TensorKind.COTANGENT}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OnDevices:
    """`module`: what a device runs, as values."""

    local: Local
    module: ModuleIR[Function]

    @property
    def programs(self) -> list[Program]:
        return [self.module.program, self.module.backward_program]


@dataclass(frozen=True, slots=True)
class DeviceText:
    """What of the template is about devices."""

    indices: str  # which lies on which mesh axis
    tables: tuple[str, ...]  # lines, and so are
    specs: str  # all tables as one
    results: tuple[str, ...]  # where what is returned lies: PartitionSpecs
    forward: tuple[str, ...]
    backward: tuple[str, ...]
    called: frozenset[str]  # helpers


class DeviceLines(FunctionLines):
    """The lines of the functions on a device."""

    def __init__(self, on: OnDevices, names: Names, wrt: Sequence[str]) -> None:
        super().__init__(on.module, names)
        self.on, self.wrt = on.local, wrt

    def text(self) -> DeviceText:
        for mesh_axis, axis in self.on.places.items():
            self.names.called(axis.index.name, f"{mesh_axis}_place")
        backward, carried = self.backward()
        _, forward = self.forward(carried)
        return DeviceText(
            indices=", ".join(f"{index} on {axis}" for index, axis in self.on.sharded.indices.items()),
            tables=tuple(self._tables()),
            specs=" | ".join(self._titles()),
            results=tuple(self._spec(name) for name in self.program.results),
            forward=tuple(forward),
            backward=tuple(backward),
            called=frozenset(self.helpers),
        )

    def statements(self, spelling: JaxSpelling, function: Function, kept: Iterable[str], source: str) -> JaxStatements:
        tensors = {**self.table, **function.tensors}
        for axis in self.on.places.values():
            spelling.variables[axis.index.name] = self.names.of(axis.index.name)
        return DeviceStatements(spelling, tensors, function, kept, self.on)

    def first(self, lines: Sequence[str]) -> list[str]:
        """The device's place along each mesh axis, where the lines name it."""
        text, found = "\n".join(lines), []
        for mesh_axis, axis in self.on.places.items():
            name = self.names.of(axis.index.name)
            if re.search(rf"\b{name}\b", text):
                found.append(f'    {name} = jax.lax.axis_index("{mesh_axis}")')
        return found

    # --- where arrays lie ------------------------------------------------------------------------------------
    def _spec(self, name: str) -> str:
        axes = [f'"{axis}"' if axis else "None" for axis in self.on.sharded.placements[name].axes]
        return f"P({', '.join(axes)})"

    def _titles(self) -> list[str]:
        """The tables of what there is; of parameters and inputs always."""
        program, always = self.on.sharded.forward.program, (TensorKind.PARAMETER, TensorKind.INPUT)
        return [title for title, kind in _GIVEN.items() if kind in always or program.of_kind(kind)]

    def _tables(self) -> Iterable[str]:
        program = self.on.sharded.forward.program
        yield from collection_lines([f'"{axis}"' for axis in self.on.places], "MESH_AXES = ", "()")
        for title in self._titles():
            tensors = program.of_kind(_GIVEN[title])
            yield from table_lines([f'"{t.name}": {self._spec(t.name)}' for t in tensors], f"{title} = ")
        yield from self._divided()

    def _divided(self) -> Iterable[str]:
        """The sizes of blocks, each with the size and the mesh axes, in whose devices it has so many."""
        entries = []
        for name, (size, axes) in self.on.sizes.items():
            entries.append(f'"{name}": ("{poly_text(size)}", {names_text(axes)})')
        yield from table_lines(entries, "_BLOCKS = ")
        devices = [f'"{dim.name}": "{axis}"' for axis, dim in self.on.devices.items()]
        yield from table_lines(devices, "_DEVICES = ")
