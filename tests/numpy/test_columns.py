"""Columns are made once, before the first convolution that multiplies them."""

from __future__ import annotations

import pytest

from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import Define, If, Read, inside
from symbackprop.numpy.convolutions import reads_of
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
    assert made(module) == [("shared", "x_columns")]  # none of p, which lies as its windows are read
    assert "x_columns" in set(module.cached) & set(module.shared_results)
    assert "x_columns" in set(module.backward.given) & set(module.forward.given)


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
    assert len(step.subscripts) == 6


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
