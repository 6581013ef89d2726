"""1 - c^u has all of its digits, and is the same number."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from symbackprop.lower.check_values import check_values
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.powers_less_one import powers_less_one
from symbackprop.lower.values import Define, Function, Kind, Map, MapOp, Read, Scalar, Value, inside
from symbackprop.terms.build import MINUS, UNIT, number
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis

N, n = Poly.of(Dim("N")), Index("n")
TENSORS = {
    "u": Tensor("u", TensorKind.PARAMETER, (N,), (ZERO,)),
    "y": Tensor("y", TensorKind.INTERMEDIATE, (N,), (ZERO,)),
}
U = Read("u", (Poly.of(n),), frozenset((n,)), Kind.FLOAT, False)


def of(op: MapOp, *args: Value) -> Map:
    return Map(op, args, Kind.FLOAT, False)


def power(base: str) -> Map:
    return of(MapOp.POWER, Scalar(number(base)), U)


def function(value: Value) -> Function:
    body = (Define("y", (Poly.of(n),), (Axis(n, ZERO, N - 1),), value, Op.ASSIGN),)
    return Function("f", TENSORS, ("u",), Facts((N - 1,)), frozenset({"N", *TENSORS}), body)


def computed(value: Value, u: list[float]) -> np.ndarray:
    changed = powers_less_one(function(value))
    check_values(changed)
    (step,) = changed.body
    assert isinstance(step, Define)
    assert not [part for part in inside(step.value) if isinstance(part, Map) and part.op is MapOp.POWER]
    return np.asarray(evaluate(changed, {"N": len(u)}, {"u": np.array(u)})["y"])


@pytest.mark.parametrize("base", ["0.999", "0.9", "0.99999999", "2", "1", "1e-3"])
def test_the_same_number(base: str) -> None:
    u = [0.0, 1e-9, 0.5, 1.0, 3.0, 40.0, -2.0]
    with mpmath.workdps(60):
        exact = [mpmath.mpf(number(base).value.numerator) / number(base).value.denominator for _ in u]
        truth = np.array([float(1 - c ** mpmath.mpf(x)) for c, x in zip(exact, u, strict=True)])
    for sign, value in (
        (1, of(MapOp.SUBTRACT, Scalar(UNIT), power(base))),
        (-1, of(MapOp.SUBTRACT, power(base), Scalar(UNIT))),
        (-1, of(MapOp.ADD, power(base), Scalar(MINUS))),
        (1, of(MapOp.COPY, of(MapOp.SUBTRACT, Scalar(UNIT), power(base)))),
    ):
        np.testing.assert_allclose(computed(value, u), sign * truth, rtol=2e-14, atol=0)


@pytest.mark.parametrize("value", [
    power("0.999"), of(MapOp.SUBTRACT, Scalar(number(2)), power("0.999")), of(MapOp.ADD, power("0.5"), Scalar(UNIT)),
    of(MapOp.SUBTRACT, Scalar(UNIT), of(MapOp.POWER, Scalar(number(-2)), U)),
    of(MapOp.SUBTRACT, Scalar(UNIT), of(MapOp.POWER, U, U)),
])  # fmt: skip
def test_others_stay(value: Value) -> None:
    assert powers_less_one(function(value)) == function(value)
