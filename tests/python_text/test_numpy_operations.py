"""What is said of NumPy's operations holds of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.lower.values import MapOp
from symbackprop.python_text.numpy_operations import INITIAL, SILENT
from symbackprop.terms.term import Reduction

EDGES = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.finfo(float).max, np.finfo(float).tiny])


@pytest.mark.parametrize(
    "op", sorted(SILENT - {MapOp.EXP_NORMALIZED, MapOp.SELECT, MapOp.COPY}, key=lambda op: op.value)
)
def test_silent(op: MapOp) -> None:
    args = (EDGES[:, None], EDGES) if op in (MapOp.MAXIMUM, MapOp.MINIMUM) else (EDGES,)
    with np.errstate(all="raise"):
        getattr(np, op.value)(*args)


@pytest.mark.parametrize("op", [MapOp.EXP, MapOp.LOG, MapOp.SQUARE, MapOp.ADD, MapOp.MULTIPLY])
def test_loud(op: MapOp) -> None:
    assert op not in SILENT
    args = (EDGES[:, None], EDGES) if op in (MapOp.ADD, MapOp.MULTIPLY) else (EDGES,)
    with pytest.raises(FloatingPointError), np.errstate(all="raise"):
        getattr(np, op.value)(*args)


def test_nothing_is_reduced_to_what_changes_nothing() -> None:
    for reduction, text in INITIAL.items():
        function = np.max if reduction is Reduction.MAX else np.min
        initial = eval(text.removeprefix("initial="), {"np": np})
        assert function(np.array([]), initial=initial) == initial
        assert function(np.array([3.0, 4.0]), initial=initial) == function(np.array([3.0, 4.0]))
