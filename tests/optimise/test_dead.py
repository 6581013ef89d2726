"""Nothing that a gradient needs is dropped, and nothing else is kept."""

from dataclasses import replace

import pytest

from symbackprop import stages
from symbackprop.optimise.dead import drop_dead, drop_zeros
from symbackprop.terms.build import NIL
from symbackprop.terms.needed import needed_for
from symbackprop.terms.program import Op
from tests.optimise.networks import NETWORKS
from tests.terms.exact import gradients


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_stay(name):
    net, every = NETWORKS[name]()
    program = net.to_program()
    wrt = program.by_default[:1]
    before = stages.swept(program, wrt)
    after = drop_dead(before)
    for seed, sizes in enumerate(every):
        assert gradients(after, sizes, seed) == gradients(before, sizes, seed)
    kept = {equation.target for equation in after.backward.equations}
    assert kept <= needed_for(after.backward, [adjoint for _, adjoint in after.backward.wrt])
    assert {equation.target for equation in after.forward.equations} <= after.forward.table.keys()


def test_what_adds_nothing_is_gone_and_what_only_adds_nothing_is_zero():
    net, every = NETWORKS["window"]()
    before = stages.swept(net.to_program())
    backward = before.backward
    added = [equation for equation in backward.equations if equation.op is Op.ACCUMULATE]
    assert added
    nothing = [replace(equation, rhs=NIL) for equation in added]
    twice = replace(before, backward=backward.with_(equations=(*backward.equations, *nothing)))
    assert drop_zeros(twice).backward.equations == backward.equations
    rest = [equation for equation in backward.equations if equation not in added]
    only = drop_zeros(replace(before, backward=backward.with_(equations=(*rest, *nothing))))
    for target in {equation.target for equation in added}:
        (equation,) = only.backward.definitions[target]
        assert equation.op is Op.ASSIGN
    found = gradients(only, every[0])
    assert all(value == 0 for of, adjoint in backward.wrt for value in found[of].values() if adjoint == added[0].target)
