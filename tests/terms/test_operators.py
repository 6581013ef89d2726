"""The names of what terms are made with."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from symbackprop.terms.operators import Connective, ConstantKind, Function, Reduction, Relation

MEANINGS = {
    Relation.GT: operator.gt,
    Relation.GE: operator.ge,
    Relation.EQ: operator.eq,
    Relation.NE: operator.ne,
}


@pytest.mark.parametrize("relation", list(Relation))
def test_a_relation_holds_as_pythons_does(relation: Relation) -> None:
    numbers = np.array([-1.0, 0.0, 0.0, 2.0, np.inf, np.nan])
    left, right = np.meshgrid(numbers, numbers)
    np.testing.assert_array_equal(relation.holds(left, right), MEANINGS[relation](left, right))
    assert relation.holds(1, 2) == MEANINGS[relation](1, 2)


def test_opposites() -> None:
    """not (a and b) = not a or not b."""
    assert (Connective.AND.opposite, Connective.OR.opposite) == (Connective.OR, Connective.AND)


@pytest.mark.parametrize("names", [Connective, ConstantKind, Function, Reduction, Relation])
def test_no_two_are_spelt_alike(names: type) -> None:
    spelt = [each.value for each in names]
    assert len(set(spelt)) == len(spelt)
