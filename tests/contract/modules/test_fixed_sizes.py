"""Modules that are written for sizes: what they say of these, what they refuse, and that they compute what the module
for any sizes does."""

import inspect

import numpy as np
import pytest
from sympy import Piecewise, tanh

from symbackprop import (
    Network,
    Sum,
    errors,
    generate,
    hessian_vector_product,
    layers,
    load,
    optimizers,
    verify,
    zoo,
)
from symbackprop.sources import at_sizes, program_of
from symbackprop.verify.data import draw
from symbackprop.verify.evaluators import ModuleEvaluator, PlainEvaluator
from symbackprop.verify.feasible_sizes import feasible_sizes
from tests.layers.cases import CASES

MLP = {"N": 5, "D": 3, "H": 4, "C": 2}


def agree(net, seed, ones, partial=False, style="fast", wrt=None):
    """Whether all that the two modules compute is the same to rounding."""
    program = program_of(net)
    sizes = feasible_sizes(program, seed, ones)
    dims = {name: size for place, (name, size) in enumerate(sizes.items()) if not partial or place % 2 == 0}
    kind = PlainEvaluator if style == "plain" else ModuleEvaluator
    data = draw(program, sizes, seed)
    with np.errstate(all="ignore"):
        expected = kind(load(program, wrt, style=style), program, sizes).values(data)
        found = kind(load(program, wrt, dims=dims, style=style), at_sizes(program, dims), sizes).values(data)
    assert expected.keys() == found.keys()
    for key, array in expected.items():
        scale = np.max(np.abs(array[np.isfinite(array)]), initial=1)
        np.testing.assert_allclose(found[key], array, rtol=1e-9, atol=1e-11 * scale, err_msg=f"{key} at {dims}")


@pytest.mark.parametrize("name", zoo.names())
class TestTheZoo:
    def test_all_sizes(self, name):
        agree(zoo.load(name), 0, ones=False)

    def test_some_sizes_and_ones(self, name):
        agree(zoo.load(name), 1, ones=True, partial=True)


@pytest.mark.parametrize("name", CASES)
def test_layers(name):
    agree(CASES[name].build(), 2, ones=len(name) % 2 == 0)


@pytest.mark.parametrize("name", ["attention", "lenet", "rnn", "vae", "word2vec"])
def test_plain(name):
    agree(zoo.load(name), 0, ones=False, style="plain")


def test_wrt():
    agree(zoo.load("mlp"), 0, ones=False, wrt=("x", "a1"))


def test_second_order():
    agree(hessian_vector_product(zoo.load("mlp")), 0, ones=False)


def test_a_layer_without_a_loss():
    net = Network("layer")
    x = net.input("x", net.dims("N T D"))
    net.output(layers.rnn(x, net.dim("H")))
    agree(net, 0, ones=False)
    agree(net, 1, ones=True, partial=True)


def test_it_verifies_at_its_sizes():
    report = verify(at_sizes(zoo.load("mlp"), MLP))
    assert report.passed, str(report)


def test_what_it_says():
    made = load(zoo.load("mlp"), dims={"H": 4, "D": 3})
    assert (made.DIMS, made.SIZES) == (("N", "C"), {"D": 3, "H": 4})
    assert made.PARAMETERS["W1"] == (("4", "3"), "float")
    assert list(inspect.signature(made.init_params).parameters) == ["rng", "C", "dtype"]
    first = generate(zoo.load("mlp"), dims=MLP).splitlines()[0]
    assert 'from the network "mlp" at N=5, D=3, H=4, C=2 (' in first
    assert "at N=5, D=3, H=4, C=2 (" in generate(zoo.load("mlp"), dims=MLP, style="plain").splitlines()[0]
    assert not hasattr(load(zoo.load("mlp")), "SIZES")


def test_sizes_that_arguments_do_not_tell():
    net = Network("powers")
    T = net.dim("T")
    t = net.index("t", (1, T))
    w, h = net.parameter("w", ()), net.tensor("h")
    h[0] = w
    h[t] = w * h[t - 1]
    net.loss = h[T]
    made = load(net, dims={"T": 3})
    loss, grads = made.value_and_grad({"w": np.array(2.0)})
    assert (loss, grads["w"]) == (16, 32)


def test_derived_sizes_are_numbers():
    net = Network("windows")
    H, K = net.dims("H K")
    h, k = net.indices(h=(H - K) // 2 + 1, k=K)
    x, w, z = net.input("x", (H,)), net.parameter("w", (K,)), net.tensor("z")
    z[h] = Sum(w[k] * x[2 * h + k], k)
    net.loss = Sum(z[h] ** 2, h)
    net.output(z)
    assert load(net, dims={"H": 9, "K": 4}).OUTPUTS == {"z": (("3",), "float")}
    agree(net, 0, ones=False)


def test_the_door_refuses_other_sizes():
    made = load(zoo.load("mlp"), dims=MLP)
    params = made.init_params(0)
    x, y = np.zeros((5, 3)), np.eye(2)[[0, 1, 0, 1, 1]]
    made.value_and_grad(params, x, y)
    with pytest.raises(ValueError, match=r"^x: expected shape \(5, 3\), found \(6, 3\)$"):
        made.value_and_grad(params, np.zeros((6, 3)), y)
    with pytest.raises(ValueError, match=r"^b1: expected shape \(4,\), found \(3,\)$"):
        made.predict(params | {"b1": np.zeros(3, np.float32)}, x)
    workspace = made.Workspace()
    made.value_and_grad(params, x, y, workspace=workspace)
    with pytest.raises(ValueError, match="x: expected shape"):
        made.value_and_grad(params, np.zeros((6, 3)), np.zeros((6, 2)), workspace=workspace)


def test_optimizer():
    made = load(zoo.load("mlp"), dims=MLP, optimizer=optimizers.adamw())
    params = made.init_params(0)
    _, grads = made.value_and_grad(params, np.ones((5, 3)), np.eye(2)[[0, 1, 0, 1, 1]])
    made.update(params, grads, made.init_optimizer(params), lr=0.1)


@pytest.mark.parametrize(
    ("dims", "error", "message"),
    [
        ({"Q": 3}, errors.UnknownSymbol, "size Q: expected one of N, D, H, C, found Q"),
        ({"N": 0}, errors.InvalidSize, "size N: expected an integer of at least 1, found 0"),
        ({"N": -2}, errors.InvalidSize, "size N: expected an integer of at least 1, found -2"),
        ({"N": True}, errors.InvalidSize, "size N: expected an integer of at least 1, found True"),
        ({"N": 2.0}, errors.InvalidSize, "size N: expected an integer of at least 1, found 2.0"),
        ({"N": 2**70}, errors.InvalidSize, "size N: expected at most"),
        (["N"], errors.InvalidArgument, "dims: expected sizes by name"),
    ],
)
def test_refusals(dims, error, message):
    for style in ("fast", "plain"):
        with pytest.raises(error, match=message):
            generate(zoo.load("mlp"), dims=dims, style=style)


def test_sizes_that_contradict():
    net = Network("windows")
    H, K = net.dims("H K")
    h, k = net.indices(h=H - K + 1, k=K)
    net.assume(H >= K)
    x, w, z = net.input("x", (H,)), net.parameter("w", (K,)), net.tensor("z")
    z[h] = Sum(w[k] * x[h + k], k)
    net.loss = Sum(z[h], h) / (H - 4)
    with pytest.raises(errors.InvalidSize, match=r"dims: expected .*found H=2, K=3; choose other sizes"):
        generate(net, dims={"H": 2, "K": 3})
    with pytest.raises(errors.InvalidSize, match=r"dims: expected H ≠ 4, found H=4"):
        generate(net, dims={"H": 4})
    generate(net, dims={"H": 2})  # with K of 1 or 2


def test_a_size_that_no_other_makes_possible():
    net = Network("few")
    N, M = net.dims("N M")
    net.assume(N >= M + 2)
    x, w, (n, m) = net.input("x", (N,)), net.parameter("w", (M,)), net.indices(n=N, m=M)
    net.loss = Sum(x[n] * w[m], n, m)
    with pytest.raises(errors.InvalidSize, match=r"found N=2; choose other sizes"):
        generate(net, dims={"N": 2})


def test_symbols_and_whole_numbers_of_numpy():
    net = Network("one")
    N = net.dim("N")
    n = net.index("n", N)
    x, w = net.input("x", (N,)), net.parameter("w", ())
    net.loss = Sum(w * x[n], n)
    assert generate(net, dims={N: np.int64(4)}) == generate(net, dims={"N": 4})
    assert generate(net, dims={}) == generate(net)


@pytest.mark.parametrize("style", ["fast", "plain"])
def test_a_recurrence_of_one_step_that_data_lead(style):
    """At one step nothing that it would read of itself is there."""
    net = Network("tree")
    M = net.dim("M")
    t = net.index("t", M)
    u, token = net.tensor("u"), net.input("token", (M,), dtype="int", high=M)
    w = net.parameter("w", (M,))
    u[t] = Piecewise((u[token[t]], t < token[t]), (2, True)) + w[t] ** 2
    net.loss = Sum(u[t] ** 2, t)
    agree(net, 1, ones=True, style=style)
    function = "value_and_grad" if style == "fast" else "loss_and_gradients"
    made = load(net, dims={"M": 1}, style=style)
    loss, grads = getattr(made, function)({"w": np.array([3.0])}, np.array([0]))
    assert (loss, grads["w"][0]) == (121, 132)


@pytest.mark.parametrize("style", ["fast", "plain"])
def test_two_recurrences_of_one_step(style):
    """What is added to δ is added nowhere, and δ is read all the same."""
    net = Network("pair")
    N, D = net.dims("N D")
    v, p, a = net.index("v", (1, N)), net.index("p", D), net.index("a", D)
    x, w = net.parameter("x", (D,)), net.parameter("w", (D,))
    h, g = net.tensors("h g")
    h[0, a] = 0
    g[0, a] = tanh(x[a])
    h[v, a] = tanh(w[a] * Sum(g[v - 1, p], p))
    g[v, a] = tanh(g[v - 1, a] - Sum(h[v - 1, p], p))
    net.loss = Sum(g[N, a] ** 2, a)
    for ones in (False, True):
        agree(net, 1, ones, style=style)
    sizes = {"N": 1, "D": 2}
    made, fixed = (load(net, style=style), load(net, dims=sizes, style=style))
    params = {"x": np.array([0.3, -0.2]), "w": np.array([0.5, 0.7])}
    function = "value_and_grad" if style == "fast" else "loss_and_gradients"
    expected, found = getattr(made, function)(params, N=1), getattr(fixed, function)(params)
    assert found[0] == pytest.approx(expected[0])
    for name in params:
        np.testing.assert_allclose(found[1][name], expected[1][name])
