"""Forms over given arrays: how they are made, their values by the interpreter, and equations of them as text."""

import numpy as np

from symbackprop.formula.text import text
from symbackprop.interpret import Interpreter
from symbackprop.matrix.entries import entry
from symbackprop.matrix.form import Entries, Layout, Read, parts_of
from symbackprop.matrix.form_writing import FormWriter
from symbackprop.matrix.shape import shape_of
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import DType, Equation, Program, Tensor, TensorKind
from symbackprop.terms.term import Axis
from symbackprop.terms.writing import Writer


def read(name, *sizes, labels=(), origin=None):
    """A tensor of these sizes: as many labels as are given, then rows, then columns."""
    row, column = (*range(len(labels), len(sizes)), None, None)[:2]
    return Read(name, labels, Layout(tuple(range(len(labels))), row, column, sizes, origin or (ZERO,) * len(sizes)))


def value_of(form, values, sizes, labels=None):
    """The value of a form, an array of two axes: one row for a row vector, one column for a column vector, one of each
    for a scalar. `labels`: the integer that each label index is."""
    shape = shape_of(form)
    indices = Index("row"), Index("column")
    sizes_of = zip(indices, (shape.rows, shape.columns), strict=True)
    there = [(index, size) for index, size in sizes_of if size is not None]
    places = {index: Poly.of(index) for index, _ in there}
    axes = [Axis(index, ZERO, size - 1) for index, size in there]
    axes += [Axis(index, Poly.of(value), Poly.of(value)) for index, value in (labels or {}).items()]
    out = Tensor("out", TensorKind.INTERMEDIATE, tuple(size for _, size in there), (ZERO,) * len(there))
    rhs = entry(form, *map(places.get, indices))
    equation = Equation("out", tuple(places.values()), tuple(axes), rhs)
    program = Program("values", tuple(sizes), (*_given(form, values), out), (equation,))
    found = np.asarray(Interpreter(program, sizes, values).array("out"), dtype=float)
    return found.reshape(1 if shape.rows is None else len(found), 1 if shape.columns is None else -1)


def _given(form, values):
    """The tensors that the form reads, and those of integers that its entries read."""
    reads = {part.tensor: part.layout for part in parts_of(form) if isinstance(part, Read)}
    for name, layout in reads.items():
        yield Tensor(name, TensorKind.INPUT, layout.sizes, layout.origin)
    for name in {name for part in parts_of(form) if isinstance(part, Entries) for name in part.term.tensors}:
        shape = tuple(map(Poly.of, values[name].shape))
        yield Tensor(name, TensorKind.INPUT, shape, (ZERO,) * len(shape), DType.INT)


def show(equation):
    """An equation as a line of text, without the ranges of its labels: `d_z1 = (d_z2 W2) ⊙ (1 - a1 ⊙ a1)`."""
    return text(FormWriter(Writer()).equation(equation))
