"""Pooling against a loop over windows in NumPy; flattening against `reshape`."""

import numpy as np
import pytest

from symbackprop import layers

from .values import normal, run


def pooled(x: np.ndarray, kernel: int, stride: int, padding: int, fill: float, reduce) -> np.ndarray:  # type: ignore[no-untyped-def]
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding)], constant_values=fill)
    starts = range(0, wide.shape[2] - kernel + 1, stride)
    return np.stack([reduce(wide[..., start : start + kernel]) for start in starts], axis=-1)


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 1, 1), (3, 2, 1)])
def test_windows(kernel: int, stride: int, padding: int) -> None:
    x = normal(2, 2, 7)
    found = run(lambda x: layers.max_pool(x, kernel, stride, padding), x=x)
    np.testing.assert_array_equal(found.value, pooled(x, kernel, stride, padding, -np.inf, lambda w: w.max(-1)))
    found = run(lambda x: layers.avg_pool(x, kernel, stride, padding), x=x)
    np.testing.assert_allclose(found.value, pooled(x, kernel, stride, padding, 0, lambda w: w.mean(-1)), rtol=1e-12)
    found = run(lambda x: layers.avg_pool(x, kernel, stride, padding, count_include_pad=False), x=x)
    expected = pooled(x, kernel, stride, padding, np.nan, lambda w: np.nanmean(w, axis=-1))
    np.testing.assert_allclose(found.value, expected, rtol=1e-12)


def test_a_last_window_that_hangs_over() -> None:
    x = normal(1, 1, 7)
    found = run(lambda x: layers.max_pool(x, 2, 3, ceil_mode=True), x=x)
    np.testing.assert_array_equal(found.value[0, 0], [x[0, 0, :2].max(), x[0, 0, 3:5].max(), x[0, 0, 6]])
    found = run(lambda x: layers.avg_pool(x, 2, 3, divisor_override=5), x=x)
    np.testing.assert_allclose(found.value[0, 0], [x[0, 0, :2].sum() / 5, x[0, 0, 3:5].sum() / 5])


def test_whole_axes() -> None:
    x = normal(2, 3, 2, 4)
    np.testing.assert_allclose(run(layers.global_avg_pool, x=x).value, x.mean((2, 3)), rtol=1e-12)
    np.testing.assert_array_equal(run(layers.global_max_pool, x=x).value, x.max((2, 3)))
    np.testing.assert_array_equal(run(layers.flatten, x=x).value, x.reshape(2, -1))
