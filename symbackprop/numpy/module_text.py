"""The text of a generated module: what the templates need, worked out, and put into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from symbackprop.derive.kinks import kinks, kinks_text
from symbackprop.lower import values
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.update import UpdateIR
from symbackprop.numpy.array import Function as Statements
from symbackprop.numpy.function import prepared, stored
from symbackprop.numpy.function_text import Functions, functions_of
from symbackprop.numpy.helpers import held
from symbackprop.numpy.optimizer import OptimizerText, optimizer_text
from symbackprop.numpy.recompute import Budget, fitted, recomputed_text
from symbackprop.numpy.selfcheck import SelfCheck, self_check
from symbackprop.numpy.stored import store_update
from symbackprop.numpy.straight_module import StraightTables, straight_functions, straightened
from symbackprop.python_text.digest import digest, fixed_text
from symbackprop.python_text.door_tables import DoorTables, door_tables
from symbackprop.python_text.identifiers import Names
from symbackprop.python_text.module_tables import listed, module_tables
from symbackprop.python_text.python_lines import prose_lines
from symbackprop.resources import fields_of, filled
from symbackprop.schedule import by_label
from symbackprop.terms.program import Program, Tensor, TensorKind
from symbackprop.terms.show import Namer, Printer
from symbackprop.version import VERSION

TEMPLATES = (
    "module.py.j2", "storage.py.j2", "numbers.py.j2", "check.py.j2", "optimizer.py.j2",
    "python/functions.py.j2", "python/given.py.j2", "python/kept.py.j2", "python/owned.py.j2", "python/door.py.j2",
    "python/optimizer.py.j2", "python/optimizer_door.py.j2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModuleText:
    """Everything that the templates are filled with, each field a hole of theirs."""

    name: str
    at: str  # the sizes that are fixed, behind the name
    version: str
    digest: str
    equations: tuple[str, ...]  # lines, and so are
    gradients: tuple[str, ...]  # the equations of the backward pass,
    facts: tuple[str, ...]  # and what is assumed of the data
    kinks: str  # the conventions for slopes that are chosen somewhere
    recomputed: tuple[str, ...]  # lines: what backward computes once more, where there is a budget of memory
    layer: bool  # whether there are outputs and no loss
    others: bool  # whether gradients are by other tensors than parameters
    tables: tuple[str, ...]  # lines
    functions: Functions
    straight: StraightTables | None  # of a module that computes with numbers, not with arrays
    door: DoorTables
    check: SelfCheck
    optimizer: OptimizerText | None
    helpers: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...]  # of the module's own names that the network has too


def emit(
    module: ModuleIR[values.Function], update: UpdateIR[values.Function] | None = None, budget: Budget | None = None
) -> str:
    """The module's source, the same for the same network everywhere; with an optimiser's update if there is one.

    `budget`: what a step may take, of a module whose sizes are numbers; InvalidArgument where it cannot do with that.
    """
    straight = straightened(module) if budget is None else None
    if straight is not None:
        stored_update = None if update is None else store_update(update)
        names = _names(module)
        text = _module_text(module, stored_update, None, names, *straight_functions(module, straight, names))
        return filled("numpy", TEMPLATES, fields_of(text))
    laid, again = prepared(module), None
    if budget is not None:
        laid, computed = fitted(laid, budget)
        again = recomputed_text(computed, budget)
    statements = stored(laid)
    names = _names(statements)
    stored_update = None if update is None else store_update(update)
    text = _module_text(statements, stored_update, again, names, functions_of(statements, names))
    return filled("numpy", TEMPLATES, fields_of(text))


def _module_text(
    module: ModuleIR[Any], update: UpdateIR[Statements] | None, recomputed: str | None,
    names: Names, functions: Functions, straight: StraightTables | None = None,
) -> ModuleText:  # fmt: skip
    program, back = module.program, module.backward_program
    optimizer = None if update is None else optimizer_text(update)
    called = functions.helpers | (optimizer.helpers if optimizer is not None else frozenset())
    table = program.table | back.table
    printer = Printer(Namer.of(program.with_(tensors=tuple(table.values()))))
    return ModuleText(
        name=program.name,
        at=fixed_text(program),
        version=VERSION,
        digest=digest(module),
        equations=listed(printer.labelled(equation) for equation in by_label(program.equations)),
        gradients=listed(printer.labelled(equation) for equation in by_label(back.equations)),
        facts=listed(_facts(program, printer)),
        kinks=kinks_text(kinks(program.equations, back.equations, table)),
        recomputed=tuple(prose_lines(recomputed, "", "")) if recomputed else (),
        layer=bool(program.cotangents),
        others=any(name not in program.table or program.table[name].kind is not TensorKind.PARAMETER
                   for name, _ in module.gradients),
        tables=tuple(module_tables(program, module.predict_program, [tensor for tensor, _ in module.gradients])),
        functions=functions,
        straight=straight,
        door=door_tables(program, functions.keyword_sizes),
        check=self_check(program, functions.forward, [tensor for tensor, _ in module.gradients]),
        optimizer=optimizer,
        helpers=tuple(helper.value for helper in held(called)),
        aliases=tuple((alias, name) for name, alias in sorted(names.aliases.items()) if alias != name),
    )  # fmt: skip


def _names(module: ModuleIR[Any]) -> Names:
    """The names of the module's functions, with variables for compound sizes."""
    tensors = [*_tensors(module)]
    names = Names({*module.program.dims, *(tensor.name for tensor in tensors)})
    names.hold_extents(tensors, "{}_size{}")
    return names


def _tensors(module: ModuleIR[Any]) -> Iterator[Tensor]:
    yield from module.program.tensors
    yield from module.backward_program.tensors
    if module.predict_program is not None:
        yield from module.predict_program.tensors


def _facts(program: Program, printer: Printer) -> Iterator[str]:
    for fact in program.assumptions:
        ranges = ", ".join(f"{axis.index} = {axis.low}..{axis.high}" for axis in fact.axes)
        yield printer.condition(fact.condition) + (f" for {ranges}" if ranges else "")


__all__ = ["emit"]
