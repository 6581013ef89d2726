"""A network against a NumPy function written by hand: loss, outputs and, by central differences, every gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import symbackprop as sb


def shape_of(shape: Any, sizes: Mapping[str, int]) -> tuple[int, ...]:
    names = {"__builtins__": {}, "floor": math.floor, "max": max, "min": min}
    return tuple(int(eval(str(size), names, dict(sizes))) for size in shape)


def example(module: Any, sizes: Mapping[str, int], seed: int, high: int) -> dict[str, Any]:
    """Data for every parameter and input of a module; integers below `high`."""
    rng = np.random.default_rng(seed)
    data: dict[str, Any] = {}
    for name, (shape, dtype, *_) in {**module.PARAMETERS, **module.INPUTS}.items():
        place = shape_of(shape, sizes)
        data[name] = rng.integers(0, high, place) if dtype.startswith("int") else rng.normal(size=place)
        data[name] = np.asarray(data[name])
    return data


def slopes(function: Callable[..., Any], data: dict[str, Any], name: str, step: float = 1e-6) -> np.ndarray[Any, Any]:
    """∂function/∂name by central differences."""
    result = np.zeros_like(data[name])
    for place in np.ndindex(data[name].shape):
        ends = []
        for shift in (step, -step):
            moved = {**data, name: data[name].copy()}
            moved[name][place] += shift
            ends.append(float(function(**moved)))
        result[place] = (ends[0] - ends[1]) / (2 * step)
    return result


def compare(net: Any, sizes: Mapping[str, int], expected: Any = None, outputs: Any = None, *, wrt: Any = None,
            seed: int = 3, high: int = 2, extra: Mapping[str, Any] | None = None, keywords: tuple[str, ...] = (),
            verify: bool = True, prepare: Any = None, tolerance: float = 1e-9) -> dict[str, Any]:  # fmt: skip
    """`expected(**data)`: the loss; `outputs(**data)`: what predict returns (an array, or a tuple of them).

    `keywords`: sizes to pass by name; `extra`: noise and buffers passed by name; `prepare(data)` changes the data."""
    module = sb.load(net, wrt)
    data = example(module, sizes, seed, high)
    if prepare is not None:
        prepare(data)
    params = {name: data[name] for name in module.PARAMETERS}
    given = {name: data[name] for name in module.INPUTS}
    more = {**{name: sizes[name] for name in keywords}, **(extra or {})}
    before = {name: value.copy() for name, value in data.items()}
    loss, grads = module.value_and_grad(params, **given, **more)
    assert all(np.array_equal(before[name], data[name], equal_nan=True) for name in data), "arguments are modified"
    if expected is not None:
        np.testing.assert_allclose(loss, expected(**data), rtol=tolerance, atol=tolerance)
        for name, found in grads.items():
            assert found.shape == data[name].shape
            np.testing.assert_allclose(found, slopes(expected, data, name), rtol=2e-6, atol=2e-7, err_msg=name)
    result = {"loss": loss, "grads": grads, "data": data, "module": module}
    if outputs is not None:
        takes = module.predict.__code__.co_varnames
        chosen = {name: value for name, value in {**given, **more}.items() if name in takes}
        result["predict"] = found = module.predict(params, **chosen)
        wanted = outputs(**data)
        if not isinstance(wanted, tuple):
            wanted, found = (wanted,), (found,)
        assert isinstance(found, tuple)
        for left, right in zip(found, wanted, strict=True):
            assert np.shape(left) == np.shape(right)
            np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance)
    if verify:
        report = sb.verify(net)
        assert report.passed, str(report)
    return result


@pytest.fixture
def check() -> Any:
    return compare
