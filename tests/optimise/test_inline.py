"""Adjoints that are not worth an array are put into their readers, and every gradient stays what it was."""

import pytest

from symbackprop import stages
from symbackprop.optimise.inline import inline_adjoints
from symbackprop.terms.needed import needed_for
from tests.optimise.networks import NETWORKS, same_gradients


def read(derived):
    return needed_for(derived.backward, [adjoint for _, adjoint in derived.backward.wrt])


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_stay(name):
    net, every = NETWORKS[name]()
    before = stages.swept(net.to_program())
    after = inline_adjoints(before)
    assert same_gradients(before, after, every)
    assert read(after) <= read(before)


def test_constants_and_multiples_are_put_in():
    net, _ = NETWORKS["residual"]()
    before = stages.swept(net.to_program())
    gone = read(before) - read(inline_adjoints(before))
    assert gone == {"d_loss", "d_y", "d_a"}  # 1, a multiple of y, and the same


def test_gradients_keep_their_equations():
    net, _ = NETWORKS["perceptron"]()
    after = inline_adjoints(stages.swept(net.to_program(), ["z", "W"]))
    assert {"d_z", "d_W"} <= after.backward.definitions.keys()
