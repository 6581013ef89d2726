"""Reads of every kind against the elements themselves, position by position: as statements, and as their text."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from sympy import Piecewise

from symbackprop import Network, Sum, generate, verify
from symbackprop.lower.values import Define, Function, Kind, MapOp, Read, Value
from symbackprop.numpy.array import Gather, Map
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.function import store
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis
from tests.lower.made import GIVEN, TENSORS, D, N, d, data, map_, n, read
from tests.numpy.positions import executed, run

SIZES = ({"N": 5, "D": 3}, {"N": 7, "D": 2}, {"N": 4, "D": 4})
i, j = Poly.of(n), Poly.of(d)
label = read("label", n)
OTHER = Define("z", (i, j), (Axis(n, ZERO, N - 1), Axis(d, ZERO, D - 1)), read("x", n, d), Op.ASSIGN)

# what is read, at which subscripts; whether these may lie outside; the lowest position of n (there are N - 1 of them)
READS: dict[str, tuple[str, tuple[Poly | Value, ...], bool, int]] = {
    "as it lies": ("x", (i, j), False, 0),
    "from 1": ("x", (i, j), False, 1),
    "backwards": ("x", (N - 1 - i, D - 1 - j), False, 0),
    "backwards from 1": ("x", (N - i, j), False, 1),
    "a diagonal": ("V", (j, j), False, 0),
    "turned": ("V", (D - 1 - j, j), False, 0),
    "below": ("x", (i - 2, j), True, 0),
    "above": ("x", (i, j + 2), True, 1),
    "a window": ("s", (i + j - 1,), True, 0),
    "a wider window": ("s", (i + 2 * j - 1,), True, 0),
    "around": ("x", (2 * i - N, 2 - j), True, 0),
    "gathered": ("V", (label, j), False, 0),
    "gathered from 1": ("V", (label, j), False, 1),
    "gathered columns": ("V", (D - 1 - j, label), False, 0),
    "gathered at both": ("V", (label, label), False, 0),
    "beside a position": ("x", (N - 1 - i, map_(MapOp.SUBTRACT, read("label", n), label, kind=Kind.INT)), False, 0),
}  # fmt: skip


def over(subscripts: tuple[Poly | Value, ...]) -> frozenset[Index]:
    return frozenset(index for each in subscripts if isinstance(each, Poly) for index in each.indices())


def function(name: str, twice: bool = False) -> Function:
    tensor, subscripts, padded, low = READS[name]
    axes = (Axis(n, Poly.of(low), N - 2 + low), Axis(d, ZERO, D - 1))
    value: Value = Read(tensor, subscripts, over(subscripts), Kind.FLOAT, padded)
    if twice:
        value = map_(MapOp.ADD, map_(MapOp.SQUARE, value), value)
    shape = Tensor("y", TensorKind.INTERMEDIATE, (N - 1, D), (ZERO, ZERO))
    step = Define("y", (i - low, j), axes, map_(MapOp.ADD, value, read("V", d, d)), Op.ASSIGN)
    return Function(
        "f", {**TENSORS, "y": shape}, GIVEN, Facts((N - 2, D - 1)), frozenset({*TENSORS, "N", "D"}), (step,)
    )


def given(sizes: dict[str, int]) -> dict[str, Any]:
    rng, (rows, columns) = np.random.default_rng(sum(sizes.values())), sizes.values()
    shapes = {"x": (rows, columns), "V": (columns, columns), "s": (rows,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()} | {"label": rng.integers(0, columns, rows)}


def element(name: str, sizes: dict[str, int], held: dict[str, Any], row: int, column: int) -> float:
    tensor, subscripts, _, _ = READS[name]
    known = {**{size: sizes[size] for size in sizes}, "n": row, "d": column}
    place = []
    for each in subscripts:
        if isinstance(each, Poly):
            place.append(int(each.evaluate(lambda atom: known[atom.name])))
        else:
            place.append(0 if name == "beside a position" else int(held["label"][row]))
    inside = all(0 <= at < size for at, size in zip(place, held[tensor].shape, strict=True))
    assert inside or READS[name][2]
    return float(held[tensor][tuple(place)]) if inside else 0.0


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("twice", [False, True])
def test_every_element(name: str, twice: bool) -> None:
    stored = store(function(name, twice))
    check(stored)
    low = READS[name][3]
    for sizes in SIZES:
        held = given(sizes)
        expected = np.zeros((sizes["N"] - 1, sizes["D"]))
        for row, column in product(range(sizes["N"] - 1), range(sizes["D"])):
            found = element(name, sizes, held, row + low, column)
            expected[row, column] = (found**2 + found if twice else found) + held["V"][column, column]
        for computed in (run, executed):
            np.testing.assert_allclose(computed(stored, sizes, held)["y"], expected, rtol=1e-14)


def test_what_is_copied() -> None:
    """Nothing where a window will do; a frame for reads outside, and rows for what is looked up."""
    for name, (_, subscripts, padded, _) in READS.items():
        body = store(function(name)).body
        copies = [
            each for each in body if isinstance(each, Map) and each.op is MapOp.COPY and each.out.buffer.name != "y"
        ]
        assert len(copies) == (2 if padded else 0), name
        looked_up = any(isinstance(each, Value) for each in subscripts)
        assert any(isinstance(each, Gather) for each in body) == looked_up, name


def test_a_frame_is_made_once_until_something_is_written() -> None:
    """A frame of z, read before and after z changes; one that is larger on another side is another."""
    read_z = Read("z", (i - 1, j), frozenset((n, d)), Kind.FLOAT, True)
    axes = OTHER.axes
    steps = (
        OTHER, Define("y", (i, j), axes, read_z, Op.ASSIGN),
        Define("u", (i, j), axes, map_(MapOp.SQUARE, read_z), Op.ASSIGN),
        Define("u", (i, j), axes, Read("z", (i + 2, j), frozenset((n, d)), Kind.FLOAT, True), Op.ACCUMULATE),
        Define("z", (i, j), axes, read("x", n, d), Op.ACCUMULATE), Define("u", (i, j), axes, read_z, Op.ACCUMULATE),
    )  # fmt: skip
    stored = store(Function("f", TENSORS, GIVEN, Facts((N - 1, D - 1)), frozenset({*TENSORS, "N", "D"}), steps))
    held, x = data(), data()["x"]
    below, above = np.concatenate([np.zeros((1, 3)), x[:-1]]), np.concatenate([x[2:], np.zeros((2, 3))])
    for found in (run(stored, SIZES[0], held), executed(stored, SIZES[0], held)):
        np.testing.assert_allclose(found["y"], below)
        np.testing.assert_allclose(found["u"], below**2 + above + 2 * below)


def test_in_a_loop_the_frame_is_of_the_rows_of_a_turn() -> None:
    """u[s, i] reads u[s - 1, i - 1] where i > 0: each step copies one row, not all of them."""
    net = Network("steps")
    S, N = net.dims("S N")
    s, i = net.index("s", (1, S)), net.index("i", N)
    x, u = net.parameter("x", (N,)), net.tensor("u")
    u[0, i] = x[i]
    u[s, i] = u[s - 1, i] + Piecewise((u[s - 1, i - 1] * x[i], i > 0), (0, True))
    net.loss = Sum(u[S, i] ** 2, i)
    text = generate(net)
    (loop,) = re.findall(r"    for s in range\(1, S \+ 1\):\n(?: {8}.*\n|\n)+", text)
    assert re.search(r"np\.copyto\(_\d+_view, u\[s - 1\]\)", loop), loop
    assert "= u\n" not in loop
    assert verify(net).passed
