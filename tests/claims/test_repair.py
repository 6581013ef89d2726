"""Mistakes made on purpose: among the repairs of each is one that gives the right formula back, told as it is."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum
from symbackprop.claims.proof import Prover
from symbackprop.claims.repair import Mistake, Repairs
from symbackprop.claims.words import Words
from symbackprop.edits import Factor, Kind
from symbackprop.terms.build import access, add, compare, guarded, mul, neg, poly_value, power, reduce
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Axis, Reduction, Relation

from .test_words import ground_for

N = Index("n")
J = Index("j")


def network() -> Network:
    net = Network("small")
    size, width = net.dims("N H")
    n, j = net.indices(n=size, j=width)
    x, y, w = net.input("x", (size, width)), net.input("y", (size, width)), net.parameter("w", (width, width))
    i = net.index("i", width)
    z = net.tensor("z")
    z[n, j] = Sum(w[j, i] * x[n, i], i) * y[n, j]
    net.loss = Sum(z[n, j] ** 2, n, j)
    return net


GROUND = ground_for(network())
WORDS = Words.of(GROUND, Prover.of(GROUND).facts)
EXTENTS = {name: GROUND.table["x"].shape[place] for place, name in enumerate(("N", "H"))}
AXES = tuple(Axis(index, Poly.of(0), EXTENTS[name] - 1) for index, name in ((N, "N"), (J, "H")))
n, j = Poly.of(N), Poly.of(J)
X, Y = access("x", [n, j]), access("y", [n, j])
I = Index("i")
i = Poly.of(I)
OVER = [Axis(I, Poly.of(0), EXTENTS["H"] - 1)]
RIGHT = add(mul(X, Y), reduce(Reduction.SUM, OVER, mul(access("w", [j, i]), access("x", [n, i]))))
LATER = compare(Relation.GE, poly_value(n), poly_value(Poly.of(1)))

MISTAKES = {
    "sign": (Mistake.SIGN, add(neg(mul(X, Y)), add(RIGHT, neg(mul(X, Y)))), RIGHT),
    "power": (Mistake.POWER, mul(power(X, 3), Y), mul(power(X, 2), Y)),
    "transposed": (Mistake.TRANSPOSED, access("w", [i, j]), access("w", [j, i])),
    "tensor": (Mistake.TENSOR, mul(X, X, access("z", [n, j])), mul(X, X, Y)),
    "shifted": (Mistake.SHIFTED, guarded([LATER], access("x", [n - 1, j])), guarded([LATER], X)),
    "condition": (Mistake.CONDITION, guarded([LATER], mul(X, Y)), mul(X, Y)),
    "a factor too many": (Mistake.EXTRA_FACTOR, mul(X, Y), X),
    "a factor is missing": (Mistake.MISSING_FACTOR, X, mul(X, Y)),
    "a term too many": (Mistake.EXTRA, add(RIGHT, Y), RIGHT),
    "off by two": (Mistake.FACTOR, add(RIGHT, mul(X, Y)), RIGHT),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_the_right_formula_is_among_the_repairs(name: str) -> None:
    mistake, claimed, right = MISTAKES[name]
    repairs = Repairs(WORDS, ("x", "y", "z", "w"), (Factor(Y, ()),))
    ranges = ranges_of((*AXES, *OVER) if I in claimed.free else AXES)
    found = [repair for repair in repairs(claimed, ranges) if repair.term is right]
    assert mistake in [repair.mistake for repair in found], {repair.mistake for repair in found}
    told = next(repairs.told(repair) for repair in found if repair.mistake is mistake)
    assert told.startswith(("claim has", "reads", "the "))


def test_every_kind_that_is_plausible_is_some_mistake() -> None:
    repairs = Repairs(WORDS, ("x", "y", "z", "w"), (Factor(Y, ()),))
    kinds = {repair.edit.kind: repair.mistake for repair in repairs(RIGHT, ranges_of(AXES))}
    assert Kind.SUM_DROPPED not in kinds
    assert len(kinds) >= 10
