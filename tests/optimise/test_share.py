"""What stands in the backward program twice is computed once, and every gradient stays what it was."""

from collections import Counter
from dataclasses import replace

import pytest

from symbackprop import stages
from symbackprop.optimise.share import share_subterms
from symbackprop.terms.build import access, apply, mul
from symbackprop.terms.term import Apply, Function, subterms
from tests.optimise.networks import NETWORKS, same_gradients
from tests.terms.exact import gradients


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_stay(name):
    net, every = NETWORKS[name]()
    before = stages.swept(net.to_program())
    after = share_subterms(before)
    assert same_gradients(before, after, every)


def test_a_function_of_two_adjoints_has_a_tensor():
    net, every = NETWORKS["perceptron"]()
    swept = stages.swept(net.to_program())
    before = replace(swept, backward=swept.backward.with_(equations=tuple(map(scaled, swept.backward.equations))))
    after = share_subterms(before)
    assert max(functions(before).values()) == 2
    assert max(functions(after).values()) == 1
    assert len([e.target for e in after.backward.equations if e.target.endswith("_shared")]) == 1
    assert gradients(after, every[0]) == gradients(before, every[0])


def scaled(equation):
    """The equation with exp(z) beside it, if it is of δ at the positions of z."""
    if equation.target not in ("d_a", "d_z"):
        return equation
    return replace(equation, rhs=mul(equation.rhs, apply(Function.EXP, access("z", equation.subscripts))))


def functions(derived):
    return Counter(t.blind for e in derived.backward.equations for t in subterms(e.rhs) if isinstance(t, Apply))
