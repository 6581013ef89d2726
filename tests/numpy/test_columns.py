"""Columns are made once, before the first convolution that multiplies them."""

from __future__ import annotations

import pytest

from symbackprop.lower.convolutions import reads_of
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Define, If, Read, inside
from symbackprop.numpy.layout import laid_out
from tests.numpy.convolutional import CASES, of_sequences, two_convolutions, with_attention
from tests.numpy.test_layout import values_of


def made(module):
    """The columns that functions define, and how often."""
    return [
        (function.name, step.tensor) for function in module.functions for step in steps_in(function.body)
        if isinstance(step, Define) and step.tensor.endswith("_columns")
    ]  # fmt: skip


def test_forward_makes_them_and_backward_is_given_them() -> None:
    module = laid_out(values_of(two_convolutions()))
    assert made(module) == [("shared", "x_columns"), ("shared", "p_columns")]
    assert {"x_columns", "p_columns"} <= set(module.cached) & set(module.shared_results)
    assert {"x_columns", "p_columns"} <= set(module.backward.given) & set(module.forward.given)


def test_without_rows_none_of_what_is_computed() -> None:
    """Along one axis, where a tensor lies as its windows are read."""
    assert [name for _, name in made(laid_out(values_of(CASES["conv1d"]())))] == ["x_columns"]


def test_rows_are_not_copied_for_each_offset() -> None:
    """Five axes, not six: row, channel, offset along the other axis, place, image; and as many rows as there are."""
    module = laid_out(values_of(two_convolutions()))
    assert module.shared is not None
    tensor = module.shared.tensors["x_columns"]
    assert [str(size) for size in (tensor.shape[0], *tensor.shape[1:3])] == ["H", "C", "R"]
    (step,) = (s for s in steps_in(module.shared.body) if isinstance(s, Define) and s.tensor == "x_columns")
    (read,) = (part for part in inside(step.value) if isinstance(part, Read))
    assert read.subscripts[2] == step.subscripts[0]


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_of_every_row_that_the_window_meets(stride: int) -> None:
    """(V − 1)·stride + R of them."""
    module = laid_out(values_of(two_convolutions(stride=stride)))
    assert module.shared is not None
    sizes = {"H": 20, "R": 3, "C": 2, "W": 9, "N": 4}
    rows = module.shared.tensors["x_columns"].shape[0].evaluate(lambda atom: sizes[str(atom)])
    assert rows == ((20 - 3) // stride) * stride + 3


def test_what_only_windows_read_is_no_longer_kept() -> None:
    before = values_of(two_convolutions())
    module = laid_out(before)
    assert "x" in before.cached
    assert "x" not in (*module.cached, *module.backward.given)
    assert "p" in module.cached  # the gradient of the maximum compares with it


@pytest.mark.parametrize("case", ["nchw", "nhwc", "hwcn", "strided", "of known size", "conv1d", "conv3d", "same"])
def test_a_kernel_and_its_gradient_multiply_columns(case: str) -> None:
    module = laid_out(values_of(CASES[case]()))
    assert made(module)
    for step in steps_in(module.backward.body):
        if isinstance(step, Define) and any(read.tensor in ("x", "x_columns") for read in reads_of(step)):
            assert any(read.tensor.endswith("_columns") for read in reads_of(step))


def test_the_order_is_that_of_the_product() -> None:
    """Channels and offsets, which the kernel has, then space and batch, which it lacks."""
    module = laid_out(values_of(two_convolutions("nhwc", "ijcf")))
    assert module.shared is not None
    (step,) = (s for s in steps_in(module.shared.body) if isinstance(s, Define) and s.tensor == "x_columns")
    (read,) = (part for part in inside(step.value) if isinstance(part, Read))
    batch = read.subscripts[0]
    assert step.subscripts[-1] == batch
    assert len(step.subscripts) == 5


def test_under_the_condition_that_there_are_any() -> None:
    module = laid_out(values_of(two_convolutions()))
    for function in module.functions:
        for step in function.body:
            if isinstance(step, If):
                defined = [inner.tensor for inner in steps_in(step.body) if isinstance(inner, Define)]
                assert "x_columns" not in defined or "z" in defined


def test_where_the_batch_is_outermost_there_are_none() -> None:
    assert not made(laid_out(values_of(with_attention())))


def test_products_of_several_factors_share_them() -> None:
    """The gradient by K is a product of three factors, of which one is a window of x."""
    assert [name for _, name in made(laid_out(values_of(of_sequences())))] == ["x_columns"]
