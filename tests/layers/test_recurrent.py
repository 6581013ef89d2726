"""Recurrent layers against loops over time in NumPy."""

import numpy as np
import pytest

from symbackprop import layers

from .values import Arrays, normal, run

x = normal(4, 2, 3)
H = 5


def sigmoid(u: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-u))


def rnn(x: np.ndarray, w: Arrays, s: str = "1") -> np.ndarray:
    h, states = np.zeros((x.shape[1], H)), []
    for step in x:
        h = np.tanh(step @ w[f"W{s}"].T + h @ w[f"U{s}"].T + w[f"b{s}"])
        states.append(h)
    return np.stack(states)


def lstm(x: np.ndarray, w: Arrays) -> np.ndarray:
    h, c, states = np.zeros((x.shape[1], H)), np.zeros((x.shape[1], H)), []
    for step in x:
        i, f, g, o = (step @ w["W1"][e].T + h @ w["U1"][e].T + w["b1"][e] for e in range(4))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states)


def gru(x: np.ndarray, w: Arrays) -> np.ndarray:
    h, states = np.zeros((x.shape[1], H)), []
    for step in x:
        a = [step @ w["W1"][e].T + w["b1"][e] for e in range(3)]
        r, u = (sigmoid(a[e] + h @ w["U1"][e].T + w["c1"][e]) for e in range(2))
        n = np.tanh(a[2] + r * (h @ w["U1"][2].T + w["c1"][2]))
        h = (1 - u) * n + u * h
        states.append(h)
    return np.stack(states)


@pytest.mark.parametrize(("layer", "loop"), [(layers.rnn, rnn), (layers.lstm, lstm), (layers.gru, gru)])
def test_steps(layer, loop) -> None:  # type: ignore[no-untyped-def]
    found = run(lambda x: layer(x, H), x=x)
    np.testing.assert_allclose(found.value, loop(x, found.given), rtol=1e-11)
    found = run(lambda x: layer(x, H, reverse=True), x=x)
    np.testing.assert_allclose(found.value, loop(x[::-1], found.given)[::-1], rtol=1e-11)
    found = run(lambda x: layer(x, H, batch_first=True, last=True), x=x.swapaxes(0, 1))
    np.testing.assert_allclose(found.value, loop(x, found.given)[-1], rtol=1e-11)


def test_both_ways_and_on_top_of_each_other() -> None:
    found = run(lambda x: layers.bidirectional(layers.rnn, x, H), x=x)
    ahead, behind = rnn(x, found.given, "_forwards1"), rnn(x[::-1], found.given, "_backwards1")[::-1]
    np.testing.assert_allclose(found.value, np.concatenate([ahead, behind], axis=2), rtol=1e-12)
    found = run(lambda x: layers.stacked(layers.rnn, x, (H, H)), x=x)
    np.testing.assert_allclose(found.value, rnn(rnn(x, found.given), found.given, "2"), rtol=1e-12)
