"""The names of operations on elements."""

from __future__ import annotations

import numpy as np

from symbackprop.lower.map_ops import Kind, MapOp
from symbackprop.numpy.helpers import Helper

OWN = {MapOp.SELECT, MapOp.ERF, MapOp.SIGMOID, MapOp.LOG_SIGMOID, MapOp.SOFTPLUS, MapOp.LOG_COSH, MapOp.EXP_NORMALIZED}


def test_they_are_numpys_but_for_those_with_a_helper() -> None:
    assert {op for op in MapOp if not hasattr(np, op.value)} <= OWN
    helpers = {helper.value for helper in Helper}
    assert all(f"_{op.value}" in helpers for op in OWN - {MapOp.SELECT})


def test_no_two_are_spelt_alike() -> None:
    for names in (Kind, MapOp):
        spelt = [each.value for each in names]
        assert len(set(spelt)) == len(spelt)
