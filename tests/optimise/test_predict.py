"""The program of `predict`: outputs as of the whole program, noise at its mean, and nothing that is not read."""

from fractions import Fraction

import pytest
from sympy import Rational

from symbackprop import Network, Sum
from symbackprop.optimise.predict import mean, predict_program
from symbackprop.terms.program import Distribution, Noise, TensorKind
from tests.terms.exact import Elements, numbers

SIZES = {"N": 2, "D": 3}


def network():
    net = Network("noisy")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, t = net.input("x", (N, D)), net.parameter("w", (D,)), net.input("t", (N,))
    a = net.random("a", (N, D), "bernoulli", p=Rational(1, 3))
    b = net.random("b", (N, D), "normal", mean=2, std=5)
    c = net.random("c", (N, D), "uniform", low=-1, high=4)
    h, y, unread = net.tensors("h y unread")
    h[n, i] = w[i] * x[n, i] * a[n, i] + b[n, i] ** 2 - c[n, i]
    y[n] = Sum(h[n, i] * (1 + c[n, i]), i)
    unread[n] = y[n] * t[n]
    net.loss = Sum((y[n] - t[n]) ** 2 + unread[n], n)
    net.output(y)
    return net.to_program()


def test_noise_is_at_its_mean():
    program = network()
    found = predict_program(program)
    means = {"a": Fraction(1, 3), "b": Fraction(2), "c": Fraction(3, 2)}
    plain = numbers(3)
    whole = Elements(program, SIZES, lambda name, place: means.get(name) or plain(name, place))
    assert Elements(found, SIZES, plain).every("y") == whole.every("y")


def test_only_what_the_outputs_need_is_left():
    found = predict_program(network())
    assert {tensor.name for tensor in found.tensors} == {"x", "w", "h", "y"}
    assert {equation.target for equation in found.equations} == {"h", "y"}
    assert (found.loss, found.updates, found.cotangents, found.outputs) == (None, (), (), ("y",))
    assert not found.of_kind(TensorKind.RANDOM)


def test_no_mean_is_guessed():
    with pytest.raises(TypeError, match="no mean"):
        mean(Noise(Distribution.NORMAL, ()))
