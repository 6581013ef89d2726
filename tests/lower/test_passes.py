"""The passes over values, in their order: none changes a value, and the readable ones name nothing."""

from __future__ import annotations

import random

import numpy as np
import pytest

from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.passes import READABLE_PASSES, VALUE_PASSES, improved
from symbackprop.lower.value_walks import (
    steps_in,
)
from symbackprop.lower.values import (
    Bind,
)
from tests.lower.made import SIZES, data, define, function, random_value


@pytest.mark.parametrize("seed", range(40))
def test_each_pass_keeps_every_value(seed: int) -> None:
    rng = random.Random(seed)
    found = function(*(define(name, random_value(rng, 3)) for name in "yzu"))
    expected = evaluate(found, SIZES, data())
    for change in VALUE_PASSES:
        found = change(found)
        check_values(found)
        for name, array in evaluate(found, SIZES, data()).items():
            np.testing.assert_allclose(array, expected[name], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("seed", range(10))
def test_readable_passes_name_nothing(seed: int) -> None:
    rng = random.Random(seed)
    found = improved(function(*(define(name, random_value(rng, 3)) for name in "yzu")), READABLE_PASSES)
    assert not [step for step in steps_in(found.body) if isinstance(step, Bind)]
