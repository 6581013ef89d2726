"""A module as functions of values: each is given what it reads, and what each leaves is what the others are given."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from symbackprop import Network, Sum
from symbackprop.errors import TooManyAxes
from symbackprop.interpret import Float
from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.module_values import MOST_AXES, ModuleIR, lower_module
from symbackprop.lower.value_walks import (
    steps_in,
)
from symbackprop.lower.values import (
    Define,
    Function,
    Read,
    inside,
)
from symbackprop.stages import derived_of, functions_of, in_order
from symbackprop.verify.data import draw, noise_means
from symbackprop.verify.evaluators import Key, Of
from symbackprop.verify.modules import interpreted
from tests.schedule.test_function_orders import network

SIZES = {"N": 3, "D": 2}
LAYERS = pytest.mark.parametrize("layer", [False, True])


@cache
def made(layer: bool) -> ModuleIR[Function]:
    program = network(layer).to_program()
    return lower_module(functions_of(program, in_order(derived_of(program))))


@LAYERS
def test_what_is_given_is_what_is_read(layer: bool) -> None:
    module = made(layer)
    assert module.shared is not None
    assert module.predict is not None
    for function in (module.shared, module.forward, module.backward, module.predict):
        check_values(function)
        steps = [step for step in steps_in(function.body) if isinstance(step, Define)]
        defined = {step.tensor for step in steps}
        read = {part.tensor for step in steps for part in inside(step.value) if isinstance(part, Read)}
        assert read - defined <= set(function.given)
    shared = {step.tensor for step in steps_in(module.shared.body) if isinstance(step, Define)}
    needed = {*module.forward.given, *module.predict.given} & shared
    assert set(module.shared_results) == needed
    there = [name for name in module.shared_results if name in module.predict.given]
    assert list(module.shared_results[: len(there)]) == there  # predict's first


@LAYERS
def test_the_functions_one_after_the_other(layer: bool) -> None:
    """Given no more than they ask for, they compute what the interpreter does."""
    module, program = made(layer), network(layer).to_program()
    derived = derived_of(program)
    data = dict(draw(program, SIZES, 3))
    truth = interpreted(program, derived, SIZES, data, Float())

    def run(function: Function, known: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return evaluate(function, SIZES, {name: known[name] for name in function.given})

    assert module.shared is not None
    assert module.predict is not None
    shared = {name: array for name, array in run(module.shared, data).items() if name in module.shared_results}
    forward = {**data, **shared, **run(module.forward, {**data, **shared})}
    for name in module.results:
        np.testing.assert_allclose(forward[name], truth[Key(Of.RESULT, name)], rtol=1e-12)
    cotangents = {name: data[name] for _, name in program.cotangents}
    left = {name: forward[name] for name in module.cached} | cotangents
    backward = {**left, **run(module.backward, left)}
    for name, adjoint in module.gradients:
        np.testing.assert_allclose(backward[adjoint], truth[Key(Of.GRADIENT, name)], rtol=1e-12, err_msg=name)
    for buffer, following in program.updates:
        np.testing.assert_allclose(left[following], truth[Key(Of.NEXT, buffer)], rtol=1e-12)
    means = {**data, **noise_means(program, SIZES)}
    predicted = {**means, **shared, **run(module.predict, {**means, **shared})}
    for name in program.outputs:
        np.testing.assert_allclose(predicted[name], truth[Key(Of.PREDICTED, name)], rtol=1e-12)


def test_changed_functions() -> None:
    for layer in (False, True):
        module = made(layer)
        assert module.mapped(lambda function: function) == module
        names = module.mapped(lambda function: function.name)
        assert (names.shared, names.forward, names.backward, names.predict) == (
            "shared",
            "forward",
            "backward",
            "predict",
        )


def test_too_many_axes() -> None:
    for count, refused in ((MOST_AXES, False), (MOST_AXES + 1, True)):
        net = Network("many")
        sizes = [net.dim(f"N{place}") for place in range(count)]
        indices = [net.index(f"i{place}", size) for place, size in enumerate(sizes)]
        w = net.parameter("w", tuple(sizes))
        net.loss = Sum(w[tuple(indices)], *indices)
        program = net.to_program()
        module = functions_of(program, in_order(derived_of(program)))
        if refused:
            with pytest.raises(TooManyAxes, match="w"):
                lower_module(module)
        else:
            lower_module(module)
