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


if __name__ == "__main__":  # python -m tests.stable.test_sweep NUMBER SEED: many more of them
    for made in made_up(int(sys.argv[1]), int(sys.argv[2])):
        compare(made)
