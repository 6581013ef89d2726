"""What `forward` computes is enough for the loss and the gradients, and needed by one of them."""

from dataclasses import replace

import pytest

from symbackprop import stages
from symbackprop.optimise.training import training_program
from symbackprop.terms.build import access
from symbackprop.terms.needed import needed_for
from symbackprop.terms.program import Equation
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


def test_what_only_the_backward_pass_reads_is_kept_and_what_none_reads_is_not():
    derived = stages.derived_of(NETWORKS["perceptron"]()[0].to_program())
    extra, unread = (Equation(name, (), (), access(derived.forward.loss)) for name in ("extra", "unread"))
    forward = derived.forward.with_(equations=(*derived.forward.equations, extra, unread))
    probe = Equation("probe", (), (), access("extra"))
    backward = derived.backward.with_(equations=(*derived.backward.equations, probe))
    kept = training_program(replace(derived, forward=forward, backward=backward))
    assert "extra" in kept.definitions
    assert "unread" not in kept.definitions
