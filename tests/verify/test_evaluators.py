"""Modules as evaluators: both styles are called with what they ask for, and what they return has its names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from symbackprop import Network, Sum, load
from symbackprop.sources import program_of
from symbackprop.verify.data import draw
from symbackprop.verify.evaluators import Key, ModuleEvaluator, Of, PlainEvaluator, by_name

SIZES = {"N": 3, "D": 2}


def network(layer: bool) -> Network:
    net = Network("asked")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, label = net.input("x", (N, D)), net.input("label", (N,), dtype="int", high=D)
    w, m = net.parameter("w", (D,)), net.buffer("m", (D,), "zeros")
    y, z = net.tensors("y z")
    y[n] = Sum(w[d] * x[n, d], d) * w[label[n]]
    z[d] = w[d] ** 2 - m[d]
    net.output(y, z)
    net.update(m[d], z[d])
    if not layer:
        net.loss = Sum(y[n] ** 2, n) + Sum(z[d], d)
    return net


def by_hand(data: Any, layer: bool) -> dict[Key, Any]:
    x, label, w, m = (data[name] for name in ("x", "label", "w", "m"))
    y, z = x @ w * w[label], w**2 - m
    above = (data["dy"], data["dz"]) if layer else (2 * y, np.ones(2))
    picked = label[:, None] == np.arange(2)
    of_w = (above[0] * w[label]) @ x + (above[0] * (x @ w)) @ picked + 2 * w * above[1]
    of_x = (above[0] * w[label])[:, None] * w
    results = {"y": y, "z": z} if layer else {"loss": np.sum(y**2) + np.sum(z)}
    return {
        **{Key(Of.RESULT, name): value for name, value in results.items()},
        Key(Of.GRADIENT, "w"): of_w, Key(Of.GRADIENT, "x"): of_x,
        Key(Of.PREDICTED, "y"): y, Key(Of.PREDICTED, "z"): z, Key(Of.NEXT, "m"): z,
    }  # fmt: skip


@pytest.mark.parametrize("layer", [True, False])
@pytest.mark.parametrize(("style", "evaluator"), [("fast", ModuleEvaluator), ("plain", PlainEvaluator)])
def test_both_styles(layer: bool, style: str, evaluator: type[ModuleEvaluator]) -> None:
    net = network(layer)
    program = program_of(net)
    data = dict(draw(program, SIZES, 4))
    asked = evaluator(load(net, style=style), program, SIZES)
    found = asked.values(data)
    names = dict(zip(("dy", "dz"), (name for _, name in program.cotangents), strict=True)) if layer else {}
    expected = by_hand({**data, **{mine: data[name] for mine, name in names.items()}}, layer)
    wanted = {key for key in expected if key.of in evaluator.computes} & (found.keys() | {Key(Of.GRADIENT, "w")})
    assert found.keys() == wanted
    assert {key.of for key in found} == evaluator.computes
    for key in found:
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-12, err_msg=str(key))
    above = [(name, data[cotangent]) for name, cotangent in program.cotangents] or [("loss", 1)]
    total = sum(np.sum(expected[Key(Of.RESULT, name)] * weight) for name, weight in above)
    assert asked.loss(data) == pytest.approx(total)
    np.testing.assert_allclose(asked.gradients(data)["w"], expected[Key(Of.GRADIENT, "w")], rtol=1e-12)


def test_what_a_function_is_given() -> None:
    """Those of sizes and data that it names, in the dtype; integers as they are."""
    program = program_of(network(False))
    module: Any = SimpleNamespace(forward=lambda params, label, *, N, buffers, more: (params, label, N, buffers, more))
    evaluator = ModuleEvaluator(module, program, SIZES, np.float32)
    params, label, N, buffers, more = evaluator.call("forward", draw(program, SIZES, 1), more=7)
    assert (set(params), set(buffers), N, more) == ({"w"}, {"m"}, 3, 7)
    assert params["w"].dtype == buffers["m"].dtype == np.float32
    assert label.dtype == np.int64


def test_names_of_results() -> None:
    assert {name: array.tolist() for name, array in by_name(["a"], [1, 2]).items()} == {"a": [1, 2]}
    assert {name: array.tolist() for name, array in by_name(["a", "b"], (1, [2])).items()} == {"a": 1, "b": [2]}
    with pytest.raises(ValueError, match="shorter"):
        by_name(["a", "b"], (1,))
    assert [str(Key(of, "m")) for of in Of] == ["m", "m", "predict: m", "next m"]
