"""The six workloads: the reference's gradients are its loss's slopes; all who need NumPy alone agree with it."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from benchmarks.race import difference
from benchmarks.step import cast
from benchmarks.workloads import SUITE
from benchmarks.workloads.layout import View, shuffled
from benchmarks.workloads.numpy_naive import STEPS


@pytest.mark.parametrize("case", SUITE.cases)
def test_the_reference_is_the_slope_of_its_loss(case):
    params, data = SUITE.make(case)
    found = STEPS[case](params, data)
    rng, step = np.random.default_rng(1), 1e-6
    for name, value in params.items():
        direction = rng.standard_normal(value.shape)
        direction /= np.linalg.norm(direction)
        ahead, behind = (
            STEPS[case]({**params, name: value + sign * step * direction}, data)["loss"] for sign in (1, -1)
        )
        expected = float((found[name] * direction).sum())
        assert (ahead - behind) / (2 * step) == pytest.approx(expected, rel=1e-4, abs=1e-8), name


def agrees(case, contender):
    params, data = SUITE.make(case)
    place, _, build = SUITE.contenders[contender].partition(":")
    maker = getattr(importlib.import_module(place), build or "build")
    step = maker(case, cast(params, SUITE.dtype), cast(data, SUITE.dtype))
    step.run()  # a workspace, and an expert's arrays, are used again
    found = {name: np.asarray(value) for name, value in step.read(step.run()).items()}
    assert difference(found, STEPS[case](params, data)) < 1e-5


@pytest.mark.parametrize("case", SUITE.cases)
def test_the_expert_agrees(case):
    agrees(case, "numpy-expert")


@pytest.mark.parametrize("contender", ["generated", "generated-fixed", "generated-permuted", "generated-shuffled"])
@pytest.mark.parametrize("case", ["tiny", "mlp-small"])
def test_generated_modules_agree_in_every_layout(case, contender):
    agrees(case, contender)


@pytest.mark.slow
@pytest.mark.parametrize("contender", ["generated", "generated-permuted", "generated-shuffled"])
@pytest.mark.parametrize("case", ["mlp-large", "cnn", "lstm", "gpt-block"])
def test_larger_generated_modules_agree_in_every_layout(case, contender):
    agrees(case, contender)


def test_a_view_goes_there_and_back():
    array = np.arange(5 * 4 * 3.0).reshape(5, 12)
    view = View((1, 2, 0), (5, 4, 3), (1, (2, 0, 3, 1)))
    there = view.there(array)
    assert there.shape == (4, 3, 5)
    assert there[0, 1, 2] == array[2, 2 * 3 + 1]
    assert np.array_equal(view.back(there, array.shape), array)


def test_a_shuffled_order_is_of_all_axes_and_the_same_again():
    order = shuffled(1)
    assert sorted(order("z", 4)) == [0, 1, 2, 3]
    assert order("z", 4) == shuffled(1)("z", 4)
    assert any(order(name, 3) != [0, 1, 2] for name in "abc")
