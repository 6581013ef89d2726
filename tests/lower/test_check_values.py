"""The checker of values names the step that breaks a rule."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from symbackprop.lower.check_values import IllFormed, check_values
from symbackprop.lower.values import Bind, Clear, Contract, Kind, Loop, MapOp, Read, Scalar, Step
from symbackprop.terms.build import access, number
from symbackprop.terms.poly import ZERO, Index, Poly
from tests.lower.made import AXES, D, d, define, e, function, map_, n, random_value, read

X = read("x", n, d)
GOOD = define("y", X)


@pytest.mark.parametrize("seed", range(30))
def test_well_formed(seed: int) -> None:
    check_values(function(define("y", random_value(random.Random(seed), 3))))


@pytest.mark.parametrize(("steps", "complaint"), [
    ((define("y", read("z", n, d)),), "z has no values yet"),
    ((GOOD, Clear("y")), "y has values before it is cleared"),
    ((define("x", X),), "x is given and is written"),
    ((define("y", read("x", n)),), "x has rank 2"),
    ((define("y", read("x", n, Index("t"))),), "unknown"),
    ((define("y", read("V", d, e)),), "axes that the left side lacks"),
    ((replace(GOOD, axes=(*AXES, AXES[0])),), "an axis stands twice"),
    ((Loop(n, ZERO, D - 1, False, (GOOD,)),), "an axis is the variable of a loop around it"),
    ((define("y", map_(MapOp.ADD, X)),), "add of 1 arguments"),
    ((define("y", map_(MapOp.ADD, X, read("label", n))),), "add in"),
    ((define("y", map_(MapOp.SELECT, X, X, X)),), "select in"),
    ((define("y", map_(MapOp.GREATER, X, X, kind=Kind.BOOL)),), "what is defined is no float"),
    ((define("y", Contract((X,), (d,), False)),), "summed over the left side"),
    ((define("y", Scalar(access("s", [Poly.of(n)]))),), "a number that reads"),
    ((define("y", Read("label", (Poly.of(n),), frozenset((n,)), Kind.FLOAT, False)),), "label is not float"),
    ((Bind("v", (n,), AXES, X),), "what is bound has other axes"),
    ((Bind("y", (n, d), AXES, X),), "y is the name of another"),
])  # fmt: skip
def test_ill_formed(steps: tuple[Step, ...], complaint: str) -> None:
    with pytest.raises(IllFormed, match=complaint):
        check_values(function(*steps))


def test_a_name_that_is_bound_is_read_as_a_tensor_is() -> None:
    bound = Bind("v", (n, d), AXES, map_(MapOp.TANH, X))
    check_values(function(bound, define("y", map_(MapOp.ADD, read("v", n, d), Scalar(number(1))))))
