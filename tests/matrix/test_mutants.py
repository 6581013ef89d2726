"""Wrong matrix forms are caught: a slip in any place of a form changes its value."""

import pytest

from symbackprop import Network, Sum, derive, zoo
from symbackprop.matrix import NoMatrixForm, layouts, matrix_form
from symbackprop.verify.matrix import find_difference
from tests.matrix.values import show

from .mutants import mutants

EQUIVALENT = {  # in words, what is the same after all
    ("gcn", "S"): "[u = v] is symmetric",
}


@pytest.mark.parametrize("name", ["mlp", "rnn", "deep_mlp", "attention", "layer_norm_mlp", "gcn", "lstm"])
def test_mutants_are_caught(name):
    derived = derive(zoo.load(name)).derived
    program = derived.joint
    chosen = layouts(program)
    tried = 0
    for equation in program.equations:
        form = matrix_form(equation, program, chosen)
        if isinstance(form, NoMatrixForm):
            continue
        for what, mutant in mutants(form):
            tried += 1
            if find_difference(equation, mutant, program, seed=1) is None:
                assert (name, equation.target) in EQUIVALENT, f"{what}: {show(mutant)}, for {show(form)}"
    assert tried >= len(program.equations)


def test_what_cancels_is_caught_by_values_of_their_own():
    """Σ_d (x − mu) is 0 where mu is the mean: only independent values tell whether the term is there."""
    net = Network("centred")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    mu, rest, s = net.tensors("mu rest s")
    mu[n] = Sum(x[n, d], d) / D
    rest[n] = Sum(x[n, d] - mu[n], d)
    s[n] = rest[n] + Sum(w[d] * x[n, d], d)
    net.loss = Sum(s[n] ** 2, n)
    derived = derive(net).derived
    program = derived.joint
    (equation,) = program.definitions["s"]
    form = matrix_form(equation, program, layouts(program))
    dropped = [mutant for what, mutant in mutants(form) if what == "an addend dropped" and "rest" not in show(mutant)]
    assert dropped
    found = find_difference(equation, dropped[0], program)
    assert found is not None
    assert found.tensor == "s"
