"""What the template needs for an optimiser: its equations, and the bodies of its two functions."""

from __future__ import annotations

from symbackprop.lower.update import UpdateIR
from symbackprop.numpy.array import Function
from symbackprop.numpy.statements import StatementWriter
from symbackprop.python_text.names import Names
from symbackprop.terms.show import Namer, Printer


def optimizer_context(update: UpdateIR[Function], used: set[str]) -> dict[str, object]:
    """`used` collects the helpers that the update calls. The names of an optimiser are its own: its functions hold
    none of the network's."""
    program = update.program
    names = Names({*program.dims, *program.table})
    printer = Printer(Namer(program.table))

    def lines(function: Function) -> list[str]:
        writer = StatementWriter(names, used)
        writer.body(function.body)
        return writer.lines

    scalars = [equation.target for equation in program.equations if not program.table[equation.target].rank]
    plain = [name for name in update.arguments if not program.table[name].rank]
    return {
        "title": update.title,
        "equations": [printer.equation(equation) for equation in program.equations],
        "states": update.states,
        "names": repr(update.states).replace("'", '"'),
        "scalars": scalars,
        "given": update.given,
        "scalar_lines": lines(update.scalars),
        "plain": plain,
        "size": program.dims[0],
        "element_lines": lines(update.elements),
    }


__all__ = ["optimizer_context"]
