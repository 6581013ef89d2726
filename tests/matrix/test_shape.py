"""The checker of matrix forms: what does not fit is refused."""

import numpy as np
import pytest

from symbackprop.matrix.constructors import product, transpose
from symbackprop.matrix.form import (
    Along,
    Compared,
    Diagonal,
    Direction,
    Hadamard,
    Joined,
    MatrixEquation,
    Ones,
    Product,
    Read,
    Scaled,
    Shape,
    Sum,
    Trace,
    Transposed,
    Where,
)
from symbackprop.matrix.shape import MalformedMatrix, check, shape_of
from symbackprop.terms.build import UNIT
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import Axis, Connective, Reduction, Relation

from .test_entries import CONSTRUCTS, SIZES
from .values import read

N, H, C = (Poly.of(Dim(name)) for name in "NHC")
A, B, D, v, s = read("A", N, H), read("B", H, C), read("D", H, H), read("v", N), read("s")
WRONG = {
    "a product that does not chain": Product((B, A)),
    "a vector times a matrix": Product((v, A)),
    "a scalar in a product": Product((s, A)),
    "addends of two shapes": Sum((A, B)),
    "a vector added to a matrix": Sum((A, v)),
    "factors of two shapes": Hadamard((A, transpose(A))),
    "a transpose of a transpose": Transposed(Transposed(A)),
    "a transpose of a product": Transposed(Product((A, B))),
    "a transpose of a scalar": Transposed(s),
    "the diagonal matrix of a matrix": Diagonal(A),
    "the trace of what is not square": Trace(A),
    "a matrix as a scalar factor": Scaled(UNIT, (A,), A),
    "rows of a vector": Along(Reduction.MAX, Direction.ROWS, v),
    "a sum of entries": Along(Reduction.SUM, Direction.ROWS, A),
    "values where a condition should be": Where(A, A, None),
    "values joined": Joined(Connective.AND, (A, A)),
    "a comparison of two shapes": Compared(Relation.GT, A, B),
    "a label too many": Read("A", (ZERO,), A.layout),
}


@pytest.mark.parametrize("form", WRONG.values(), ids=WRONG)
def test_refused(form):
    with pytest.raises(MalformedMatrix):
        shape_of(form)


@pytest.mark.parametrize(("form", "array"), CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_shapes_are_those_of_arrays(form, array):
    shape = shape_of(form)
    sizes = [1 if size is None else size.evaluate(lambda dim: SIZES[dim.name]) for size in (shape.rows, shape.columns)]
    assert tuple(sizes) == np.shape(array)


def test_shapes():
    assert shape_of(product(A, B)) == Shape(N, C)
    assert shape_of(product(transpose(v), A)) == Shape(None, H)
    assert shape_of(product(v, transpose(Ones(C)))) == Shape(N, C)
    assert shape_of(product(transpose(v), v)) == Shape()
    assert str(shape_of(v)) == "N × 1"


def test_both_sides_agree_and_labels_are_bound():
    t = Axis(Index("t"), ZERO, C - 1)
    X = read("X", C, N, H, labels=(Poly.of(t.index),))
    check(MatrixEquation(X, (t,), X))
    with pytest.raises(MalformedMatrix, match="labels t"):
        check(MatrixEquation(A, (), X))
    with pytest.raises(MalformedMatrix, match="A: expected N × H, found H × C"):
        check(MatrixEquation(A, (), B))
