"""Equations between tensors: names that give way, equations that need each other, scalars."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import exp, tanh

from symbackprop import Network
from symbackprop.interpret.interpreter import Interpreter
from symbackprop.terms.check_program import check


def test_names_of_the_loss_and_of_updates_give_way() -> None:
    net = Network("names")
    loss, next_b = net.parameter("loss", ()), net.parameter("next_b", ())
    b = net.buffer("b", (), 0)
    net.update(b, loss)
    net.loss = loss * next_b
    assert net.loss == loss * next_b
    program = net.to_program()
    assert (program.loss, program.updates) == ("loss_2", (("b", "next_b_2"),))


def test_reading_before_defining_and_mutual_recurrences() -> None:
    net = Network("mutual")
    (T,) = net.dims("T")
    t = net.index("t", (1, T))
    w = net.parameter("w", ())
    a, b = net.tensors("a b")
    a[t] = tanh(b[t - 1] * w)
    b[0], b[t] = w, a[t] ** 2
    net.loss = b[T]
    values = Interpreter(check(net.to_program()), {"T": 3}, {"w": 0.7})
    expected = 0.7
    for _ in range(3):
        expected = np.tanh(expected * 0.7) ** 2
    assert values.loss() == pytest.approx(expected, rel=1e-14)


def test_the_loss_and_the_scalars_are_read_by_bare_name() -> None:
    net = Network("scalars")
    c, s, r = net.parameter("c", ()), *net.tensors("s r")
    s[()] = c * 2
    r[()] = s + s[()] + 1
    net.loss = exp(r) - s
    assert s[()] is s
    assert Interpreter(net.to_program(), {}, {"c": 0.25}).loss() == pytest.approx(np.exp(2.0) - 0.5)
