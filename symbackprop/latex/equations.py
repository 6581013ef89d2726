r"""Equations in LaTeX: alone, and as the rows of an `align` with their ranges and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from symbackprop.latex.names import Names
from symbackprop.latex.printer import LatexPrinter
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation, Op, Tensor
from symbackprop.terms.term import Add

__all__ = ["align", "equation", "fill", "lines", "row"]

LINE = 110  # characters, as `visible` estimates them, that fit on a line beside the tag


def equation(item: Equation, tensors: Mapping[str, Tensor], names: Names | None = None) -> str:
    """One equation, without its range: what `$…$` takes."""
    printer = LatexPrinter(tensors, names or Names.of_tensors(tensors.values(), None))
    bound = _bound(item)
    return f"{printer.access(item.lhs, bound)} {_relation(item)} {printer.term(item.rhs, bound)}"


def row(item: Equation, printer: LatexPrinter, tag: str) -> str:
    r"""The lines of one equation in an `align`: `lhs &= rhs && range \tag{…}`.

    A sum that does not fit on a line takes several, and the range a line of its own where it does not fit beside.
    """
    bound = _bound(item)
    left = f"{printer.access(item.lhs, bound)} &{_relation(item)}"
    addends = printer.addends(item.rhs.args, bound) if isinstance(item.rhs, Add) else [printer.term(item.rhs, bound)]
    ranges = r",\ ".join(printer.range_(axis) for axis in item.axes)
    first, *rest = fill(left, addends)
    if ranges and (rest or visible(first) + visible(ranges) > LINE):
        rest.append(rf"\text{{for }} {ranges}")
    elif ranges:
        first += f" && {ranges}"
    return lines(first + rf" \tag{{{tag}}}", rest)


def fill(left: str, addends: Sequence[str]) -> list[str]:
    """`left` and the addends behind it, on as many lines as it takes."""
    filled = [left]
    for part in addends:
        if filled[-1] is not left and visible(filled[-1]) + visible(part) > LINE:
            filled.append(part)
        else:
            filled[-1] = f"{filled[-1]} {part}"
    return filled


def lines(first: str, rest: Sequence[str]) -> str:
    """The lines of one equation: those behind the first are indented, and carry no number."""
    return " \\\\\n  ".join([first, *(rf"&\qquad {line} \notag" for line in rest)])


def visible(latex: str) -> float:
    r"""About how many characters wide the formula is: commands count as one, and subscripts as half.

    >>> visible(r"\sum_{i=0} W_{j,i}")
    5.0
    """
    plain = re.sub(r"\\(left|right|frac|text|mathrm|operatorname|qquad)|[{}&]", "", latex)
    plain = re.sub(r"\\[A-Za-z]+|\\.", "x", plain).replace(" ", "")
    scripts = sum(len(script) for script in re.findall(r"[_^]\{([^{}]*)\}", latex))
    return max(len(plain) - scripts / 2 - len(re.findall("[_^]", plain)), 1.0)


def align(rows: Sequence[str], numbered: bool = True) -> str:
    """The rows in one `align`; empty without rows (an empty `align` is an error)."""
    if not rows:
        return ""
    name = "align" if numbered else "align*"
    return f"\\begin{{{name}}}\n  " + " \\\\\n  ".join(rows) + f"\n\\end{{{name}}}\n"


def _bound(item: Equation) -> dict[Index, str]:
    """The names of the equation's own indices, which no sum inside it takes again."""
    return {axis.index: axis.index.name for axis in item.axes}


def _relation(item: Equation) -> str:
    return "=" if item.op is Op.ASSIGN else r"\mathrel{{+}{=}}"
