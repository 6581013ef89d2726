"""The module's functions: what they refuse, and that they are pure under JAX's transformations."""

from __future__ import annotations

import ast
import sys
from typing import Any

import numpy as np
import pytest

import symbackprop
from symbackprop import Network, layers, zoo
from symbackprop.errors import InvalidArgument
from symbackprop.optimizers import sgd

SIZES = {"D": 3, "H": 5, "C": 7}


def module() -> Any:
    return symbackprop.load(zoo.load("mlp"), backend="jax")


def data(count: int = 4) -> tuple[Any, Any]:
    rng = np.random.default_rng(count)
    return rng.normal(size=(count, 3)).astype("float32"), np.eye(7, dtype="float32")[rng.integers(0, 7, count)]


def test_it_imports_jax_alone() -> None:
    tree = ast.parse(symbackprop.generate(zoo.load("vae"), backend="jax"))
    found = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
    }  # fmt: skip
    assert found == {"functools", "jax", "jax.numpy"}


def test_its_backward_pass_is_written_out() -> None:
    """No automatic differentiation in it."""
    text = symbackprop.generate(zoo.load("lstm"), backend="jax")
    for name in ("jax.grad", "jax.vjp", "jax.jvp", "value_and_grad(_", "linearize"):
        assert name not in text


@pytest.mark.parametrize("option", [{"style": "plain"}, {"optimizer": sgd()}, {"memory": "1MB"}])
def test_options_of_numpy_are_refused(option: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match='backend="jax"'):
        symbackprop.generate(zoo.load("mlp"), backend="jax", **option)


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="backend"):
        symbackprop.generate(zoo.load("mlp"), backend="fortran")


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_library_that_is_missing_is_named(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(InvalidArgument, match=f"that {backend} is installed"):
        symbackprop.load(zoo.load("linear_regression"), backend=backend)
    with pytest.raises(InvalidArgument, match=f"that {backend} is installed"):
        symbackprop.verify(zoo.load("linear_regression"), backend=backend)


def test_bad_arguments_are_named() -> None:
    pytest.importorskip("jax")
    made = module()
    params, (x, y) = made.init_params(0, **SIZES), data()
    with pytest.raises(ValueError, match=r"x: expected shape \(N, D\) = \(4, 3\), found \(4, 2\)"):
        made.loss(params, x[:, :2], y)
    with pytest.raises(ValueError, match=r"params: .*missing \['b2'\]"):
        made.loss({name: value for name, value in params.items() if name != "b2"}, x, y)
    with pytest.raises(TypeError, match="params: expected a dict"):
        made.loss([1], x, y)
    with pytest.raises(ValueError, match="sizes of at least 1"):
        made.loss(params, x[:0], y[:0])


def test_integers_out_of_range_are_told_where_they_are_known() -> None:
    jax = pytest.importorskip("jax")
    made = symbackprop.load(zoo.load("lstm"), backend="jax")
    params = made.init_params(0, D=3, H=2, C=2)
    with pytest.raises(ValueError, match="label: expected integers from 0 to 1, found 0 to 2"):
        made.loss(params, np.zeros((4, 3, 3), "float32"), np.array([0, 1, 2]))
    assert jax.jit(made.loss)(params, np.zeros((4, 2, 3), "float32"), np.array([0, 1])) > 0


def test_transformations() -> None:
    jax = pytest.importorskip("jax")
    made = module()
    params, (x, y) = made.init_params(jax.random.key(1), **SIZES), data()
    loss, gradients = made.value_and_grad(params, x, y)
    assert loss.dtype == gradients["W1"].dtype == np.float32
    np.testing.assert_allclose(jax.jit(made.loss)(params, x, y), loss, rtol=1e-6)
    each = jax.vmap(jax.grad(made.loss), in_axes=(None, 0, 0))(params, x[:, None], y[:, None])
    for name, value in gradients.items():
        np.testing.assert_allclose(each[name].mean(axis=0), value, rtol=1e-4, atol=1e-6)
    twice = jax.jacrev(jax.grad(lambda b: made.loss(params | {"b1": b}, x, y)))(params["b1"])
    expected = jax.hessian(lambda b: made.forward(params | {"b1": b}, x, y)[0])(params["b1"])
    np.testing.assert_allclose(twice, expected, rtol=1e-4, atol=1e-6)


def test_gradients_by_constants_are_refused() -> None:
    """By y, of which it is assumed that it adds up to 1: nobody is to take a 0 for its gradient."""
    jax = pytest.importorskip("jax")
    made = module()
    params, (x, y) = made.init_params(0, **SIZES), data()
    assert jax.grad(made.loss, argnums=1)(params, x, y).shape == x.shape
    for function in (made.loss, jax.jit(made.loss)):
        with pytest.raises(TypeError, match="y: expected one of"):
            jax.grad(function, argnums=2)(params, x, y)


def layer() -> Network:
    net = Network("block")
    N, D, H = net.dims("N D H")
    x = net.input("x", (N, D))
    net.output(layers.dropout(layers.batch_norm(layers.dense(x, H)), 0.5))
    return net


def test_layers_have_buffers_and_noise() -> None:
    jax = pytest.importorskip("jax")
    made = symbackprop.load(layer(), backend="jax")
    params, buffers = made.init_params(0, D=3, H=5), made.init_buffers(H=5)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    mask = np.ones((4, 5), "float32")
    outputs, cache = made.forward(params, x, buffers=buffers, mask1=mask)
    assert made.next_buffers(cache).keys() == buffers.keys()
    _, gradients = made.vjp(params, x, outputs, buffers=buffers, mask1=mask)
    derived = jax.grad(lambda p: (made.layer(p, x, buffers=buffers, mask1=mask) ** 2).sum() / 2)(params)
    for name, value in derived.items():
        np.testing.assert_allclose(gradients[name], value, rtol=1e-5, atol=1e-6)
    zeros = made.backward(cache)
    assert all(not np.asarray(value).any() for value in zeros.values())
    one, other = (made.forward(params, x, buffers=buffers, rng=seed)[0] for seed in (1, 2))
    assert (one != other).any()
    with pytest.raises(TypeError, match="rng="):
        made.forward(params, x, buffers=buffers)


def test_gradients_in_shards_are_added_up() -> None:
    """Of parameters that every device has: a mesh of one device has the axis, if nothing to add."""
    jax = pytest.importorskip("jax")
    made = module()
    params, (x, y) = made.init_params(0, **SIZES), data()
    mesh = jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    P = jax.P
    mean = jax.shard_map(lambda *given: jax.lax.pmean(made.loss(*given), "data"), mesh=mesh,
                         in_specs=(P(), P("data"), P("data")), out_specs=P())  # fmt: skip
    for name, value in jax.grad(mean)(params, x, y).items():
        np.testing.assert_allclose(value, made.value_and_grad(params, x, y)[1][name], rtol=1e-5, atol=1e-7)
