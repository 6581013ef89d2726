"""Reads: at affine subscripts or looked up; those that a guard lets leave their tensor are padded."""

from __future__ import annotations

import pytest

from symbackprop.lower.values import Read, Value
from symbackprop.terms.poly import Poly
from tests.lower.cases import CASES, agrees, parts_of


@pytest.mark.parametrize("name", CASES["reading"])
def test_values_and_gradients(name: str) -> None:
    agrees("reading", name)


@pytest.mark.parametrize(("name", "tensor", "padded"), [
    ("shifted", "x", True), ("backwards", "x", False), ("a diagonal", "V", False), ("a window", "s", True),
    ("steps", "s", True), ("gathered", "W", False), ("gathered twice", "W", False),
])  # fmt: skip
def test_padded(name: str, tensor: str, padded: bool) -> None:
    found = [read for read in parts_of("reading", name, Read) if read.tensor == tensor]
    assert found
    assert all(read.padded is padded for read in found)


def test_subscripts_are_polynomials_or_integers() -> None:
    (read,) = [read for read in parts_of("reading", "gathered twice", Read) if read.tensor == "W"]
    assert all(isinstance(subscript, Value) for subscript in read.subscripts)
    (diagonal,) = [read for read in parts_of("reading", "a diagonal", Read) if read.tensor == "V"]
    assert len(set(diagonal.subscripts)) == 1
    assert isinstance(diagonal.subscripts[0], Poly)
