"""The layout under which a program's equations have the most, the shortest and the most matrix-like matrix forms."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from symbackprop.matrix.constructors import weight
from symbackprop.matrix.convert import matrix_form
from symbackprop.matrix.form import Layout, MatrixEquation, NoMatrixForm, Read, parts_of
from symbackprop.matrix.layout import candidate_layouts
from symbackprop.terms.program import Program


def layouts(program: Program) -> dict[str, Layout]:
    """The layout of every tensor of the program: its label, row and column axes, the same in all equations.

    Each equation counts by the share of its tensors that are matrices (or what they are anyway), relative to how
    long its form is: by length alone vectors would do, without transposes and ones, and by shares alone sums over
    labels in the place of products.
    """
    candidates = candidate_layouts(program)
    if len(candidates) == 1:
        return candidates[0]
    forms = [_forms(program, candidate) for candidate in candidates]
    shortest = [min((weight(form.right) for form in found if isinstance(form, MatrixEquation)), default=0)
                for found in zip(*forms, strict=True)]  # fmt: skip
    ratings = [sum(_rating(form, least) for form, least in zip(found, shortest, strict=True)) for found in forms]
    return candidates[ratings.index(max(ratings))]


def _forms(program: Program, candidate: Mapping[str, Layout]) -> list[MatrixEquation | NoMatrixForm]:
    return [matrix_form(equation, program, candidate) for equation in program.equations]


def _rating(form: MatrixEquation | NoMatrixForm, shortest: int) -> float:
    if isinstance(form, NoMatrixForm):
        return 0.0
    layouts = [read.layout for read in (form.left, *parts_of(form.right)) if isinstance(read, Read)]
    shares = [len(layout.matrix_places) / min(2, len(layout.sizes)) for layout in layouts if layout.sizes]
    return (sqrt(sum(shares) / len(shares)) if shares else 1.0) * shortest / weight(form.right)
