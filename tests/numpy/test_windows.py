"""Windows as text: what the expression gives is the element at every position."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

from symbackprop.numpy.array import Array
from symbackprop.numpy.bound import Bound
from symbackprop.numpy.helpers import Helper
from symbackprop.numpy.windows import Windows, covers, same_window, sliceable
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.resources import templates
from symbackprop.terms.poly import Index
from tests.numpy.test_window_strides import ARRAYS, SIZES, address, number


def evaluated(text: str, array: Array) -> Any:
    known: dict[str, Any] = {"np": np, **{dim.name: size for dim, size in SIZES.items()}}
    exec((templates() / "numpy" / "helpers" / f"{Helper.WINDOW.value}.py.j2").read_text(encoding="utf-8"), known)
    shape = [number(size) for size in array.buffer.shape]
    known[array.buffer.name] = np.arange(int(np.prod(shape))).reshape(shape)
    return eval(text, known)


def expected(array: Array, groups: list[tuple[Index, ...]]) -> Any:
    """The addresses, a dimension for each group."""
    lengths = [[number(array.extent(axis)) for axis in group] for group in groups]
    out = np.zeros([int(np.prod(each)) for each in lengths], int)
    for position in product(*(range(length) for each in lengths for length in each)):
        place = dict(zip([axis for group in groups for axis in group], position, strict=True))
        index, rest = [], list(position)
        for each in lengths:
            mine, rest = rest[: len(each)], rest[len(each) :]
            index.append(int(np.ravel_multi_index(mine, each)) if each else 0)
        out[tuple(index)] = address(array, place)
    return out


def windows() -> Windows:
    names = Scope(Names({"N", "D", "H", "c", "s", "w", "f"}))
    return Windows(names, set(), Bound(names))


@pytest.mark.parametrize("name", ARRAYS)
def test_every_order_of_the_axes(name: str) -> None:
    array = ARRAYS[name]
    for order in permutations(array.axes):
        found = evaluated(windows().text(array, order), array)
        np.testing.assert_array_equal(found, expected(array, [(axis,) for axis in order]))


@pytest.mark.parametrize("name", ARRAYS)
def test_dimensions_of_length_1(name: str) -> None:
    array = ARRAYS[name]
    for place in range(len(array.axes) + 1):
        layout = [*array.axes[:place], None, *array.axes[place:]]
        found = evaluated(windows().text(array, layout), array)
        np.testing.assert_array_equal(found, expected(array, [() if axis is None else (axis,) for axis in layout]))


@pytest.mark.parametrize("name", ARRAYS)
def test_axes_taken_as_one(name: str) -> None:
    array = ARRAYS[name]
    for order in permutations(array.axes):
        for cut in range(len(order) + 1):
            groups = [order[:cut], order[cut:]]
            found = evaluated(windows().grouped(array, groups), array)
            np.testing.assert_array_equal(found, expected(array, groups))


def test_what_it_is() -> None:
    assert [name for name, array in ARRAYS.items() if covers(array)] == ["as it lies", "turned"]
    assert [name for name, array in ARRAYS.items() if not sliceable(array)] == ["a diagonal", "a window", "flat"]
    assert same_window(ARRAYS["as it lies"], ARRAYS["as it lies"])
    assert not same_window(ARRAYS["as it lies"], ARRAYS["backwards"])
