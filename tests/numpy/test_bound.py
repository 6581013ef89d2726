"""What a function's statements use at every call: made once, of the function's own storage, and never a copy of it."""

from __future__ import annotations

import copy
import inspect
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbackprop import Network, Sum, load, zoo
from symbackprop.lower.values import Kind
from symbackprop.numpy.array import Buffer
from symbackprop.numpy.bound import Bound
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.sources import program_of
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import DType, TensorKind
from symbackprop.verify.prime_sizes import choose_sizes

N, D = Poly.of(Dim("N")), Poly.of(Dim("D"))


def bound() -> Bound:
    return Bound(Scope(Names({"N", "D", "x"})))


def test_each_is_made_once_and_storage_before_its_views() -> None:
    found = bound()
    x = Buffer("x", (N, D))
    assert found.storage(x) == "x"
    assert found.view(x, "x", set()) == "x"
    assert [found.view(x, text, set()) for text in ("x.T", "x[:, None]", "x[1:]", "x[2:]", "x[1:]")] == [
        "x_T", "x_column", "x_view", "x_view_2", "x_view"
    ]  # fmt: skip
    assert found.number("-0.5", set(), Kind.FLOAT) == "number_minus_0_5"
    assert found.number("1 / N", {"N"}, Kind.FLOAT) == "number"
    assert found.positions("np.arange(D)", {"D"}) == "positions"
    assert [line.strip() for line in found.lines()] == [
        'x = take("x", (N, D), dtype)', "x_T = x.T", "x_column = x[:, None]", "x_view = x[1:]", "x_view_2 = x[2:]",
        "number_minus_0_5 = np.array(-0.5, dtype)", "number = np.array(1 / N, dtype)", "positions = np.arange(D)",
    ]  # fmt: skip


def test_a_shape_that_conditions_keep_from_being_negative_is_none_without_them() -> None:
    found = bound()
    found.storage(Buffer("y", (N - 3,), Kind.INT))
    assert found.lines() == ['    y = take("y", (max(N - 3, 0),), np.intp)']


def test_only_what_is_allocated_is_the_functions_own() -> None:
    found = bound()
    found.storage(Buffer("y", (N,)))
    assert found.holds(Buffer("y", (N,)))
    assert not found.holds(Buffer("x", (N,)))


def called(net: Any, module: ModuleType, sizes: dict[str, int], workspace: Any) -> dict[str, list[Any]]:
    """What the storage functions of forward and of backward made in a step."""
    made: dict[str, list[Any]] = {}
    inner = module._storage

    def watched(workspace: Any, phase: str, *args: Any, **words: Any) -> Any:
        found = inner(workspace, phase, *args, **words)
        made[phase] = [each for own in found for each in own]
        return found

    module._storage = watched
    rng = np.random.default_rng(0)
    program = program_of(net)
    data = {
        tensor.name: (np.zeros if tensor.dtype is DType.INT else rng.random)(
            [extent.evaluate(lambda size: sizes[size.name]) for extent in tensor.shape]
        )
        for tensor in program.of_kind(TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.RANDOM, TensorKind.BUFFER)
    }
    data = {
        name: a.astype(np.intp if program.table[name].dtype is DType.INT else np.float32) for name, a in data.items()
    }
    words: dict[str, Any] = {}
    buffers = getattr(module, "BUFFERS", {})
    if buffers:
        words["buffers"] = {name: data[name] for name in buffers}
    words |= {name: data[name] for name in getattr(module, "NOISE", {})}
    words |= {name: sizes[name] for name in inspect.signature(module.forward).parameters if name in sizes}
    params = {name: data[name] for name in module.PARAMETERS}
    inputs = {name: data[name] for name in module.INPUTS}
    with np.errstate(all="ignore"):
        module.value_and_grad(params, **inputs, **words, workspace=workspace)
    return made


@pytest.mark.parametrize("name", zoo.names())
def test_views_are_of_the_storage_and_no_copies(name: str) -> None:
    net = zoo.load(name)
    module = load(net)
    workspace = module.Workspace()
    for phase, made in called(net, module, choose_sizes(program_of(net)), workspace).items():
        for array in (each for each in made if isinstance(each, np.ndarray)):
            alone = array.base is None or array.dtype.kind == "i"  # a number, or positions
            assert alone or np.shares_memory(array, workspace._block) or not array.size, phase


def test_a_workspace_that_is_copied_has_arrays_of_its_own() -> None:
    net = zoo.load("mlp")
    module = load(net)
    sizes = {"N": 3, "D": 4, "H": 5, "C": 2}
    params = module.init_params(0, D=4, H=5, C=2)
    x, y = np.ones((3, 4), np.float32), np.full((3, 2), 0.5, np.float32)
    first = module.Workspace()
    _, grads = module.value_and_grad(params, x, y, workspace=first)
    kept = {name: array.copy() for name, array in grads.items()}
    for other in (copy.copy(first), copy.deepcopy(first)):
        module.value_and_grad(params, 2 * x, y, workspace=other)
        assert all((grads[name] == kept[name]).all() for name in kept), sizes


def test_sizes_that_alternate_and_grow_share_storage_and_are_right() -> None:
    net = Network("sums")
    size, other = net.dims("N D")
    n, i = net.indices(n=size, i=other)
    x, w = net.input("x", (size, other)), net.parameter("w", (other,))
    z = net.tensor("z")
    z[n] = Sum(x[n, i] * w[i], i)
    net.loss = Sum(z[n] ** 3, n)
    module, rng = load(net), np.random.default_rng(0)
    workspace = module.Workspace()
    for rows, columns in [(2, 3), (5, 3), (2, 3), (40, 7), (5, 3), (1, 1), (40, 7)]:
        data, weights = rng.random((rows, columns)), {"w": rng.random(columns)}
        _, found = module.value_and_grad(weights, data, workspace=workspace)
        expected = data.T @ (3 * (data @ weights["w"]) ** 2)
        np.testing.assert_allclose(found["w"], expected, rtol=1e-12)
