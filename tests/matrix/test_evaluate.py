"""Values of matrix forms by hand, and where a condition that is off hides what is not finite."""

import numpy as np
import pytest

from symbackprop.matrix.build import hadamard, product, transpose
from symbackprop.matrix.evaluate import OutsideLabels, evaluate, value_of
from symbackprop.matrix.form import Compared, Diagonal, Entries, Layout, MatrixEquation, Read, Scaled, Sum, Where
from symbackprop.terms.build import UNIT, compare, poly_value
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.term import Axis, Relation

N, H, T = (Poly.of(Dim(name)) for name in "NHT")
SIZES = {"N": 2, "H": 3, "T": 5}
t = Index("t")


def read(name, *sizes, labels=(), origin=None):
    row, column = (*range(len(labels), len(sizes)), None, None)[:2]
    return Read(name, labels, Layout(tuple(range(len(labels))), row, column, sizes, origin or (ZERO,) * len(sizes)))


A, E, v = read("A", N, H), read("E", N, H), read("v", N)
VALUES = {
    "A": np.array([[1.0, -1.0, 2.0], [-3.0, 4.0, 5.0]]),
    "E": np.array([[7.0, np.inf, 1.0], [np.nan, 2.0, 3.0]]),
    "v": np.array([2.0, -np.inf]),
}


def test_a_condition_that_is_off_hides_what_is_multiplied():
    off = Compared(Relation.GT, A, hadamard(A, A))  # nowhere but where 0 < A < 1
    np.testing.assert_array_equal(value_of(hadamard(off, E), VALUES, SIZES), np.zeros((2, 3)))
    np.testing.assert_array_equal(value_of(product(transpose(off), E), VALUES, SIZES), np.zeros((3, 3)))
    np.testing.assert_array_equal(value_of(product(Diagonal(v), off), VALUES, SIZES), np.zeros((2, 3)))
    np.testing.assert_array_equal(value_of(Where(off, E, A), VALUES, SIZES), VALUES["A"])


def test_diagonal_matrices_scale():
    found = value_of(product(Diagonal(v), A), VALUES, SIZES)
    np.testing.assert_array_equal(found, VALUES["v"][:, None] * VALUES["A"])
    turned = value_of(product(transpose(A), Diagonal(v)), VALUES, SIZES)
    np.testing.assert_array_equal(turned, found.T)


def test_labels_shift_and_what_several_instances_write_is_added():
    """X_t += Y_{t+1} + Y_t for t = 0..T-2, and Z += Y_t for all t; Y starts at 1."""
    values = {"Y": np.arange(10.0).reshape(5, 2)}
    steps = Axis(t, ZERO, T - 2)
    here, ahead = (read("Y", T, N, labels=(Poly.of(t) + k,), origin=(Poly.of(1), ZERO)) for k in (1, 2))
    X, Z = read("X", T, N, labels=(Poly.of(t),)), read("Z", N)
    found = evaluate(MatrixEquation(X, (steps,), Sum((here, ahead)), Op.ACCUMULATE), values, SIZES)
    expected = np.zeros((5, 2))
    expected[:4] = values["Y"][:4] + values["Y"][1:]
    np.testing.assert_array_equal(found, expected)
    total = evaluate(MatrixEquation(Z, (Axis(t, ZERO, T - 1),), here, Op.ACCUMULATE), values, SIZES)
    np.testing.assert_array_equal(total, values["Y"].sum(axis=0))


def test_a_guard_on_labels_keeps_from_reading_outside():
    guard = Entries(compare(Relation.GE, poly_value(Poly.of(t)), poly_value(1)), None, None)
    before = read("Y", T, N, labels=(Poly.of(t) - 1,))
    values = {"Y": np.arange(10.0).reshape(5, 2)}
    guarded = Scaled(UNIT, (guard,), before)
    np.testing.assert_array_equal(value_of(guarded, values, SIZES, {t: 0}), np.zeros((2, 1)))
    np.testing.assert_array_equal(value_of(guarded, values, SIZES, {t: 3}), values["Y"][2][:, None])
    with pytest.raises(OutsideLabels, match="Y, read at t = 0"):
        value_of(before, values, SIZES, {t: 0})
