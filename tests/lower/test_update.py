"""An optimiser's equations as two functions: their values are the interpreter's; what is no element is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop import Network, Sum, optimizers
from symbackprop.errors import InvalidArgument
from symbackprop.interpret import Interpreter
from symbackprop.lower import lower_update
from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.stages import training_form

MADE = {
    "sgd": optimizers.sgd(weight_decay=0.1),
    "nesterov": optimizers.sgd(momentum=0.9, nesterov=True),
    "adam": optimizers.adam(weight_decay=0.1),
    "rmsprop": optimizers.rmsprop(momentum=0.5),
}


@pytest.mark.parametrize("name", MADE)
def test_values(name: str) -> None:
    optimizer = MADE[name]
    program = training_form(optimizer.network.to_program(needs_loss=False))
    update = lower_update(optimizer.title, program, optimizer.states)
    rng, (dim,) = np.random.default_rng(1), program.dims
    data: dict[str, Any] = {"lr": np.array(0.1), "t": np.array(3)}
    data |= {each: rng.uniform(0.1, 1, 5) for each in ("w", "g", *optimizer.states)}
    sizes = {dim: 5}
    for function in (update.scalars, update.elements):
        check_values(function)
    scalars = evaluate(update.scalars, sizes, data)
    found = evaluate(update.elements, sizes, data | scalars)
    truth = Interpreter(program, sizes, {each: data[each] for each in data if each in program.table})
    for each in ("w", *optimizer.states):
        np.testing.assert_allclose(found[f"next_{each}"], truth.array(f"next_{each}"), rtol=1e-14)
    assert update.arguments[:2] == ("w", "g")


def test_what_is_no_element_is_refused() -> None:
    net = Network("mean")
    P = net.dim("P")
    p, q = net.indices(p=P, q=P)
    w, g, lr = net.input("w", (P,)), net.input("g", (P,)), net.input("lr", ())
    new = net.tensor("next_w")
    new[p] = w[p] - lr[()] * Sum(g[q], q) / P
    net.output(new)
    with pytest.raises(InvalidArgument, match="an equation of elements"):
        lower_update("mean", training_form(net.to_program(needs_loss=False)), ())


def test_an_input_that_no_step_has_is_refused() -> None:
    net = Network("warm")
    P = net.dim("P")
    p = net.index("p", P)
    w, g, lr, heat = net.input("w", (P,)), net.input("g", (P,)), net.input("lr", ()), net.input("heat", ())
    new = net.tensor("next_w")
    new[p] = w[p] - heat * lr * g[p]
    net.output(new)
    with pytest.raises(InvalidArgument, match="optimizer: heat: expected inputs among w, g, lr, t"):
        lower_update("warm()", training_form(net.to_program(needs_loss=False)), ())
