"""load(net, backend="c", optimizer=…): twenty steps against recurrences written by hand, and beside the module for
NumPy, whose arguments, errors and arrays it has."""

from __future__ import annotations

import copy
import tracemalloc
from collections.abc import Callable
from functools import cache, partial
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbackprop import Network, Sum, load, optimizers, zoo
from symbackprop.c.compiler import Compiler
from tests.optimizers.test_optimizers import (
    BY_HAND,
    OPTIMIZERS,
    OWN,
    SHAPES,
    clipped,
    compare_steps,
    copied,
    draws,
    network,
)

pytestmark = pytest.mark.usefixtures("compiler")


@cache
def module(name: str) -> ModuleType:
    return load(network(), backend="c", optimizer=OPTIMIZERS[name])


@cache
def beside(name: str) -> ModuleType:
    return load(network(), optimizer=OPTIMIZERS[name])


@pytest.mark.parametrize("limit", [None, 1.5], ids=["free", "clipped"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_by_hand(name: str, dtype: Any, limit: float | None) -> None:
    made, (rule, arguments) = module(name), BY_HAND[name]
    found, all_grads, rates = draws(dtype=dtype)
    params = {key: value.astype(np.float64) for key, value in found.items()}
    state = made.init_optimizer(found)
    memory: dict[str, Any] = {key: {} for key in params}
    for t, (grads, lr) in enumerate(zip(all_grads, rates, strict=True), 1):
        before = copied(grads)
        assert made.update(found, grads, state, lr, clip_norm=limit) is None
        assert all(np.array_equal(grads[key], before[key]) for key in grads), "gradients are only read"
        exact = {key: value.astype(np.float64) for key, value in grads.items()}
        taken = exact if limit is None else clipped(exact, limit)
        params = {key: rule(params[key], taken[key], memory[key], lr, t, **arguments) for key in params}
    tolerance = {"rtol": 1e-12, "atol": 1e-12} if dtype is np.float64 else {"rtol": 2e-5, "atol": 2e-6}
    for key in params:
        assert found[key].dtype == dtype
        assert all(state[kept][key].dtype == dtype for kept in made.STATES)
        np.testing.assert_allclose(found[key], params[key], **tolerance)
    assert state["t"] == 20


@pytest.mark.parametrize("name", ["adamw", "momentum", "sgd"])
def test_one_takes_over_from_the_other(name: str) -> None:
    """A state is the same arrays, whoever made it."""
    params, all_grads, rates = draws(seed=4)
    found, state = copied(params), beside(name).init_optimizer(params)
    other = module(name).init_optimizer(params)
    assert other.keys() == state.keys()
    for step, (grads, lr) in enumerate(zip(all_grads, rates, strict=True)):
        beside(name).update(params, grads, other, lr)
        (module if step % 2 else beside)(name).update(found, grads, state, lr)
    for key in params:
        np.testing.assert_allclose(found[key], params[key], rtol=1e-12, atol=1e-12)


def test_the_first_steps_of_adam_in_single_precision() -> None:
    """What 1 - β^t has lost is what a step is off by. The weights are 0 before each, so that they hide nothing."""
    made, (rule, arguments) = module("adam"), BY_HAND["adam"]
    rng, memory = np.random.default_rng(2), dict[str, Any]()
    params = {key: np.zeros(shape, np.float32) for key, shape in SHAPES.items()}
    state = made.init_optimizer(params)
    for t in range(1, 101):
        grads = {key: np.asarray(rng.uniform(0.5, 1, shape), np.float32) for key, shape in SHAPES.items()}
        params["W"][:] = 0
        made.update(params, grads, state, 0.5)
        step = rule(np.zeros((5, 3)), grads["W"].astype(np.float64), memory, 0.5, t, **arguments)
        np.testing.assert_allclose(params["W"], step, rtol=2e-6)  # 1 - 0.999f is off by 5e-5


def said(call: Callable[[], Any]) -> tuple[type[BaseException] | None, str]:
    try:
        call()
    except (TypeError, ValueError) as error:
        return type(error), str(error)
    return None, ""


def test_it_refuses_in_the_same_words() -> None:
    params, (grads,), _ = draws(steps=1)
    frozen, turned = copied(params), {**copied(params), "W": np.asfortranarray(params["W"])}
    frozen["b"].flags.writeable = False
    state = module("adamw").init_optimizer(params)
    wrong: list[tuple[Any, ...]] = [
        (frozen, grads, state, 0.1), (turned, grads, state, 0.1), ({"W": params["W"]}, grads, state, 0.1),
        ({**params, "b": params["b"].astype(int)}, grads, state, 0.1), ([1], grads, state, 0.1),
        (params, {**grads, "W": grads["W"].T}, state, 0.1), (params, {**grads, "b": [1.0]}, state, 0.1),
        (params, {**grads, "b": grads["b"].astype(np.float32)}, state, 0.1), (params, None, state, 0.1),
        (params, grads, {}, 0.1), (params, grads, {**state, "m": {}}, 0.1), (params, grads, state, "fast"),
        (params, grads, state, -1), (params, grads, state, float("nan")), (params, grads, state, 0.1, -1),
        (params, grads, state, 0.1, "none"),
    ]  # fmt: skip
    before = copied(params)
    for arguments in wrong:
        clip = dict(zip(("clip_norm",), arguments[4:], strict=False))
        updates = [partial(one("adamw").update, *arguments[:4], **clip) for one in (module, beside)]
        found, expected = map(said, updates)
        assert found == expected != (None, "")
    assert said(lambda: module("adamw").init_optimizer(frozen)) == said(lambda: beside("adamw").init_optimizer(frozen))
    assert state["t"] == 0
    assert all(np.array_equal(params[key], before[key]) for key in params), "refused before a change"


@pytest.mark.parametrize("dtype", ["float16", ">f8"])
def test_other_floats_are_refused(dtype: str) -> None:
    params = {key: np.zeros(shape, dtype) for key, shape in SHAPES.items()}
    state = module("sgd").init_optimizer(params)
    with pytest.raises(ValueError, match=r"params\['W'\]: expected float32 or float64, as C has them"):
        module("sgd").update(params, params, state, 0.1)
    assert state["t"] == 0


def test_arrays_of_both_precisions_and_where_no_numbers_lie() -> None:
    """One parameter in single precision, the others in double, one of them at an odd address."""
    params, all_grads, rates = draws(seed=6)
    params["W"] = params["W"].astype(np.float32)
    odd = np.zeros(8 * 7 + 1, np.uint8)[1:].view(np.float64)
    odd[:] = params["b"]
    expected, found = copied(params), {**copied(params), "b": odd}
    assert not odd.flags.aligned
    states = beside("adamw").init_optimizer(expected), module("adamw").init_optimizer(found)
    for grads, lr in zip(all_grads, rates, strict=True):
        grads["W"] = grads["W"].astype(np.float32)
        beside("adamw").update(expected, grads, states[0], lr, clip_norm=2.0)
        module("adamw").update(found, grads, states[1], lr, clip_norm=2.0)
    assert found["b"] is odd
    for key in params:
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-5 if key == "W" else 1e-12, atol=1e-6)


def test_arrays_are_looked_at_again_at_each_step() -> None:
    """Parameters, gradients and states that are others than before, or lie otherwise, or are scaled now, not then."""
    params, all_grads, rates = draws(seed=7)
    expected, found = copied(params), copied(params)
    states = beside("adamw").init_optimizer(expected), module("adamw").init_optimizer(found)
    for step, (grads, lr) in enumerate(zip(all_grads, rates, strict=True)):
        clip = {} if step % 3 else {"clip_norm": 1.0}
        if step % 4 == 1:
            found = copied(found)
        if step % 4 == 2:
            states[1]["m"] = copied(states[1]["m"])
        if step % 4 == 3:
            grads["W"] = np.asfortranarray(grads["W"])
        if step == 9:
            states = states[0], copy.deepcopy(states[1])
        beside("adamw").update(expected, grads, states[0], lr, **clip)
        module("adamw").update(found, grads, states[1], lr, **clip)
        for key in params:
            np.testing.assert_allclose(found[key], expected[key], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["nesterov", "adamw", "rmsprop_momentum"])
def test_nothing_large_is_allocated_once_it_runs(name: str) -> None:
    net = Network("large")
    N = net.dim("N")
    i = net.index("i", N)
    w, v = net.parameter("w", (N,)), net.parameter("v", (N,))
    net.loss = Sum(w[i] * v[i], i)
    made = load(net, backend="c", optimizer=OPTIMIZERS[name])
    params = made.init_params(0, N=100_003)
    grads, state = copied(params), made.init_optimizer(params)
    for _ in range(2):
        made.update(params, grads, state, 0.1, clip_norm=1.0)
    tracemalloc.start()
    made.update(params, grads, state, 0.1, clip_norm=1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000


@pytest.mark.parametrize("name", optimizers.BY_NAME)
def test_the_mlp_trains_by_itself(name: str, compiler: Compiler) -> None:
    made = load(zoo.load("mlp"), backend="c", optimizer=optimizers.BY_NAME[name]())
    rng = np.random.default_rng(0)
    x = rng.standard_normal((53, 5)).astype(np.float32)
    y = np.eye(3, dtype=np.float32)[np.argmax(x[:, :3], axis=1)]
    params = made.init_params(1, D=5, H=11, C=3)
    state, workspace = made.init_optimizer(params), made.Workspace()
    first = float(made.value_and_grad(params, x, y)[0])
    rate = {"sgd": 0.5, "momentum": 0.1, "nesterov": 0.1}.get(name, 0.02)
    for _ in range(60):
        _, grads = made.value_and_grad(params, x, y, workspace=workspace)
        made.update(params, grads, state, rate)
    assert made.value_and_grad(params, x, y)[0] < 0.5 * first
    assert len(made._compiled.made) == 1  # its update is in the same library


def test_gradients_by_more_than_parameters() -> None:
    made = load(zoo.load("mlp"), ["x", "W2", "W1", "b1", "b2"], backend="c", optimizer=optimizers.sgd())
    rng = np.random.default_rng(0)
    params = made.init_params(1, D=5, H=11, C=3)
    before = copied(params)
    _, grads = made.value_and_grad(
        params, rng.standard_normal((4, 5)).astype(np.float32), np.eye(3, dtype=np.float32)[[0, 1, 2, 1]]
    )
    made.update(params, grads, made.init_optimizer(params), 0.25)
    assert set(grads) == {"x", *params}
    for key in params:
        np.testing.assert_allclose(params[key], before[key] - 0.25 * grads[key], rtol=1e-6, atol=1e-7)


def test_names_of_the_network_are_no_trouble() -> None:
    net = Network("names")
    i = net.index("i", 3)
    m, update, lr, w = (net.parameter(name, (3,)) for name in ("m", "update", "lr", "w"))
    net.loss = Sum(m[i] * update[i] + lr[i] * w[i] ** 2, i)
    made = load(net, backend="c", optimizer=optimizers.adam())
    params = made.init_params(0, dtype=np.float64)
    for array in params.values():
        array += 1
    state = made.init_optimizer(params)
    made.update(params, made.value_and_grad(params)[1], state, 0.1)
    for array in params.values():
        np.testing.assert_allclose(array, 0.9, rtol=1e-6)


@pytest.mark.parametrize("called", ["own", "forward", "sqrt", "clip", "init", "0β int"])
@pytest.mark.parametrize(("mine", "by_hand"), OWN, ids=["lion", "crossing"])
def test_one_of_ones_own(mine: optimizers.Optimizer, by_hand: Callable[..., Any], called: str) -> None:
    """Under any name."""
    renamed = copy.copy(mine.network)
    renamed.name = called
    optimizer = optimizers.Optimizer(f"{called}\n*/ it is called(", renamed, mine.states)
    compare_steps(load(network(), backend="c", optimizer=optimizer), by_hand)
