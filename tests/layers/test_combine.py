"""Sums, concatenations and chains against NumPy."""

import numpy as np
import pytest

from symbackprop import layers
from symbackprop.errors import InvalidArgument

from .values import normal, run

x, y = normal(2, 3, 4), normal(2, 3, 4, seed=8)


def test_add_and_residual() -> None:
    np.testing.assert_allclose(run(layers.add, x=x, y=y).value, x + y)
    twice = run(lambda x: layers.residual(x, lambda h: layers.add(h, h)), x=x)
    np.testing.assert_allclose(twice.value, 3 * x)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_concatenate(axis: int) -> None:
    found = run(lambda x, y: layers.concatenate(x, y, axis), x=x, y=y)
    np.testing.assert_array_equal(found.value, np.concatenate([x, y], axis))


@pytest.mark.parametrize("axis", [3, -4])
def test_an_axis_that_is_none(axis: int) -> None:
    with pytest.raises(InvalidArgument, match=r"layers\.concatenate: axis: expected an axis of x, found"):
        run(lambda x, y: layers.concatenate(x, y, axis), x=x, y=y)


def test_shapes_that_differ() -> None:
    with pytest.raises(InvalidArgument, match="shapes that agree"):
        run(layers.add, x=x, y=normal(2, 3, 5))
    run(lambda x, y: layers.concatenate(x, y), x=x, y=normal(2, 3, 5))


def test_sequential() -> None:
    double = layers.add
    found = run(lambda x: layers.sequential(x, lambda h: double(h, h), lambda h: double(h, h)), x=x)
    np.testing.assert_allclose(found.value, 4 * x)
    np.testing.assert_allclose(run(lambda x: layers.add(layers.sequential(x), x), x=x).value, 2 * x)
