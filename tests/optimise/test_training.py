"""What `forward` computes is enough for the loss and the gradients, and needed by one of them."""

import pytest

from symbackprop import stages
from symbackprop.optimise.training import training_program
from symbackprop.terms.needed import needed_for
from tests.optimise.networks import NETWORKS
from tests.terms.exact import Elements, numbers


@pytest.mark.parametrize("name", NETWORKS)
def test_loss_and_gradients_need_nothing_else(name):
    net, every = NETWORKS[name]()
    derived = stages.derived_of(net.to_program())
    kept = training_program(derived)
    backward = derived.backward.equations
    read = {tensor for equation in backward for tensor in equation.reads()} & derived.forward.definitions.keys()
    assert set(kept.definitions) == needed_for(derived.forward, {*read, kept.loss}) & derived.forward.definitions.keys()
    assert kept.equations == tuple(e for e in derived.forward.equations if e.target in kept.definitions)
    joint = kept.with_(tensors=derived.joint.tensors, equations=(*kept.equations, *backward))
    for seed, sizes in enumerate(every):
        whole, part = (Elements(program, sizes, numbers(seed)) for program in (derived.joint, joint))
        assert part.every(kept.loss) == whole.every(kept.loss)
        for _, adjoint in derived.backward.wrt:
            assert part.every(adjoint) == whole.every(adjoint)
