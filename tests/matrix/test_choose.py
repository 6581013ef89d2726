"""The layout that is chosen: one for the whole program, so that most of its equations are products of matrices."""

import pytest

from symbackprop import Network, Sum, derive, zoo
from symbackprop.matrix import NoMatrixForm, layouts, matrix_form
from symbackprop.matrix.layout import candidate_layouts
from tests.processes import said_elsewhere

# tensor: (the axes that label it, those of its rows and columns), by the names of their indices
EXPECTED = {
    "attention": {"x": ("n", "td"), "Wq": ("a", "kd"), "bq": ("a", "k"), "q": ("na", "tk"), "score": ("na", "ts"),
                  "w_logsumexp": ("na", "t"), "bo": ("", "d"), "loss": ("", "")},
    "lstm": {"h": ("t", "nj"), "z": ("te", "nj"), "b": ("e", "j"), "logits": ("", "nk")},
    "deep_mlp": {"a": ("l", "nj"), "b": ("l", "j"), "V": ("", "ji")},
    "mlp": {"x": ("", "ni"), "W1": ("", "ji"), "b1": ("", "j"), "p_logsumexp": ("", "n")},
    "crf": {"alpha": ("tn", "k"), "alpha_arg": ("tn", "kj"), "log_z": ("n", ""), "A": ("", "jk")},
}  # fmt: skip


def named(tensor, layout):
    return "".join(tensor.axes[p] for p in layout.labels), "".join(tensor.axes[p] for p in layout.matrix_places)


@pytest.mark.parametrize("name", EXPECTED)
def test_layouts(name):
    program = derive(zoo.load(name)).program
    found = layouts(program)
    assert set(found) == set(program.table)
    for tensor, expected in EXPECTED[name].items():
        assert named(program.table[tensor], found[tensor]) == expected


def test_candidates_are_tried_and_not_the_likeliest_is_taken():
    program = derive(zoo.load("crf")).program
    first, *others = candidate_layouts(program)
    chosen = layouts(program)
    assert chosen in others

    def without_form(layouts):
        return sum(isinstance(matrix_form(e, program, layouts), NoMatrixForm) for e in program.equations)

    assert without_form(chosen) < without_form(first)


def test_batched_products_are_labelled_by_what_they_do_not_sum():
    net = Network("batched")
    N, A, H, C = net.dims("N A H C")
    n, a, h, c = net.indices(n=N, a=A, h=H, c=C)
    x, W = net.input("x", (N, A, H)), net.parameter("W", (A, C, H))
    y = net.tensor("y")
    y[n, a, c] = Sum(W[a, c, h] * x[n, a, h], h)
    net.loss = Sum(y[n, a, c] ** 2, n, a, c)
    program = net.to_program()
    found = layouts(program)
    assert [named(program.table[name], found[name]) for name in ("x", "W", "y")] == [
        ("a", "nh"), ("a", "ch"), ("a", "nc")
    ]  # fmt: skip


def test_the_choice_does_not_depend_on_the_hash_seed(tmp_path):
    code = """
from symbackprop import derive, zoo
from symbackprop.matrix import layouts
print(layouts(derive(zoo.load("attention")).program))
"""
    assert said_elsewhere(code, folder=tmp_path).strip() == str(layouts(derive(zoo.load("attention")).program))
