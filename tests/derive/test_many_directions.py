"""Many directions at once: column by column what each of them gives by itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop import Network, errors, jacobian_vector_product, load, verify, zoo
from symbackprop.stages import tangents_of
from symbackprop.terms.check_program import check
from symbackprop.terms.program import TensorKind

from .layers import LAYERS
from .test_forward_mode import drawn, tupled
from .test_layers import dense

Make = Callable[[], Network]
COUNT = 3


def compared(make: Make) -> None:
    program, params, rest, first = drawn(make)
    rng = np.random.default_rng(7)
    many = {name: rng.standard_normal((*array.shape, COUNT)) for name, array in first.items()}
    one, all_ = (load(jacobian_vector_product(program, directions=size)) for size in ("", "Q"))
    together = tupled(called(all_, params, rest, many))
    for place in range(COUNT):
        alone = {name: array[..., place].copy() for name, array in many.items()}
        for found, wanted in zip(together, tupled(called(one, params, rest, alone)), strict=True):
            np.testing.assert_allclose(found[..., place], wanted, rtol=1e-10, atol=1e-12)


def called(module: Any, params: dict[str, Any], rest: dict[str, Any], directions: dict[str, Any]) -> Any:
    known = inspect.signature(module.predict).parameters
    given = {**rest, **{f"v_{name}": array for name, array in directions.items()}}
    arguments = {name: value for name, value in given.items() if name in known}
    return module.predict(params, **arguments)


@pytest.mark.parametrize("make", LAYERS, ids=lambda make: make.__name__)
def test_layers(make: Make) -> None:
    compared(make)


@pytest.mark.parametrize("name", ["mlp", "lstm", "attention", "embedding", "gmm", "lenet"])
def test_a_loss_is_an_output(name: str) -> None:
    """Along the axes of a parameter its gradient."""
    program = zoo.load(name).to_program()
    wrt = program.of_kind(TensorKind.PARAMETER)[0].name
    product = jacobian_vector_product(program, wrt, directions="Q")
    assert [product.table[output].rank for output in product.outputs] == [1]
    assert [output for output, _ in product.cotangents] == list(product.outputs)
    assert tangents_of(program, (wrt,), "Q", checked=True).outputs == product.outputs


def test_what_does_not_vary_is_computed_once() -> None:
    one, many = (jacobian_vector_product(dense(), directions=size) for size in ("", "many"))
    assert many.dims == (*one.dims, "many")
    for tensor in one.tensors:
        varies = tensor.tangent_of is not None or tensor.kind is TensorKind.COTANGENT or tensor.name == one.loss
        assert many.table[tensor.name].rank == tensor.rank + (varies and tensor.name != one.loss)


def test_products_of_products() -> None:
    """The directions of the first are those of one tensor more to the second."""
    make = LAYERS[3]
    first = jacobian_vector_product(make(), directions="Q")
    second = jacobian_vector_product(first, directions="R")
    check(second)
    assert second.dims == (*make().to_program().dims, "Q", "R")
    assert verify(second, method="exact").passed
    assert verify(second, method="module").passed


def test_verified() -> None:
    report = verify(jacobian_vector_product(LAYERS[0](), directions="Q"))
    assert report.passed, str(report)


@pytest.mark.parametrize("name", ["N", "x", "2", "a b"])
def test_the_name_is_its_own(name: str) -> None:
    net = Network("linear")
    N = net.dim("N")
    n = net.index("n", N)
    x, y = net.input("x", (N,)), net.tensor("y")
    y[n] = x[n] ** 2
    net.output(y)
    with pytest.raises(errors.InvalidArgument, match="directions"):
        jacobian_vector_product(net, directions=name)
