"""Arguments to time with are such as every module takes."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop import Network, layers, load, zoo
from symbackprop.measured.arguments import step_of
from symbackprop.verify.prime_sizes import choose_sizes


@pytest.mark.parametrize("name", ["mlp", "vae", "resnet", "neural_ode", "gcn", "bert_mlm"])
def test_a_step(name: str) -> None:
    net = zoo.load(name)
    program = net.to_program()
    loss, grads = step_of(load(net), program, choose_sizes(program))()
    assert loss.dtype == np.float32
    assert all(grad.dtype == np.float32 for grad in grads.values())


def test_of_a_layer() -> None:
    net = Network("layer")
    N, D = net.dims("N D")
    net.output(layers.batch_norm(net.input("x", (N, D))))
    output, grads = step_of(load(net), net.to_program(), {"N": 4, "D": 3})()
    assert output.shape == grads["x"].shape == (4, 3)


def test_it_is_the_same_for_a_seed() -> None:
    net = zoo.load("mlp")
    steps = [step_of(load(net), net.to_program(), {"N": 4, "D": 3, "H": 2, "C": 2}, seed) for seed in (1, 1, 2)]
    first, again, other = (step()[0] for step in steps)
    assert first == again != other
