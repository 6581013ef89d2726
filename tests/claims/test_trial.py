"""Factors off a claim are found as they were put there, whatever the sizes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sympy import Expr, Rational, sqrt, tanh

from symbackprop import Network, Sum, delta
from symbackprop.claims.compare import false_at, looks
from symbackprop.claims.ground import ground_of
from symbackprop.claims.trial import Trial
from symbackprop.interpret import PRIME
from symbackprop.language.claims import read_claim
from symbackprop.terms.build import mul, number
from symbackprop.terms.poly import Dim
from symbackprop.terms.term import Mul, Number, PolyValue, Power, Term


def network():
    net = Network("scaled")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    net.loss = Sum(tanh(x[n, d] * w[d]), n, d) / N
    return net, N, D, delta(w)[d], Sum(x[n, d] * (1 - tanh(x[n, d] * w[d]) ** 2), n) / N


def trial_of(element: Expr, value: Expr, net: Network, everywhere: bool = True) -> Trial:
    """Of the one claim, at the places where it is false."""
    ground = ground_of(net.to_program(), [read_claim(net.book, element, value)])
    (equation,) = ground.equations
    _, benches = looks(ground, None, 0)
    return Trial.of(equation, false_at(benches, equation), lambda term: everywhere)


SCALES = {
    "2": lambda N, D: 2, "-1": lambda N, D: -1, "1/2": lambda N, D: Rational(1, 2), "N": lambda N, D: N,
    "1/D": lambda N, D: 1 / D, "3/N": lambda N, D: 3 / N, "N/D": lambda N, D: N / D, "root": lambda N, D: 1 / sqrt(D),
}  # fmt: skip


@pytest.mark.parametrize("name", SCALES)
def test_the_factor_is_the_inverse_of_what_was_put_there(name: str) -> None:
    net, size_n, size_d, element, right = network()
    off = SCALES[name](size_n, size_d)
    trial = trial_of(element, off * right, net)
    equation = trial.equation
    scale = trial.factor(equation.rhs)
    assert scale is not None
    for sizes in ({"N": 4, "D": 9}, {"N": 7, "D": 16}):
        wrong = float(off.subs({size_n: sizes["N"], size_d: sizes["D"]}) if isinstance(off, Expr) else off)
        np.testing.assert_allclose(evaluated(scale, sizes) * wrong, 1.0)
    assert trial.holds(mul(scale, equation.rhs))
    assert not trial.holds(equation.rhs)
    assert not trial.holds(mul(number(Fraction(5, 7)), equation.rhs))


def evaluated(term: Term, sizes: dict[str, int]) -> float:
    match term:
        case Number(value):
            return float(value)
        case PolyValue(poly):
            return float(poly.evaluate({Dim(name): size for name, size in sizes.items()}.__getitem__))
        case Mul(args):
            return float(np.prod([evaluated(arg, sizes) for arg in args]))
        case Power(base, exponent):
            return evaluated(base, sizes) ** float(exponent)
        case _:
            raise TypeError(term)


def test_what_is_no_factor_off_has_none_and_is_missing_something() -> None:
    net, _, _, element, right = network()
    trial = trial_of(element, right + 1, net)
    assert trial.factor(trial.equation.rhs) is None
    ones = trial.values(number(1))
    assert ones is not None
    assert trial.missing() == tuple(-one % PRIME for one in ones)


def test_what_is_right_at_the_spots_alone_does_not_hold() -> None:
    net, _, _, element, right = network()
    trial = trial_of(element, 2 * right, net, everywhere=False)
    assert not trial.holds(mul(number(Fraction(1, 2)), trial.equation.rhs))
    assert trial.factor(trial.equation.rhs) is None
