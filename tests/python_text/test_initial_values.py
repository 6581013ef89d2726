"""How tensors start: the variance of what is drawn is that of the scheme."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbackprop import Network
from symbackprop.python_text.initial_values import Drawn, initial_sizes, start_of
from symbackprop.python_text.scalars import scalar_text
from symbackprop.sources import program_of
from symbackprop.terms.program import Program, TensorKind

SIZES = {"G": 5, "F": 3, "R": 2}


def program(init: str | None) -> Program:
    net = Network("start")
    G, F, R = net.dims("G F R")
    g, f, r = net.indices(g=G, f=F, r=R)
    K = net.parameter("K", (G, F, R)) if init is None else net.parameter("K", (G, F, R), init=init)
    from symbackprop import Sum

    net.loss = Sum(K[g, f, r] ** 2, g, f, r)
    return program_of(net)


@pytest.mark.parametrize(("init", "drawn", "variance"), [
    (None, Drawn.UNIFORM, Fraction(2, 16)), ("he_normal", Drawn.NORMAL, Fraction(2, 6)),
    ("lecun_uniform", Drawn.UNIFORM, Fraction(1, 6)), ("ones", Drawn.CONSTANT, None),
    ("glorot_normal", Drawn.NORMAL, Fraction(2, 16)),
])  # fmt: skip
def test_schemes(init: str | None, drawn: Drawn, variance: Fraction | None) -> None:
    found = program(init)
    (tensor,) = found.of_kind(TensorKind.PARAMETER)
    start = start_of(tensor)
    assert start.drawn is drawn
    scale = eval(scalar_text(start.scale), {}, dict(SIZES))
    if variance is None:
        assert scale == 1
    else:
        assert scale**2 / (3 if drawn is Drawn.UNIFORM else 1) == pytest.approx(float(variance))
    assert initial_sizes(found, [tensor]) == ["G", "F", "R"]
