"""Values, gradients and second derivatives of forms that overflow as they are written, against mpmath.

Finite wherever the mathematics is, and accurate: an error of a few eps of the value, of what an argument rounded by a
few eps makes of it (eps·|u·f'(u)|), and of 1 (a·(1 - a) is 0 where a rounds to 1).
"""

from __future__ import annotations

import sys
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from sympy import cosh, exp, log, tanh

import symbackprop as sb
from symbackprop import Network, Sum

from .family import FIXED, Form, made_up

LARGEST = {np.float16: 6e4, np.float32: 1e13, np.float64: 1e13}
FORMS = [*FIXED, *made_up(12)]


def network(form: Form) -> tuple[Network, Any]:
    net = Network("f")
    N = net.dim("N")
    n = net.index("n", N)
    u, z = net.parameter("u", (N,)), net.tensor("z")
    z[n] = form.write(u[n])
    net.loss = Sum(z[n], n)
    net.output(z)
    return net, u


def points(form: Form, dtype: Any) -> Any:
    sizes = (0.5, 1, 3, 30, 100, 1000, LARGEST[dtype])
    found = np.array([sign * size for size in sizes for sign in (1, -1)], dtype)
    return found[found > form.above]


def exact(form: Form, point: float) -> tuple[Any, Any, Any]:
    """Value, slope and second derivative, by differences in so many digits that a step of 1e-20 leaves fifty."""
    with mp.workdps(110):
        u, h = mp.mpf(point), mp.mpf(10) ** -20
        below, at, above = (form.value(u + place * h) for place in (-1, 0, 1))
        return at, (above - below) / (2 * h), (above - 2 * at + below) / h**2


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_finite_and_accurate(form: Form) -> None:
    compare(form)


def compare(form: Form) -> None:
    module = sb.load(network(form)[0])
    every = {float(point) for dtype in LARGEST for point in points(form, dtype)}
    truths = {point: exact(form, point) for point in every}
    for dtype in (np.float16, np.float32, np.float64):
        u = points(form, dtype)
        with np.errstate(over="ignore", divide="ignore", under="ignore"):
            found = module.predict({"u": u})
            gradient = module.value_and_grad({"u": u})[1]["u"]
        eps, largest = float(np.finfo(dtype).eps), float(np.finfo(dtype).max)
        for place, point in enumerate(map(float, u)):
            value, slope, bend = truths[point]
            for ours, truth, change in ((found, value, slope), (gradient, slope, bend)):
                if not abs(truth) <= largest / 4:
                    continue
                assert np.isfinite(ours[place]), (form.name, dtype, point, float(truth), ours[place])
                error = abs(mp.mpf(float(ours[place])) - truth)
                scale = 1 + abs(truth) + abs(point * change)
                assert error <= 64 * eps * scale + np.finfo(dtype).tiny, (form.name, dtype, point, float(truth))


# Of gelu's tanh form the second derivative is a polynomial that overflows, times 0.
@pytest.mark.parametrize("form", [form for form in FORMS if "gelu" not in form.name][::4], ids=lambda form: form.name)
def test_second_derivatives_are_finite(form: Form) -> None:
    net, _ = network(form)
    module = sb.load(sb.hessian_vector_product(net))
    for dtype in (np.float32, np.float64):
        u = points(form, dtype)
        with np.errstate(over="ignore", divide="ignore", under="ignore"):
            _, grads = module.value_and_grad({"u": u}, np.ones_like(u))
        for place, point in enumerate(map(float, u)):
            truth = exact(form, point)[2]
            if abs(truth) < float(np.finfo(dtype).max) / 4:
                assert np.isfinite(grads["u"][place]), (dtype, point, float(truth), grads["u"][place])


# --- sums over indices -----------------------------------------------------------------------------------
REDUCED: dict[str, tuple[Any, Any]] = {
    "log(1 + Σ exp)": (lambda u, n: log(1 + Sum(exp(u[n]), n)), lambda u: mp.log(1 + sum(map(mp.exp, u)))),
    "log(2 + 3 Σ exp 2u)": (lambda u, n: log(2 + 3 * Sum(exp(2 * u[n]), n)),
        lambda u: mp.log(2 + 3 * sum(mp.exp(2 * x) for x in u))),
    "log Σ w exp": (lambda u, n: log(Sum((n + 1) * exp(u[n]), n)),
        lambda u: mp.log(sum((k + 1) * mp.exp(x) for k, x in enumerate(u)))),
    "log(Σ exp u + Σ exp(-u))": (lambda u, n: log(Sum(exp(u[n]), n) + Sum(exp(-u[n]), n)),
        lambda u: mp.log(sum(mp.exp(x) + mp.exp(-x) for x in u))),
    "log Σ cosh": (lambda u, n: log(Sum(cosh(u[n]), n)), lambda u: mp.log(sum(map(mp.cosh, u)))),
    "log Σ (1 + exp)": (lambda u, n: log(Sum(1 + exp(u[n]), n)), lambda u: mp.log(sum(1 + mp.exp(x) for x in u))),
    "log Σ exp - u": (lambda u, n: log(Sum(exp(u[n]), n)) - u[0], lambda u: mp.log(sum(map(mp.exp, u))) - u[0]),
    "1/(1 + Σ exp)": (lambda u, n: 1 / (1 + Sum(exp(u[n]), n)), lambda u: 1 / (1 + sum(map(mp.exp, u)))),
    "exp/(1 + Σ exp)": (lambda u, n: exp(u[0]) / (1 + Sum(exp(u[n]), n)),
        lambda u: mp.exp(u[0]) / (1 + sum(map(mp.exp, u)))),
    "tanh log": (lambda u, n: tanh(log(1 + Sum(exp(u[n]), n))), lambda u: mp.tanh(mp.log(1 + sum(map(mp.exp, u))))),
    "square of the log": (lambda u, n: log(Sum(exp(u[n]), n) + 1) ** 2, lambda u: mp.log(1 + sum(map(mp.exp, u))) ** 2),
}  # fmt: skip


@pytest.mark.parametrize("name", REDUCED)
def test_sums_over_indices(name: str) -> None:
    write, value = REDUCED[name]
    net = Network("f")
    N = net.dim("N")
    n = net.index("n", N)
    u = net.parameter("u", (N,))
    net.loss = write(u, n)
    module = sb.load(net)
    for dtype in (np.float16, np.float32, np.float64):
        eps, largest = float(np.finfo(dtype).eps), float(np.finfo(dtype).max)
        for size in (1, 30, 1000, -1, -30, -1000, LARGEST[dtype] / 4, -LARGEST[dtype] / 4):
            row = np.array([size, size / 2, size - 1], dtype)
            with np.errstate(over="ignore", under="ignore"):
                loss, grads = module.value_and_grad({"u": row})
            with mp.workdps(110):
                exact = [mp.mpf(float(x)) for x in row]
                truth, h = value(exact), mp.mpf(10) ** -20
                slopes = [
                    (value([x + h * (k == j) for k, x in enumerate(exact)])
                     - value([x - h * (k == j) for k, x in enumerate(exact)])) / (2 * h) for j in range(3)
                ]  # fmt: skip
            steep = 1 + sum(abs(x * slope) for x, slope in zip(exact, slopes, strict=True))
            if abs(truth) < largest / 4:
                assert abs(mp.mpf(float(loss)) - truth) <= 64 * eps * (abs(truth) + steep), (dtype, size)
            for ours, slope in zip(grads["u"], slopes, strict=True):
                if abs(slope) < largest / 4:
                    assert abs(mp.mpf(float(ours)) - slope) <= 256 * eps * (1 + abs(slope)), (dtype, size, ours, slope)


if __name__ == "__main__":  # python -m tests.stable.test_sweep NUMBER SEED: many more of them
    for made in made_up(int(sys.argv[1]), int(sys.argv[2])):
        compare(made)
