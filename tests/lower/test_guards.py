"""Guards on products: 0 where they fail, whatever the factors hold there, and no mask where a frame of zeros is one."""

from fractions import Fraction

import numpy as np
import pytest
from sympy import Piecewise, log

from symbackprop import Network, Sum, generate, layers, load
from symbackprop.terms.build import UNIT, add, apply, mul, number, power
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.sign import Signs, signs_of
from symbackprop.terms.term import Access, Function
from symbackprop.terms.wild import Known, Wild, is_singular, known_of


def test_a_padded_convolution_of_a_normalised_image_needs_no_mask():
    net = Network("normalised")
    N, C, H, W, F = net.dims("N C H W F")
    y = layers.conv2d(layers.batch_norm(net.input("x", (N, C, H, W))), F, 3, padding=1)
    at = layers.naming.indices_of(y)
    net.loss = Sum(y[at] ** 2, *at)
    assert not [line for line in generate(net).splitlines() if "take(" in line and "bool" in line]


def test_infinite_values_behind_a_frame():
    """log 0 is infinite inside the sequence: windows without it are finite, those over the edge as well."""
    net = Network("infinite")
    T = net.dim("T")
    t, p = net.indices(t=T, p=3)
    x, K = net.input("x", (T,)), net.parameter("K", (3,))
    u, z = net.tensors("u z")
    u[t] = log(x[t])
    z[t] = Sum(Piecewise((K[p] * u[t - p], t >= p), (0, True)), p)
    net.loss = Sum(z[t], t)
    net.output(z)
    data, weights = np.array([2.0, 3, 5, 7, 0, 11, 13, 17]), np.array([0.5, 2, 3])
    with np.errstate(divide="ignore"):
        found = load(net).predict({"K": weights}, data)
        expected = np.convolve(np.log(data), weights)[:8]
    np.testing.assert_allclose(found, expected)


def test_a_factor_without_a_frame_is_masked():
    """Where the read is out of range the other factor is infinite: 0 times it must be 0."""
    net = Network("masked")
    T = net.dim("T")
    t, p = net.indices(t=T, p=3)
    x, w, K = net.input("x", (T,)), net.input("w", (T,)), net.parameter("K", (3,))
    u, v, z = net.tensors("u v z")
    u[t], v[t] = log(x[t]), log(w[t])
    z[t] = Sum(Piecewise((K[p] * u[t - p] * v[t], t >= p), (0, True)), p)
    net.loss = Sum(z[t], t)
    net.output(z)
    rng = np.random.default_rng(3)
    data, other, weights = rng.uniform(1, 2, 7), rng.uniform(1, 2, 7), np.array([0.5, 2, 3])
    expected = np.convolve(np.log(data), weights)[:7] * np.log(other)
    np.testing.assert_allclose(load(net).predict({"K": weights}, data, other), expected)
    other[0] = 0  # log 0 times the one read inside
    with np.errstate(divide="ignore"):
        found = load(net).predict({"K": weights}, data, other)
    assert found[0] == -np.inf
    np.testing.assert_allclose(found[1:], expected[1:])


N, V, W = (Access(name, (Poly.of(Index("n")),)) for name in "NVW")


@pytest.mark.parametrize(
    ("term", "wild"),
    [
        (power(add(V, number(Fraction(1, 100))), Fraction(-1, 2)), False),
        (power(add(W, number(Fraction(1, 100))), Fraction(-1, 2)), True),
        (power(add(power(W, 2), UNIT), -1), False),
        (power(power(W, 2), -1), True),
        (power(add(V, number(-1)), -1), True),
        (power(add(V, V), -1), True),
        (apply(Function.LOG, V), True),
        (mul(V, N), True),
        (mul(V, W), False),
    ],
)
def test_wild(term, wild):
    assert is_singular(term, Known({"N": Wild.LOW}, Signs(frozenset("V")))) is wild


def test_the_variance_of_a_normalisation_is_not_negative():
    net = Network("normalised")
    N, D = net.dims("N D")
    y = layers.layer_norm(net.input("x", (N, D)))
    at = layers.naming.indices_of(y)
    net.loss = Sum(y[at] ** 2, *at)
    equations = net.to_program().equations
    found = signs_of(equations).nonnegative
    assert "v1" in found
    assert not found & {"mu1", "x_hat1", "y1"}
    assert not known_of(equations).wild
