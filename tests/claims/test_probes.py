"""Probes reach what conditions single out, at every scale, and ties are told from cases."""

from __future__ import annotations

import numpy as np
from sympy import Eq, Piecewise

from symbackprop import Network, Sum, delta
from symbackprop.claims.ground import ground_of
from symbackprop.claims.probes import probes, ties_at
from symbackprop.functions import relu
from symbackprop.language.claims import read_claim
from symbackprop.verify.drawn import choices_of, numbers_compared


def setting():
    net = Network("cases")
    N = net.dim("N")
    n = net.index("n", N)
    z, y = net.parameter("z", (N,)), net.input("y", (N,), dtype="int", high=50)
    net.loss = Sum(Piecewise((relu(z[n] - 40), Eq(y[n], 37)), (z[n] ** 2, True)), n)
    ground = ground_of(net.to_program(), [read_claim(net.book, delta(z)[n], 2 * z[n])])
    return ground, ground.equations[0]


def test_labels_and_scales_are_met() -> None:
    ground, equation = setting()
    found = [probe.data for probe in probes(ground, equation, {"N": 2}, 0, 60)]
    labels = np.array([data["y"] for data in found])
    sizes = np.abs(np.array([data["z"] for data in found]))
    assert (labels == 37).mean() > 0.05
    assert ((labels != 37).mean()) > 0.2
    assert sizes[sizes > 0].min() < 1e-2
    assert sizes.max() > 1e2
    assert any(((data["z"] > 40) & (data["y"] == 37)).any() for data in found)


def test_what_is_compared() -> None:
    ground, equation = setting()
    program = ground.program
    values = {int(value) for value in numbers_compared(each.rhs for each in program.equations)}
    assert 37 in values
    assert {0, 37, 49} <= set(choices_of(program, {"N": 2}, [equation.rhs])["y"])


def test_a_tie_is_an_order_between_equal_values() -> None:
    ground, equation = setting()
    for z, tied in ((40.0, True), (41.0, False), (-3.0, False)):
        data = {"z": np.array([z, 1.0]), "y": np.array([37, 2])}
        assert ties_at(ground, equation, {"N": 2}, data, (0,)) is tied
