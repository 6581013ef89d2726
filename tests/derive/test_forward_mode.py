"""Jacobian-vector products against the interpreter's own forward mode, differences, and the vector-Jacobian product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, derive, errors, hessian_vector_product, jacobian_vector_product, load, verify, zoo
from symbackprop.terms.build import mul, number
from symbackprop.terms.check_program import check
from symbackprop.terms.program import Program, TensorKind
from symbackprop.verify.data import draw
from symbackprop.verify.prime_sizes import choose_sizes
from workshop.fuzz.tangents import wrong_tangent

from .layers import LAYERS
from .test_layers import dense

Make = Callable[[], Network]
Arrays = dict[str, Any]
every = pytest.mark.parametrize("make", LAYERS, ids=lambda make: make.__name__)


def agrees(program: Program, product: Program, wrt: tuple[str, ...], seeds: tuple[int, ...] = (0, 1)) -> None:
    check(product)
    for seed in seeds:
        assert wrong_tangent(program, product, wrt, choose_sizes(program, seed), seed) is None


@pytest.mark.parametrize("name", zoo.names())
def test_losses_of_the_zoo(name: str) -> None:
    program = zoo.load(name).to_program()
    parameters = tuple(tensor.name for tensor in program.of_kind(TensorKind.PARAMETER))
    agrees(program, jacobian_vector_product(program), parameters, (0,))


@every
def test_outputs_of_layers(make: Make) -> None:
    program = make().to_program()
    agrees(program, jacobian_vector_product(program), program.default_wrt)
    (first, *_) = program.default_wrt
    agrees(program, jacobian_vector_product(program, first), (first,))


def test_a_wrong_tangent_is_seen() -> None:
    program = dense().to_program()
    product = jacobian_vector_product(program)
    (right,) = product.definitions["v_z"]
    wrong = replace(right, rhs=mul(number(2), right.rhs))
    swapped = product.with_(equations=tuple(wrong if e is right else e for e in product.equations))
    assert wrong_tangent(program, swapped, program.default_wrt, choose_sizes(program, 0), 0) is not None


def drawn(make: Make, seed: int = 1) -> tuple[Program, Arrays, Arrays, Arrays]:
    """(program, parameters, other arguments with noise and buffers, directions)"""
    program = make().to_program()
    sizes = dict(zip(program.dims, (2, 3, 5, 4), strict=False))
    data = draw(program, sizes, seed)
    rng = np.random.default_rng(seed)
    params = {t.name: data[t.name] for t in program.of_kind(TensorKind.PARAMETER)}
    rest: Arrays = {t.name: data[t.name] for t in program.of_kind(TensorKind.INPUT, TensorKind.RANDOM)}
    states = program.of_kind(TensorKind.BUFFER)
    if states:
        rest["buffers"] = {t.name: data[t.name] for t in states}
    return program, params, rest, {n: rng.standard_normal(data[n].shape) for n in program.default_wrt}


def tupled(outputs: Any) -> tuple[Any, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


@every
def test_modules(make: Make) -> None:
    """The product's own module: adjoint to that of the layer, <d, J v> = <Jᵀ d, v>, and the slope of its outputs."""
    program, params, rest, directions = drawn(make)
    layer, product = load(make()), load(jacobian_vector_product(make()))
    along = {f"v_{name}": v for name, v in directions.items()}
    tangents, _ = product.forward(params, **rest, **along)
    outputs, _ = layer.forward(params, **rest)
    assert list(product.OUTPUTS) == [f"v_{name}" for name in program.outputs]
    rng = np.random.default_rng(7)
    cotangents = [rng.standard_normal(np.shape(y)) for y in tupled(outputs)]
    _, grads = layer.vjp(params, **rest, **{f"d_{n}": d for n, d in zip(program.outputs, cotangents, strict=True)})
    forwards = sum(np.sum(d * v) for d, v in zip(cotangents, tupled(tangents), strict=True))
    backwards = sum(np.sum(grads[name] * v) for name, v in directions.items())
    assert forwards == pytest.approx(backwards, rel=1e-11)
    if "kinks" not in program.name:
        h = 1e-6
        up, down = (
            tupled(layer.forward(
                {n: p + s * h * directions[n] for n, p in params.items()},
                **{n: r + s * h * directions[n] if n in directions else r for n, r in rest.items()},
            )[0]) for s in (1, -1)
        )  # fmt: skip
        for tangent, one, other in zip(tupled(tangents), up, down, strict=True):
            np.testing.assert_allclose(tangent, (one - other) / (2 * h), rtol=1e-6, atol=1e-8)


def test_of_a_loss() -> None:
    """The directional derivative, whose gradient is the Hessian-vector product once more."""
    program, params, rest, _ = drawn(lambda: zoo.load("mlp"))
    rng = np.random.default_rng(3)
    along = {f"v_{name}": rng.standard_normal(array.shape) for name, array in params.items()}
    net = zoo.load("mlp")
    _, grads = load(net).value_and_grad(params, **rest)
    slope, again = load(jacobian_vector_product(net)).value_and_grad(params, **rest, **along)
    other, curved = load(hessian_vector_product(net)).value_and_grad(params, **rest, **along)
    assert slope == pytest.approx(sum(np.sum(grads[n] * along[f"v_{n}"]) for n in params), rel=1e-12)
    assert slope == pytest.approx(other, rel=1e-12)
    for name in params:
        np.testing.assert_allclose(again[name], curved[name], rtol=1e-10, atol=1e-13)
    assert program.loss is not None


def test_the_gradient_of_a_hessian_vector_product() -> None:
    """It is computed anyway, and on request returned from the same pass."""
    program, params, rest, _ = drawn(lambda: zoo.load("mlp"))
    rng = np.random.default_rng(3)
    along = {f"v_{name}": rng.standard_normal(array.shape) for name, array in params.items()}
    net = zoo.load("mlp")
    _, grads = load(net).value_and_grad(params, **rest)
    _, plain = load(hessian_vector_product(net)).value_and_grad(params, **rest, **along)
    _, found = load(hessian_vector_product(net, gradient=True)).value_and_grad(params, **rest, **along)
    assert list(plain) == list(params)
    assert list(found) == [*params, *(f"v_{name}" for name in params)]
    for name in params:
        np.testing.assert_array_equal(found[name], plain[name])
        np.testing.assert_allclose(found[f"v_{name}"], grads[name], rtol=1e-12, atol=1e-14)
    assert program.default_wrt == ()


@pytest.mark.parametrize("make", LAYERS[3:7], ids=lambda make: make.__name__)
def test_a_product_is_a_layer_again(make: Make) -> None:
    assert verify(jacobian_vector_product(make())).passed


@pytest.mark.parametrize("first", [jacobian_vector_product, hessian_vector_product])
@pytest.mark.parametrize("second", [jacobian_vector_product, hessian_vector_product])
def test_products_of_products(first: Any, second: Any) -> None:
    product = second(first(LAYERS[3]()))
    check(product)
    assert verify(product, method="exact").passed
    assert verify(product, method="module").passed


def test_what_does_not_vary_has_no_tangent() -> None:
    net = Network("still")
    N = net.dim("N")
    n, x, w = net.index("n", N), net.input("x", (N,)), net.input("w", (N,))
    y, u = net.tensors("y u")
    y[n], u[n] = x[n] ** 2, tanh(w[n])
    net.output(y, u)
    module = load(jacobian_vector_product(net, "w"))
    (first, second), _ = module.forward({}, np.ones(3), np.zeros(3), np.arange(3.0))
    np.testing.assert_array_equal(first, np.zeros(3))
    np.testing.assert_array_equal(second, np.arange(3.0))


def test_refused() -> None:
    net = Network("named")
    N = net.dim("N")
    n, w, v = net.index("n", N), net.parameter("w", (N,)), net.input("v_w", (N,))
    y = net.tensor("y")
    y[n] = w[n] * v[n]
    net.output(y)
    assert derive(net).wrt == ("w", "v_w")
    for product in (jacobian_vector_product, hessian_vector_product):
        with pytest.raises(errors.DuplicateName, match=r"tensor 'v_w'.*direction of w"):
            product(net)
        product(net, "v_w")
    with pytest.raises(errors.InvalidArgument, match="a parameter or float input"):
        jacobian_vector_product(net, "y")
    with pytest.raises(errors.UnknownTensor, match="found q"):
        jacobian_vector_product(net, "q")


def test_orders_that_follow_have_names_of_their_own() -> None:
    net = Network("cube")
    N = net.dim("N")
    n, w = net.index("n", N), net.parameter("w", (N,))
    net.loss = Sum(w[n] ** 3, n)
    third = hessian_vector_product(hessian_vector_product(net))
    assert {"v_w", "v_w_2"} < {tensor.name for tensor in third.tensors}
    w0, v = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    _, grads = load(third, "w").value_and_grad({"w": w0}, v, v)
    np.testing.assert_allclose(grads["w"], 6 * v * v)
