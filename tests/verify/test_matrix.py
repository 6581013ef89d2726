"""The matrix forms of networks, compared with their equations in indices."""

from dataclasses import replace
from fractions import Fraction

import pytest
from sympy import Piecewise

import symbackprop.terms.build as terms
from symbackprop import Network, derive, zoo
from symbackprop.matrix import MatrixEquation, NoMatrixForm, layouts, matrix_form
from symbackprop.matrix.constructors import scale
from symbackprop.matrix.form import Compared, Hadamard, Map, Power, Where
from symbackprop.matrix.form import Sum as Added
from symbackprop.pipeline import hessian_vector_product
from symbackprop.terms.build import MINUS, number
from symbackprop.terms.term import Function, Relation
from symbackprop.verify.matrix import check_matrix_forms, find_difference
from tests.matrix.values import show

# How many of a network's equations have none, at most: those that gather or scatter by data, those that read or write
# a part of an axis, as a concatenation does, and those in which each index is a label. Documents check the whole zoo.
WITHOUT = {
    "attention": 0, "autoencoder": 0, "crf": 4, "deep_mlp": 1, "factorization_machine": 0, "gmm": 0, "hmm": 5,
    "layer_norm_mlp": 1, "lenet": 1, "lstm": 1, "moe": 1, "neural_ode": 0, "rnn": 1, "siamese": 0, "vae": 0,
    "word2vec": 7,
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT)
def test_the_zoo(name):
    rows = check_matrix_forms(derive(zoo.load(name)).derived)
    wrong = [(row.equation, show(row.form), row.difference) for row in rows if not row.passed]
    assert not wrong
    reasons = [row.form.reason for row in rows if isinstance(row.form, NoMatrixForm)]
    assert len(reasons) <= WITHOUT[name], reasons
    assert all(reasons)
    assert len(reasons) < len(rows)


def test_second_order():
    net = hessian_vector_product(zoo.load("mlp"))
    rows = check_matrix_forms(derive(net).derived)
    assert all(row.passed for row in rows)
    assert all(isinstance(row.form, MatrixEquation) for row in rows)


def test_given_sizes():
    rows = check_matrix_forms(derive(zoo.load("mlp")).derived, {"N": 3, "D": 2, "H": 7, "C": 5}, seed=4)
    assert len(rows) == 13
    assert all(row.passed for row in rows)


# --- forms that are not the term of their equation -------------------------------------------------------
def difference(term, form):
    """Where out[n, i] = term(A[n, i], E[n, i]) and a form of the matrices A and E differ."""
    net = Network("given")
    N, H = net.dims("N H")
    n, i = net.indices(n=N, i=H)
    A, E = net.input("A", (N, H)), net.input("E", (N, H))
    out = net.tensor("out")
    out[n, i] = A[n, i] + E[n, i]
    net.output(out)
    program = net.to_program(needs_loss=False)
    (equation,) = program.definitions["out"]
    found = matrix_form(equation, program, layouts(program))
    assert isinstance(found, MatrixEquation)
    equation = replace(equation, rhs=term(*equation.rhs.args))
    return find_difference(equation, replace(found, right=form(*found.right.addends)), program)


def twice(form):
    return scale(number(2), (), form)


def test_equal_modulo_a_prime():
    def together(a, e):
        return terms.apply(Function.EXP, terms.add(a, e))

    def apart(A, E):
        return Hadamard((Map(Function.EXP, (A,)), Map(Function.EXP, (E,))))

    assert difference(together, apart) is None
    found = difference(together, lambda A, E: apart(A, A))
    assert found is not None
    assert (found.tensor, found.index) == ("out", (0, 0))
    assert found.derived != found.truth


def test_real_numbers_decide_where_residues_differ():
    """sin 2a = 2 sin a cos a is none of the identities that residues obey."""

    def double(a, e):
        return terms.apply(Function.SIN, terms.mul(2, a))

    def of_one(A, E):
        return twice(Hadamard((Map(Function.SIN, (A,)), Map(Function.COS, (A,)))))

    def of_two(A, E):
        return twice(Hadamard((Map(Function.SIN, (A,)), Map(Function.COS, (E,)))))

    assert difference(double, of_one) is None
    assert difference(double, of_two) is not None


def test_residues_decide_where_no_real_number_does():
    """The root of a negative number."""

    def root(a, e):
        return terms.sqrt(terms.sub(number(-1), terms.power(a, 2)))

    def of_another(A, E):
        return Power(Added((twice(Map(Function.SIN, (E,))), Power(A, Fraction(2)))), Fraction(1, 2))

    assert difference(root, of_another) is not None


def test_what_differs_at_ties_alone():
    def larger(a, e):
        return terms.where(terms.compare(Relation.GT, a, e), a, terms.mul(3, e))

    def by(relation):
        return lambda A, E: Where(Compared(relation, A, E), A, scale(number(3), (), E))

    assert difference(larger, by(Relation.GT)) is None
    assert difference(larger, by(Relation.GE)) is not None


def test_what_differs_at_infinities_alone():
    """The weights of a softmax are exp(u - v), and 0 where u and v are -oo."""

    def weight(a, e):
        return terms.apply(Function.EXP_NORMALIZED, a, e)

    assert difference(weight, lambda A, E: Map(Function.EXP_NORMALIZED, (A, E))) is None
    assert difference(weight, lambda A, E: Map(Function.EXP, (Added((A, scale(MINUS, (), E))),))) is not None


def test_labels_outside_a_tensor():
    """Of X_t - X_{t-1} where t >= 1 the condition is dropped."""
    net = Network("steps")
    T, N = net.dims("T N")
    t, n = net.indices(t=T, n=N)
    X, out = net.input("X", (T, N)), net.tensor("out")
    out[t, n] = Piecewise((X[t - 1, n], t >= 1), (0, True))
    net.output(out)
    program = net.to_program(needs_loss=False)
    (equation,) = program.equations
    form = matrix_form(equation, program, layouts(program))
    assert find_difference(equation, form, program) is None
    found = find_difference(equation, replace(form, right=form.right.form), program)
    assert found is not None
    assert "X[-1, 0] lies outside X" in found.failure
