"""The field modulo the prime, with infinities: its laws, and its roots."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from symbackprop.interpret import Float
from symbackprop.interpret.failures import Degenerate
from symbackprop.interpret.field import PRIME, signed, undefined
from symbackprop.interpret.residues import Residues
from symbackprop.terms.term import Relation

FIELD = Residues(7)
SAMPLES = [int(value) for value in np.random.default_rng(1).integers(2, PRIME, size=12)]


@pytest.mark.parametrize("u", SAMPLES)
def test_fractions(u: int) -> None:
    assert FIELD.multiply((u, FIELD.power(u, Fraction(-1)))) == 1
    assert FIELD.power(FIELD.power(u, Fraction(1, 3)), Fraction(3)) == u
    assert FIELD.power(FIELD.multiply((u, u)), Fraction(1, 2)) in (u, PRIME - u)
    assert FIELD.add((u, FIELD.number(Fraction(-1)) * u)) == 0


@pytest.mark.parametrize("values", [
    (math.inf, 3.0), (math.inf, -math.inf), (-math.inf, -2.0), (math.nan, 1.0), (math.inf, 0.0),
])  # fmt: skip
def test_infinities_are_those_of_floats(values: tuple[float, float]) -> None:
    residues = [FIELD.given(value) for value in values]
    for one, other in ((FIELD.add, Float().add), (FIELD.multiply, Float().multiply)):
        np.testing.assert_equal(one(residues), other(values))


def test_order_and_what_has_none() -> None:
    assert signed(PRIME - 3) == -3
    assert FIELD.compare(Relation.GT, 2, PRIME - 2)
    assert FIELD.compare(Relation.GT, math.inf, 5)
    assert undefined((1, math.nan))
    with pytest.raises(Degenerate):
        FIELD.compare(Relation.GT, math.nan, 1)
    with pytest.raises(Degenerate):
        FIELD.power(0, Fraction(-1))


def test_what_is_drawn_depends_on_seed_name_and_values() -> None:
    drawn = {Residues(seed).random(name, value) for seed in (1, 2) for name in ("a", "b") for value in (3, 4)}
    assert len(drawn) == 8
    assert Residues(1).random("a", 3) == Residues(1).random("a", 3)
