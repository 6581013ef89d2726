"""What is written, by every kind of left side, against additions one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from symbackprop.lower.values import Clear, Define, Function, MapOp, Value
from symbackprop.numpy.array import Loop, Scatter
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.function import store
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis
from tests.lower.made import GIVEN, TENSORS, D, N, d, map_, n, read
from tests.numpy.positions import executed, run
from tests.numpy.test_read_statements import SIZES, given

i, j = Poly.of(n), Poly.of(d)
label, X, S = read("label", n), read("x", n, d), read("s", n)
SHAPES = {"wide": (2 * N + D, D), "flat": (N * D + N,), "square": (D, D), "line": (N,), "long": (N + D,)}

# the tensor, its subscripts, the value; whether what lies outside is left out; whether a loop is needed
WRITES: dict[str, tuple[str, tuple[Poly | Value, ...], Value, bool, bool]] = {
    "as it lies": ("wide", (i, j), X, False, False),
    "shifted": ("wide", (i + 1, D - 1 - j), X, False, False),
    "strided": ("wide", (2 * i + 1, j), X, False, False),
    "row-major": ("flat", (D * i + j,), X, False, False),
    "a diagonal": ("square", (j, j), read("V", d, d), False, True),
    "where two meet": ("long", (i + j,), X, False, True),
    "a difference": ("wide", (i, j), map_(MapOp.SUBTRACT, X, S), False, False),
    "broadcast": ("wide", (i, j), S, False, False),
    "below": ("line", (i - 1,), S, True, False),
    "around": ("line", (i + j - 1,), X, True, True),
    "gathered": ("square", (label, j), X, False, False),
    "gathered columns": ("square", (j, label), X, False, False),
    "gathered at both": ("square", (label, label), S, False, False),
    "gathered, broadcast": ("square", (label, j), S, False, False),
}  # fmt: skip


def function(name: str, op: Op = Op.ACCUMULATE) -> Function:
    tensor, subscripts, value, padded, _ = WRITES[name]
    used = {index for each in subscripts for index in (each.indices() if isinstance(each, Poly) else each.axes)}
    axes = tuple(axis for axis in (Axis(n, ZERO, N - 1), Axis(d, ZERO, D - 1)) if axis.index in used)
    tensors = {**TENSORS, **{
        key: Tensor(key, TensorKind.INTERMEDIATE, shape, (ZERO,) * len(shape)) for key, shape in SHAPES.items()
    }}  # fmt: skip
    step = Define(tensor, subscripts, axes, value, op, padded)
    body = (Clear(tensor), step, step) if op is Op.ACCUMULATE else (Clear(tensor), step)
    return Function("f", tensors, GIVEN, Facts((N - 1, D - 1)), frozenset({*tensors, "N", "D"}), body)


def expected(name: str, sizes: dict[str, int], held: dict[str, np.ndarray]) -> np.ndarray:
    tensor, subscripts, value, padded, _ = WRITES[name]
    numbers = {"x": lambda a, b: held["x"][a, b], "s": lambda a, b: held["s"][a], "V": lambda a, b: held["V"][b, b]}
    reads = {X: "x", S: "s", read("V", d, d): "V"}
    out = np.zeros([int(size.evaluate(lambda atom: sizes[atom.name])) for size in SHAPES[tensor]])
    used = {index for each in subscripts for index in (each.indices() if isinstance(each, Poly) else each.axes)}
    for row, column in product(*(range(sizes[size]) if index in used else [0] for index, size in ((n, "N"), (d, "D")))):
        known = {**sizes, "n": row, "d": column}
        place = tuple(
            int(each.evaluate(lambda atom, known=known: known[atom.name]))
            if isinstance(each, Poly)
            else held["label"][row]
            for each in subscripts
        )
        if all(0 <= at < size for at, size in zip(place, out.shape, strict=True)):
            if value in reads:
                out[place] += numbers[reads[value]](row, column)
            else:
                out[place] += held["x"][row, column] - held["s"][row]
        else:
            assert padded
    return out


@pytest.mark.parametrize("name", WRITES)
def test_every_addition(name: str) -> None:
    """Twice, so that what is there is added to."""
    stored = store(function(name))
    check(stored)
    for sizes in SIZES:
        held = given(sizes)
        wanted = 2 * expected(name, sizes, held)
        for computed in (run, executed):
            np.testing.assert_allclose(computed(stored, sizes, held)[WRITES[name][0]], wanted, atol=1e-13)


@pytest.mark.parametrize("name", ["as it lies", "shifted", "strided", "row-major", "broadcast"])
def test_assignments(name: str) -> None:
    stored = store(function(name, Op.ASSIGN))
    for sizes in SIZES:
        held = given(sizes)
        np.testing.assert_allclose(run(stored, sizes, held)[WRITES[name][0]], expected(name, sizes, held))


@pytest.mark.parametrize("name", WRITES)
def test_loops_and_scatters(name: str) -> None:
    """A loop where two positions may meet, along the shorter axis, and nowhere else."""
    _, subscripts, _, _, looped = WRITES[name]
    body = store(function(name)).body
    loops = [each for each in body if isinstance(each, Loop)]
    assert {each.variable.name for each in loops} == ({"d"} if looped and name != "a diagonal" else set())
    looked_up = any(isinstance(each, Value) for each in subscripts)
    assert any(isinstance(each, Scatter) for each in body) == looked_up


def test_which_rows_are_unique() -> None:
    """Rows that a position names beside what is looked up differ; others may be the same."""
    axes = (Axis(n, ZERO, N - 1),)
    tensors = {**TENSORS, "t": Tensor("t", TensorKind.INTERMEDIATE, (N, D), (ZERO, ZERO))}
    for subscripts, unique in (((i, label), True), ((Poly.of(0), label), False)):
        steps = (Clear("t"), Define("t", subscripts, axes, S, Op.ACCUMULATE))
        stored = store(Function("f", tensors, GIVEN, Facts((N - 1, D - 1)), frozenset({*tensors, "N", "D"}), steps))
        (scatter,) = (each for each in stored.body if isinstance(each, Scatter))
        assert scatter.unique == unique
