"""In which order the axes of tensors lie in C where windows move along them, and that values stay what they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop import Network
from symbackprop.c.layout import laid_out
from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.module_values import ModuleIR, lower_module
from symbackprop.lower.passes import LOOP_PASSES, improved_module
from symbackprop.lower.values import Define, Function
from symbackprop.schedule import unshared
from symbackprop.stages import derived_of, functions_of, in_order
from symbackprop.terms.fixed_sizes import fixed_sizes
from symbackprop.verify.data import draw
from tests.numpy.convolutional import CASES, two_convolutions, with_attention

SIZES = {"N": 8, "C": 2, "D": 5, "H": 11, "W": 13, "F": 3, "G": 5, "K": 2, "R": 2, "T": 7}
ONES = {"N": 16, "C": 1, "D": 6, "H": 8, "W": 8, "F": 1, "G": 2, "K": 1, "R": 3, "T": 8}


def before(net: Network, **sizes: int) -> tuple[ModuleIR[Function], dict[str, Any]]:
    """The module before, and data."""
    symbolic = net.to_program()
    chosen = {name: (SIZES | sizes)[name] for name in symbolic.dims}
    program = fixed_sizes(symbolic, chosen)
    scheduled = in_order(derived_of(program))
    module = lower_module(unshared(functions_of(program, scheduled), (scheduled.forward,)))
    return improved_module(module, LOOP_PASSES), draw(symbolic, chosen, seed=0)


def values(module: ModuleIR[Function], data: dict[str, Any]) -> dict[str, Any]:
    """What users see."""
    found = {**data, **evaluate(module.forward, {}, data)}
    found |= evaluate(module.backward, {}, found)
    wanted = [*module.results, *(adjoint for _, adjoint in module.gradients)]
    there = {} if module.predict is None else evaluate(module.predict, {}, data)
    outputs = () if module.predict_program is None else module.predict_program.outputs
    return {name: found[name] for name in wanted} | {f"predict {name}": there[name] for name in outputs}


@pytest.mark.parametrize("sizes", [SIZES, ONES], ids=["odd", "ones"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_values_stay(case: Callable[[], Network], sizes: dict[str, int]) -> None:
    module, data = before(case(), **sizes)
    after = laid_out(module)
    for function in after.functions:
        check_values(function)
    expected = values(module, data)
    for name, found in values(after, data).items():
        np.testing.assert_allclose(found, expected[name], rtol=1e-12, err_msg=name)


def shapes(module: ModuleIR[Function]) -> dict[str, tuple[int | None, ...]]:
    return {name: tuple(s.constant for s in t.shape) for name, t in module.forward.tensors.items()}


def test_images_lie_innermost_and_what_is_given_is_copied_once() -> None:
    module, _ = before(two_convolutions("nchw"))
    found, after = shapes(module), laid_out(module)
    images, channels, rows, columns = found["x"]
    assert shapes(after)["x"] == found["x"]
    assert shapes(after)["x_turned"] == (rows, channels, columns, images)
    assert "x_turned" in after.cached
    assert "x" not in after.backward.given
    copies = [s for f in after.functions for s in f.body if isinstance(s, Define) and s.tensor == "x_turned"]
    assert len(copies) == len([f for f in (after.forward, after.predict) if f is not None])


def test_without_windows_over_a_batch_nothing_changes() -> None:
    module, _ = before(with_attention())
    assert laid_out(module) is module


def test_few_images_stay_as_they_are() -> None:
    module, _ = before(two_convolutions("nchw"), N=7)
    assert laid_out(module) is module
