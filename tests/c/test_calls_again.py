"""Calls with the very arrays of the call before, in one workspace: what is seen of them is what they are now."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop import LogSumExp, Mean, Network, Sum, load
from symbackprop.c.compiler import Compiler

N, D, C = 4, 3, 5


def classifier() -> Network:
    net = Network("classifier")
    rows, wide, classes = net.dims("N D C")
    n, i, k = net.indices(n=rows, i=wide, k=classes)
    x, label = net.input("x", (rows, wide)), net.input("label", (rows,), dtype="int", high=classes)
    W, b, z = net.parameter("W", (wide, classes)), net.parameter("b", (classes,)), net.tensor("z")
    z[n, k] = Sum(x[n, i] * W[i, k], i) + b[k]
    net.output(z)
    net.loss = Mean(LogSumExp(z[n, k], k) - z[n, label[n]], n)
    return net


@pytest.fixture(scope="module")
def modules(compiler: Compiler) -> tuple[Any, Any]:
    """(C's, NumPy's)"""
    return load(classifier(), backend="c"), load(classifier())


@pytest.fixture
def given() -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(D, C)), "b": rng.normal(size=C)}
    return params, {"x": rng.normal(size=(N, D)), "label": rng.integers(0, C, N)}


def same(modules: tuple[Any, Any], params: Any, data: Any, workspace: Any) -> None:
    found, expected = (
        modules[0].value_and_grad(params, **data, workspace=workspace),
        modules[1].value_and_grad(params, **data),
    )
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    for name, array in expected[1].items():
        np.testing.assert_allclose(found[1][name], array, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(
        modules[0].predict(params, data["x"], workspace=workspace), modules[1].predict(params, data["x"]), rtol=1e-12
    )


def test_what_is_in_the_arrays_may_change(modules: Any, given: Any) -> None:
    (params, data), workspace = given, modules[0].Workspace()
    for _ in range(3):
        same(modules, params, data, workspace)
        params["W"] += 0.5
        data["x"] *= -1.5
        data["label"][:] = data["label"][::-1].copy()


def test_other_arrays(modules: Any, given: Any) -> None:
    (params, data), workspace = given, modules[0].Workspace()
    for _ in range(3):
        same(modules, params, data, workspace)
        params["b"] = params["b"] + 1
        same(modules, params, data, workspace)
        data["x"] = data["x"][::-1]
        same(modules, params, data, workspace)
        params = dict(reversed(params.items()))
    same(modules, params, {"x": data["x"][:2], "label": data["label"][:2]}, workspace)
    same(modules, params, data, workspace)


def test_lists_are_read_each_time(modules: Any, given: Any) -> None:
    (params, data), workspace = given, modules[0].Workspace()
    listed = {"x": data["x"].tolist(), "label": data["label"].tolist()}
    for place in range(3):
        same(modules, params, listed, workspace)
        listed["x"][place][0] += 1
        listed["label"][place] = place


@pytest.mark.parametrize("label", [C, -1, 2**32])
def test_integers_are_checked_each_time(modules: Any, given: Any, label: int) -> None:
    (params, data), workspace = given, modules[0].Workspace()
    for _ in range(2):
        same(modules, params, data, workspace)
    data["label"][1] = label
    with pytest.raises(ValueError, match=rf"^label: expected integers from 0 to {C - 1}"):
        modules[0].value_and_grad(params, **data, workspace=workspace)
    data["label"][1] = 0
    same(modules, params, data, workspace)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_arrays_that_become_others_where_they_are(modules: Any, given: Any) -> None:
    (params, data), workspace = given, modules[0].Workspace()
    for _ in range(2):
        same(modules, params, data, workspace)
    params["W"].shape = (C, D)
    with pytest.raises(ValueError, match=r"expected shape"):
        modules[0].value_and_grad(params, **data, workspace=workspace)
    params["W"].shape = (D, C)
    same(modules, params, data, workspace)
    params["W"].dtype = np.int64
    with pytest.raises(ValueError, match=r"^W: expected"):
        modules[0].value_and_grad(params, **data, workspace=workspace)


@pytest.mark.parametrize("change", [lambda p: p.pop("b"), lambda p: p.update(c=p["b"])], ids=["missing", "unknown"])
def test_parameters_are_counted_each_time(modules: Any, given: Any, change: Any) -> None:
    (params, data), workspace = given, modules[0].Workspace()
    for _ in range(2):
        same(modules, params, data, workspace)
    change(params)
    with pytest.raises(ValueError, match=r"^params: expected W, b"):
        modules[0].value_and_grad(params, **data, workspace=workspace)


def test_another_workspace(modules: Any, given: Any) -> None:
    params, data = given
    workspaces = [modules[0].Workspace() for _ in range(2)]
    for _ in range(2):
        for workspace in workspaces:
            same(modules, params, data, workspace)
    with pytest.raises(TypeError, match=r"^workspace: "):
        modules[0].value_and_grad(params, **data, workspace=modules[1].Workspace())
