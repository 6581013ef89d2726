"""The matrix forms of networks, compared with their equations in indices."""

import pytest

from symbackprop import derive, zoo
from symbackprop.matrix import MatrixEquation, NoMatrixForm
from symbackprop.matrix.show import show
from symbackprop.pipeline import hessian_vector_product
from symbackprop.verify.matrix import check_matrix_forms

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
    wrong = [(row.equation, show(row.form), row.error) for row in rows if not row.passed]
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
    assert all(row.passed and row.error is not None for row in rows)
