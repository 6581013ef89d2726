"""What the template needs for an optimiser: its equations, and the bodies of its two functions."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.lower.update import UpdateIR
from symbackprop.numpy.array import Function
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.helpers import Helper
from symbackprop.numpy.statement_text import StatementWriter
from symbackprop.python_text.bracketed import call, tuple_text
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.optimizer_tables import OptimizerTables, optimizer_tables
from symbackprop.resources import fields_of


@dataclass(frozen=True, slots=True)
class OptimizerText(OptimizerTables):
    """`given`: what the scalars are computed from; `plain`: the scalars that the elements need; `size`: the name of the
    number of elements."""

    scalars: bool
    given: tuple[str, ...]
    scalar_lines: tuple[str, ...]
    plain: tuple[str, ...]
    size: str
    element_lines: tuple[str, ...]
    helpers: frozenset[Helper]


def optimizer_text(update: UpdateIR[Function]) -> OptimizerText:
    """The names of an optimiser are its own: its functions hold none of the network's."""
    program = update.program
    names = Names({*program.dims, *program.table})
    scalars, elements = _written(names, update.scalars), _written(names, update.elements)
    plain = tuple(name for name in update.arguments if not program.table[name].rank)
    computed = any(not program.table[equation.target].rank for equation in program.equations)
    given = call("_scalars", *update.given, "np.float64", "take") if computed else tuple_text(plain)
    return OptimizerText(
        **fields_of(optimizer_tables(update, given)),  # type: ignore[arg-type]
        scalars=computed,
        given=update.given,
        scalar_lines=tuple(scalars.alone),
        plain=plain,
        size=program.dims[0],
        element_lines=tuple(elements.alone),
        helpers=frozenset(scalars.helpers | elements.helpers),
    )


def _written(names: Names, function: Function) -> StatementWriter:
    scope = Scope(names)
    writer = StatementWriter(scope, Bound(scope))
    writer.body(function.body)
    return writer


__all__ = ["OptimizerText", "optimizer_text"]
