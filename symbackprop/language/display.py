"""A network in a notebook: its equations as they were written, in LaTeX, also while it is not yet complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbackprop.language.declared import Declared
from symbackprop.latex import LatexPrinter, Names
from symbackprop.terms.poly import ONE
from symbackprop.terms.program import Equation, zeros

__all__ = ["latex_of"]


def latex_of(tensors: Iterable[Declared], equations: Iterable[Equation], notation: Mapping[str, str]) -> str:
    """The equations with their ranges, one above another, between dollars."""
    known = {}
    for declared in tensors:
        rank = declared.rank or 0
        known[declared.name] = declared.tensor(declared.shape or (ONE,) * rank, zeros(rank))
    printer = LatexPrinter(known, Names.of_tensors(known.values(), "loss", notation))
    rows = [rf"{printer.equation(equation)} & {printer.ranges(equation.axes)}" for equation in equations]
    return r"$\displaystyle \begin{array}{ll}" + r" \\ ".join(rows) + r"\end{array}$"
