"""What stands in the backward program twice is computed once, and every gradient stays what it was."""

from collections import Counter

import pytest
from sympy import exp

from symbackprop import Network, Sum, stages
from symbackprop.derive.differentiate import differentiate
from symbackprop.optimise.share import share_subterms
from symbackprop.terms.term import Apply, subterms
from tests.optimise.networks import NETWORKS
from tests.terms.exact import gradients


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_stay(name):
    net, every = NETWORKS[name]()
    before = stages.swept(net.to_program())
    after = share_subterms(before)
    for seed, sizes in enumerate(every):
        assert gradients(after, sizes, seed) == gradients(before, sizes, seed)


def test_a_function_of_two_gradients_has_a_tensor():
    """Whose parts have no names, so that both gradients ask for the same exponential."""
    net = Network("shared")
    (N,) = net.dims("N")
    (n,) = net.indices(n=N)
    x, y = net.parameter("x", (N,)), net.parameter("y", (N,))
    net.loss = Sum(exp(x[n] * y[n]), n)
    program = stages.training_form(net.to_program())
    before = differentiate(program, ("x", "y"))
    after = share_subterms(before)
    assert max(functions(before).values()) > 1
    assert max(functions(after).values()) == 1
    assert [e.target for e in after.backward.equations if e.target.endswith("_shared")]
    assert gradients(after, {"N": 3}) == gradients(before, {"N": 3})


def functions(derived):
    return Counter(t.blind for e in derived.backward.equations for t in subterms(e.rhs) if isinstance(t, Apply))
