"""What is added to rows that are named once, a few times or often: as `np.add.at` does, in their order."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.resources import templates
from tests.audit.written import take

HELPER: dict = {"np": np}
exec((templates() / "numpy" / "helpers" / "_scatter_add.py.j2").read_text(encoding="utf-8"), HELPER)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5)])
@pytest.mark.parametrize(
    ("count", "rows", "often"),
    [
        (0, 4, 0),
        (3, 4, 0),
        (1, 1, 0),
        (300, 1, 0),
        (300, 50, 0),
        (300, 5, 0),
        (900, 2000, 0),
        (900, 900, 300),
        (700, 70_000, 9),
    ],
)
def test_as_add_at(count: int, rows: int, often: int, shape: tuple[int, ...], dtype: type) -> None:
    """`often`: so many name one row."""
    rng = np.random.default_rng(count + rows)
    index = rng.integers(0, rows, count)
    index[:often] = rows - 1
    rng.shuffle(index)
    values = rng.integers(-9, 9, (count, *shape)).astype(dtype)  # which add up exactly
    found = rng.integers(-9, 9, (rows, *shape)).astype(dtype)
    expected = found.copy()
    np.add.at(expected, index, values)
    HELPER["_scatter_add"](found, index, values, take)
    np.testing.assert_array_equal(found, expected)


def test_positions_of_several_axes() -> None:
    rng = np.random.default_rng(6)
    index, values = rng.integers(0, 40, (20, 30)), rng.normal(size=(20, 30, 4)).astype(np.float32)
    found, expected = np.zeros((40, 4), np.float32), np.zeros((40, 4))
    HELPER["_scatter_add"](found, index, values, take)
    np.add.at(expected, index, values)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("count", "width"), [(400, 3), (700, 3), (700, 64), (70, 9)], ids=["few", "often", "wide", "once"]
)
@pytest.mark.parametrize("rows", [9, 100])
def test_infinite_rows_stay_where_they_are(count: int, width: int, rows: int) -> None:
    index, values = np.arange(count) % rows, np.ones((count, width), np.float32)
    values[7, 1], values[8, 2] = np.inf, np.nan
    found = np.zeros((rows, width), np.float32)
    HELPER["_scatter_add"](found, index, values, take)
    assert np.isinf(found[7, 1])
    assert np.isnan(found[8, 2])
    assert np.isfinite(found).sum() == found.size - 2
