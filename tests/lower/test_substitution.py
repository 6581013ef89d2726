"""A value in the place of an axis: what is there at every position, 0 outside of the axis's range."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.substitution import Solved, captures, minus, substituted
from symbackprop.lower.values import Kind, MapOp, Read, Scalar, Value
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import Poly
from tests.lower.made import AXES, SIZES, TENSORS, d, data, define, e, function, map_, n, random_value, read

LABEL = read("label", n)


def computed(value: Value) -> Any:
    return evaluate(function(define("y", value)), SIZES, data())["y"]


@pytest.mark.parametrize("shift", [0, 1, -1])
@pytest.mark.parametrize("seed", range(40))
def test_what_stands_there(seed: int, shift: int) -> None:
    """f[n, d] at d = label[n] + shift, or 0 where there is no such d."""
    value = random_value(random.Random(seed), 3)
    place = minus(LABEL, Poly.of(-shift), frozenset())
    if captures([value], d, place):
        return
    solved = Solved(AXES[1], place, shift == 0, TENSORS)
    new = substituted(value, solved)
    if shift:
        new = map_(MapOp.SELECT, solved.within, new, Scalar(NIL))
    before, found, label = computed(value), computed(new), data()["label"] + shift
    for row, column in enumerate(label):
        expected = before[row, column] if 0 <= column < 3 else 0
        np.testing.assert_allclose(found[row], expected, rtol=1e-14)


def test_clamped() -> None:
    solved = Solved(AXES[1], minus(LABEL, Poly.of(-2), frozenset()), False, TENSORS)
    np.testing.assert_array_equal(computed(map_(MapOp.COPY, solved.clamped))[:, 0], np.minimum(data()["label"] + 2, 2))


def test_captures() -> None:
    assert captures([read("V", d, e)], d, LABEL) is False
    padded = Read("label", (Poly.of(d),), frozenset((d,)), Kind.INT, True)
    assert captures([map_(MapOp.COPY, padded)], d, LABEL)
