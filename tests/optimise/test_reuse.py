"""What a tensor holds is read from it, and every gradient stays what it was."""

import pytest

from symbackprop import stages
from symbackprop.optimise.reuse import reuse_values
from symbackprop.terms.term import Power, subterms
from tests.optimise.networks import NETWORKS, same_gradients


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_stay(name):
    net, every = NETWORKS[name]()
    before = stages.swept(net.to_program())
    after = reuse_values(before)
    assert same_gradients(before, after, every)


def test_a_reciprocal_that_has_a_name_is_read():
    net, _ = NETWORKS["averages"]()
    after = reuse_values(stages.swept(net.to_program()))
    assert not any(isinstance(t, Power) and t.exponent < 0 for e in after.backward.equations for t in subterms(e.rhs))
