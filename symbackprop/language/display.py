"""A network in a notebook: its equations as they were written, in LaTeX, also while it is not yet complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbackprop.formula.latex import BETWEEN_RANGES, latex
from symbackprop.language.declared import Declared
from symbackprop.latex import Names
from symbackprop.terms.namer import Namer
from symbackprop.terms.poly import ONE
from symbackprop.terms.program import Equation, zeros
from symbackprop.terms.writing import Writer

__all__ = ["latex_of"]


def latex_of(tensors: Iterable[Declared], equations: Iterable[Equation], notation: Mapping[str, str]) -> str:
    """The equations with their ranges, one above another, between dollars."""
    known = {}
    for declared in tensors:
        rank = declared.rank or 0
        known[declared.name] = declared.tensor(declared.shape or (ONE,) * rank, zeros(rank))
    writer = Writer(Names.of_tensors(known.values(), "loss", notation), Namer(known))
    rows = [
        rf"{latex(writer.equation(equation))} & {BETWEEN_RANGES.join(map(latex, writer.ranges(equation.axes)))}"
        for equation in equations
    ]
    return r"$\displaystyle \begin{array}{ll}" + r" \\ ".join(rows) + r"\end{array}$"
