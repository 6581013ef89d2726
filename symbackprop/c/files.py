"""All files of a network in C: what computes, how it is built, what calls it from Python, what memory it takes."""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.c.binding_text import Library, binding_text
from symbackprop.c.build_text import build_texts, library_files
from symbackprop.c.memory_text import memory_text
from symbackprop.c.module_text import kit
from symbackprop.c.self_check import self_check
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.update import UpdateIR
from symbackprop.lower.values import Function
from symbackprop.python_text.digest import fixed_text
from symbackprop.schedule import ScheduledModule
from symbackprop.version import VERSION


def files(
    values: ModuleIR[Function], module: ScheduledModule, update: UpdateIR[Function] | None = None
) -> Mapping[str, str]:
    """By their names. `values`: the functions of the module, each of which does all that it needs itself; `update`: of
    an optimiser."""
    made = kit(values, update)
    name, program = made.name, values.program
    predict_work = 0 if made.predict_plan is None else max(made.predict_plan.size, 1)
    step = "" if made.optimizer is None else made.optimizer.name
    library = Library(name, library_files(name), max(made.plan.size, 1), predict_work, step)
    return {
        f"{name}.h": made.header,
        f"{name}.c": f'#include "{name}.h"\n{made.source}',
        f"{name}_test.c": self_check(values, made, update),
        "memory.txt": memory_text(program.name, made.memory),
        f"{name}_ctypes.py": binding_text(module, library, update),
        **build_texts(name, f"{program.name}{fixed_text(program)}", VERSION),
    }


def text(values: ModuleIR[Function], update: UpdateIR[Function] | None = None) -> str:
    """One file that needs no other: the header's text at its top."""
    made = kit(values, update)
    return made.header + made.source


__all__ = ["files", "text"]
