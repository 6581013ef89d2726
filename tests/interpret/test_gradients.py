"""Gradients in forward mode: differences of the loss, and what a backward program written by hand has."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from symbackprop.interpret import Interpreter, Precise, Residues, along, forward_gradients

SIZES = {"N": 3, "D": 2, "H": 5, "C": 2}
SHAPES = {"x": "ND", "y": "NC", "W": "HD", "b": "H", "V": "CH"}
WRT = ("W", "b", "V")


def data() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    return {name: rng.normal(size=[SIZES[dim] for dim in dims]) for name, dims in SHAPES.items()}


def test_against_differences(perceptron: SimpleNamespace) -> None:
    loss, gradients = forward_gradients(Interpreter(perceptron.program, SIZES, data()), WRT)
    assert loss == Interpreter(perceptron.program, SIZES, data()).loss()
    for name in WRT:
        for place in np.ndindex(gradients[name].shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = data()
                moved[name][place] += step
                ends.append(Interpreter(perceptron.program, SIZES, moved).loss())
            np.testing.assert_allclose(gradients[name][place], (ends[0] - ends[1]) / 2e-5, rtol=1e-6, atol=1e-9)


def test_against_the_backward_program(perceptron: SimpleNamespace) -> None:
    """Equal as residues, which is to say exactly."""
    rng = np.random.default_rng(1)
    values = {name: rng.integers(-50, 50, array.shape) for name, array in data().items()}
    arithmetic = Residues(5)
    forward = Interpreter(perceptron.program, SIZES, values, arithmetic)
    _, gradients = forward_gradients(forward, WRT)
    for name in WRT:
        np.testing.assert_array_equal(gradients[name], forward.array(f"d_{name}"))


def test_along_directions(perceptron: SimpleNamespace) -> None:
    """The inner product with all gradients, in one pass."""
    arithmetic = Precise()
    forward = Interpreter(perceptron.program, SIZES, data(), arithmetic)
    rng = np.random.default_rng(2)
    directions = {
        name: np.vectorize(arithmetic.given, otypes=[object])(rng.normal(size=data()[name].shape)) for name in WRT
    }
    _, gradients = forward_gradients(forward, WRT)
    _, slopes = along(forward, directions).loss()
    expected = sum((gradients[name] * directions[name]).sum() for name in WRT)
    assert abs(sum(slopes.values()) - expected) < arithmetic.context.mpf(10) ** -50
