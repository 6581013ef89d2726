"""Nothing is added where zero would be."""

from dataclasses import replace

from symbackprop import stages
from symbackprop.optimise.dead_equations import drop_zeros
from symbackprop.terms.build import NIL
from symbackprop.terms.program import Op
from tests.optimise.networks import NETWORKS
from tests.terms.exact import gradients


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
