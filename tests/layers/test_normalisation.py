"""Normalisations against NumPy's means and variances."""

import numpy as np
import pytest

from symbackprop import layers
from symbackprop.errors import InvalidArgument

from .values import Run, normal, run

x = normal(2, 4, 3)
EPS = 1e-5


def standard(x: np.ndarray, axes: int | tuple[int, ...]) -> np.ndarray:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + EPS)


def scaled(found: Run, value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return value * found.given["gamma1"].reshape(shape) + found.given["beta1"].reshape(shape)


def test_over_features() -> None:
    found = run(lambda x: layers.layer_norm(x, axes=2), x=x)
    np.testing.assert_allclose(found.value, scaled(found, standard(x, (1, 2)), (4, 3)), rtol=1e-12)
    found = run(lambda x: layers.layer_norm(x, affine=False), x=x)
    np.testing.assert_allclose(found.value, standard(x, 2), rtol=1e-12)
    found = run(layers.rms_norm, x=x)
    expected = x / np.sqrt((x**2).mean(2, keepdims=True) + EPS) * found.given["gamma1"]
    np.testing.assert_allclose(found.value, expected, rtol=1e-12)


def test_over_groups_and_space() -> None:
    found = run(lambda x: layers.group_norm(x, 2), x=x)
    groups = standard(x.reshape(2, 2, 2, 3), (2, 3)).reshape(x.shape)
    np.testing.assert_allclose(found.value, scaled(found, groups, (4, 1)), rtol=1e-12)
    found = run(lambda x: layers.instance_norm(x, affine=True), x=x)
    np.testing.assert_allclose(found.value, scaled(found, standard(x, 2), (4, 1)), rtol=1e-12)


def test_over_the_batch() -> None:
    found = run(layers.batch_norm, x=x)
    np.testing.assert_allclose(found.value, scaled(found, standard(x, (0, 2)), (4, 1)), rtol=1e-12)
    found = run(layers.batch_norm, training=False, x=x)
    mean, var = (found.given[f"running_{part}1"].reshape(4, 1) for part in ("mean", "var"))
    np.testing.assert_allclose(found.value, scaled(found, (x - mean) / np.sqrt(var + EPS), (4, 1)), rtol=1e-12)


def test_dropout() -> None:
    mask = (normal(2, 4, 3, seed=5) > 0).astype(float)
    found = run(lambda x: layers.dropout(x, 0.25), noise={"mask1": mask}, x=x)
    np.testing.assert_allclose(found.value, x * mask / 0.75, rtol=1e-12)
    with pytest.raises(InvalidArgument, match="below 1"):
        run(lambda x: layers.dropout(x, 1), x=x)


@pytest.mark.parametrize("axes", [0, True, 1.5])
def test_how_many_axes(axes: object) -> None:
    with pytest.raises(InvalidArgument, match="1 or more"):
        run(lambda x: layers.layer_norm(x, axes), x=x)
