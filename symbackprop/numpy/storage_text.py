"""What a module's functions compute in, as text: the functions that make it, and the calls that give it.

The storage of functions that run in one call is planned together: that of shared and forward, and of backward after
them, that of shared and predict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbackprop.numpy.statement_text import StatementWriter
from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.python_lines import (
    FunctionText,
    call_lines,
    collection_lines,
    names_text,
    returned_lines,
    table_lines,
    unpacking,
)

__all__ = ["Storage", "Storages", "storage_of"]


@dataclass(frozen=True, slots=True)
class Storage:
    """Of one function: the variables, the sizes that they are made from, and the function that makes them."""

    made: tuple[str, ...]
    sizes: tuple[str, ...]
    function: FunctionText


def storage_of(name: str, dims: Sequence[str], writer: StatementWriter) -> Storage | None:
    """What the statements that have been written of a function find there."""
    bound, names = writer.bound, writer.bound.names
    lets, lines = writer.let_lines(names), bound.lines()
    definitions = [f"    {line}" for line in names.definitions()]
    take = names.local("take")
    made = (*([take] if bound.takes else []), *bound.made)
    if not made:
        return None
    sizes = tuple(dim for dim in dims if dim in names.used)
    values = (*([f"{take}.more"] if bound.takes else []), *bound.made)
    words = (take, names.of("dtype"), *map(names.of, sizes), "**_")
    function, about = names.module(f"_{name}_storage"), f"What `{'_' * (name == 'shared')}{name}` computes in."
    text = FunctionText(function, words, about, (*definitions, *lets, *lines, *returned_lines(values, several=True)))
    return Storage(made, sizes, text)


@dataclass(frozen=True, slots=True)
class Storages:
    """Of all functions of a module. `of`: by their names, those that have some; `rows`: whether predict has few rows of
    some arrays."""

    names: Names
    dims: tuple[str, ...]
    of: Mapping[str, Storage]
    rows: bool

    def sizes(self, phase: str) -> tuple[str, ...]:
        """Those that what a phase computes in is made from, or what is planned with it."""
        names = ("shared", "predict") if phase == "predict" else ("shared", "forward", "backward")
        wanted = {size for name in names if name in self.of for size in self.of[name].sizes}
        return tuple(dim for dim in self.dims if dim in wanted)

    def table(self) -> list[str]:
        """The functions that make it, and the sizes that they are called with, by the phases of a call."""
        makes, sizes = [], []
        for phase in ("forward", "backward", "predict"):
            makes.append(f'"{phase}": {tuple_text([self.of[name].function.name for name in self._of(phase)])}')
            sizes.append(f'"{phase}": {names_text([self.names.of(size) for size in self.sizes(phase)])}')
        return [
            *collection_lines(makes, f"{self.names.module('_MAKES')} = ", "{}"),
            *table_lines(sizes, f"{self.names.module('_SIZES')} = "),
        ]

    def opening(self, phase: str, names: Scope) -> list[str]:
        """The call that gives it: `storage` of the shared part and `made` of the function's own, if they have some."""
        targets = [names.local("storage" if name == "shared" else "made") for name in self._of(phase)]
        if not targets:
            return []
        args = ["workspace", f'"{phase}"', names.of("dtype")]
        args += [tuple_text([names.of(size) for size in self.sizes(phase)])]
        args += [names.local("rows")] if self.rows and phase == "predict" else []
        before = f"[{targets[0]}] = " if len(targets) == 1 else f"{', '.join(targets)} = "
        return call_lines(names.module("_storage"), args, before)

    def unpacked(self, name: str, names: Scope) -> list[str]:
        """A function's own, under its names."""
        held = names.local("storage" if name == "shared" else "made")
        return unpacking(self.of[name].made, held) if name in self.of else []

    def _of(self, phase: str) -> list[str]:
        return [name for name in (*(() if phase == "backward" else ("shared",)), phase) if name in self.of]
