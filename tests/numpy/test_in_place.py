"""New values written over old ones: the same numbers, wherever the old ones are still read."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import Allocate, Array, Buffer, Fold, Function, Map, Role, Scalar, Statement
from symbackprop.numpy.in_place import in_place
from symbackprop.terms.build import number
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.term import Reduction
from tests.numpy.positions import Run, run

N = Poly.of(Dim("N"))
n = Index("n")
W, G = Buffer("w", (N,), role=Role.ARGUMENT), Buffer("g", (N,), role=Role.ARGUMENT)
NEW, OTHER, TOTAL = Buffer("next_w", (N,)), Buffer("other", (N,)), Buffer("total", ())
DATA = {"w": np.arange(5.0), "g": np.arange(5.0)[::-1] ** 2}


def of(buffer: Buffer, backwards: bool = False) -> Array:
    return Array(buffer, (N - 1 - Poly.of(n) if backwards else Poly.of(n),), (n,), (N,))


STEP = Map(MapOp.SUBTRACT, of(NEW), (of(W), of(G)))
HALF = Map(MapOp.DIVIDE, of(NEW), (of(NEW), Scalar(number(2))))
BODIES: dict[str, list[Statement]] = {
    "read once": [Allocate(NEW), STEP],
    "written twice": [Allocate(NEW), STEP, HALF],
    "read later": [Allocate(NEW), STEP, Allocate(OTHER), Map(MapOp.ADD, of(OTHER), (of(W), of(NEW)))],
    "read at the last write": [
        Allocate(NEW), Map(MapOp.COPY, of(NEW), (of(G),)), Map(MapOp.ADD, of(NEW), (of(NEW), of(W))),
    ],
    "read elsewhere": [Allocate(NEW), Map(MapOp.SUBTRACT, of(NEW), (of(W), of(W, backwards=True)))],
    "summed": [
        Allocate(TOTAL), Fold(Reduction.SUM, Array(TOTAL, (), (), ()), of(W)),
        Allocate(NEW), Map(MapOp.SUBTRACT, of(NEW), (of(W), Array(TOTAL, (), (), ()))),
    ],
    "filled": [Allocate(NEW, fill=0), Map(MapOp.ADD, of(NEW), (of(NEW), of(W)))],
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_the_old_storage_holds_the_new_values(name: str) -> None:
    tensors = (("w", W), ("g", G), ("next_w", NEW))
    function = Function("elements", (W, G), tuple(BODIES[name]), tensors)
    expected = run(function, {"N": 5}, DATA)["next_w"]
    state = Run({"N": 5})
    state.storage = {W: DATA["w"].copy(), G: DATA["g"].copy()}
    state.body(in_place(function, {"next_w": "w"}).body)
    np.testing.assert_array_equal(state.storage[W], expected)
    np.testing.assert_array_equal(state.storage[G], DATA["g"])


@pytest.mark.parametrize("name", ["read once", "written twice"])
def test_no_storage_for_what_is_written_over(name: str) -> None:
    function = Function("elements", (W, G), tuple(BODIES[name]), (("w", W), ("g", G), ("next_w", NEW)))
    assert not [s for s in in_place(function, {"next_w": "w"}).body if isinstance(s, Allocate)]
