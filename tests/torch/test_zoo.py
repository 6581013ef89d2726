"""The PyTorch module of every network of the zoo, and of every layer, against the NumPy module."""

from __future__ import annotations

import numpy as np
import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.sources import program_of
from symbackprop.stable import stable_forms
from symbackprop.terms.program import TensorKind
from symbackprop.verify.data import finite_data
from symbackprop.verify.evaluators import Key, ModuleEvaluator, Of
from symbackprop.verify.feasible_sizes import feasible_sizes
from tests.layers.cases import CASES
from tests.torch.evaluating import assert_equal, called, given, several, values

torch = pytest.importorskip("torch")


def drawn(program):
    """(sizes, data) at which everything is finite."""
    for seed in range(6):
        sizes = feasible_sizes(program, seed)
        data = finite_data(stable_forms(program), sizes, seed)
        if data is not None:
            return sizes, data
    raise AssertionError("no data were found")


def compare(net):
    program = program_of(net)
    sizes, data = drawn(program)
    expected = ModuleEvaluator(symbackprop.load(net), program, sizes).values(data)
    module = symbackprop.load(net, backend="torch")
    assert_equal(values(module, program, data, sizes), expected)
    single = values(module, program, data, sizes, np.float32)
    assert {key: value.dtype for key, value in single.items()} == dict.fromkeys(expected, np.float32)
    return module, program, data, sizes, expected


@pytest.mark.parametrize("name", zoo.names())
def test_it_equals_the_numpy_module(name):
    """By `value_and_grad`, and the gradients by torch.autograd of three times the loss."""
    module, program, data, sizes, expected = compare(zoo.load(name))
    arguments = given(program, data, sizes)
    for tensor in arguments["params"].values():
        tensor.requires_grad_()
    loss = several(called(module.loss, arguments))[0]
    (3 * loss).backward()
    for tensor in program.of_kind(TensorKind.PARAMETER):
        wanted = 3 * expected[Key(Of.GRADIENT, tensor.name)]
        found = arguments["params"][tensor.name].grad.numpy()
        assert np.abs(found - wanted).max() <= 1e-12 * np.abs(wanted).max() + 1e-13, tensor.name


@pytest.mark.parametrize("name", CASES)
def test_layers_equal_the_numpy_module(name):
    compare(CASES[name].build())


@pytest.mark.parametrize("name", ["attention", "gru_seq2seq", "lenet", "mlp", "word2vec"])
def test_second_derivatives_are_those_of_the_derivation(name):
    """Of <gradient, v> along its own direction, against the NumPy module of the Hessian-vector product."""
    net = zoo.load(name)
    program = program_of(net)
    sizes, data = drawn(program)
    module = symbackprop.load(net, backend="torch")
    arguments = given(program, data, sizes)
    params = arguments["params"]
    rng = np.random.default_rng(0)
    directions = {name: rng.normal(size=tensor.shape) for name, tensor in params.items()}
    for tensor in params.values():
        tensor.requires_grad_()
    loss = called(module.loss, arguments)
    grads = torch.autograd.grad(loss, tuple(params.values()), create_graph=True)
    along = sum((g * torch.tensor(v)).sum() for g, v in zip(grads, directions.values(), strict=True))
    found = torch.autograd.grad(along, tuple(params.values()))
    product = symbackprop.hessian_vector_product(net)
    numpy = ModuleEvaluator(symbackprop.load(product), product, sizes)
    expected = numpy.gradients({**data, **{f"v_{name}": v for name, v in directions.items()}})
    for name, one in zip(params, found, strict=True):
        scale = np.abs(expected[name]).max()
        assert np.abs(one.numpy() - expected[name]).max() <= 1e-11 * scale + 1e-12, name


@pytest.mark.parametrize("name", ["embedding", "mlp", "vae"])
def test_it_is_verified_as_any_other(name):
    report = symbackprop.verify(zoo.load(name), backend="torch")
    assert report.passed, str(report)
    assert {row.method for row in report.rows} == {"exact", "module", "numeric"}
