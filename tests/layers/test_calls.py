"""Calls of layers: weights shared with `like=`, the same call again, and refused calls, which leave nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from sympy import tanh

from symbackprop import Network, Sum, errors, layers, load, losses, verify
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.naming import indices_of
from symbackprop.terms.program import TensorKind

Call = Callable[..., TensorSymbol]
SHARED: dict[str, tuple[tuple[Any, ...], Call]] = {
    "dense": (("N", "D"), partial(layers.dense, units=3, activation=tanh)),
    "bilinear": (("N", "D"), lambda x, **options: layers.bilinear(x, x, **{"units": 2} | options)),
    "conv1d": ((2, 3, 5), partial(layers.conv1d, filters=2, kernel_size=3, padding="causal", padding_mode="circular")),
    "conv2d": ((2, 2, 3, 3), partial(layers.conv2d, filters=2, kernel_size=2, stride=2, activation=tanh)),
    "depthwise": ((2, 2, 5), partial(layers.depthwise_conv1d, kernel_size=2, multiplier=2)),
    "transposed": ((2, 2, 3), partial(layers.conv_transpose1d, filters=2, kernel_size=2, stride=2)),
    "layer_norm": (("N", "D"), partial(layers.layer_norm, bias=False)),
    "rms_norm": (("N", "D"), layers.rms_norm),
    "group_norm": (("N", 4), partial(layers.group_norm, groups=2)),
    "instance_norm": (("N", 2, "T"), partial(layers.instance_norm, affine=True)),
    "batch_norm": (("N", "D"), layers.batch_norm),
    "learned_positions": (("N", "T", "D"), layers.learned_positions),
    "rnn": (("T", "N", "D"), partial(layers.rnn, units="H", last=True)),
    "lstm": (("T", "N", 2), partial(layers.lstm, units=2, peepholes=True, batch_first=True)),
    "gru": (("T", "N", 2), partial(layers.gru, units=2, reset_after=False, bias=False)),
    "bidirectional": (("T", "N", 2), partial(layers.bidirectional, layers.rnn, units=2)),
    "stacked": (("T", "N", 2), partial(layers.stacked, partial(layers.bidirectional, layers.rnn), units=(2, 3))),
    "attention": (("N", "T", 4), partial(layers.multi_head_attention, heads=2, kv_heads=1, rotary=True, causal=True)),
    "block": (("N", "T", 2), partial(layers.transformer_block, heads=1, hidden=3, norm_first=False)),
}  # fmt: skip


def pair(name: str, *, shared: bool) -> tuple[Network, TensorSymbol, TensorSymbol]:
    """A layer of one input, and the same layer of another, with its weights or with weights of its own."""
    shape, call = SHARED[name]
    net = Network("pair")
    sizes = {each: net.dim(each) for each in (*shape, "H") if isinstance(each, str)}
    if isinstance(call, partial) and call.keywords.get("units") == "H":
        call = partial(call.func, *call.args, **{**call.keywords, "units": sizes["H"]})
    x, y = (net.input(each, tuple(sizes.get(size, size) for size in shape)) for each in "xy")
    first = call(x)
    again = partial(call.func, *call.args) if isinstance(call, partial) else call
    second = again(y, like=first) if shared else call(y)
    at = indices_of(first)
    net.loss = Sum(first[at] ** 2 * second[at], *at)
    return net, first, second


def parameters_of(net: Network) -> list[str]:
    return [tensor.name for tensor in net.to_program().tensors if tensor.kind is TensorKind.PARAMETER]


@pytest.mark.parametrize("name", SHARED)
def test_weights_shared(name: str) -> None:
    """The parameters are those of one layer, the equations those of two, and the gradients are right."""
    one, *_ = pair(name, shared=True)
    two, *_ = pair(name, shared=False)
    parameters = [parameters_of(net) for net in (one, two)]
    assert len(parameters[1]) == 2 * len(parameters[0])
    assert len(one._written.order) == len(two._written.order)
    assert verify(one, method="exact").passed


@pytest.mark.parametrize("name", ["dense", "lstm", "attention", "block"])
def test_the_gradient_is_the_sum_of_both(name: str) -> None:
    """Of two layers whose weights have the same values."""
    one, *_ = pair(name, shared=True)
    two, *_ = pair(name, shared=False)
    shared, apart = load(one), load(two)
    sizes = {"D": 3, "H": 2, "T": 3, "N": 2}
    rng = np.random.default_rng(0)
    wanted = inspect.signature(shared.init_params).parameters
    params = shared.init_params(rng, **{s: v for s, v in sizes.items() if s in wanted}, dtype=np.float64)
    names = list(apart.PARAMETERS)
    twins = dict(zip(params, zip(names[: len(params)], names[len(params) :], strict=True), strict=True))
    both = {name: params[own] for own, pair_ in twins.items() for name in pair_}
    x, y = (rng.normal(size=[sizes.get(size, size) for size in SHARED[name][0]]) for _ in "xy")
    loss, grads = shared.value_and_grad(params, x, y)
    other, partials = apart.value_and_grad(both, x, y)
    assert np.isclose(loss, other, rtol=1e-12)
    for own, (first, second) in twins.items():
        assert np.allclose(grads[own], partials[first] + partials[second], rtol=1e-9, atol=1e-12), own


def test_an_embedding_as_output_head() -> None:
    net = Network("tied")
    N, V, D = net.dims("N V D")
    token = net.input("token", (N,), dtype="int", high=V)
    e = layers.embedding(token, V, D)
    other = net.input("other", (N,), dtype="int", high=V)
    logits = layers.dense(layers.add(e, layers.embedding(other, like=e)), like=e, bias=False)
    assert logits.shape == (N, V)
    net.loss = losses.softmax_cross_entropy(logits, token)
    assert parameters_of(net) == ["E1"]
    assert verify(net, method="exact").passed
    own = layers.dense(e, like=e, name="biased")
    assert own.shape == (N, V)
    assert "b_biased" in net.symbols


def test_options_are_those_of_the_other_but_where_others_are_given() -> None:
    net = Network("options")
    x = net.input("x", (2, 3, 8))
    h = layers.conv1d(x, 4, 3, stride=2, activation=tanh, name="one")
    assert layers.conv1d(x, like=h, name="same").shape == h.shape == (2, 4, 3)
    assert layers.conv1d(x, like=h, stride=1, name="other").shape == (2, 4, 6)
    assert str(layers.conv1d(x, like=h, activation=None, bias=False, name="plain")) == "z_plain"
    assert layers.conv1d(x, like=net.symbols["K_one"], name="by_weight").shape == h.shape
    initial = net.input("initial", (3, 2))
    state = layers.rnn(x, 2, initial=initial, last=True, name="r")
    other = layers.rnn(x, like=state, name="r2")
    assert other.shape == (3, 2)
    assert "initial" not in {t for d in net._book.tensors["h_r2"].definitions for t in d.mentions}


REFUSED = {
    "layers.dense(h, like=h)": r"W_h of the shape that is needed here, \(3, 3\), found \(3, D\); weights are shared by",
    "layers.dense(x, 5, like=h)": r"\(5, D\), found \(3, D\)",
    "layers.dense(x, like=x)": "x, which no layer made; write the layer's equation with that parameter",
    "layers.dense(x, like=3)": "expected a tensor of a network",
    "layers.layer_norm(x, like=h)": "a tensor that layers.layer_norm made, found z_h, which layers.dense made",
    "layers.embedding(token, like=h)": "which layers.dense made",
    "layers.dense(x, like=h, init='zeros')": "none with like=",
    "layers.dense(x, like=plain, bias=True)": "a layer with a parameter b to share, found W_plain; leave out",
    "layers.rms_norm(x, like=layers.rms_norm(x, affine=False))": "a layer with parameters, found x_hat1 of one without",
    "layers.dense(x, like=other)": "of another network",
    "layers.dense(x)": "units: expected a size, or like=",
    "layers.dense(x, 3, activate=tanh)": r"dense\(x, units=None, activation=None.*activate",
    "layers.dense()": "missing a required argument: 'x'",
    "layers.dense(x, 3, name='my head')": "letters, digits and underscores, found 'my head'",
    "layers.dense(x, 3, activation=(tanh,))": r"dense: activation: expected a function such as sympy.tanh, found \(",
    "layers.residual(x, (tanh,))": "residual: block: expected a function such as lambda h",
    "layers.residual(x, None)": "residual: block: expected a function such as lambda h: layers.dense.*found None",
    "layers.sequential(x, tanh, None)": "sequential: blocks: expected a function .* found None",
    "layers.bidirectional(None, steps, 3)": "bidirectional: recurrent: expected a function such as layers.lstm",
    "layers.rnn(steps, 3, activation=None)": "rnn: activation: expected a function such as sympy.tanh, found None",
    "layers.transformer_block(steps, 1, norm=None)": "norm: expected a function such as layers.layer_norm, found None",
    "layers.bidirectional(layers.rnn, steps, like=both)": "rnn made, found layer forwards1, which layers.lstm made",
    "layers.gelu(x)": "layers.gelu: expected one of add, .*, found gelu; what is not there is written in equations",
    "layers.dense(x, 3, name='h')": "to share the weights, write like=h",
}  # fmt: skip


def world() -> dict[str, Any]:
    net, foreign = Network("m"), Network("foreign")
    N, D = net.dims("N D")
    x, token = net.input("x", (N, D)), net.input("token", (N,), dtype="int", high=3)
    h, plain = layers.dense(x, 3, name="h"), layers.dense(x, 3, bias=False, name="plain")
    other = layers.dense(foreign.input("x", (2, 3)), 4)
    steps = net.input("steps", (N, 2, 3))
    both = layers.bidirectional(layers.lstm, steps, 2)
    return {"net": net, "x": x, "steps": steps, "both": both, "h": h, "plain": plain, "other": other, "token": token,
            "layers": layers, "tanh": tanh}  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_refused(call: str) -> None:
    names = world()
    with pytest.raises(errors.SymbackpropError, match=REFUSED[call]):
        eval(call, names)
    if "rms_norm" not in call:
        assert list(names["net"].symbols) == list(world()["net"].symbols)


def test_what_is_refused_can_be_called_again() -> None:
    names = world()
    with pytest.raises(errors.InvalidArgument, match="a function such as"):
        layers.dense(names["x"], 5, activation="tanh", name="again")
    assert str(layers.dense(names["x"], 5, activation=tanh, name="again")) == "a_again"


def test_a_call_without_parameters_is_the_same_again() -> None:
    names = world()
    x, h = names["x"], names["h"]
    assert losses.mse(h, names["plain"]) == losses.mse(h, names["plain"])
    assert layers.add(h, h) is layers.add(h, h)
    assert layers.layer_norm(x, affine=False) is layers.layer_norm(x, affine=False)
    assert layers.layer_norm(x) is not layers.layer_norm(x)
    assert layers.dropout(x) is not layers.dropout(x)
    assert layers.dense(x, 4) is not layers.dense(x, 4)


def test_a_call_is_another_when_its_tensor_has_grown() -> None:
    net = Network("m")
    T = net.dim("T")
    t, x, h = net.index("t", (1, T)), net.input("x", (T,)), net.tensor("h")
    h[0] = x[0]
    first = layers.add(h, h)
    h[t] = h[t - 1] * x[t - 1]
    assert (first.shape, layers.add(h, h).shape) == ((1,), (T + 1,))
    assert layers.add(h, h) is not first


def test_completion_shows_functions() -> None:
    for package in (layers, losses):
        assert dir(package) == sorted(package.__all__)
