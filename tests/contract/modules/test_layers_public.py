"""Modules of layers: outputs, cotangents and what is said of wrong ones, workspaces, training by hand."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
from sympy import exp, sqrt, tanh

from symbackprop import LogSumExp, Mean, Network, Sum, errors, generate, load, optimizers
from tests.derive.layers import LAYERS, attention_block, batch_norm, lstm_cell, lstm_sequence, without_parameters
from tests.derive.test_layers import dense

every = pytest.mark.parametrize("make", LAYERS, ids=lambda make: make.__name__)
SIZES = {"B": 2, "N": 3, "T": 4, "D": 5, "K": 2, "H": 4, "C": 3, "V": 7}


def arguments(module: Any, seed: int = 0, dtype: Any = np.float64, sizes: dict[str, int] = SIZES) -> tuple[Any, Any]:
    """(parameters, the rest by name)"""
    rng = np.random.default_rng(seed)

    def drawn(table: Any) -> dict[str, Any]:
        out = {}
        for name, (shape, kind) in table.items():
            extents = tuple(eval(extent, dict(sizes)) for extent in shape)
            out[name] = rng.integers(0, 3, extents) if kind == "int" else rng.normal(size=extents).astype(dtype)
        return out

    rest = drawn(module.INPUTS)
    if "p" in rest:
        rest["p"] = np.abs(rest["p"]) / np.abs(rest["p"]).sum(1, keepdims=True)
    if hasattr(module, "NOISE"):
        rest["rng"] = 5
    if hasattr(module, "BUFFERS"):
        rest["buffers"] = {name: np.abs(array) for name, array in drawn(module.BUFFERS).items()}
    return drawn(module.PARAMETERS), rest


def tupled(outputs: Any) -> tuple[Any, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def cotangents_of(module: Any, outputs: Any, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    arrays = tupled(outputs)
    return {n: rng.normal(size=y.shape).astype(y.dtype) for n, y in zip(module.COTANGENTS, arrays, strict=True)}


# --- what there is -----------------------------------------------------------------------------------
def test_signatures() -> None:
    module = load(attention_block())
    names = {name: list(inspect.signature(getattr(module, name)).parameters) for name in ("backward", "vjp", "predict")}
    assert names["backward"] == ["cache", "d_y", "d_weight", "workspace"]
    assert names["vjp"][:4] == ["params", "x", "d_y", "d_weight"]
    assert names["predict"][:2] == ["params", "x"]
    assert not hasattr(module, "value_and_grad")
    assert module.WRT == ("Wq", "Wk", "Wv", "Wo", "x")
    assert list(module.OUTPUTS) == ["y", "weight"]
    assert module.COTANGENTS == {f"d_{name}": entry for name, entry in module.OUTPUTS.items()}


@every
def test_outputs_and_gradients(make: Any) -> None:
    """One output is an array, several a tuple; vjp is forward and backward; the dtype is kept; nothing is modified."""
    module = load(make())
    for dtype in (np.float32, np.float64):
        params, rest = arguments(module, dtype=dtype)
        outputs, cache = module.forward(params, **rest)
        assert isinstance(outputs, tuple) == (len(module.OUTPUTS) > 1)
        given = cotangents_of(module, outputs)
        before = {name: array.copy() for name, array in {**params, **given}.items()}
        grads = module.backward(cache, *given.values())
        again, others = module.vjp(params, **rest, **given)
        for one, other in zip(tupled(outputs), tupled(again), strict=True):
            assert isinstance(one, np.ndarray)
            assert one.dtype == dtype
            np.testing.assert_array_equal(one, other)
        assert tuple(grads) == module.WRT
        for name, gradient in grads.items():
            assert gradient.dtype == dtype
            assert gradient.shape == {**params, **rest}[name].shape
            np.testing.assert_array_equal(gradient, others[name])
        for name, array in before.items():
            np.testing.assert_array_equal(array, {**params, **given}[name])


def test_a_cotangent_left_out_is_zero() -> None:
    module = load(lstm_sequence())
    params, rest = arguments(module)
    for workspace in (None, module.Workspace()):
        (h, last), cache = module.forward(params, **rest, workspace=workspace)
        given = cotangents_of(module, (h, last))
        zero = {name: np.zeros_like(array) for name, array in given.items()}
        for name in given:
            alone = module.backward(cache, **{name: given[name]}, workspace=workspace)
            alone = {key: array.copy() for key, array in alone.items()}
            for key, array in module.backward(cache, **{**zero, name: given[name]}, workspace=workspace).items():
                np.testing.assert_array_equal(alone[key], array)
        first = module.backward(cache, None, given["d_last"])
        np.testing.assert_array_equal(first["x"], module.backward(cache, d_last=given["d_last"])["x"])


def test_what_is_wrong_with_a_cotangent_is_said() -> None:
    module, other = load(dense()), load(lstm_cell())
    params, rest = arguments(module)
    (y, u), cache = module.forward(params, **rest)
    with pytest.raises(TypeError, match="backward: expected a cotangent, d_y or d_u, found none"):
        module.backward(cache)
    with pytest.raises(TypeError, match="found none"):
        module.vjp(params, **rest)
    with pytest.raises(ValueError, match=r"d_y: expected the shape of its output, \(N, H\) = \(3, 4\), found \(4, 3\)"):
        module.backward(cache, y.T)
    with pytest.raises(ValueError, match=r"d_u: expected shape \(N,\), found \(3, 4\)"):
        module.backward(cache, y, y)
    with pytest.raises(ValueError, match="d_u: expected real numbers"):
        module.backward(cache, y, 1j * u)
    with pytest.raises(TypeError, match="masked"):
        module.backward(cache, np.ma.masked_array(y))
    with pytest.raises(ValueError, match="own forward returns beside the outputs, found that of another module"):
        module.backward(other.forward(*arguments(other)[:1], **arguments(other)[1])[1], y)
    np.testing.assert_array_equal(  # as forward takes what NumPy takes
        module.backward(cache, y.tolist(), u.astype(np.float32))["b"], module.backward(cache, y, np.float32(u))["b"]
    )


@every
def test_outputs_are_the_callers_own(make: Any) -> None:
    """Whatever is done to them, the cache stays as it is."""
    module = load(make())
    params, rest = arguments(module)
    for workspace in (None, module.Workspace()):
        outputs, cache = module.forward(params, **rest, workspace=workspace)
        given = cotangents_of(module, outputs)
        expected = {name: g.copy() for name, g in module.backward(cache, **given).items()}
        for array in tupled(outputs):
            array[...] = np.nan
        for name, gradient in module.backward(cache, **given).items():
            np.testing.assert_array_equal(gradient, expected[name])


@every
def test_with_a_workspace(make: Any) -> None:
    """The same values, at sizes that change from call to call."""
    module = load(make())
    workspace = module.Workspace()
    for step, dtype in ((0, np.float64), (1, np.float32), (0, np.float32), (2, np.float64), (0, np.float64)):
        sizes = {name: size + step for name, size in SIZES.items()}
        params, rest = arguments(module, step, dtype, sizes)
        plain, _ = module.forward(params, **rest)
        given = cotangents_of(module, plain)
        plain, expected = module.vjp(params, **rest, **given)
        outputs, grads = module.vjp(params, **rest, **given, workspace=workspace)
        for one, other in zip(tupled(plain), tupled(outputs), strict=True):
            np.testing.assert_array_equal(one, other)
        for name, gradient in expected.items():
            np.testing.assert_array_equal(gradient, grads[name])


def test_steady_calls_allocate_nothing_large() -> None:
    module = load(attention_block())
    sizes = {"B": 32, "T": 64, "D": 64, "K": 64}
    params, rest = arguments(module, 0, np.float32, sizes)
    workspace = module.Workspace()
    d_y = np.ones(rest["x"].shape, np.float32)
    for _ in range(2):
        module.vjp(params, **rest, d_y=d_y, workspace=workspace)
    tracemalloc.start()
    try:
        outputs, _ = module.vjp(params, **rest, d_y=d_y, workspace=workspace)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < outputs[0].nbytes / 4, most


@every
def test_predict(make: Any) -> None:
    """The outputs where nothing is random and nothing is in training; else with means and running statistics."""
    module = load(make())
    params, rest = arguments(module)
    accepted = inspect.signature(module.predict).parameters
    outputs = module.predict(params, **{name: value for name, value in rest.items() if name in accepted})
    if "rng" not in rest:
        for one, other in zip(tupled(outputs), tupled(module.forward(params, **rest)[0]), strict=True):
            np.testing.assert_array_equal(one, other)
    else:
        x, states = rest["x"], rest["buffers"]
        expected = params["scale"] * (x - states["mean"]) / np.sqrt(states["var"] + 1e-5) + params["shift"]
        np.testing.assert_allclose(outputs, expected, rtol=1e-12)


def test_buffers_and_noise() -> None:
    module = load(batch_norm())
    params, rest = arguments(module)
    keep = np.ones_like(rest["x"])
    z, cache = module.forward(params, rest["x"], buffers=rest["buffers"], keep=keep)
    x = rest["x"]
    hat = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
    np.testing.assert_allclose(z, (params["scale"] * hat + params["shift"]) / 0.75, rtol=1e-12)
    following = module.next_buffers(cache)
    np.testing.assert_allclose(following["var"], 0.9 * rest["buffers"]["var"] + 0.1 * x.var(0), rtol=1e-12)
    d = np.random.default_rng(2).normal(size=z.shape)
    grads = module.backward(cache, d)
    np.testing.assert_allclose(grads["shift"], d.sum(0) / 0.75, rtol=1e-12)
    np.testing.assert_allclose(grads["x"].sum(0), 0, atol=1e-12)  # a shift of x is taken off again
    with pytest.raises(TypeError, match=r"rng=, or keep="):
        module.forward(params, x, buffers=rest["buffers"])


def test_rank_zero_and_empty_outputs() -> None:
    module = load(without_parameters())
    for T in (1, 4):
        x = np.random.default_rng(T).normal(size=(T, 3)).astype(np.float32)
        (norm, step, unit), cache = module.forward({}, x)
        assert norm.shape == ()
        assert step.shape == (T - 1, 3)
        np.testing.assert_allclose(norm, np.sqrt((x**2).sum() + 1), rtol=1e-6)
        grads = module.backward(cache, 2.0, np.ones_like(step), np.zeros_like(unit))
        expected = 2 * x / norm
        expected[1:] += 1
        expected[:-1] -= 1
        np.testing.assert_allclose(grads["x"], expected, rtol=1e-5, atol=1e-6)
        assert grads["x"].dtype == np.float32
        np.testing.assert_allclose(module.backward(cache, d_norm=1)["x"], x / norm, rtol=1e-5)


# --- used ---------------------------------------------------------------------------------------------
def test_cells_in_a_loop_are_the_sequence() -> None:
    """An LSTM cell's module, called T times and pulled back T times, has the gradients of the sequence's module."""
    cell, sequence = load(lstm_cell()), load(lstm_sequence())
    params, rest = arguments(cell)
    T, N = 5, 3
    rng = np.random.default_rng(4)
    x = rng.normal(size=(T, N, SIZES["D"]))
    named = {f"{kind}_{gate}": params[kind][place] for kind in "WUb" for place, gate in enumerate("ifgo")}
    (hidden, last), cache = sequence.forward(named, x, rest["h0"], rest["c0"])
    given = cotangents_of(sequence, (hidden, last))
    expected = sequence.backward(cache, **given)

    h, c, caches = rest["h0"], rest["c0"], []
    for t in range(T):
        (h, c), kept = cell.forward(params, x[t], h, c)
        np.testing.assert_allclose(h, hidden[t + 1], rtol=1e-12)
        caches.append(kept)
    np.testing.assert_allclose(c, last, rtol=1e-12)
    d_h, d_c = np.zeros_like(h), given["d_last"]
    total = {name: np.zeros_like(array) for name, array in params.items()}
    for t in reversed(range(T)):
        grads = cell.backward(caches[t], d_h + given["d_h"][t + 1], d_c)
        np.testing.assert_allclose(grads["x"], expected["x"][t], rtol=1e-10, atol=1e-13)
        d_h, d_c = grads["h0"], grads["c0"]
        for name in total:
            total[name] += grads[name]
    np.testing.assert_allclose(d_h + given["d_h"][0], expected["h0"], rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(d_c, expected["c0"], rtol=1e-10, atol=1e-13)
    for kind in "WUb":
        for place, gate in enumerate("ifgo"):
            np.testing.assert_allclose(total[kind][place], expected[f"{kind}_{gate}"], rtol=1e-10, atol=1e-12)


def test_an_optimizer_takes_the_gradients_of_a_layer() -> None:
    """Those by inputs stand beside those by parameters, and are left."""
    module = load(dense(), optimizer=optimizers.sgd())
    params, rest = arguments(module)
    before = {name: array.copy() for name, array in params.items()}
    state = module.init_optimizer(params)
    _, grads = module.vjp(params, **rest, d_u=np.ones(3))
    module.update(params, grads, state, 0.5)
    for name, array in params.items():
        np.testing.assert_allclose(array, before[name] - 0.5 * grads[name], rtol=1e-12)
    with pytest.raises(ValueError, match="unknown"):
        module.update(params, {**grads, "q": 0}, state, 0.5)
    with pytest.raises(errors.InvalidArgument, match="gradients by every parameter"):
        generate(dense(), wrt=["W"], optimizer=optimizers.sgd())
    with pytest.raises(errors.InvalidArgument, match="gradients by every parameter"):
        generate(without_parameters(), optimizer=optimizers.sgd())


def test_names_of_the_module_and_of_the_layer() -> None:
    """Outputs and inputs with the names of functions, arguments and built-ins of the module."""
    net = Network("forward")
    N = net.dim("N")
    n = net.index("n", N)
    outputs, loss, grads = (net.input(name, (N,)) for name in ("outputs", "loss", "grads"))
    names = ("vjp", "value_and_grad", "max", "take", "backward", "COTANGENTS", "d_x", "check", "data")
    tensors = net.tensors(" ".join(names))
    for place, tensor in enumerate(tensors):
        tensor[n] = (place + 1) * outputs[n] * loss[n] + grads[n] ** 2
    net.output(*tensors)
    module = load(net)
    a, b, c = np.random.default_rng(0).normal(size=(3, 4))
    values, cache = module.forward({}, a, b, c)
    assert len(values) == len(names)
    np.testing.assert_allclose(values[2], 3 * a * b + c**2)
    ones = np.ones(4)
    np.testing.assert_allclose(module.backward(cache, d_max=ones, d_take=ones)["grads"], 4 * c)
    np.testing.assert_allclose(module.vjp({}, a, b, c, d_d_x=ones)[1]["loss"], 7 * a)
    assert module.check()


def test_a_reserved_name() -> None:
    net = Network("taken")
    N = net.dim("N")
    n, x, d_y = net.index("n", N), net.input("x", (N,)), net.input("d_y", (N,))
    y = net.tensor("y")
    y[n] = x[n] * d_y[n]
    net.output(y)
    with pytest.raises(errors.DuplicateName, match=r"tensor 'd_y'.*cotangent of the output y"):
        generate(net)
    net.loss = Sum(y[n], n)  # whose module has no such argument
    assert "def value_and_grad" in generate(net, wrt="x")


def test_compound_sizes() -> None:
    """An output whose size is no size of the layer's arguments alone."""
    net = Network("pooling")
    N, H, K = net.dims("N H K")
    net.assume(H >= K)
    R = (H - K) // 2 + 1
    n, r, k = net.indices(n=N, r=R, k=K)
    x, y, p = net.input("x", (N, H)), net.tensor("y"), net.tensor("p")
    w = net.parameter("w", (K,))
    y[n, r] = Mean(w[k] * x[n, 2 * r + k], k)
    p[n, r] = exp(y[n, r] - LogSumExp(y[n, r], r)) / sqrt(K) + tanh(y[n, r])
    net.output(p)
    module = load(net)
    x0, w0 = np.random.default_rng(0).normal(size=(2, 9)), np.ones(4)
    out, grads = module.vjp({"w": w0}, x0, np.ones((2, 3)))
    assert out.shape == (2, 3)
    assert grads["x"].shape == x0.shape
    with pytest.raises(ValueError, match=r"= \(2, 3\), found \(2, 4\)"):
        module.vjp({"w": w0}, x0, np.ones((2, 4)))
    assert module.check()


@pytest.mark.parametrize("make", [attention_block, batch_norm, without_parameters], ids=lambda make: make.__name__)
def test_the_file_checks_itself(make: Any, tmp_path: Any, capsys: Any) -> None:
    text = generate(make())
    assert text == generate(make())
    file = tmp_path / "layer.py"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-W", "error", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "passed"
    wrong = text.replace('"x": d_x', '"x": 1.01 * d_x')
    assert wrong != text
    file.write_text(wrong, encoding="utf-8")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "x: WRONG" in done.stdout
