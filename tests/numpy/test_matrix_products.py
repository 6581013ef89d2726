"""Random sums over products, maxima and masks in storage: position by position what the values are."""

from __future__ import annotations

import random

import numpy as np
import pytest

from symbackprop import generate, zoo
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.values import Contract
from symbackprop.numpy import array
from symbackprop.numpy.array import statements_in
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.function import store
from tests.lower.made import SIZES, d, data, define, e, function, n, random_value, read
from tests.numpy.positions import executed, run


@pytest.mark.parametrize("seed", range(60))
def test_values(seed: int) -> None:
    values = function(define("y", random_value(random.Random(seed), 3)))
    stored = store(values)
    check(stored)
    expected = evaluate(values, SIZES, data())["y"]
    scale = np.abs(expected).max(initial=1)
    for found in (run(stored, SIZES, data()), executed(stored, SIZES, data())):
        np.testing.assert_allclose(found["y"], expected, rtol=0, atol=1e-13 * scale)


def test_the_cheapest_pair_goes_first() -> None:
    """Σ_e x[n, e]·V[d, e]·V[e, e]: the factor without n or d is no matrix of its own for the product of the others."""
    value = Contract((read("x", n, e), read("V", d, e), read("V", e, e)), (e,), False)
    products = [s for s in statements_in(store(function(define("y", value))).body) if isinstance(s, array.Contract)]
    assert len(products) == 1
    assert {axis.name for axis in products[0].inner} == {"e"}


def test_a_small_result_is_copied_rather_than_a_large_factor() -> None:
    """The kernel's gradient of a transposed convolution, whose channels stand on both sides of those of the images."""
    text = generate(zoo.load("unet"))
    assert "np.matmul(" not in text.split("# --- numerical helpers", 1)[0]
