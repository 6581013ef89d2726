"""What the text of `init_optimizer` and `update` needs, whatever computes the elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symbackprop.lower.update import UpdateIR
from symbackprop.python_text.python_lines import names_text
from symbackprop.terms.show import Namer, Printer


@dataclass(frozen=True, slots=True)
class OptimizerTables:
    """`title`: how the optimiser was called; `states`, `names`: what it keeps for each parameter, and that as a tuple;
    `numbers`: what `update` hands on beside the elements; `dtypes`: those that it takes, "" for any."""

    title: str
    equations: tuple[str, ...]
    states: tuple[str, ...]
    names: str
    numbers: str
    dtypes: str


def optimizer_tables(update: UpdateIR[Any], numbers: str, dtypes: str = "") -> OptimizerTables:
    printer = Printer(Namer.of(update.program))
    equations = tuple(printer.equation(equation) for equation in update.program.equations)
    title = " ".join(update.title.split())  # on one line, a comment
    return OptimizerTables(title, equations, update.states, names_text(update.states), numbers, dtypes)


__all__ = ["OptimizerTables", "optimizer_tables"]
