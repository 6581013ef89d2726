r"""Equations in LaTeX: alone, and as the rows of an `align` with their ranges and tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbackprop.latex.names import Names
from symbackprop.latex.printer import LatexPrinter
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation, Op, Tensor
from symbackprop.terms.term import Add

__all__ = ["align", "equation", "row"]

WIDTH = 150  # characters of LaTeX, from which a sum is broken


def equation(item: Equation, tensors: Mapping[str, Tensor], names: Names | None = None) -> str:
    """One equation, without its range: what `$…$` takes."""
    printer = LatexPrinter(tensors, names or Names.of_tensors(tensors.values(), None))
    bound = _bound(item)
    return f"{printer.access(item.lhs, bound)} {_relation(item)} {printer.term(item.rhs, bound)}"


def row(item: Equation, printer: LatexPrinter, tag: str) -> str:
    r"""One row of an `align`: `lhs &= rhs && range \tag{…}`; a long sum takes several lines, of which one is tagged."""
    bound = _bound(item)
    lines = [printer.term(item.rhs, bound)]
    if isinstance(item.rhs, Add) and len(lines[0]) > WIDTH:
        lines = [""]
        for part in printer.addends(item.rhs.args, bound):
            if lines[-1] and len(lines[-1]) + len(part) > WIDTH:
                lines.append("")
            lines[-1] += f" {part}" if lines[-1] else part
    ranges = r",\ ".join(printer.range_(axis) for axis in item.axes)
    first = f"{printer.access(item.lhs, bound)} &{_relation(item)} {lines[0]}"
    first += f" && {ranges}" if ranges else ""
    return " \\\\\n  ".join([rf"{first} \tag{{{tag}}}", *(rf"&\qquad {{}} {line} \notag" for line in lines[1:])])


def align(rows: Sequence[str]) -> str:
    """The rows in one `align`; empty without rows (an empty `align` is an error)."""
    if not rows:
        return ""
    return "\\begin{align}\n  " + " \\\\\n  ".join(rows) + "\n\\end{align}\n"


def _bound(item: Equation) -> dict[Index, str]:
    """The names of the equation's own indices, which no sum inside it takes again."""
    return {axis.index: axis.index.name for axis in item.axes}


def _relation(item: Equation) -> str:
    return "=" if item.op is Op.ASSIGN else r"\mathrel{{+}{=}}"
