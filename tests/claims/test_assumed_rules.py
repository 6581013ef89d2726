"""What is assumed, applied to sums of products: exactly the same values at data that meet it."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sympy import Eq

from symbackprop import Network, Sum
from symbackprop.claims.assumed_rules import Assumed
from symbackprop.claims.normal import Normaliser
from symbackprop.claims.proof import Prover
from symbackprop.interpret import Interpreter, Residues
from symbackprop.terms.build import access
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Program
from symbackprop.verify.data import draw
from symbackprop.verify.feasible_sizes import feasible_sizes

from .assumed_networks import CASES
from .test_words import ground_for


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_values_stay_at_data_that_meet_what_is_assumed(case) -> None:
    net, _, _ = case()
    ground = ground_for(net)
    program, assumed = ground.program, Prover.of(ground).assumed
    sizes = feasible_sizes(program, 2)  # orthonormal rows are no more than there are columns
    data = draw(program, sizes, 2, exact=True)
    normal = Normaliser(assumed.sizes, assumed=assumed)
    plain, reduced = [], []
    for equation in program.equations:
        found = normal(equation.rhs, {axis.index: axis for axis in equation.axes})
        plain.append(equation)
        reduced.append(type(equation)(equation.target, equation.subscripts, equation.axes, found, equation.op))
    one, other = (
        Interpreter(program.with_(equations=tuple(each)), sizes, data, Residues(2)) for each in (plain, reduced)
    )
    for name in program.definitions:
        assert (one.array(name) == other.array(name)).all(), name


def assumed_of(build) -> tuple[Assumed, Program]:
    net = Network("assumed")
    D = net.dim("D")
    i, j, k = net.indices(i=D, j=D, k=D)
    Q, x = net.input("Q", (D, D)), net.parameter("x", (D,))
    T = net.input("T", (D, D, D))
    for fact in build(Q, T, i, j, k):
        net.assume(fact)
    net.loss = Sum(x[i] * Q[i, j] * T[i, j, k], i, j, k)
    program = net.to_program()
    return Assumed.of(program, Normaliser().addends), program


def test_each_assumption_has_its_kind_of_rule() -> None:
    squares, _ = assumed_of(lambda Q, T, i, j, k: [Eq(Q[i, j] ** 2, 1)])
    assert len(squares.rules) == 1
    assert not squares.alike
    turned, _ = assumed_of(lambda Q, T, i, j, k: [Eq(Q[i, j], -Q[j, i])])
    assert turned.alike == {"Q": {(0, 1): 1, (1, 0): -1}}


def test_the_orders_of_a_tensor_symmetric_in_three_axes_are_a_group() -> None:
    whole, _ = assumed_of(lambda Q, T, i, j, k: [Eq(T[i, j, k], T[j, i, k]), Eq(T[i, j, k], T[i, k, j])])
    assert whole.alike["T"] == dict.fromkeys(permutations(range(3)), 1)
    signed, _ = assumed_of(lambda Q, T, i, j, k: [Eq(T[i, j, k], -T[j, i, k]), Eq(T[i, j, k], -T[i, k, j])])
    for order, sign in signed.alike["T"].items():
        assert sign == round(np.linalg.det(np.eye(3)[list(order)]))
    places = [Poly.of(Index(name)) for name in "kij"]
    read = access("T", places)
    for variant, _ in signed.variants(read):
        assert {str(s) for s in variant.subscripts} == {"i", "j", "k"}
        assert signed.oriented(variant)[1] is signed.oriented(read)[1]
    same = access("T", [places[0], places[0], places[1]])
    assert signed.oriented(same)[0] == 0  # its own negative
