"""A transposed convolution is the adjoint of the one with the same kernel: <conv(u), v> = <u, transposed(v)>."""

import numpy as np
import pytest

from symbackprop import layers

from .test_convolution import correlated
from .values import normal, run


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"), [(1, 0, 1, 1), (2, 1, 1, 1), (3, 0, 2, 2), (1, 2, 1, 2)]
)
def test_adjoint(stride: int, padding: int, dilation: int, groups: int) -> None:
    v = normal(2, 4, 5)
    found = run(
        lambda v: layers.conv_transpose1d(v, 6, 3, stride=stride, padding=padding, dilation=dilation, groups=groups,
                                          bias=False),
        v=v,
    )  # fmt: skip
    u = normal(*found.value.shape, seed=9)
    K = found.given["K1"]  # (channels of v, those of u within a group, 3)
    wide = np.pad(u, [(0, 0), (0, 0), (padding, padding)])
    expected = (correlated(wide, K, stride, dilation, groups) * v).sum()
    assert (u * found.value).sum() == pytest.approx(expected, rel=1e-12)


def test_output_padding_adds_rows_that_no_window_reads() -> None:
    v = normal(1, 2, 3)
    plain = run(lambda v: layers.conv_transpose1d(v, 2, 2, stride=3, bias=False), v=v)
    more = run(lambda v: layers.conv_transpose1d(v, 2, 2, stride=3, output_padding=1, bias=False), v=v)
    assert more.value.shape[2] == plain.value.shape[2] + 1
    np.testing.assert_allclose(more.value[..., :-1], plain.value)
    assert not more.value[..., -1].any()
