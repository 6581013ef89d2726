"""Equations in matrix notation, as people write them; each is compared with its index form, too."""

import pytest
from sympy import Eq, Max, Piecewise, oo, tanh

from symbackprop import LogSumExp, Network, ReduceMax, Sum
from symbackprop.matrix import Layout, NoMatrixForm, layouts, matrix_form
from symbackprop.verify.matrix import find_difference
from tests.matrix.values import show


class Given:
    """Matrices A (N, H), B (H, C), E (N, H), D (H, H); vectors u (H), w (H), v (N), c (C); a scalar s; a batch X
    (T, N, H) with its weights G (T, H, C); and integers k (N) below H."""

    def __init__(self):
        self.net = net = Network("given")
        N, H, C, T = self.N, self.H, self.C, self.T = net.dims("N H C T")
        self.n, self.i, self.j, self.m, self.t = net.indices(n=N, i=H, j=H, m=C, t=T)
        self.shapes = {"A": (N, H), "B": (H, C), "E": (N, H), "D": (H, H), "u": (H,), "w": (H,), "v": (N,), "c": (C,),
                       "s": (), "X": (T, N, H), "G": (T, H, C),
                       "Y": (N, T)}  # fmt: skip

    def __getattr__(self, name):
        """A tensor, declared where it is first read: none may be left over."""
        if name == "k":
            declared = self.net.input(name, (self.N,), dtype="int", high=self.H)
        else:
            declared = self.net.input(name, self.shapes[name])
        setattr(self, name, declared)
        return declared


def form_of(define):
    """Its text, or the reason why there is none, for the equation that `define` writes."""
    given = Given()
    out = given.net.tensor("out")
    define(given, out)
    given.net.output(out)
    program = given.net.to_program(needs_loss=False)
    equation = program.definitions["out"][0]
    form = matrix_form(equation, program, layouts(program))
    if isinstance(form, NoMatrixForm):
        return form.reason
    assert find_difference(equation, form, program, seed=2) is None
    return show(form)


CASES = []


def case(text):
    def noted(define):
        CASES.append(pytest.param(define, text, id=define.__name__))
        return define

    return noted


@case("out = A B")
def product(g, out):
    out[g.n, g.m] = Sum(g.A[g.n, g.i] * g.B[g.i, g.m], g.i)


@case("out = Bᵀ Aᵀ")
def transposed_product(g, out):
    out[g.m, g.n] = Sum(g.A[g.n, g.i] * g.B[g.i, g.m], g.i)


@case("out = A u")
def matrix_and_vector(g, out):
    out[g.n] = Sum(g.A[g.n, g.i] * g.u[g.i], g.i)


@case("out = Aᵀ v")
def vector_and_matrix(g, out):
    out[g.i] = Sum(g.A[g.n, g.i] * g.v[g.n], g.n)


@case("out = uᵀ w")
def inner(g, out):
    out[()] = Sum(g.u[g.i] * g.w[g.i], g.i)


@case("out = v uᵀ")
def outer(g, out):
    out[g.n, g.i] = g.v[g.n] * g.u[g.i]


@case("out = vᵀ A u")
def quadratic(g, out):
    out[()] = Sum(g.v[g.n] * g.A[g.n, g.i] * g.u[g.i], g.n, g.i)


@case("out = A 1_H")
def row_sums(g, out):
    out[g.n] = Sum(g.A[g.n, g.i], g.i)


@case("out = Aᵀ 1_N")
def column_sums(g, out):
    out[g.i] = Sum(g.A[g.n, g.i], g.n)


@case("out = 1_Nᵀ A 1_H")
def all_entries(g, out):
    out[()] = Sum(g.A[g.n, g.i], g.n, g.i)


@case("out = 1_Hᵀ u")
def all_of_a_vector(g, out):
    out[()] = Sum(g.u[g.i], g.i)


@case("out = ‖A‖_F^2")
def frobenius(g, out):
    out[()] = Sum(g.A[g.n, g.i] ** 2, g.n, g.i)


@case("out = 1_Nᵀ (A ⊙ E) 1_H")
def frobenius_inner(g, out):
    out[()] = Sum(g.A[g.n, g.i] * g.E[g.n, g.i], g.n, g.i)


@case("out = (A ⊙ E) 1_H")
def rows_of_a_product(g, out):
    out[g.n] = Sum(g.A[g.n, g.i] * g.E[g.n, g.i], g.i)


@case("out = tr(D)")
def trace(g, out):
    out[()] = Sum(g.D[g.i, g.i], g.i)


@case("out = tr(D D)")
def trace_of_a_product(g, out):
    out[()] = Sum(g.D[g.i, g.j] * g.D[g.j, g.i], g.i, g.j)


@case("out = diagonal(D)")
def diagonal(g, out):
    out[g.i] = g.D[g.i, g.i]


@case("out = diag(v) A")
def rows_scaled(g, out):
    out[g.n, g.i] = g.v[g.n] * g.A[g.n, g.i]


@case("out = A diag(u)")
def columns_scaled(g, out):
    out[g.n, g.i] = g.u[g.i] * g.A[g.n, g.i]


@case("out = A diag(u) B")
def scaled_between(g, out):
    out[g.n, g.m] = Sum(g.A[g.n, g.i] * g.u[g.i] * g.B[g.i, g.m], g.i)


@case("out = A D B")
def chain(g, out):
    out[g.n, g.m] = Sum(g.A[g.n, g.i] * g.D[g.i, g.j] * g.B[g.j, g.m], g.i, g.j)


@case("out = (A ⊙ E) B")
def elementwise_then_product(g, out):
    out[g.n, g.m] = Sum(g.A[g.n, g.i] * g.E[g.n, g.i] * g.B[g.i, g.m], g.i)


@case("out = A B + 1_N cᵀ")
def bias(g, out):
    out[g.n, g.m] = Sum(g.A[g.n, g.i] * g.B[g.i, g.m], g.i) + g.c[g.m]


@case("out = A - v 1_Hᵀ")
def column_taken_away(g, out):
    out[g.n, g.i] = g.A[g.n, g.i] - g.v[g.n]


@case("out = (A - E)ᵀ v")
def one_transpose_for_a_difference(g, out):
    out[g.i] = Sum((g.A[g.n, g.i] - g.E[g.n, g.i]) * g.v[g.n], g.n)


@case("out = (A - v 1_Hᵀ)^⊙2 1_H")
def squares_of_rows(g, out):
    out[g.n] = Sum((g.A[g.n, g.i] - g.v[g.n]) ** 2, g.i)


@case("out = 1 - A ⊙ A")
def one_less_squares(g, out):
    out[g.n, g.i] = 1 - g.A[g.n, g.i] ** 2


@case("out = 2·E - s·A")
def scalars_in_front(g, out):
    out[g.n, g.i] = 2 * g.E[g.n, g.i] - g.s * g.A[g.n, g.i]


@case("out = 1/N·Aᵀ E")
def mean_in_front(g, out):
    out[g.i, g.j] = Sum(g.A[g.n, g.i] * g.E[g.n, g.j], g.n) / g.N


@case("out = A ⊘ E")
def quotient(g, out):
    out[g.n, g.i] = g.A[g.n, g.i] / g.E[g.n, g.i]


@case("out = diag(v)⁻¹ A")
def rows_divided(g, out):
    out[g.n, g.i] = g.A[g.n, g.i] / g.v[g.n]


@case("out = tanh(A B)")
def function(g, out):
    out[g.n, g.m] = tanh(Sum(g.A[g.n, g.i] * g.B[g.i, g.m], g.i))


@case("out = max(A, E)")
def larger(g, out):
    out[g.n, g.i] = Max(g.A[g.n, g.i], g.E[g.n, g.i])


@case("out = max(0, A - 1)")
def larger_than_a_number(g, out):
    out[g.n, g.i] = Max(0, g.A[g.n, g.i] - 1)


@case("out = logsumexp_rows(A)")
def along_rows(g, out):
    out[g.n] = LogSumExp(g.A[g.n, g.i], g.i)


@case("out = max_columns(A)")
def along_columns(g, out):
    out[g.i] = ReduceMax(g.A[g.n, g.i], g.n)


@case("out = max(A)")
def of_all(g, out):
    out[()] = ReduceMax(g.A[g.n, g.i], g.n, g.i)


@case("out = [A > 0] ⊙ E")
def where_positive(g, out):
    out[g.n, g.i] = Piecewise((g.E[g.n, g.i], g.A[g.n, g.i] > 0), (0, True))


@case("out = [i ≥ j]_{i,j} ⊙ D")
def lower_triangle(g, out):
    out[g.i, g.j] = Piecewise((g.D[g.i, g.j], g.i >= g.j), (0, True))


@case("out = A - [i = k[n]]_{n,i}")
def one_hot(g, out):
    out[g.n, g.i] = g.A[g.n, g.i] - Piecewise((1, Eq(g.k[g.n], g.i)), (0, True))


@case("out = (D where [i ≥ j]_{i,j} else -∞)")
def masked(g, out):
    out[g.i, g.j] = Piecewise((g.D[g.i, g.j], g.i >= g.j), (-oo, True))


@case("out[t] = X[t] G[t]")
def batch(g, out):
    out[g.t, g.n, g.m] = Sum(g.X[g.t, g.n, g.i] * g.G[g.t, g.i, g.m], g.i)


@case("out = Σ_t X[t] G[t]")
def sum_over_labels(g, out):
    out[g.n, g.m] = Sum(g.X[g.t, g.n, g.i] * g.G[g.t, g.i, g.m], g.t, g.i)


@case("out = max_t(X[t]) B")
def maximum_over_labels(g, out):
    out[g.n, g.m] = Sum(ReduceMax(g.X[g.t, g.n, g.i], g.t) * g.B[g.i, g.m], g.i)


@case("out[t] = t·X[t]")
def a_label_as_a_number(g, out):
    out[g.t, g.n, g.i] = g.t * g.X[g.t, g.n, g.i]


@case("out = X[0] + X[T - 1]")
def labels_fixed(g, out):
    out[g.n, g.i] = g.X[0, g.n, g.i] + g.X[g.T - 1, g.n, g.i]


@case("out = diag([i]_i) D")
def an_index_as_a_number(g, out):
    out[g.i, g.j] = g.i * g.D[g.i, g.j]


@pytest.mark.parametrize(("define", "text"), CASES)
def test_notation(define, text):
    assert form_of(define) == text


# --- equations without a matrix form -------------------------------------------------------------------
def natural(program):
    """The layout in which the last two axes of every tensor are rows and columns."""
    out = {}
    for tensor in program.tensors:
        places = range(tensor.rank)
        row, column = (*places[-2:], None, None)[:2]
        out[tensor.name] = Layout(tuple(places[:-2]), row, column, tensor.shape, tensor.origin)
    return out


REASONS = []


def refused(text):
    def noted(define):
        REASONS.append(pytest.param(define, text, id=define.__name__))
        return define

    return noted


@refused("A is gathered by k")
def gathered(g, out):
    out[g.n] = g.A[g.n, g.k[g.n]]


@refused("A is read at column 0")
def a_fixed_column(g, out):
    out[g.n] = g.A[g.n, 0]


@refused("A is read at row N - n - 1")
def backwards(g, out):
    out[g.n, g.i] = g.A[g.N - 1 - g.n, g.i]


@refused("p runs over a part of the columns of A")
def a_part_of_the_columns(g, out):
    p = g.net.index("p", (1, g.H - 1))
    out[g.n] = Sum(g.A[g.n, p], p)


@refused("t runs over rows or columns, but labels X")
def column_and_label(g, out):
    out[g.n, g.t] = Sum(g.X[g.t, g.n, g.i] * g.Y[g.n, g.t], g.i)


@refused("t is a label, but runs over rows or columns of Y")
def label_and_column(g, out):
    out[g.t, g.n, g.i] = g.X[g.t, g.n, g.i] * g.Y[g.n, g.t]


@refused("a product has the 3 indices n, i, m")
def three_indices(g, out):
    out[g.n] = Sum(tanh(g.A[g.n, g.i] * g.c[g.m]), g.i, g.m)


@refused("three factors share the index i")
def shared_by_three(g, out):
    """Four indices, each beside each: whichever is summed first, three are left in one factor."""
    i, j, p, q = g.i, g.j, *g.net.indices(p=g.H, q=g.H)
    out[()] = Sum(g.D[i, j] * g.D[i, p] * g.D[i, q] * g.D[j, p] * g.D[j, q] * g.D[p, q], i, j, p, q)


@pytest.mark.parametrize(("define", "text"), REASONS)
def test_reasons(define, text):
    given = Given()
    out = given.net.tensor("out")
    define(given, out)
    given.net.output(out)
    program = given.net.to_program(needs_loss=False)
    form = matrix_form(program.equations[0], program, natural(program))
    assert form == NoMatrixForm(text)


def test_labels_alone():
    given = Given()
    out = given.net.tensor("out")
    out[given.i] = given.u[given.H - 1 - given.i]
    given.net.output(out)
    program = given.net.to_program(needs_loss=False)
    form = matrix_form(program.equations[0], program, layouts(program))
    assert form == NoMatrixForm("each of its indices is a label")
