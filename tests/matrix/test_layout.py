"""What layouts the equations of a program allow."""

from itertools import count

import pytest
from sympy import Eq, Piecewise

from symbackprop import LogSumExp, Network, Sum, derive, zoo
from symbackprop.matrix.layout import by_entries, candidate_layouts, reads, runs_over
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.program import Tensor, TensorKind
from symbackprop.terms.term import Axis, Where, subterms


def program_of(define):
    """The program of the equation that `define` writes: a family of matrices X (T, N, H), a matrix A (N, H), integers
    k (N) below H."""
    net = Network("given")
    T, N, H = net.dims("T N H")
    t, n, i = net.indices(t=T, n=N, i=H)
    X, A = net.input("X", (T, N, H)), net.input("A", (N, H))
    k = net.input("k", (N,), dtype="int", high=H)
    out = net.tensor("out")
    define(out, X, A, k, t, n, i)
    net.output(out)
    return net.to_program(needs_loss=False)


def labels_of(program):
    """Of the first candidate: the places of each tensor's labels."""
    return {name: layout.labels for name, layout in candidate_layouts(program)[0].items()}


def test_what_is_read_at_a_shifted_position_is_a_label():
    def define(out, X, A, k, t, n, i):
        out[t, n, i] = Piecewise((X[t - 1, n, i], t >= 1), (0, True)) * A[n, i] * k[n]

    assert labels_of(program_of(define)) == {"X": (0,), "A": (), "k": (), "out": (0,)}


def test_an_index_is_a_label_everywhere_or_nowhere():
    """n, which labels X at n - 1, labels A too."""

    def define(out, X, A, k, t, n, i):
        out[t, n, i] = Piecewise((X[t, n - 1, i], n >= 1), (0, True)) * A[n, i] * k[n]

    assert labels_of(program_of(define)) == {"X": (1,), "A": (0,), "k": (0,), "out": (1,)}


def test_of_more_than_two_axes_the_first_are_labels():
    """Where nothing is a matrix: a gather."""

    def define(out, X, A, k, t, n, i):
        out[t, n] = X[t, n, k[n]] * A[n, k[n]]

    (layouts,) = candidate_layouts(program_of(define))
    assert (layouts["X"].labels, layouts["X"].row, layouts["X"].column) == ((0,), 1, 2)


@pytest.mark.parametrize("name", ["lstm", "attention", "deep_mlp"])
def test_adjoints_have_the_layout_of_their_tensors(name):
    program = derive(zoo.load(name)).program
    for found in candidate_layouts(program):
        for tensor in program.tensors:
            if tensor.adjoint_of:
                assert found[tensor.name] == found[tensor.adjoint_of]


@pytest.mark.parametrize("name", ["lstm", "attention", "lenet", "gmm"])
def test_layouts_hold_each_axis_once_rows_before_columns(name):
    program = derive(zoo.load(name)).program
    for found in candidate_layouts(program):
        for tensor in program.tensors:
            layout = found[tensor.name]
            assert sorted((*layout.labels, *layout.matrix_places)) == list(range(tensor.rank))
            assert list(layout.matrix_places) == sorted(layout.matrix_places)
            assert (layout.sizes, layout.origin) == (tensor.shape, tensor.origin)


def test_reductions_have_indices_of_their_own():
    def define(out, X, A, k, t, n, i):
        out[n] = Sum(A[n, i], i) * LogSumExp(A[n, i], i) + Sum(A[n, i] ** 2, i) * k[n] * Sum(X[t, n, i], t, i)

    program = program_of(define)
    (equation,) = program.equations
    own = {axis.index: axis for axis in equation.axes}
    found = [access for access, _ in reads(equation.rhs, own, program, count()) if access.tensor == "A"]
    assert len({access.subscripts[1] for access in found}) == len(found) == 3
    for access, ranges in reads(equation.rhs, own, program, count()):
        assert all(index in ranges for subscript in access.subscripts for index in subscript.indices())


def test_conditions_on_indices_and_integers_are_given_by_entries():
    def define(out, X, A, k, t, n, i):
        out[n, i] = Piecewise((A[n, i], Eq(k[n], i)), (X[0, n, i], A[n, i] > 0), (2 * X[0, n, i], True))

    program = program_of(define)
    (equation,) = program.equations
    conditions = [term.condition for term in subterms(equation.rhs) if isinstance(term, Where)]
    assert [by_entries(condition, program) for condition in conditions] == [True, False]
    assert "k" not in {access.tensor for access, _ in reads(equation.rhs, {}, program, count())}


def test_what_runs_over_a_whole_axis():
    N, n = Poly.of(Dim("N")), Index("n")
    A = Tensor("A", TensorKind.INPUT, (N, N), (ZERO, ONE))
    whole, later = Axis(n, ZERO, N - 1), Axis(n, ONE, N)
    assert runs_over(Poly.of(n), A, 0, {n: whole})
    assert runs_over(Poly.of(n), A, 1, {n: later})
    assert not runs_over(Poly.of(n), A, 0, {n: later})
    assert not runs_over(Poly.of(n) + 1, A, 1, {n: whole})
    assert not runs_over(Poly.of(n), A, 0, {})
    assert not runs_over(ZERO, A, 0, {n: whole})
