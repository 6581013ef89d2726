"""What no derivative can show: masked rows, ignored labels, what `predict` leaves out, names of parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop import Network, Sum, layers, load, losses
from symbackprop.functions import relu
from symbackprop.layers.naming import indices_of


def summed(net: Network, tensor: Any) -> Any:
    at = indices_of(tensor)
    net.loss = Sum(tensor[at] ** 2, *at)
    net.output(tensor)
    return load(net)


def test_a_query_without_keys_gets_nothing() -> None:
    """PyTorch answers NaN there; the other rows are as if nothing had been there."""
    net = Network("masked")
    N, T = net.dims("N T")
    x, seen = net.parameter("x", (N, T, 4), "normal"), net.input("seen", (N, T), dtype="int", high=2)
    module = summed(net, layers.multi_head_attention(x, heads=2, key_mask=seen, bias=False))
    params = module.init_params(0, N=2, T=3, dtype=np.float64)
    mask = np.array([[0, 0, 0], [1, 0, 1]])
    assert not module.predict(params, mask)[0].any()
    loss, grads = module.value_and_grad(params, mask)
    assert loss > 0
    assert not grads["x"][0].any()
    assert all(np.isfinite(grad).all() for grad in grads.values())


@pytest.mark.parametrize("loss", [losses.softmax_cross_entropy, losses.nll])
def test_where_all_labels_are_ignored_the_mean_is_zero(loss: Any) -> None:
    net = Network("ignored")
    N, C = net.dims("N C")
    z, label = net.parameter("z", (N, C), "normal"), net.input("label", (N,), dtype="int", high=C)
    net.loss = loss(z, label, ignore_index=2)
    module = load(net)
    params = module.init_params(0, N=5, C=3, dtype=np.float64)
    value, grads = module.value_and_grad(params, np.full(5, 2))
    assert value == 0
    assert not grads["z"].any()


def test_an_impossible_spelling_costs_infinity_unless_it_is_left_out() -> None:
    """Three letters alike need five frames."""
    values = {}
    for zero in (False, True):
        net = Network("spelt")
        T, N, C, U = net.dims("T N C U")
        lp = net.parameter("lp", (T, N, C))
        names = (("frames", T), ("letters", U))
        lengths = (net.input(name, (N,), dtype="int", high=most + 1) for name, most in names)
        labels = net.input("labels", (N, U), dtype="int", high=C)
        net.loss = losses.ctc(lp, labels, *lengths, reduction="sum", zero_infinity=zero)
        module = load(net)
        data = np.log(np.full((4, 1, 3), 1 / 3))
        values[zero], grads = module.value_and_grad({"lp": data}, np.ones((1, 3), int), np.array([4]), np.array([3]))
        assert not grads["lp"].any()
    assert values == {False: np.inf, True: 0}


def test_predict_drops_nothing() -> None:
    net = Network("dropping")
    N, D = net.dims("N D")
    module = summed(net, layers.dropout(net.parameter("x", (N, D), "normal"), 0.4))
    params = module.init_params(0, N=50, D=70, dtype=np.float64)
    np.testing.assert_array_equal(module.predict(params), params["x"])
    _, grads = module.value_and_grad(params, rng=3)
    kept = grads["x"] / (2 * params["x"]) * 0.6**2
    assert set(np.unique(kept.round(12))) == {0, 1}
    assert abs(kept.mean() - 0.6) < 0.03


def test_parameters_are_called_after_their_layers() -> None:
    net = Network("named")
    N, T, H = net.dims("N T H")
    x = net.input("x", (N, 2, T))
    h = layers.conv1d(x, 5, 3, activation=relu, name="front")
    h = layers.batch_norm(layers.conv1d(h, 5, 3))
    h = layers.stacked(layers.lstm, h, [H, H], dropout=0.2, batch_first=True, last=True)
    module = summed(net, layers.dense(h, 3, name="head"))
    assert list(module.PARAMETERS) == [
        "K_front", "b_front", "K1", "b1", "gamma1", "beta1", "W2", "U2", "b2", "W3", "U3", "b3", "W_head", "b_head",
    ]  # fmt: skip
