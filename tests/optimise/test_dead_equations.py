"""Nothing that a gradient needs is dropped, and nothing else is kept."""

import pytest

from symbackprop import stages
from symbackprop.optimise.dead_equations import drop_dead
from symbackprop.terms.needed import needed_for
from tests.optimise.networks import NETWORKS, same_gradients


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_stay(name):
    net, every = NETWORKS[name]()
    program = net.to_program()
    wrt = program.by_default[:1]
    before = stages.swept(program, wrt)
    after = drop_dead(before)
    assert same_gradients(before, after, every)
    kept = {equation.target for equation in after.backward.equations}
    assert kept <= needed_for(after.backward, [adjoint for _, adjoint in after.backward.wrt])
    assert {equation.target for equation in after.forward.equations} <= after.forward.table.keys()
