"""Windows are written by JAX's own functions, and are what NumPy's module makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import Network
from symbackprop.pipeline import load
from symbackprop.sources import program_of
from symbackprop.verify.data import draw
from symbackprop.verify.evaluators import ModuleEvaluator
from tests.jax.moving import MOVING, by_channel, downwards, pooled, several_axes, strided, transposed, unpadded, vector
from tests.jax.test_zoo import data_of


@pytest.fixture
def double_precision() -> Any:
    with pytest.importorskip("jax").enable_x64(True):
        yield


@pytest.mark.parametrize("make", MOVING, ids=lambda make: make.__name__)
@pytest.mark.usefixtures("double_precision")
def test_it_equals_numpy(make: Callable[[], Network]) -> None:
    net = make()
    program = program_of(net)
    sizes, data = data_of(program)
    for some in (sizes, dict.fromkeys(sizes, 4), dict.fromkeys(sizes, 2)):
        values = data if some is sizes else draw(program, some, 1)
        expected = ModuleEvaluator(load(net), program, some).values(values)
        found = ModuleEvaluator(load(net, backend="jax"), program, some).values(values)
        assert found.keys() == expected.keys()
        for key, value in found.items():
            np.testing.assert_allclose(value, expected[key], rtol=1e-12, atol=1e-13)


# how many convolutions and reductions of windows there are
COUNTS = {strided: (3, 0), downwards: (3, 0), several_axes: (3, 0), vector: (4, 0), transposed: (3, 0), pooled: (0, 1),
          by_channel: (0, 0), unpadded: (3, 0)}  # fmt: skip


@pytest.mark.parametrize("make", COUNTS, ids=lambda make: make.__name__)
def test_how_they_are_written(make: Callable[[], Network]) -> None:
    text = symbackprop.generate(make(), backend="jax")
    assert (text.count("conv_general_dilated("), text.count("reduce_window(")) == COUNTS[make], text


def test_strides_are_counted_as_the_kernel_lies() -> None:
    text = symbackprop.generate(strided(), backend="jax")
    assert 'x, K, (1, 2), "VALID", rhs_dilation=(3, 1), dimension_numbers=("vCuN", "uIvO", "CuNv")' in text


def test_zeros_around_are_padding() -> None:
    text = symbackprop.generate(downwards(), backend="jax")
    assert 'x, K[::-1], (1,), [(2 * P - 2, 0)], rhs_dilation=(2,), dimension_numbers=("NtC", "tOI", "NtC")' in text


def test_what_is_spread_is_dilated() -> None:
    text = symbackprop.generate(strided(), backend="jax")
    assert "lhs_dilation=(3, 1), rhs_dilation=(1, 2)" in text


def test_a_kernel_as_large_as_an_image_is_one_where_there_is_an_image() -> None:
    """The gradient of the kernel; elsewhere it is zero."""
    text = symbackprop.generate(unpadded(), backend="jax")
    guard = "    if H >= P and W >= P:\n        d_K = (\n"
    assert f"{guard}            d_K.at[:].set(jax.lax.conv_general_dilated(x, d_z, " in text, text


def test_few_positions_are_reduced_one_by_one() -> None:
    text = symbackprop.generate(unpadded(), backend="jax")
    assert text.count("reduce_few(jnp.maximum,") == text.count("reduce_few(jnp.add,") == 1, text
