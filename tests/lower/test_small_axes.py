"""Small windows are written out, and every value stays what it was: ties, NaN and infinities too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop import Network, load
from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.passes import improved_module
from symbackprop.lower.small_axes import write_out_small_axes
from symbackprop.lower.value_walks import computed_in, steps_in
from symbackprop.lower.values import Contract, Define, Fold, Function, inside
from symbackprop.sources import lowered
from symbackprop.stages import derived_of, in_order
from symbackprop.terms.poly import Dim
from symbackprop.verify.data import draw
from tests.lower.windowed import CASES, Build, after_a_product, pooled
from workshop.fuzz.modules import compare_module, compare_values, load_module, lowered_values, reference_values
from workshop.fuzz.modules import generated_source as text_of

SIZES = ({"N": 2, "C": 3, "D": 5, "H": 7, "W": 5, "T": 7, "R": 2, "F": 2},
         {"N": 1, "C": 1, "D": 4, "H": 4, "W": 8, "T": 6, "R": 1, "F": 3})  # fmt: skip


def module_of(net: Network) -> ModuleIR[Function]:
    program = net.to_program()
    return improved_module(lowered(program, in_order(derived_of(program))), ())


def folds(function: Function) -> list[Fold | Contract]:
    """Reductions of one value."""
    return [
        part for step in steps_in(function.body) for value in computed_in(step) for part in inside(value)
        if isinstance(part, Fold) or (isinstance(part, Contract) and len(part.factors) == 1)
    ]  # fmt: skip


def additions(function: Function, tensor: str) -> list[Define]:
    return [step for step in steps_in(function.body) if isinstance(step, Define) and step.tensor == tensor]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_values_and_module_are_those_of_the_equations(case: Build) -> None:
    program = case().to_program()
    derived = derived_of(program, checked=True)
    module, text = lowered_values(program, derived), load_module(text_of(program, derived))
    for number, given in enumerate(SIZES):
        sizes = {name: given[name] for name in program.dims}
        data = draw(program, sizes, seed=number)
        reference = reference_values(program, derived, sizes, data)
        assert reference is not None
        compare_values(module, program, sizes, data, reference)
        compare_module(text, program, sizes, data, reference)


def wild(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Small integers, many alike, with an infinity and a NaN among them."""
    array = rng.integers(-2, 3, shape).astype(float)
    for value in (np.inf, -np.inf, np.nan):
        array.flat[rng.integers(array.size)] = value
    return array


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("draw_one", [lambda rng, shape: rng.integers(-2, 3, shape) / 1.0, wild], ids=["ties", "wild"])
def test_the_same_values(case: Build, draw_one: Callable[..., Any]) -> None:
    module = module_of(case())
    for seed, given in enumerate((*SIZES, SIZES[0])):
        rng, known = np.random.default_rng(seed), dict[str, Any]()
        sizes = {name: given[name] for name in module.program.dims}
        numbers = {Dim(name): size for name, size in sizes.items()}
        for function in module.differentiating:
            for name in function.given:
                shape = [size.evaluate(numbers.__getitem__) for size in function.tensors[name].shape]
                known.setdefault(name, draw_one(rng, tuple(shape)))
            after = write_out_small_axes(function)
            check_values(after)
            expected, found = evaluate(function, sizes, known), evaluate(after, sizes, known)
            for name in expected:
                np.testing.assert_allclose(found[name], expected[name], rtol=1e-13)
            known |= expected


def test_a_maximum_and_its_gradient_are_written_out() -> None:
    module = module_of(pooled("two", 2, 2)).mapped(write_out_small_axes)
    assert module.shared is not None
    assert not [fold for fold in folds(module.shared) if isinstance(fold, Fold)]
    assert not [fold for fold in folds(module.backward) if isinstance(fold, Fold)]
    assert len(additions(module.backward, "d_a")) == 4


def test_products_of_matrices_are_left() -> None:
    module = module_of(after_a_product()).mapped(write_out_small_axes)
    assert [fold for fold in folds(module.forward) if isinstance(fold, Fold)]


def test_large_windows_are_left() -> None:
    """One axis of four positions is written out, sixteen positions are not."""
    module = module_of(pooled("large", 4, 4)).mapped(write_out_small_axes)
    assert module.shared is not None
    assert [len(fold.bound) for fold in folds(module.shared) if isinstance(fold, Fold)] == [1]
    assert len(additions(module.backward, "d_a")) == 4


def test_ties_share_a_gradient() -> None:
    module = load(pooled("tied", 2, 2, before=lambda u: u))
    x, K = np.ones((1, 1, 2, 2)), np.ones((1, 2, 2))
    _, gradients = module.value_and_grad({"x": x, "K": K})
    np.testing.assert_array_equal(gradients["x"], np.full((1, 1, 2, 2), 0.5))
