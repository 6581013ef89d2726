"""Values in branches: the gradient is that of the branch taken, wherever the others are singular.

Each sentence stands at a point where a part that has a name is singular, and the branch that reads it is not taken.
Floating-point errors there are exceptions: the part leaves no trace at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from sympy import Abs, Max, Min, Ne, Piecewise, asin, atan2, cos, exp, log, sin, sqrt, tanh

from symbackprop import Network, ReduceMax, Sum, hessian_vector_product, load
from symbackprop.functions import relu


class Bench:
    """A network with a parameter x over n, and letters to write it with."""

    def __init__(self, name: str) -> None:
        self.net = Network(name)
        self.N, self.M = self.net.dim("N"), self.net.dim("M")
        self.n, self.m = self.net.index("n", self.N), self.net.index("m", self.M)
        self.x = self.net.parameter("x", (self.N,))

    def over_n(self, name: str, value: Any) -> Any:
        """A tensor over n, and its element there."""
        tensor = self.net.tensor(name)
        tensor[self.n] = value
        return tensor[self.n]


@dataclass
class Sentence:
    write: Callable[[Bench], Any]  # adds the equations and returns the loss
    x: list[float]
    gradient: list[float]
    inputs: dict[str, Any] = field(default_factory=dict)


def chain(b: Bench) -> Any:
    t = b.over_n("t", sqrt(b.x[b.n]))
    r = b.over_n("r", log(b.over_n("s", 1 / t)))
    return Sum(Piecewise((-r, b.x[b.n] > 0), (0, True)), b.n)


def overflow(b: Bench) -> Any:
    e = b.over_n("e", exp(b.x[b.n]))
    return Sum(Piecewise((e, b.x[b.n] < 50), (b.x[b.n], True)), b.n)


def clamped_logarithm(b: Bench) -> Any:
    return Sum(Max(b.over_n("l", log(b.x[b.n])), -100), b.n)


def clipped_reciprocal(b: Bench) -> Any:
    return Sum(Min(b.over_n("r", 1 / b.x[b.n]), 5), b.n)


def rectified_root(b: Bench) -> Any:
    return Sum(relu(b.over_n("t", sqrt(b.x[b.n]))), b.n)


def rectified_units_of_a_root(b: Bench) -> Any:
    """No unit of a row is on: what they all read is not live."""
    W = b.net.input("W", (b.M,))
    t, z = b.over_n("t", sqrt(b.x[b.n])), b.net.tensor("z")
    z[b.n, b.m] = W[b.m] * t - 1
    return Sum(relu(z[b.n, b.m]), b.n, b.m)


def some_reader(b: Bench) -> Any:
    """Which of several readers are on is data."""
    c = b.net.input("c", (b.N, b.M))
    t = b.over_n("t", sqrt(b.x[b.n]))
    return Sum(Piecewise((c[b.n, b.m] * t, c[b.n, b.m] > 0), (0, True)), b.n, b.m)


def two_guards(b: Bench) -> Any:
    c, d = b.net.input("c", (b.N,)), b.net.input("d", (b.N,))
    t = b.over_n("t", sqrt(b.x[b.n]))
    return Sum(Piecewise((t, c[b.n] > 0), (0, True)) + Piecewise((t**2, d[b.n] > 0), (0, True)), b.n)


def distances(b: Bench) -> Any:
    """Of each pair that is not one point."""
    k, d = b.net.index("k", b.N), b.net.tensor("d")
    d[b.n, k] = sqrt((b.x[b.n] - b.x[k]) ** 2)
    return Sum(Piecewise((d[b.n, k], Ne(b.n, k)), (0, True)), b.n, k)


def distances_of_different_points(b: Bench) -> Any:
    k, d = b.net.index("k", b.N), b.net.tensor("d")
    d[b.n, k] = sqrt((b.x[b.n] - b.x[k]) ** 2)
    return Sum(Piecewise((d[b.n, k], Ne(b.x[b.n], b.x[k])), (0, True)), b.n, k)


def rotation(b: Bench) -> Any:
    """(sin θ)/θ and (1 - cos θ)/θ² with θ = √x."""
    t = b.over_n("t", sqrt(b.x[b.n]))
    first = Piecewise((sin(t) / t, b.x[b.n] > 0), (1 - b.x[b.n] / 6, True))
    second = Piecewise(((1 - cos(t)) / t**2, b.x[b.n] > 0), (b.x[b.n] * 0 + 0.5, True))
    return Sum(first + second, b.n)


def entropy(b: Bench) -> Any:
    p = b.over_n("p", b.x[b.n] * b.over_n("l", log(b.x[b.n])))
    return Sum(Piecewise((p, b.x[b.n] > 0), (0, True)), b.n)


def read_by_a_condition(b: Bench) -> Any:
    t = b.over_n("t", sqrt(b.x[b.n]))
    return Sum(Piecewise((1, t < 0.001), (t, True)), b.n)


def edge_of_the_arcsine(b: Bench) -> Any:
    a = b.over_n("a", asin(b.x[b.n]))
    return Sum(Piecewise((a, Abs(b.x[b.n]) < 1), (b.x[b.n], True)), b.n)


def angle_of_nothing(b: Bench) -> Any:
    a = b.over_n("a", atan2(b.x[b.n], b.x[b.n] ** 2))
    return Sum(Piecewise((a, b.x[b.n] > 0), (b.x[b.n], True)), b.n)


def variable_power(b: Bench) -> Any:
    p = b.net.input("p", ())
    t = b.over_n("t", b.x[b.n] ** p)
    return Sum(Piecewise((t, b.x[b.n] > 0), (0, True)), b.n)


def bounded_function_of_a_logarithm(b: Bench) -> Any:
    h = b.over_n("h", tanh(b.over_n("l", log(b.x[b.n]))))
    return Sum(Piecewise((h, b.x[b.n] > 0), (0, True)), b.n)


def recurrence(b: Bench) -> Any:
    t = b.net.index("t", (1, b.N))
    h, s = b.net.tensors("h s")
    h[0] = 0
    s[t] = sqrt(h[t - 1] + b.x[t - 1])
    h[t] = Piecewise((s[t], b.x[t - 1] > 0), (h[t - 1], True))
    return h[b.N]


def losers_of_a_maximum(b: Bench) -> Any:
    return ReduceMax(b.over_n("t", sqrt(b.x[b.n])), b.n)


def product_with_a_logarithm(b: Bench) -> Any:
    """The factor that is infinite is in a row that no branch reads."""
    W = b.net.parameter("W", (b.M,))
    u, z = b.over_n("u", log(b.x[b.n])), b.net.tensor("z")
    z[b.n, b.m] = W[b.m] * u
    return Sum(Piecewise((z[b.n, b.m], b.x[b.n] > 0), (0, True)), b.n, b.m)


def masked_cross_entropy(b: Bench) -> Any:
    y = b.net.input("y", (b.N,), dtype="int", high=3)
    l = b.over_n("l", log(b.x[b.n]))
    return Sum(Piecewise((0, y[b.n] < 1), (-l, True)), b.n)


def mask_with_a_name(b: Bench) -> Any:
    """A product with a bracket is a branch, also where the bracket has a name."""
    y = b.net.input("y", (b.N,))
    return Sum(b.over_n("k", Piecewise((1, y[b.n] > 0), (0, True))) * b.over_n("l", log(b.x[b.n])), b.n)


def mask_of_what_is_not_zero(b: Bench) -> Any:
    y = b.net.input("y", (b.N,))
    return Sum(b.over_n("k", Piecewise((0, y[b.n] <= 0), (y[b.n], True))) / b.x[b.n], b.n)


def norm_with_a_floor(b: Bench) -> Any:
    s, t = b.net.tensors("s t")
    s[()] = Sum(b.x[b.n] ** 2, b.n)
    t[()] = sqrt(s[()])
    return Sum(b.x[b.n], b.n) / Max(t, 0.001)


C = np.array([[0.0, -1, 0], [1, 2, -5]])
SENTENCES = [
    Sentence(chain, [0, 4], [0, 0.125]),
    Sentence(overflow, [1000, 1], [1, np.e]),
    Sentence(clamped_logarithm, [0, 0.5], [0, 2]),
    Sentence(clipped_reciprocal, [0, 2], [0, -0.25]),
    Sentence(rectified_root, [0, 4], [0, 0.25]),
    Sentence(rectified_units_of_a_root, [0, 4], [0, 0.75], {"W": np.array([1.0, 2])}),
    Sentence(some_reader, [0, 4], [0, 0.75], {"c": C}),
    Sentence(two_guards, [0, 4], [0, 1], {"c": np.zeros(2), "d": np.array([0.0, 1])}),
    Sentence(distances, [0, 4], [-2, 2]),
    Sentence(distances_of_different_points, [0, 4, 4], [-4, 2, 2]),
    Sentence(rotation, [0, 1], [-1 / 6, (np.cos(1) - np.sin(1)) / 2 + np.sin(1) / 2 - (1 - np.cos(1))]),
    Sentence(entropy, [0, 1], [0, 1]),
    Sentence(read_by_a_condition, [0, 4], [0, 0.25]),
    Sentence(edge_of_the_arcsine, [1, -1, 0.5], [1, 1, 0.75**-0.5]),
    Sentence(angle_of_nothing, [0, 1], [1, -0.5]),
    Sentence(variable_power, [0, 4], [0, 0.25], {"p": np.array(0.5)}),
    Sentence(bounded_function_of_a_logarithm, [0, 1], [0, 1]),
    Sentence(recurrence, [0, 4], [0, 0.25]),
    Sentence(losers_of_a_maximum, [0, 4], [0, 0.25]),
    Sentence(product_with_a_logarithm, [0, 0.5], [0, 6], {"W": np.array([1.0, 2])}),
    Sentence(masked_cross_entropy, [0, 0.5], [0, -2], {"y": np.array([0, 2])}),
    Sentence(mask_with_a_name, [0, 0.5], [0, 2], {"y": np.array([0.0, 3])}),
    Sentence(mask_of_what_is_not_zero, [0, 0.5], [0, -12], {"y": np.array([0.0, 3])}),
    Sentence(norm_with_a_floor, [0, 0], [1000, 1000]),
]


def typed(data: dict[str, Any], dtype: type) -> dict[str, Any]:
    return {name: array if array.dtype.kind == "i" else array.astype(dtype) for name, array in data.items()}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.write.__name__)
def test_the_branch_taken(sentence: Sentence, dtype: type) -> None:
    bench = Bench("branches")
    bench.net.loss = sentence.write(bench)
    module = load(bench.net)
    data = typed({"x": np.array(sentence.x, float), **sentence.inputs}, dtype)
    params = {name: data.pop(name) for name in module.PARAMETERS}
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        loss, gradients = module.value_and_grad(params, **data)
    assert np.isfinite(loss)
    assert all(np.isfinite(array).all() for array in gradients.values())
    np.testing.assert_allclose(gradients["x"], sentence.gradient, rtol=1e-5)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.write.__name__)
def test_products_with_the_hessian(sentence: Sentence) -> None:
    """By central differences, where x can be moved without another branch being taken; finite everywhere."""
    bench = Bench("branches")
    bench.net.loss = sentence.write(bench)
    first, second = load(bench.net), load(hessian_vector_product(bench.net))
    data = {"x": np.array(sentence.x, float), **sentence.inputs}
    params = {name: data.pop(name) for name in first.PARAMETERS}
    along = np.array([value in (0.5, 2, 4) for value in sentence.x]) * 1.0
    directions = {f"v_{name}": along if name == "x" else np.zeros_like(array) for name, array in params.items()}
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        _, products = second.value_and_grad(params, **data, **directions)
        moved = [first.value_and_grad({**params, "x": params["x"] + h * along}, **data)[1] for h in (1e-5, -1e-5)]
    for name, product in products.items():
        np.testing.assert_allclose(product, (moved[0][name] - moved[1][name]) / 2e-5, rtol=1e-5, atol=1e-7)
