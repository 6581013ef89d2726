"""A network in a notebook: its equations as they were written, also while it is not yet complete."""

from __future__ import annotations

from symbackprop.formula.html_tables import Cell, html_table, note
from symbackprop.formula.latex import BETWEEN_RANGES, latex
from symbackprop.formula.text import text
from symbackprop.formula.tree import Formula
from symbackprop.language.declared import Declared, Definition
from symbackprop.language.told import told
from symbackprop.language.whole import Written
from symbackprop.latex import Names
from symbackprop.terms.namer import Namer
from symbackprop.terms.poly import ONE
from symbackprop.terms.program import DType, TensorKind, zeros
from symbackprop.terms.writing import Writer

__all__ = ["html_of", "latex_of", "text_of"]


def latex_of(written: Written) -> str:
    """The equations with their ranges, one above another, between dollars."""
    writer = _writer(written)[1]
    rows = [
        rf"{latex(equation)} & {BETWEEN_RANGES.join(map(latex, ranges))}"
        for equation, ranges in (_parts(writer, definition) for definition in written.order)
    ]
    return r"$\displaystyle \begin{array}{ll}" + r" \\ ".join(rows) + r"\end{array}$"


def html_of(written: Written) -> str:
    """What is given, the equations with their ranges, and what is said of them, as tables."""
    names, writer = _writer(written)
    given = [declared for declared in written.tensors if declared.kind is not TensorKind.INTERMEDIATE]
    tables = [html_table(
        f"Network {written.name}", ("given", "", "", "shape", ""),
        [(declared.name, names.symbol(declared.name), *_given(declared)) for declared in given],
    )]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for definition in written.order:
        equation, ranges = _parts(writer, definition)
        rows.append((_place(written, definition), equation, ", ".join(map(text, ranges))))
    tables.append(html_table("Equations", ("", "", "for"), rows))
    return "\n".join(filter(None, [*tables, note(_open(written)), note(_assumed(written))]))


def text_of(written: Written) -> str:
    """The same as lines of text, the equations as their author wrote them."""
    lines = [f"network {written.name}"]
    for declared in written.tensors:
        if declared.kind is not TensorKind.INTERMEDIATE:
            kind, shape, details = _given(declared)
            lines.append(f"  {kind} {declared.name} {shape} {details}".rstrip())
    lines += [f"  {definition.text()}" for definition in written.order]
    lines += [f"  {said}" for said in (_open(written), _assumed(written)) if said]
    if written.outputs:
        lines.append(f"  outputs: {', '.join(written.outputs)}")
    return "\n".join(lines)


def _writer(written: Written) -> tuple[Names, Writer]:
    known = {}
    for declared in written.tensors:
        rank = declared.rank or 0
        known[declared.name] = declared.tensor(declared.shape or (ONE,) * rank, zeros(rank))
    names = Names.of_tensors(known.values(), "loss", written.notation)
    return names, Writer(names, Namer(known))


def _parts(writer: Writer, definition: Definition) -> tuple[Formula, tuple[Formula, ...]]:
    equation = definition.equation
    return writer.equation(equation), writer.ranges(equation.axes)


def _place(written: Written, definition: Definition) -> str:
    """What an equation is of, but for one that defines a tensor on the way."""
    if definition is written.loss:
        return "loss"
    if any(definition is each for each in written.updates.get(definition.equation.target, ())):
        return "next value"
    return "output" if definition.equation.target in written.outputs else ""


def _given(declared: Declared) -> tuple[str, str, str]:
    shape = told(tuple(declared.shape or ()))
    details = []
    if declared.dtype is DType.INT:
        details.append("integers" if declared.high is None else f"integers below {declared.high}")
    if declared.noise is not None:
        details.append(declared.noise.distribution.value)
    return declared.kind.value, shape, ", ".join(details)


def _open(written: Written) -> str:
    """The tensors without an equation."""
    missing = [
        declared.name
        for declared in written.tensors
        if declared.kind is TensorKind.INTERMEDIATE and not declared.definitions
    ]
    return f"not yet defined: {', '.join(missing)}" if missing else ""


def _assumed(written: Written) -> str:
    return (
        f"assumed: {'; '.join(dict.fromkeys(each.text for each in written.assumptions))}" if written.assumptions else ""
    )
