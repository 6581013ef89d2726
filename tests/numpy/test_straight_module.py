"""Modules that compute with Python's numbers: what the same network computes with arrays, and the same errors."""

import math

import numpy as np
import pytest
from sympy import Piecewise, exp, log, sqrt

from symbackprop import Network, Sum, errors, generate, layers, load, optimizers, verify, zoo
from symbackprop.functions import sigmoid
from symbackprop.numpy import straight_module
from symbackprop.sources import at_sizes, program_of
from symbackprop.verify.data import draw
from symbackprop.verify.evaluators import ModuleEvaluator
from symbackprop.verify.feasible_sizes import feasible_sizes
from workshop.fuzz.generate import random_network

MLP = {"N": 2, "D": 2, "H": 3, "C": 2}
MANY = ("attention", "ctc_speech", "gru_seq2seq", "lenet", "resnet", "vae", "wavenet")  # large, or of noise and buffers


def is_straight(module):
    return hasattr(module, "_computed")


@pytest.fixture
def always(monkeypatch):
    """However many operations there are."""
    monkeypatch.setattr(straight_module, "_MOST", 40_000)
    monkeypatch.setattr(straight_module, "_OVERHEAD", 10**9)


@pytest.fixture
def with_arrays(monkeypatch):
    """Loads a module that computes with arrays, however few operations there are."""

    def loaded(net, dims, **options):
        with monkeypatch.context() as patch:
            patch.setattr(straight_module, "_OVERHEAD", -(10**9))
            module = load(net, dims=dims, **options)
        assert not is_straight(module)
        return module

    return loaded


def agree(net, seed, ones=False, change=None):
    """What a module of numbers computes is what that for any sizes does."""
    program = program_of(net)
    sizes = feasible_sizes(program, seed, ones)
    module = load(program, dims=sizes)
    if not is_straight(module):
        return False
    data = draw(program, sizes, seed)
    for array in data.values():
        if change is not None and isinstance(array, np.ndarray) and array.dtype.kind == "f":
            change(array)
    with np.errstate(all="ignore"):
        expected = ModuleEvaluator(load(program), program, sizes).values(data)
    found = ModuleEvaluator(module, at_sizes(program, sizes), sizes).values(data)
    for key, array in expected.items():
        scale = np.max(np.abs(array[np.isfinite(array)]), initial=1)
        np.testing.assert_allclose(found[key], array, rtol=1e-9, atol=1e-11 * scale, err_msg=key)
    return True


@pytest.mark.parametrize("name", [name for name in zoo.names() if name not in MANY])
def test_the_zoo(name, always):
    assert agree(zoo.load(name), 0)


def test_random_networks(always):
    found = []
    for seed in range(500, 512):
        try:
            found.append(agree(random_network(seed)[0], seed, seed % 2 == 0))
        except errors.SymbackpropError:
            continue
    assert sum(found) >= 3


def test_infinite_and_undefined_values(always):
    """No error and no warning where NumPy has infinities and NaN, and those at the same places."""
    values = np.array([np.inf, -np.inf, np.nan, 0, -0.0, 1000, -1000])

    def change(array):
        rng = np.random.default_rng(array.size)
        where = rng.random(array.shape) < 0.1
        array[where] = rng.choice(values, int(where.sum()))

    for name in ("mlp", "gmm", "hmm", "softmax_regression", "layer_norm_mlp", "linear_regression"):
        assert agree(zoo.load(name), 1, change=change)


def test_it_verifies():
    for name in ("linear_regression", "mlp"):
        sizes = {dim: size for size, dim in zip((2, 3, 2, 1), program_of(zoo.load(name)).dims, strict=False)}
        program = at_sizes(zoo.load(name), sizes)
        assert is_straight(load(program))
        report = verify(program)
        assert report.passed, str(report)


# --- which networks ------------------------------------------------------------------------------------
def test_only_where_it_is_faster():
    assert is_straight(load(zoo.load("mlp"), dims=MLP))
    assert not is_straight(load(zoo.load("mlp"), dims={"N": 64, "D": 32, "H": 32, "C": 10}))
    assert not is_straight(load(zoo.load("mlp"), dims={"N": 2, "D": 2, "H": 3}))
    assert not is_straight(load(zoo.load("mlp")))
    assert not is_straight(load(zoo.load("mlp"), dims=MLP, memory="1 MB"))


def test_noise_and_buffers_have_arrays():
    for layer in (layers.dropout, layers.batch_norm):
        net = Network("layer")
        net.output(layer(net.input("x", net.dims("N D"))))
        assert not is_straight(load(net, dims={"N": 2, "D": 2}))


def two_outputs():
    net = Network("two")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    y, s = net.tensors("y s")
    y[n, d] = exp(w[d]) * x[n, d]
    s[()] = Sum(y[n, d] ** 2, n, d)
    net.output(y, s)
    return net


def test_layers(with_arrays):
    """Both cotangents, one alone, which makes the other zero, and none."""
    made, arrays = load(two_outputs(), dims={"N": 2, "D": 2}), with_arrays(two_outputs(), {"N": 2, "D": 2})
    assert is_straight(made)
    params, x = {"w": np.array([0.5, -1.0])}, np.array([[1.0, 2.0], [3.0, 4.0]])
    d_y, d_s = np.array([[1.0, 0.0], [2.0, -1.0]]), np.array(0.5)
    for cotangents in ({"d_y": d_y, "d_s": d_s}, {"d_y": d_y}, {"d_s": 2}):
        for workspace in (None, made.Workspace()):
            outputs, gradients = made.vjp(params, x, **cotangents, workspace=workspace)
            expected, right = arrays.vjp(params, x, **cotangents)
            for found, one in zip(outputs, expected, strict=True):
                assert found.shape == one.shape
                np.testing.assert_allclose(found, one, rtol=1e-14)
            for name, gradient in right.items():
                np.testing.assert_allclose(gradients[name], gradient, rtol=1e-14)
    for module in (made, arrays):
        _, cache = module.forward(params, x)
        with pytest.raises(TypeError, match="a cotangent, d_y or d_s"):
            module.backward(cache)
        with pytest.raises(ValueError, match="d_y: expected the shape of its output"):
            module.backward(cache, np.ones((2, 3)))
        assert module.check()


def test_elements_that_are_zero_for_all(with_arrays):
    """What backward reads may be a number that forward has no statement for."""
    net = Network("zeros")
    T, D = net.dims("T D")
    t, d = net.indices(t=(1, T), d=D)
    w, h = net.parameter("w", (D,)), net.tensor("h")
    h[0, d] = 0
    h[t, d] = exp(w[d] * h[t - 1, d] + w[d])
    net.loss = Sum(h[T, d] ** 2, d)
    made, arrays = load(net, dims={"T": 3, "D": 2}), with_arrays(net, {"T": 3, "D": 2})
    assert is_straight(made)
    params = {"w": np.array([0.1, 0.2])}
    np.testing.assert_allclose(made.value_and_grad(params)[1]["w"], arrays.value_and_grad(params)[1]["w"], rtol=1e-13)


# --- results -------------------------------------------------------------------------------------------
def edges():
    net = Network("edges")
    a, b = net.parameter("a", ()), net.parameter("b", ())
    x = net.input("x", ())
    u, v, y = net.tensors("u v y")
    u[()] = exp(a) / b
    v[()] = Piecewise((log(x), x > 0), (sqrt(-x), True))
    y[()] = u[()] * v[()]
    net.loss = y[()] + sigmoid(a)
    net.output(y)
    return net


@pytest.mark.parametrize("a", [0.0, 1000.0, -1000.0, math.inf, math.nan])
@pytest.mark.parametrize("b", [1.0, 0.0, -0.0, math.inf])
@pytest.mark.parametrize("x", [0.0, 1.0, -4.0, math.inf, -math.inf])
def test_every_edge(a, b, x, with_arrays):
    made, arrays = load(edges(), dims={}), with_arrays(edges(), {})
    assert is_straight(made)
    params = {"a": np.array(a), "b": np.array(b)}
    with np.errstate(all="ignore"):
        expected, gradients = arrays.value_and_grad(params, np.array(x))
        output = arrays.predict(params, np.array(x))
    loss, found = made.value_and_grad(params, np.array(x))
    np.testing.assert_allclose(loss, expected, rtol=1e-14)
    np.testing.assert_allclose(made.predict(params, np.array(x)), output, rtol=1e-14)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(found[name], gradient, rtol=1e-14, err_msg=name)
    again, cache = made.forward(params, np.array(x))
    np.testing.assert_equal(again, loss)
    for name, gradient in made.backward(cache).items():
        np.testing.assert_equal(gradient, found[name])


def mlp(dtype=np.float64, seed=0):
    made = load(zoo.load("mlp"), dims=MLP)
    params = made.init_params(seed, dtype=dtype)
    rng = np.random.default_rng(seed)
    return made, params, rng.standard_normal((2, 2)).astype(dtype), np.eye(2, dtype=dtype)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
@pytest.mark.parametrize("reused", [False, True])
def test_it_is_computed_in_double_precision_and_rounded_once(dtype, reused):
    made, params, x, y = mlp(dtype)
    workspace = made.Workspace() if reused else None
    loss, gradients = made.value_and_grad(params, x, y, workspace=workspace)
    wide = {name: array.astype(np.float64) for name, array in params.items()}
    expected, exact = made.value_and_grad(wide, x.astype(np.float64), y.astype(np.float64))
    assert loss.dtype == dtype
    assert loss == dtype(expected)
    for name, gradient in gradients.items():
        assert gradient.dtype == dtype
        assert gradient.shape == params[name].shape
        np.testing.assert_array_equal(gradient, exact[name].astype(dtype))
    assert made.predict(params, x).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_what_the_dtype_cannot_hold_is_infinite(dtype):
    net = Network("large")
    w = net.parameter("w", ())
    net.loss = w**8
    made = load(net, dims={})
    assert is_straight(made)
    loss, gradients = made.value_and_grad({"w": np.array(2e4 if dtype is np.float16 else 1e30, dtype)})
    assert loss == np.inf
    assert gradients["w"] == np.inf


def test_changes_in_place_are_seen():
    made, params, x, y = mlp()
    workspace = made.Workspace()
    first = made.value_and_grad(params, x, y, workspace=workspace)[0]
    params["W1"] *= 2
    x += 1
    loss = made.value_and_grad(params, x, y, workspace=workspace)[0]
    assert loss != first
    assert loss == made.value_and_grad(params, x, y)[0]


def test_results_are_the_callers_or_the_workspaces():
    made, params, x, y = mlp()
    _, one = made.value_and_grad(params, x, y)
    kept = {name: array.copy() for name, array in one.items()}
    made.value_and_grad(params, x + 1, y)
    assert all(np.array_equal(one[name], array) for name, array in kept.items())
    workspace = made.Workspace()
    _, first = made.value_and_grad(params, x, y, workspace=workspace)
    _, second = made.value_and_grad(params, x + 1, y, workspace=workspace)
    assert first is not second
    assert first["W1"] is second["W1"]
    single = {name: array.astype(np.float32) for name, array in params.items()}
    made.value_and_grad(single, x, y, workspace=workspace)
    assert np.array_equal(second["W1"], made.value_and_grad(params, x + 1, y)[1]["W1"])


def test_backward_belongs_to_its_cache():
    made, params, x, y = mlp()
    workspace = made.Workspace()
    _, cache = made.forward(params, x, y, workspace=workspace)
    made.forward(params, x + 1, y, workspace=workspace)
    expected = made.value_and_grad(params, x, y)[1]
    for name, gradient in made.backward(cache, workspace=workspace).items():
        assert np.array_equal(gradient, expected[name])
    with pytest.raises(ValueError, match="cache"):
        made.backward({})
    other = load(zoo.load("linear_regression"), dims={"N": 1, "D": 2})
    with pytest.raises(ValueError, match="that of another module"):
        other.backward(cache)
    with pytest.raises(TypeError, match="workspace"):
        made.backward(cache, workspace=other.Workspace())


def test_an_optimizer_trains_it(with_arrays):
    options = {"optimizer": optimizers.adamw(), "dims": MLP}
    made, arrays = load(zoo.load("mlp"), **options), with_arrays(zoo.load("mlp"), MLP, optimizer=optimizers.adamw())
    assert is_straight(made)
    _, _, x, y = mlp()
    found = []
    for module in (made, arrays):
        params = module.init_params(0, dtype=np.float64)
        state = module.init_optimizer(params)
        for _ in range(5):
            module.update(params, module.value_and_grad(params, x, y)[1], state, lr=0.1)
        found.append(params)
    for name, array in found[0].items():
        np.testing.assert_allclose(array, found[1][name], rtol=1e-10)


# --- at the door ---------------------------------------------------------------------------------------
def test_arguments_of_other_kinds():
    """Lists, other dtypes, other orders in memory, other mappings: all that arrays are made of."""
    made, params, x, y = mlp()
    expected, gradients = made.value_and_grad(params, x, y)

    class Mapping(dict):
        pass

    given = [
        (params, x.tolist(), y.astype(int)),
        (params, np.asfortranarray(x), y[::-1][::-1]),
        (Mapping(params), x, y),
        ({name: np.asfortranarray(array) for name, array in params.items()}, x, y),
        ({name: array.astype(">f8") for name, array in params.items()}, x.astype(">f8"), y),
    ]
    for args in given:
        for workspace in (None, made.Workspace()):
            loss, found = made.value_and_grad(*args, workspace=workspace)
            assert loss == expected
            assert all(np.array_equal(found[name], array) for name, array in gradients.items())


def labelled():
    net = Network("labelled")
    N, C = net.dims("N C")
    n, _c = net.indices(n=N, c=C)
    w, k = net.parameter("w", (N, C)), net.input("k", (N,), dtype="int", high=C)
    net.loss = Sum(w[n, k[n]] ** 2, n)
    return net


WRONG = [
    ({"w": np.ones((2, 3))}, np.array([0, 3])),
    ({"w": np.ones((2, 3))}, np.array([-1, 0])),
    ({"w": np.ones((2, 3))}, np.array([0.0, 1])),
    ({"w": np.ones((2, 3))}, np.array([0, 1, 2])),
    ({"w": np.ones((3, 2))}, np.array([0, 1])),
    ({"w": np.ones((2, 3, 1))}, np.array([0, 1])),
    ({"w": np.ones((2, 3), int)}, np.array([0, 1])),
    ({"w": np.ma.masked_array(np.ones((2, 3)))}, np.array([0, 1])),
    ({"w": np.ones((2, 3)), "more": np.ones(1)}, np.array([0, 1])),
    ({"v": np.ones((2, 3))}, np.array([0, 1])),
    ([], np.array([0, 1])),
]


@pytest.mark.parametrize("place", range(len(WRONG)))
@pytest.mark.parametrize("reused", [False, True])
def test_errors_are_those_of_arrays(place, reused, with_arrays):
    params, k = WRONG[place]
    found = []
    for module in (load(labelled(), dims={"N": 2, "C": 3}), with_arrays(labelled(), {"N": 2, "C": 3})):
        workspace = module.Workspace() if reused else None
        module.value_and_grad({"w": np.ones((2, 3))}, np.array([0, 2]), workspace=workspace)
        with pytest.raises((TypeError, ValueError)) as caught:
            module.value_and_grad(params, k, workspace=workspace)
        found.append((type(caught.value), str(caught.value)))
    assert found[0] == found[1]


def test_integers_are_looked_up():
    made = load(labelled(), dims={"N": 2, "C": 3})
    assert is_straight(made)
    w = np.arange(6.0).reshape(2, 3)
    for dtype in (np.intp, np.int8, np.uint16):
        loss, gradients = made.value_and_grad({"w": w}, np.array([2, 0], dtype))
        assert loss == 4 + 9
        assert np.array_equal(gradients["w"], [[0, 0, 4], [6, 0, 0]])


# --- text ----------------------------------------------------------------------------------------------
def test_it_reads_well():
    text = generate(zoo.load("mlp"), dims=MLP)
    assert max(map(len, text.splitlines())) <= 120
    assert "    # (F1) z1[n, j] = Σ_i W1[j, i]·x[n, i] + b1[j]" in text
    assert "    z1_0_0 = W1_0_0 * x_0_0 + W1_0_1 * x_0_1 + b1_0" in text
    assert text == generate(zoo.load("mlp"), dims=MLP)


def test_names_that_are_its_own():
    """Tensors called as what the module calls its own are theirs."""
    net = Network("names")
    D = net.dim("D")
    d = net.index("d", D)
    math_, given, value = net.parameter("math", (D,)), net.input("given", (D,)), net.tensor("value")
    value[d] = exp(math_[d]) * given[d]
    net.loss = Sum(value[d] ** 2, d)
    net.output(value)
    made = load(net, dims={"D": 2})
    assert is_straight(made)
    assert made.check()
