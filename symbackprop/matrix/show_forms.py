"""Matrix forms as one line of text: `d_z1 = (d_z2 W2) ⊙ (1 - a1 ⊙ a1)`."""

from __future__ import annotations

from symbackprop.formula.text import text
from symbackprop.matrix.form import MatrixEquation
from symbackprop.matrix.form_writing import FormWriter
from symbackprop.terms.writing import Writer

__all__ = ["show"]


def show(equation: MatrixEquation) -> str:
    """An equation as a line of text, without the ranges of its labels."""
    return text(FormWriter(Writer()).equation(equation))
