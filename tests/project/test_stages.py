"""The stages one after the other: the same loss and gradients after each pass, and each is asked what it must hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sympy import Piecewise, exp, tanh

from symbackprop import Network, Sum, stages
from symbackprop.derive.differentiate import Derived, differentiate
from symbackprop.errors import CyclicEquations
from symbackprop.interpret import Float, Interpreter
from symbackprop.terms.check_program import MalformedProgram
from symbackprop.terms.program import Program
from symbackprop.verify.data import Data, draw
from tests.verify.networks import NETWORKS

SIZES = {"N": 3, "D": 2, "H": 5, "C": 2, "T": 3}


def softmax() -> Network:
    """A stable form, parts that get names, a sum that is assumed, and noise in training alone."""
    net = Network("softmax")
    N, D = net.dims("N D")
    n, d, e = net.indices(n=N, d=D, e=D)
    x, w, y = net.input("x", (N, D)), net.parameter("w", (D, D)), net.input("y", (N, D))
    s = net.parameter("s", (N, D))
    r, z, p = net.random("r", (N,), "normal"), *net.tensors("z p")
    z[n, d] = tanh(Sum(w[d, e] * x[n, e], e)) * (1 + r[n]) + s[n, d]
    p[n, d] = exp(z[n, d]) / Sum(exp(z[n, e]), e)
    net.loss = Sum((p[n, d] - y[n, d]) ** 2, n, d)
    net.output(p)
    return net


MADE: dict[str, Callable[[], Network]] = {**NETWORKS, "softmax": softmax}


def loss(program: Program, sizes: dict[str, int], data: Data) -> float:
    assert program.loss is not None
    return float(Interpreter(program, sizes, data, Float()).array(program.loss))


def gradients(derived: Derived, sizes: dict[str, int], data: Data) -> dict[str, np.ndarray]:
    forward = Interpreter(derived.forward, sizes, data, Float())
    backward = Interpreter(derived.backward, sizes, data, Float(), outer=forward)
    return {name: backward.array(adjoint).astype(float) for name, adjoint in derived.backward.wrt}


def sized(program: Program) -> tuple[dict[str, int], Data]:
    sizes = {name: SIZES[name] for name in program.dims}
    return sizes, draw(program, sizes, 2)


@pytest.mark.parametrize("name", MADE)
def test_each_pass_keeps_the_numbers(name: str) -> None:
    program = MADE[name]().to_program()
    sizes, data = sized(program)
    truth = loss(program, sizes, data)
    for one in (*stages.TRAINING_PASSES, *stages.NAMING_PASSES):
        program = one(program)
        assert loss(program, sizes, data) == pytest.approx(truth, rel=1e-10)
    derived = differentiate(program, program.by_default)
    first = gradients(derived, sizes, data)
    assert first
    for each in stages.DERIVED_PASSES:
        derived = each(derived)
        for wanted, found in gradients(derived, sizes, data).items():
            np.testing.assert_allclose(
                found, first[wanted], rtol=1e-9, atol=1e-12, err_msg=f"{each.__name__}: {wanted}"
            )


@pytest.mark.parametrize("name", MADE)
def test_the_stages_are_their_passes_and_hold_what_they_must(name: str) -> None:
    program = MADE[name]().to_program()
    derived = stages.derived_of(program, checked=True)
    assert derived == stages.optimised(stages.swept(program))
    module = stages.functions_of(program, stages.in_order(derived, checked=True), checked=True)
    assert (module.predict is None) == (not program.outputs)
    assert loss(stages.training_form(program, checked=True), *sized(program)) == pytest.approx(
        loss(program, *sized(program))
    )


def test_a_pass_that_breaks_something_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the passes, where it is asked for (as all tests do)."""
    program = MADE["mlp"]().to_program()

    def forgets(derived: Derived) -> Derived:
        backward = derived.backward
        return replace(derived, backward=backward.with_(tensors=backward.tensors[1:]))

    monkeypatch.setattr(stages, "DERIVED_PASSES", (forgets,))
    with pytest.raises(MalformedProgram):
        stages.derived_of(program, checked=True)


def test_an_intermediate_that_is_wanted() -> None:
    """Its gradient is that of a parameter that is added to it."""
    program = softmax().to_program()
    sizes, data = sized(program)
    found = gradients(stages.derived_of(program, ["z", "s"]), sizes, data)
    np.testing.assert_allclose(found["z"], found["s"], rtol=1e-12)
    assert np.abs(found["z"]).max() > 1e-3
    again = gradients(stages.derived_of(program, again=True), sizes, data)
    np.testing.assert_allclose(again["s"], found["s"], rtol=1e-9)


def test_cycles_are_refused_as_they_were_written() -> None:
    net = Network("cycle")
    T = net.dim("T")
    t = net.index("t", T)
    w, a, b = net.parameter("w", (T,)), *net.tensors("a b")
    a[t] = w[t] + b[t]
    b[t] = 2 * a[t]
    net.loss = Sum(b[t], t)
    with pytest.raises(CyclicEquations):
        stages.refuse_cycles(net.to_program())
    stages.refuse_cycles(MADE["rnn"]().to_program())


@pytest.mark.parametrize("trained", [False, True])
def test_predict_has_the_parts_of_the_loss_where_nothing_is_said_of_training(trained: bool) -> None:
    """And its own where something is; in either case what they are without the loss's."""
    net = Network("alike")
    N = net.dim("N")
    n = net.index("n", N)
    x, w, y = net.input("x", (N,)), net.parameter("w", (N,)), net.tensor("y")
    y[n] = tanh(exp(w[n])) * (Piecewise((x[n], net.training), (2 * x[n], True)) if trained else x[n])
    net.loss = Sum(y[n] ** 2, n)
    net.output(y)
    program = net.to_program()
    derived = stages.derived_of(program)
    found = stages.module_programs(program, derived, checked=True).predict
    assert found is not None
    assert derived.named is not None
    assert found == stages.module_programs(program, replace(derived, named=None), checked=True).predict
    sizes, data = sized(program)
    values = (Interpreter(each, sizes, data, Float()).array("y").astype(float) for each in (found, derived.forward))
    predicted, computed = values
    np.testing.assert_allclose(predicted, (1 + trained) * computed, rtol=1e-12)
