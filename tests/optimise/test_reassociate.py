"""A sum that the forward pass has taken is read from it, and every gradient stays what it was."""

import pytest

from symbackprop import stages
from symbackprop.optimise.reassociate import reassociate
from tests.optimise.networks import NETWORKS, same_gradients


def prepared(name):
    """As the pass finds it."""
    net, sizes = NETWORKS[name]()
    derived = stages.swept(net.to_program())
    for before in stages.DERIVED_PASSES[: stages.DERIVED_PASSES.index(reassociate)]:
        derived = before(derived)
    return derived, sizes


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_stay(name):
    before, every = prepared(name)
    after = reassociate(before)
    assert same_gradients(before, after, every)


def test_rows_of_the_weights_gradient_are_those_of_the_output():
    """Σ_s d_w[t, s]·w[t, s] is Σ_k d_o[t, k]·(Σ_s w[t, s]·v[s, k]), and the forward pass holds o."""
    before, _ = prepared("attention")
    after = reassociate(before)
    pairs = zip(before.backward.equations, after.backward.equations, strict=True)
    ((old, new),) = [(old, new) for old, new in pairs if old != new]
    assert old.reads() >= {"d_w", "w"}
    assert new.reads() == {"o"}  # d_o is 2·o
