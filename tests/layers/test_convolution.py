"""Convolutions against a loop over windows in NumPy."""

import itertools

import numpy as np
import pytest

from symbackprop import layers

from .values import normal, run


def correlated(x: np.ndarray, K: np.ndarray, stride: int, dilation: int, groups: int) -> np.ndarray:
    """z[n, f, ...] over the windows of x, which is padded already."""
    space = [(size - dilation * (k - 1) - 1) // stride + 1 for size, k in zip(x.shape[2:], K.shape[2:], strict=True)]
    z = np.zeros((x.shape[0], K.shape[0], *space))
    inner, own = x.shape[1] // groups, K.shape[0] // groups
    for f, place in itertools.product(range(K.shape[0]), itertools.product(*map(range, space))):
        window = tuple(slice(stride * p, stride * p + dilation * (k - 1) + 1, dilation)
                       for p, k in zip(place, K.shape[2:], strict=True))  # fmt: skip
        first = f // own * inner
        read = x[(slice(None), slice(first, first + inner), *window)]
        z[(slice(None), f, *place)] = (read * K[f]).sum(axis=tuple(range(1, x.ndim)))
    return z


@pytest.mark.parametrize(
    ("layer", "shape", "options"),
    [
        (layers.conv1d, (2, 3, 7), {"filters": 2, "kernel_size": 3, "stride": 2, "padding": 1}),
        (layers.conv1d, (2, 4, 6), {"filters": 6, "kernel_size": 2, "dilation": 2, "groups": 2}),
        (layers.conv2d, (1, 2, 4, 5), {"filters": 3, "kernel_size": 2, "padding": 1}),
        (layers.conv3d, (1, 2, 3, 2, 3), {"filters": 2, "kernel_size": 2}),
    ],
)
def test_windows(layer, shape, options) -> None:  # type: ignore[no-untyped-def]
    x = normal(*shape)
    found = run(lambda x: layer(x, **options), x=x)
    P = options.get("padding", 0)
    wide = np.pad(x, [(0, 0), (0, 0), *[(P, P)] * (x.ndim - 2)])
    K, b = found.given["K1"], found.given["b1"]
    expected = correlated(wide, K, options.get("stride", 1), options.get("dilation", 1), options.get("groups", 1))
    np.testing.assert_allclose(found.value, expected + b.reshape(-1, *[1] * (x.ndim - 2)), rtol=1e-12)


def test_depthwise_is_as_many_groups_as_channels() -> None:
    x = normal(1, 3, 6)
    found = run(lambda x: layers.depthwise_conv1d(x, 2, multiplier=2, bias=False), x=x)
    assert found.given["K1"].shape == (6, 1, 2)
    np.testing.assert_allclose(found.value, correlated(x, found.given["K1"], 1, 1, 3), rtol=1e-12)


@pytest.mark.parametrize(("mode", "numpys"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")])
def test_padding_modes(mode: str, numpys: str) -> None:
    x = normal(1, 2, 5)
    found = run(lambda x: layers.conv1d(x, 2, 3, padding=2, padding_mode=mode, bias=False), x=x)
    wide = np.pad(x, [(0, 0), (0, 0), (2, 2)], mode=numpys)
    np.testing.assert_allclose(found.value, correlated(wide, found.given["K1"], 1, 1, 1), rtol=1e-12)
