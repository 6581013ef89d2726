"""What forms say entry by entry, against plain NumPy; and equations told in indices again."""

from pathlib import Path

import numpy as np
import pytest

from symbackprop.interpret import Interpreter
from symbackprop.interpret.failures import OutsideTensor
from symbackprop.matrix import MatrixEquation, entries
from symbackprop.matrix import form as forms
from symbackprop.matrix.constructors import hadamard, product, transpose
from symbackprop.matrix.entries import in_indices
from symbackprop.matrix.form import (
    Along,
    Coefficient,
    Compared,
    Diagonal,
    DiagonalOf,
    Direction,
    Entries,
    Form,
    Hadamard,
    Joined,
    Layout,
    Map,
    Ones,
    Over,
    Power,
    Product,
    Read,
    Scaled,
    SquaredNorm,
    Sum,
    Trace,
    Transposed,
    Where,
)
from symbackprop.terms.build import NEGATIVE_INFINITY, UNIT, access, compare, number, poly_value, power
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Op, Program, Tensor, TensorKind
from symbackprop.terms.show import show
from symbackprop.terms.term import Axis, Connective, Function, Reduction, Relation

from .values import read, value_of

SIZES = {"N": 3, "H": 5, "C": 7, "T": 2}
N, H, C, T = (Poly.of(Dim(name)) for name in SIZES)
RNG = np.random.default_rng(11)
SHAPES = {"A": (3, 5), "B": (5, 7), "E": (3, 5), "D": (5, 5), "v": 3, "u": 5, "w": 5, "s": (), "X": (2, 3, 5),
          "Z": (2, 3)}  # fmt: skip
VALUES = {name: RNG.normal(size=shape) for name, shape in SHAPES.items()} | {"k": np.array([4, 0, 2])}
A_, B_, E_, D_, v_, u_, w_, s_, X_, Z_, k_ = VALUES.values()
A, B, E, D = read("A", N, H), read("B", H, C), read("E", N, H), read("D", H, H)
v, u, w, s = read("v", N), read("u", H), read("w", H), read("s")
t = Index("t")
X, steps = read("X", T, N, H, labels=(Poly.of(t),)), Axis(t, ZERO, T - 1)
n, i = Axis(Index("n"), ZERO, N - 1), Axis(Index("i"), Poly.of(2), H + 1)  # entries may be counted from anywhere
BEFORE = Entries(compare(Relation.GE, poly_value(Poly.of(i.index)), poly_value(Poly.of(n.index) * 2)), n, i)
BEFORE_ = np.arange(2, 7) >= 2 * np.arange(3)[:, None]
LOOKED_UP = Entries(compare(Relation.EQ, access("k", [Poly.of(n.index)]), poly_value(Poly.of(i.index) - 2)), n, i)
GREATER = Compared(Relation.GT, A, E)
NEVER = Entries(compare(Relation.GE, poly_value(ZERO), poly_value(T)), None, None)


def logsumexp(array, axis=None):
    return np.log(np.sum(np.exp(array), axis=axis))


CONSTRUCTS = {
    "Read of a matrix": (A, A_),
    "Read of a vector": (v, v_[:, None]),
    "Read of a scalar": (s, s_.reshape(1, 1)),
    "Coefficient": (Coefficient(power(poly_value(N), -1)), np.full((1, 1), 1 / 3)),
    "Entries of a condition": (BEFORE, BEFORE_),
    "Entries of numbers": (Entries(poly_value(Poly.of(i.index) * Poly.of(n.index)), i, n),
                           np.arange(2, 7)[:, None] * np.arange(3)),
    "Entries of a vector": (Entries(poly_value(Poly.of(i.index)), i, None), np.arange(2, 7)[:, None]),
    "Entries of data": (LOOKED_UP, np.arange(5) == k_[:, None]),
    "Ones of a vector": (Ones(H), np.ones((5, 1))),
    "Ones of a matrix": (Ones(N, H), np.ones((3, 5))),
    "Transposed matrix": (Transposed(A), A_.T),
    "Transposed vector": (Transposed(v), v_[None, :]),
    "Product of matrices": (Product((A, B)), A_ @ B_),
    "Product of three": (Product((A, D, B)), A_ @ D_ @ B_),
    "Product with a vector": (Product((A, u)), (A_ @ u_)[:, None]),
    "Product, vector first": (Product((Transposed(v), A)), (v_ @ A_)[None, :]),
    "Product, inner": (Product((Transposed(u), w)), np.full((1, 1), u_ @ w_)),
    "Product, outer": (Product((v, Transposed(u))), np.outer(v_, u_)),
    "Product of sums": (Product((Sum((A, E)), Sum((Product((D, B)), B)))), (A_ + E_) @ (D_ @ B_ + B_)),
    "Product in a product's factor": (Product((Hadamard((Product((v, Transposed(u))), A)), B)),
                                      (np.outer(v_, u_) * A_) @ B_),
    "Hadamard": (Hadamard((A, E, A)), A_ * E_ * A_),
    "Hadamard with a condition": (Hadamard((GREATER, E)), (A_ > E_) * E_),
    "Scaled": (Scaled(number(3), (s, Trace(D)), A), 3 * s_ * np.trace(D_) * A_),
    "Scaled by nothing that holds": (Scaled(UNIT, (NEVER,), A), 0 * A_),
    "Sum": (Sum((A, E)), A_ + E_),
    "Power": (Power(A, 3), A_**3),
    "Map": (Map(Function.TANH, (A,)), np.tanh(A_)),
    "Map of two": (Map(Function.MAX, (A, E)), np.maximum(A_, E_)),
    "Compared": (GREATER, A_ > E_),
    "Joined by and": (Joined(Connective.AND, (GREATER, BEFORE)), (A_ > E_) & BEFORE_),
    "Joined by or": (Joined(Connective.OR, (GREATER, BEFORE)), (A_ > E_) | BEFORE_),
    "Joined by not": (Joined(Connective.NOT, (GREATER,)), A_ <= E_),
    "Where": (Where(GREATER, A, Product((v, Transposed(u)))), np.where(A_ > E_, A_, np.outer(v_, u_))),
    "Where, else 0": (Where(GREATER, A, None), np.where(A_ > E_, A_, 0)),
    "Where, else -oo": (Where(BEFORE, A, Scaled(NEGATIVE_INFINITY, (), Ones(N, H))), np.where(BEFORE_, A_, -np.inf)),
    "Where of a scalar": (Where(Compared(Relation.GE, s, Coefficient(number(-9))), A, E), A_),
    "Along rows": (Along(Reduction.MAX, Direction.ROWS, A), A_.max(axis=1)[:, None]),
    "Along columns": (Along(Reduction.LOGSUMEXP, Direction.COLUMNS, A), logsumexp(A_, 0)[:, None]),
    "Along all": (Along(Reduction.PRODUCT, Direction.ALL, A), A_.prod().reshape(1, 1)),
    "Along all of a vector": (Along(Reduction.MIN, Direction.ALL, v), v_.min().reshape(1, 1)),
    "Along all of a row": (Along(Reduction.MIN, Direction.ALL, Transposed(v)), v_.min().reshape(1, 1)),
    "Over": (Over(Reduction.SUM, (steps,), Product((X, D))), X_.sum(axis=0) @ D_),
    "Over, a maximum": (Over(Reduction.MAX, (steps,), X), X_.max(axis=0)),
    "Diagonal": (Diagonal(u), np.diag(u_)),
    "Diagonal of a condition": (Diagonal(Compared(Relation.GT, u, w)), np.diag(u_ > w_)),
    "Diagonal, rows scaled": (Product((Diagonal(v), A)), np.diag(v_) @ A_),
    "Diagonal, columns scaled": (Product((A, Diagonal(u))), A_ @ np.diag(u_)),
    "Diagonal between": (Product((A, Diagonal(u), D, Diagonal(w), B)), A_ @ np.diag(u_) @ D_ @ np.diag(w_) @ B_),
    "Diagonal twice": (Product((Diagonal(u), Diagonal(w), D)), np.diag(u_ * w_) @ D_),
    "Diagonals alone": (Product((Diagonal(u), Diagonal(u))), np.diag(u_**2)),
    "Diagonal beside a row": (Product((Transposed(v), Diagonal(v), A)), (v_**2 @ A_)[None, :]),
    "DiagonalOf": (DiagonalOf(D), np.diag(D_)[:, None]),
    "Trace": (Trace(Product((Transposed(A), E))), np.trace(A_.T @ E_).reshape(1, 1)),
    "SquaredNorm of a matrix": (SquaredNorm(A), (A_**2).sum().reshape(1, 1)),
    "SquaredNorm of a vector": (SquaredNorm(v), (v_**2).sum().reshape(1, 1)),
}  # fmt: skip


@pytest.mark.parametrize(("form", "expected"), CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_by_numpy(form, expected):
    np.testing.assert_allclose(value_of(form, VALUES, SIZES, {t: 1}), expected, rtol=1e-12, atol=1e-14)


def test_no_construct_is_left_out():
    told = {type(form).__name__ for form, _ in CONSTRUCTS.values()}
    assert told == {kind.__name__ for kind in vars(forms).values() if isinstance(kind, type) and Form in kind.__bases__}


def test_it_shares_forms_and_shapes_alone_with_the_conversion():
    shared = {line.split()[1] for line in Path(entries.__file__).read_text().splitlines() if line.startswith("from ")}
    assert {name for name in shared if ".matrix" in name} == {"symbackprop.matrix.form", "symbackprop.matrix.shape"}


# --- what is not finite, what is not there -------------------------------------------------------------
NOT_FINITE = {
    "A": np.array([[1.0, -1.0, 2.0], [-3.0, 4.0, 5.0]]),
    "E": np.array([[7.0, np.inf, 1.0], [np.nan, 2.0, 3.0]]),
    "v": np.array([2.0, -np.inf]),
}


def test_a_condition_that_is_off_hides_what_is_multiplied():
    sizes = {"N": 2, "H": 3}

    def value(form):
        return value_of(form, NOT_FINITE, sizes)

    off = Compared(Relation.GT, A, hadamard(A, A))  # nowhere but where 0 < A < 1
    np.testing.assert_array_equal(value(hadamard(off, E)), np.zeros((2, 3)))
    np.testing.assert_array_equal(value(product(transpose(off), E)), np.zeros((3, 3)))
    np.testing.assert_array_equal(value(product(Diagonal(v), off)), np.zeros((2, 3)))
    np.testing.assert_array_equal(value(Where(off, E, A)), NOT_FINITE["A"])


def test_diagonal_matrices_scale():
    found = value_of(product(Diagonal(v), A), NOT_FINITE, {"N": 2, "H": 3})
    np.testing.assert_array_equal(found, NOT_FINITE["v"][:, None] * NOT_FINITE["A"])
    turned = value_of(product(transpose(A), Diagonal(v)), NOT_FINITE, {"N": 2, "H": 3})
    np.testing.assert_array_equal(turned, found.T)


def test_a_guard_on_labels_keeps_from_reading_outside():
    guard = Entries(compare(Relation.GE, poly_value(Poly.of(t)), poly_value(1)), None, None)
    before = read("Z", T, N, labels=(Poly.of(t) - 1,))
    guarded = Scaled(UNIT, (guard,), before)
    np.testing.assert_array_equal(value_of(guarded, VALUES, SIZES, {t: 0}), np.zeros((3, 1)))
    np.testing.assert_array_equal(value_of(guarded, VALUES, SIZES, {t: 2})[:, 0], Z_[1])
    with pytest.raises(OutsideTensor, match="Z"):
        value_of(before, VALUES, SIZES, {t: 0})


# --- equations -----------------------------------------------------------------------------------------
def test_an_equation_in_indices():
    """y_t = X_t B + 1 cᵀ, the axes of y in another order and counted from 1."""
    y = Read("y", (Poly.of(t),), Layout((1,), 0, 2, (N, T, C), (Poly.of(1), ZERO, ZERO)))
    right = Sum((Product((X, B)), Product((Ones(N), Transposed(read("c", C))))))
    found = in_indices(MatrixEquation(y, (steps,), right), Index("n"), Index("m"))
    assert show(found) == "y[n, t, m] = Σ_i B[i, m]·X[t, n - 1, i] + c[m]"
    assert [str(axis) for axis in found.axes] == ["t=0..T - 1", "n=1..N", "m=0..C - 1"]


def test_labels_shift_and_what_several_instances_write_is_added():
    """X_t += Y_{t+1} + Y_t for t = 0..T-2, and Z += Y_t for all t; Y starts at 1."""
    sizes, given = {"N": 2, "T": 5}, np.arange(10.0).reshape(5, 2)
    here, ahead = (read("Y", T, N, labels=(Poly.of(t) + k,), origin=(Poly.of(1), ZERO)) for k in (1, 2))
    some = Axis(t, ZERO, T - 2)
    x, z = read("x", T, N, labels=(Poly.of(t),)), read("z", N)

    def value(equation):
        told = in_indices(equation, Index("n"), Index("m"))
        tensors = [Tensor(r.tensor, kind, r.layout.sizes, r.layout.origin)
                   for r, kind in ((here, TensorKind.INPUT), (equation.left, TensorKind.INTERMEDIATE))]  # fmt: skip
        return Interpreter(Program("", ("N", "T"), tuple(tensors), (told,)), sizes, {"Y": given}).array(told.target)

    expected = np.zeros((5, 2))
    expected[:4] = given[:4] + given[1:]
    np.testing.assert_array_equal(value(MatrixEquation(x, (some,), Sum((here, ahead)), Op.ACCUMULATE)), expected)
    np.testing.assert_array_equal(value(MatrixEquation(z, (steps,), here, Op.ACCUMULATE)), given.sum(axis=0))
